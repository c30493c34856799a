"""Handoffs, from the request to how they end. Nobody's deed is overwritten by another's: each
change names the state it starts from, and whoever comes second changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Engine, Row, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from bot.handoff.desks import Desk
from bot.handoff.tables import handoffs, turns
from bot.handoff.turns import Said, Turns, say_turn
from bot.model import Channel, Question
from knowledge.clock import in_utc
from knowledge.model import Record
from knowledge.places import Place

WAITS = timedelta(minutes=20)
"""So long a request waits to be taken; then the person is told where else to turn."""
IDLE = timedelta(minutes=30)
"""So long neither side has written, and the bot answers again."""
LONGEST_LINE = 30
"""Requests that may wait at one desk: whoever comes after is not kept waiting in vain."""
LISTED = 100
"""Handoffs that a page lists at most."""


class Ending(StrEnum):
    GIVEN_BACK = "given_back"
    BY_PERSON = "by_person"
    NOT_TAKEN = "not_taken"
    IDLE = "idle"
    FORGOTTEN = "forgotten"
    """The person had their data deleted."""


class Handoff(Record):
    """A handoff as it is now."""

    id: int
    desk_id: int
    conversation: str
    channel: Channel
    question: str
    place: str
    entry_id: str | None
    """What the talk was about when a person was asked for."""
    acknowledged_at: datetime
    taken_by: int | None
    clerk: str | None
    taken_at: datetime | None
    last_at: datetime
    ended_at: datetime | None
    ending: Ending | None

    @property
    def waits(self) -> bool:
        return self.ended_at is None and self.taken_at is None

    @property
    def taken(self) -> bool:
        return self.ended_at is None and self.taken_at is not None

    @property
    def where(self) -> Place | None:
        return Place.parse(self.place)


class Handoffs:
    """The store of handoffs. Safe to use from several threads and processes."""

    def __init__(
        self, engine: Engine, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._engine, self.clock = engine, clock
        self.turns = Turns(engine)

    def get(self, handoff_id: int) -> Handoff | None:
        """The handoff of an id."""
        return self._one(handoffs.c.id == handoff_id)

    def current(self, conversation: str) -> Handoff | None:
        """What waits or is taken in a conversation."""
        return self._one(handoffs.c.open == conversation)

    def ahead(self, handoff: Handoff) -> int:
        """The number in the line of its desk: 1 comes next."""
        line = (handoffs.c.desk_id == handoff.desk_id) & handoffs.c.taken_at.is_(None)
        before = line & handoffs.c.ended_at.is_(None) & (handoffs.c.id <= handoff.id)
        return self._count(before)

    def waiting(self) -> int:
        """How many wait, at all desks."""
        return self._count(handoffs.c.taken_at.is_(None) & handoffs.c.ended_at.is_(None))

    def is_full(self, desk: Desk) -> bool:
        """Whether nobody more can wait at a desk."""
        line = (handoffs.c.desk_id == desk.id) & handoffs.c.taken_at.is_(None)
        return self._count(line & handoffs.c.ended_at.is_(None)) >= LONGEST_LINE

    def listed(self, desks: Sequence[Desk]) -> list[Handoff]:
        """What waits or is taken at some desks, the longest first."""
        here = handoffs.c.desk_id.in_([desk.id for desk in desks]) & handoffs.c.ended_at.is_(None)
        wanted = select(handoffs).where(here).order_by(handoffs.c.id).limit(LISTED)
        with self._engine.connect() as db:
            return [_handoff(row) for row in db.execute(wanted)]

    # The person.

    def begin(
        self, desk: Desk, question: Question, conversation: str, place: Place, entry_id: str | None
    ) -> Handoff:
        """Put a conversation in a desk's line; one that is in a line, or taken, stays as it is."""
        now = self.clock()
        row = insert(handoffs).values(
            desk_id=desk.id,
            conversation=conversation,
            open=conversation,
            channel=question.channel.value,
            question=question.id,
            place=str(place),
            entry_id=entry_id,
            asked_at=question.asked_at,
            acknowledged_at=now,
            last_at=now,
        )
        try:
            with self._engine.begin() as db:
                return _handoff(db.execute(row.returning(handoffs)).one())
        except IntegrityError:
            if present := self.current(conversation):
                return present
            raise

    def remind(self, handoff: Handoff, question: str) -> bool:
        """Whether the Answer to a Question is the one that says that it still waits."""
        mine = (handoffs.c.id == handoff.id) & handoffs.c.taken_at.is_(None)
        first = handoffs.c.reminded.is_(None) | (handoffs.c.reminded == question)
        with self._engine.begin() as db:
            new = update(handoffs).where(mine & first & handoffs.c.ended_at.is_(None))
            return bool(db.execute(new.values(reminded=question)).rowcount)

    def leave(self, handoff: Handoff) -> bool:
        """The person ends it; False if it has ended."""
        return self._end(handoffs.c.id == handoff.id, Ending.BY_PERSON)

    # The desk.

    def take(self, handoff_id: int, person_id: int, name: str) -> bool:
        """Take one that waits, and tell the person; False if it waits no longer. Taken again by the
        same account it stays theirs."""
        now = self.clock()
        free = (handoffs.c.id == handoff_id) & handoffs.c.taken_by.is_(None)
        new = update(handoffs).where(free & handoffs.c.ended_at.is_(None))
        values = {"taken_by": person_id, "clerk": name[:120], "taken_at": now, "last_at": now}
        with self._engine.begin() as db:
            taken = db.execute(new.values(values).returning(handoffs.c.channel)).first()
            if taken:
                key = f"taken:{handoff_id}"
                say_turn(db, handoff_id, Said.TAKEN, "", key, Channel(taken.channel), now)
        found = self.get(handoff_id)
        return found is not None and found.taken and found.taken_by == person_id

    def write(self, handoff_id: int, person_id: int, text: str, key: str) -> bool:
        """Say something to the person, once for each `key`; False if it is not theirs to write, or
        has ended."""
        now = self.clock()
        theirs = (handoffs.c.id == handoff_id) & (handoffs.c.taken_by == person_id)
        new = update(handoffs).where(theirs & handoffs.c.ended_at.is_(None))
        first = func.coalesce(handoffs.c.first_reply_at, now)
        try:
            with self._engine.begin() as db:
                values = {"last_at": now, "first_reply_at": first}
                row = db.execute(new.values(values).returning(handoffs.c.channel)).first()
                if row is None:
                    return False
                mark, channel = f"desk:{handoff_id}:{key}", Channel(row.channel)
                say_turn(db, handoff_id, Said.CLERK, text, mark, channel, now)
        except IntegrityError:  # the form came twice
            return True
        return True

    def give_back(self, handoff_id: int, person_id: int) -> bool:
        """The bot answers again, and the person is told; False if it is not theirs, or has
        ended."""
        theirs = (handoffs.c.id == handoff_id) & (handoffs.c.taken_by == person_id)
        return self._end(theirs, Ending.GIVEN_BACK, Said.GIVEN_BACK)

    # Time.

    def expire(self, desks: Sequence[Desk]) -> int:
        """End what nobody took in time or in its desk's hours, and what went quiet; people are
        told. Returns how many."""
        now = self.clock()
        at_work = [desk.id for desk in desks if desk.is_open(now)]
        free = handoffs.c.taken_at.is_(None)
        late = (handoffs.c.acknowledged_at < now - WAITS) | handoffs.c.desk_id.not_in(at_work)
        quiet = handoffs.c.taken_at.is_not(None) & (handoffs.c.last_at < now - IDLE)
        ended = 0
        for which, ending, told in (
            (free & late, Ending.NOT_TAKEN, Said.NOT_TAKEN),
            (quiet, Ending.IDLE, Said.IDLE),
        ):
            wanted = select(handoffs.c.id).where(which & handoffs.c.ended_at.is_(None))
            with self._engine.connect() as db:
                found = list(db.scalars(wanted))
            for handoff_id in found:
                ended += self._end((handoffs.c.id == handoff_id) & which, ending, told)
        return ended

    def forget(self, conversation: str) -> bool:
        """Delete what was said and whose it was; the times stay. Whether there was anything."""
        mine = handoffs.c.conversation == conversation
        self._end(mine, Ending.FORGOTTEN)
        theirs = select(handoffs.c.id).where(mine)
        with self._engine.begin() as db:
            db.execute(delete(turns).where(turns.c.handoff_id.in_(theirs)))
            gone = update(handoffs).where(mine)
            return bool(db.execute(gone.values(conversation="", question="", reminded="")).rowcount)

    def purge(self, keep: timedelta) -> int:
        """Delete what is older than the Journal keeps; returns how many handoffs."""
        old = select(handoffs.c.id).where(handoffs.c.acknowledged_at < self.clock() - keep)
        with self._engine.begin() as db:
            db.execute(delete(turns).where(turns.c.handoff_id.in_(old)))
            return db.execute(delete(handoffs).where(handoffs.c.id.in_(old))).rowcount

    def _end(self, which: ColumnElement[bool], ending: Ending, told: Said | None = None) -> bool:
        now = self.clock()
        new = update(handoffs).where(which & handoffs.c.ended_at.is_(None))
        values = {"open": None, "ended_at": now, "ending": ending.value}
        with self._engine.begin() as db:
            row = db.execute(
                new.values(values).returning(handoffs.c.id, handoffs.c.channel)
            ).first()
            if row and told:
                say_turn(db, row.id, told, "", f"{told}:{row.id}", Channel(row.channel), now)
        return row is not None

    def _one(self, which: ColumnElement[bool]) -> Handoff | None:
        with self._engine.connect() as db:
            row = db.execute(select(handoffs).where(which)).first()
        return _handoff(row) if row else None

    def _count(self, which: ColumnElement[bool]) -> int:
        with self._engine.connect() as db:
            return int(db.scalar(select(func.count()).select_from(handoffs).where(which)) or 0)


def _handoff(row: Row[Any]) -> Handoff:
    def moment(at: datetime | None) -> datetime | None:
        return in_utc(at) if at else None

    return Handoff(
        id=row.id,
        desk_id=row.desk_id,
        conversation=row.conversation,
        channel=Channel(row.channel),
        question=row.question,
        place=row.place,
        entry_id=row.entry_id,
        acknowledged_at=in_utc(row.acknowledged_at),
        taken_by=row.taken_by,
        clerk=row.clerk,
        taken_at=moment(row.taken_at),
        last_at=in_utc(row.last_at),
        ended_at=moment(row.ended_at),
        ending=Ending(row.ending) if row.ending else None,
    )
