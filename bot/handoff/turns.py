"""What is said in handoffs, and what of it has reached the person."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Engine, Row, insert, select, update
from sqlalchemy.exc import IntegrityError

from bot.handoff.tables import handoffs, turns
from bot.model import Channel
from knowledge.clock import in_utc
from knowledge.model import Record


class Said(StrEnum):
    """Who says a turn, or what it tells the person of the handoff."""

    PERSON = "person"
    CLERK = "clerk"
    TAKEN = "taken"
    GIVEN_BACK = "given_back"
    IDLE = "idle"
    NOT_TAKEN = "not_taken"


class Turn(Record):
    """One message, masked; without a text where the kind says all."""

    id: int
    handoff_id: int
    kind: Said
    text: str
    at: datetime
    sent_at: datetime | None
    """When it was told to the person; None for what the person says."""


class Outgoing(Record):
    """A turn whose notice is still to be put."""

    turn_id: int
    conversation: str
    at: datetime


class Turns:
    """The store of turns. Safe to use from several threads and processes."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def of(self, handoff_id: int) -> list[Turn]:
        """All that was said, in order."""
        wanted = select(turns).where(turns.c.handoff_id == handoff_id).order_by(turns.c.id)
        with self._engine.connect() as db:
            return [_turn(row) for row in db.execute(wanted)]

    def get(self, turn_id: int) -> tuple[Turn, str] | None:
        """A turn and the conversation it is said in."""
        wanted = select(turns, handoffs.c.conversation).join(handoffs)
        with self._engine.connect() as db:
            row = db.execute(wanted.where(turns.c.id == turn_id)).first()
        return (_turn(row), row.conversation) if row else None

    def told_to(self, conversation: str, after: int, since: datetime) -> list[Turn]:
        """What a conversation is told, of later numbers than `after` and not before `since`."""
        wanted = (
            select(turns)
            .join(handoffs)
            .where(handoffs.c.conversation == conversation)
            .where(turns.c.kind != Said.PERSON, turns.c.id > after, turns.c.at >= since)
            .order_by(turns.c.id)
        )
        with self._engine.connect() as db:
            return [_turn(row) for row in db.execute(wanted)]

    def untold(self, conversation: str, since: datetime) -> bool:
        """Whether a conversation was not told something yet that was said since a moment."""
        wanted = select(turns.c.id).join(handoffs).where(handoffs.c.conversation == conversation)
        theirs = wanted.where(turns.c.kind != Said.PERSON, turns.c.at >= since)
        with self._engine.connect() as db:
            return db.scalar(theirs.where(turns.c.sent_at.is_(None)).limit(1)) is not None

    def show_in(self, conversation: str, question: str, now: datetime) -> list[Turn]:
        """What a conversation has not been told, which the Answer to a Question tells. For the same
        Question it is the same."""
        mine = select(handoffs.c.id).where(handoffs.c.conversation == conversation)
        untold = (turns.c.kind != Said.PERSON) & turns.c.handoff_id.in_(mine)
        here = turns.c.shown_in == question
        with self._engine.begin() as db:
            new = update(turns).where(untold, turns.c.sent_at.is_(None))
            db.execute(new.values(sent_at=now, shown_in=question))
            rows = db.execute(select(turns).where(untold, here).order_by(turns.c.id)).all()
        return [_turn(row) for row in rows]

    def outgoing(self) -> list[Outgoing]:
        """What is for people, and nothing has been put for yet."""
        wanted = (
            select(turns.c.id, turns.c.at, handoffs.c.conversation)
            .join(handoffs)
            .where(turns.c.queued_at.is_(None), handoffs.c.conversation != "")
            .order_by(turns.c.id)
        )
        with self._engine.connect() as db:
            return [
                Outgoing(turn_id=row.id, conversation=row.conversation, at=in_utc(row.at))
                for row in db.execute(wanted)
            ]

    def queued(self, turn_id: int, now: datetime) -> None:
        """Its notice is put."""
        with self._engine.begin() as db:
            db.execute(update(turns).where(turns.c.id == turn_id).values(queued_at=now))

    def sent(self, last: list[int], now: datetime) -> None:
        """These are told."""
        new = update(turns).where(turns.c.id.in_(last), turns.c.sent_at.is_(None))
        if last:
            with self._engine.begin() as db:
                db.execute(new.values(sent_at=now))

    def hear(self, handoff_id: int, question: str, text: str, now: datetime) -> None:
        """Add what the person says; the same Question counts once. The clock of the handoff begins
        anew."""
        try:
            with self._engine.begin() as db:
                say_turn(db, handoff_id, Said.PERSON, text, question, None, now)
                mine = (handoffs.c.id == handoff_id) & handoffs.c.ended_at.is_(None)
                db.execute(update(handoffs).where(mine).values(last_at=now))
        except IntegrityError:  # the message came twice
            return


def say_turn(
    db: Connection,
    handoff_id: int,
    kind: Said,
    text: str,
    key: str,
    channel: Channel | None,
    now: datetime,
) -> int:
    """Add a turn in the caller's transaction; returns its number. It is sent on `channel`; on the
    web nothing is, because the page comes for it."""
    fetched = channel in (None, Channel.WEB)
    row = insert(turns).values(
        handoff_id=handoff_id,
        kind=kind.value,
        text=text,
        key=key[:120],
        at=now,
        queued_at=now if fetched else None,
    )
    return int(db.execute(row.returning(turns.c.id)).scalar_one())


def _turn(row: Row[Any]) -> Turn:
    return Turn(
        id=row.id,
        handoff_id=row.handoff_id,
        kind=Said(row.kind),
        text=row.text,
        at=in_utc(row.at),
        sent_at=in_utc(row.sent_at) if row.sent_at else None,
    )
