"""Who wants to be reminded to learn, and when.

Nobody is reminded who has not asked for it. Where to write to, and whether that may be just now,
is the notices' affair.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

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
from bot.model import Question
from bot.notices import Notices, is_by_day
from knowledge.clock import VIETNAM, in_utc

_reminders = Table(
    "learner_reminders",
    metadata,
    Column("conversation", String(32), primary_key=True),
    Column("minute", Integer, nullable=False),
    Column("next_at", DateTime(timezone=True), nullable=False),
    Column("sent_at", DateTime(timezone=True)),
    Column("unanswered", Integer, nullable=False),
    Index("ix_learner_reminders_next_at", "next_at"),
)

PUNCTUAL = timedelta(minutes=20)
"""A reminder later than this, after a stop of the server, is left out."""
UNANSWERED = 3
"""So many reminders without a word from the learner, and they end."""
AT_ONCE = 200


@dataclass(frozen=True)
class Due:
    """A reminder whose time has come."""

    conversation: str
    """The Journal's pseudonym."""
    minute: int
    """Of the day, in Vietnam."""
    at: datetime
    sent_at: datetime | None
    unanswered: int


class Reminders:
    """The store of reminders. Safe to use from several threads and processes."""

    def __init__(self, engine: Engine, notices: Notices) -> None:
        self._engine, self.notices = engine, notices

    def ask(self, question: Question, conversation: str, at: time) -> bool:
        """Whoever asks wants to be reminded every day at a time by day. False if they can't be
        written to."""
        if not self.notices.keep(question, conversation):
            return False
        minute = at.hour * 60 + at.minute
        values = {
            "conversation": conversation,
            "minute": minute,
            "next_at": following(datetime.now(UTC), minute),
            "sent_at": None,
            "unanswered": 0,
        }
        with self._engine.begin() as db:
            db.execute(delete(_reminders).where(_reminders.c.conversation == conversation))
            db.execute(insert(_reminders).values(values))
        return True

    def stop(self, conversation: str) -> bool:
        """Somebody wants no more, or is gone. Whether there was one."""
        mine = _reminders.c.conversation == conversation
        with self._engine.begin() as db:
            return db.execute(delete(_reminders).where(mine)).rowcount > 0

    def due(self, now: datetime) -> list[Due]:
        """Whose time has come, the longest due first."""
        wanted = (
            select(_reminders)
            .where(_reminders.c.next_at <= now)
            .order_by(_reminders.c.next_at)
            .limit(AT_ONCE)
        )
        with self._engine.connect() as db:
            rows = db.execute(wanted).all()
        return [
            Due(
                conversation=row.conversation,
                minute=row.minute,
                at=in_utc(row.next_at),
                sent_at=in_utc(row.sent_at) if row.sent_at else None,
                unanswered=row.unanswered,
            )
            for row in rows
        ]

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


def is_punctual(due: Due, now: datetime) -> bool:
    """Whether a reminder comes when it was wished for, and by day."""
    return now - due.at <= PUNCTUAL and is_by_day(now)


def following(now: datetime, minute: int) -> datetime:
    """The next moment after `now` that is so many minutes into a day of Vietnam."""
    day: date = now.astimezone(VIETNAM).date()
    at = datetime.combine(day, time(minute // 60, minute % 60), VIETNAM)
    return (at if at > now else at + timedelta(days=1)).astimezone(UTC)
