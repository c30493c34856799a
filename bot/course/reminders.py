"""Who wants to be reminded to learn, where and when; and whether they may be, just now.

Nobody is reminded who has not asked for it. Where to write to is kept sealed: it is the one thing
of a conversation that a pseudonym can't replace.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol

from sqlalchemy import (
    Column,
    DateTime,
    Engine,
    Index,
    Integer,
    String,
    Table,
    delete,
    insert,
    select,
    update,
)

from bot.course.store import metadata
from bot.model import Channel
from knowledge.clock import VIETNAM, in_utc

_reminders = Table(
    "learner_reminders",
    metadata,
    Column("conversation", String(32), primary_key=True),
    Column("channel", String(16), nullable=False),
    Column("address", String(400), nullable=False),
    Column("minute", Integer, nullable=False),
    Column("next_at", DateTime(timezone=True), nullable=False),
    Column("sent_at", DateTime(timezone=True)),
    Column("unanswered", Integer, nullable=False),
    Index("ix_learner_reminders_next_at", "next_at"),
)

FIRST, LAST = time(6, 0), time(21, 30)
"""Nobody is reminded at night."""
PUNCTUAL = timedelta(minutes=20)
"""A reminder later than this, after a stop of the server, is left out."""
WINDOWS = {Channel.ZALO_OA: timedelta(hours=47), Channel.ZALO_BOT: timedelta(hours=47)}
"""How long after their last message people may be written to: an Official Account for 48 hours
without being charged; for the Bot Platform none is documented, and the same is kept."""
UNANSWERED = 3
"""So many reminders without a word from the learner, and they end."""
AT_ONCE = 200


class Seal(Protocol):
    """Encrypts a text, and gives it back."""

    def close(self, text: str) -> str: ...
    def open(self, sealed: str) -> str: ...


@dataclass(frozen=True)
class Due:
    """A reminder whose time has come."""

    conversation: str
    """The Journal's pseudonym."""
    channel: Channel
    address: str
    """The conversation as the channel names it, sealed."""
    minute: int
    """Of the day, in Vietnam."""
    at: datetime
    sent_at: datetime | None
    unanswered: int


class Reminders:
    """The store of reminders. Safe to use from several threads and processes."""

    def __init__(self, engine: Engine, seal: Seal) -> None:
        self._engine, self._seal = engine, seal

    def ask(self, conversation: str, channel: Channel, address: str, at: time) -> None:
        """Somebody wants to be reminded every day at a time between FIRST and LAST."""
        minute = at.hour * 60 + at.minute
        values = {
            "conversation": conversation,
            "channel": channel.value,
            "address": self._seal.close(address),
            "minute": minute,
            "next_at": following(datetime.now(UTC), minute),
            "sent_at": None,
            "unanswered": 0,
        }
        with self._engine.begin() as db:
            db.execute(delete(_reminders).where(_reminders.c.conversation == conversation))
            db.execute(insert(_reminders).values(values))

    def stop(self, conversation: str) -> bool:
        """Somebody wants no more, or is gone. Whether there was one."""
        mine = _reminders.c.conversation == conversation
        with self._engine.begin() as db:
            return db.execute(delete(_reminders).where(mine)).rowcount > 0

    def due(self, now: datetime, channels: Sequence[Channel]) -> list[Due]:
        """Whose time has come on these channels, the longest due first."""
        wanted = (
            select(_reminders)
            .where(_reminders.c.next_at <= now)
            .where(_reminders.c.channel.in_([channel.value for channel in channels]))
            .order_by(_reminders.c.next_at)
            .limit(AT_ONCE)
        )
        with self._engine.connect() as db:
            rows = db.execute(wanted).all()
        return [
            Due(
                conversation=row.conversation,
                channel=Channel(row.channel),
                address=row.address,
                minute=row.minute,
                at=in_utc(row.next_at),
                sent_at=in_utc(row.sent_at) if row.sent_at else None,
                unanswered=row.unanswered,
            )
            for row in rows
        ]

    def address(self, due: Due) -> str:
        """The conversation as the channel names it. Raises what the seal raises."""
        return self._seal.open(due.address)

    def put_off(self, due: Due, now: datetime) -> None:
        """Not today: the next one is at the same time on another day."""
        self._next(due, now, {})

    def sent(self, due: Due, now: datetime, unanswered: int) -> None:
        """It is on its way; after so many without an answer it was the last."""
        if unanswered >= UNANSWERED:
            self.stop(due.conversation)
            return
        self._next(due, now, {"sent_at": now, "unanswered": unanswered})

    def _next(self, due: Due, now: datetime, values: dict[str, object]) -> None:
        # Another process may have been as quick, and the learner may have chosen another time.
        mine = (_reminders.c.conversation == due.conversation) & (_reminders.c.next_at == due.at)
        values = {**values, "next_at": following(now, due.minute)}
        with self._engine.begin() as db:
            db.execute(update(_reminders).where(mine).values(values))


def time_of(written: str) -> time | None:
    """ "1930" as a time of the day; None if there is none such."""
    if len(written) != 4 or not (written.isascii() and written.isdigit()):
        return None
    hour, minute = int(written[:2]), int(written[2:])
    return time(hour, minute) if hour < 24 and minute < 60 else None


def is_by_day(at: time) -> bool:
    """Whether people may be reminded then."""
    return FIRST <= at <= LAST


def may_be_sent(due: Due, now: datetime, heard_at: datetime | None) -> bool:
    """Whether a reminder is still punctual, by day, and within the channel's window after the last
    message of the person."""
    window = WINDOWS.get(due.channel)
    open_ = window is None or (heard_at is not None and now - heard_at < window)
    return open_ and now - due.at <= PUNCTUAL and is_by_day(now.astimezone(VIETNAM).time())


def following(now: datetime, minute: int) -> datetime:
    """The next moment after `now` that is so many minutes into a day of Vietnam."""
    day: date = now.astimezone(VIETNAM).date()
    at = datetime.combine(day, time(minute // 60, minute % 60), VIETNAM)
    return (at if at > now else at + timedelta(days=1)).astimezone(UTC)
