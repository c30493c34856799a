"""What teams write down: visits, what to come back for, and questions to the leader."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import Engine, Table, delete, insert, select, update

from bot.team.tables import asked, members, revisits, visits
from bot.team.telling import Return, Visit
from knowledge.clock import in_utc
from knowledge.model import Record

UNFINISHED_LASTS = timedelta(minutes=30)
"""How long a member is asked on about a visit; afterwards what they write is a question again."""
MOST_SHOWN = 200


class Written(Record):
    """A visit in the log."""

    on: date
    subject: str
    hamlet: str
    people: int
    minutes: int


class Due(Record):
    """A hamlet to come back to."""

    id: int
    due: date
    hamlet: str
    subject: str
    done_on: date | None


class Asked(Record):
    """A member's question to the leader."""

    id: int
    conversation: str
    text: str
    asked_at: datetime
    answer: str
    told: bool
    """Whether the member has been told the answer."""


class Book:
    """The store of a team's notes. Safe to use from several threads and processes; writing the
    same Question twice changes nothing."""

    def __init__(
        self, engine: Engine, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._engine, self._clock = engine, clock

    # Visits.

    def unfinished(self, conversation: str) -> Visit | None:
        """The visit that a member is telling step by step."""
        wanted = select(members.c.unfinished).where(
            members.c.conversation == conversation,
            members.c.asked_at > self._clock() - UNFINISHED_LASTS,
        )
        with self._engine.connect() as db:
            stored = db.scalar(wanted)
        return Visit.model_validate(stored) if stored else None

    def keep_unfinished(self, conversation: str, visit: Visit | None) -> None:
        """Ask on about this visit; None: no more."""
        mine = update(members).where(members.c.conversation == conversation)
        stored = visit.model_dump() if visit else None
        with self._engine.begin() as db:
            db.execute(mine.values(unfinished=stored, asked_at=self._clock()))

    def write(self, team_id: int, conversation: str, question: str, visit: Visit, on: date) -> None:
        """Log a visit that is told in full."""
        values = visit.model_dump() | {"on": on, "conversation": conversation}
        self._once(visits, question, team_id, values)

    def take_back(self, conversation: str) -> Written | None:
        """Strike out what a member logged last, of the last two days; returns it."""
        mine = (
            select(visits)
            .where(
                visits.c.conversation == conversation,
                visits.c.on >= self._clock().date() - timedelta(days=2),
            )
            .order_by(visits.c.on.desc(), visits.c.question.desc())
        )
        with self._engine.begin() as db:
            row = db.execute(mine.limit(1)).first()
            if row is None:
                return None
            db.execute(delete(visits).where(visits.c.question == row.question))
        return _written(row)

    def visits(self, team_id: int, first: date, last: date) -> list[Written]:
        """A team's visits from one day to another, both counted, in order."""
        wanted = (
            select(visits)
            .where(visits.c.team_id == team_id, visits.c.on >= first, visits.c.on <= last)
            .order_by(visits.c.on, visits.c.question)
        )
        with self._engine.connect() as db:
            return [_written(row) for row in db.execute(wanted)]

    # Coming back.

    def promise(self, team_id: int, conversation: str, question: str, promised: Return) -> None:
        """Note a hamlet to come back to."""
        values = promised.model_dump() | {"conversation": conversation}
        self._once(revisits, question, team_id, values)

    def due(self, team_id: int) -> list[Due]:
        """What a team has to come back for, the soonest first."""
        wanted = (
            select(revisits)
            .where(revisits.c.team_id == team_id, revisits.c.done_on.is_(None))
            .order_by(revisits.c.due, revisits.c.id)
            .limit(MOST_SHOWN)
        )
        with self._engine.connect() as db:
            return [_due(row) for row in db.execute(wanted)]

    def done(self, team_id: int, revisit_id: int, on: date) -> Due | None:
        """Note that it is done; None if it is none of this team's."""
        mine = (revisits.c.id == revisit_id) & (revisits.c.team_id == team_id)
        with self._engine.begin() as db:
            db.execute(update(revisits).where(mine).values(done_on=on))
            row = db.execute(select(revisits).where(mine)).first()
        return _due(row) if row else None

    def returns(self, team_id: int, first: date, last: date) -> list[Due]:
        """What was to be come back for between two days, done or not."""
        wanted = (
            select(revisits)
            .where(revisits.c.team_id == team_id, revisits.c.due >= first, revisits.c.due <= last)
            .order_by(revisits.c.due, revisits.c.id)
        )
        with self._engine.connect() as db:
            return [_due(row) for row in db.execute(wanted)]

    # Questions to the leader.

    def ask(self, team_id: int, conversation: str, question: str, text: str) -> None:
        """Put a masked question to the leader."""
        values = {"text": text, "conversation": conversation, "asked_at": self._clock()}
        self._once(asked, question, team_id, values)

    def questions(self, team_id: int) -> list[Asked]:
        """What a team asks its leader, the newest first."""
        wanted = (
            select(asked)
            .where(asked.c.team_id == team_id)
            .order_by(asked.c.asked_at.desc())
            .limit(MOST_SHOWN)
        )
        with self._engine.connect() as db:
            return [_asked(row) for row in db.execute(wanted)]

    def answer(self, team_id: int, question_id: int, text: str) -> Asked | None:
        """Answer a question, once; None if it is none of this team's, or has its answer."""
        open_ = (
            (asked.c.id == question_id) & (asked.c.team_id == team_id) & asked.c.answer.is_(None)
        )
        with self._engine.begin() as db:
            given = update(asked).where(open_).values(answer=text, answered_at=self._clock())
            if not db.execute(given).rowcount:
                return None
            return _asked(db.execute(select(asked).where(asked.c.id == question_id)).one())

    def untold(self, conversation: str) -> list[Asked]:
        """Answers that a member has not been told yet."""
        mine = select(asked).where(
            asked.c.conversation == conversation,
            asked.c.answer.is_not(None),
            asked.c.told_at.is_(None),
        )
        with self._engine.connect() as db:
            return [_asked(row) for row in db.execute(mine.order_by(asked.c.id))]

    def told(self, conversation: str, questions: list[Asked]) -> None:
        """Note that a member has been told these answers."""
        mine = asked.c.id.in_([question.id for question in questions])
        with self._engine.begin() as db:
            db.execute(
                update(asked)
                .where(mine, asked.c.conversation == conversation)
                .values(told_at=self._clock())
            )

    def purge(self, keep: timedelta) -> None:
        """Delete old questions, and forget through whom was helped: the figures stay."""
        before = self._clock() - keep
        with self._engine.begin() as db:
            db.execute(delete(asked).where(asked.c.asked_at < before))
            for old, table in ((visits.c.on, visits), (revisits.c.due, revisits)):
                db.execute(update(table).where(old < before.date()).values(conversation=""))

    def _once(self, table: Table, question: str, team_id: int, values: dict[str, Any]) -> None:
        """Add a row unless this Question has already added it."""
        with self._engine.begin() as db:
            known = db.scalar(select(table.c.question).where(table.c.question == question))
            if known is None:
                db.execute(insert(table).values(question=question, team_id=team_id, **values))


def _written(row: Any) -> Written:
    return Written(
        on=row.on,
        subject=row.subject,
        hamlet=row.hamlet,
        people=row.people,
        minutes=row.minutes,
    )


def _due(row: Any) -> Due:
    return Due(id=row.id, due=row.due, hamlet=row.hamlet, subject=row.subject, done_on=row.done_on)


def _asked(row: Any) -> Asked:
    at = in_utc(row.asked_at)
    return Asked(
        id=row.id,
        conversation=row.conversation,
        text=row.text,
        asked_at=at,
        answer=row.answer or "",
        told=row.told_at is not None,
    )
