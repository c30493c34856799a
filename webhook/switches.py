"""Channels that an administrator has switched off: people get one message, and nothing else.

Kept in the database, so that every process follows within seconds and a restart forgets nothing.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from sqlalchemy import (
    Column,
    Connection,
    DateTime,
    Engine,
    MetaData,
    Row,
    String,
    Table,
    delete,
    insert,
    select,
)
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from bot.deletion import asks_deletion
from bot.messages import say
from bot.model import Answer, Block, BlockKind, Channel, Question, Status
from bot.protect import pseudonym
from knowledge.clock import in_utc
from knowledge.model import Record
from webhook.metrics import Replies

log = logging.getLogger(__name__)

SWITCHED = (Channel.ZALO_OA, Channel.ZALO_BOT, Channel.TELEGRAM, Channel.WEB)
"""The channels that can be switched off: all but the terminal of whoever runs the server."""
LOOKED_EVERY_S = 1.0
"""How old what a process knows of the switches may be."""
TOLD_AGAIN_AFTER = timedelta(hours=6)
"""Who goes on writing is told again after so long."""

metadata = MetaData()

_off = Table(
    "channels_off",
    metadata,
    Column("channel", String(16), primary_key=True),
    Column("reason", String(500), nullable=False),
    Column("message", String(1000), nullable=False),
    Column("person", String(120), nullable=False),
    Column("since", DateTime(timezone=True), nullable=False),
)
_told = Table(
    "channels_off_told",
    metadata,
    Column("conversation", String(32), primary_key=True),
    Column("channel", String(16), nullable=False),
    Column("question_id", String(120), nullable=False),
    Column("told_at", DateTime(timezone=True), nullable=False),
)
"""Who was told, under the keyed hash that the Journal uses, and in answer to which Question."""


class Off(Record):
    """A channel that is switched off."""

    channel: Channel
    reason: str
    """Why, for colleagues."""
    message: str
    """What people are told."""
    person: str
    """The login of whoever did it."""
    since: datetime


class Switchboard(Protocol):
    """Says which channels are off. Called from several threads at once; never raises."""

    def is_off(self, channel: Channel) -> bool:
        """Whether nothing may be sent on a channel, as known at most a few seconds ago."""


class SwitchedReplies(Replies, Switchboard, Protocol):
    """Replies that know which channels are off."""


class AllOn:
    """The switchboard of a server without administrators."""

    def is_off(self, channel: Channel) -> bool:
        """Never."""
        return False


class Switches:
    """The store of what is off. Safe to use from several threads and processes."""

    def __init__(
        self, engine: Engine, key: bytes, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`key` pseudonymises people, as the Journal's does."""
        self._engine, self._key, self._clock = engine, key, clock
        self._looking = threading.Lock()
        self._known = {off.channel: off for off in self.all()}
        self._looked_at = clock()

    def all(self) -> tuple[Off, ...]:
        """What is off at this moment."""
        with self._engine.connect() as db:
            rows = db.execute(select(_off).order_by(_off.c.since)).all()
        return tuple(_read(row) for row in rows)

    def find(self, channel: Channel) -> Off | None:
        """How a channel is off, or None; as it was at most LOOKED_EVERY_S ago, or longer while the
        database is out of reach."""
        if self._clock() - self._looked_at > LOOKED_EVERY_S and self._looking.acquire(False):
            try:
                self._known = {off.channel: off for off in self.all()}
            except SQLAlchemyError as error:
                log.warning("the switches can't be read: %s", type(error).__name__)
            finally:
                self._looked_at = self._clock()
                self._looking.release()
        return self._known.get(channel)

    def is_off(self, channel: Channel) -> bool:
        """Whether a channel is off, as `find` knows it."""
        return self.find(channel) is not None

    def turn_off(
        self, db: Connection, channel: Channel, reason: str, message: str, person: str
    ) -> None:
        """Switch a channel off, in the caller's transaction. One that is off has its reason and
        message changed, and people are told anew."""
        self.turn_on(db, channel)
        db.execute(
            insert(_off).values(
                channel=channel,
                reason=reason,
                message=message,
                person=person,
                since=datetime.now(UTC),
            )
        )

    def turn_on(self, db: Connection, channel: Channel) -> bool:
        """Switch a channel on again, in the caller's transaction. False if it was on."""
        db.execute(delete(_told).where(_told.c.channel == channel))
        return db.execute(delete(_off).where(_off.c.channel == channel)).rowcount > 0

    def tells(self, question: Question) -> bool:
        """Whether this Question is the one whose person is told now. It stays so if it is asked
        again after a crash."""
        conversation = pseudonym(self._key, question)
        mine = _told.c.conversation == conversation
        try:
            with self._engine.begin() as db:
                now = datetime.now(UTC)
                db.execute(delete(_told).where(mine, _told.c.told_at < now - TOLD_AGAIN_AFTER))
                told = db.scalar(select(_told.c.question_id).where(mine))
                if told is None:
                    db.execute(
                        insert(_told).values(
                            conversation=conversation,
                            channel=question.channel,
                            question_id=question.id,
                            told_at=now,
                        )
                    )
        except IntegrityError:  # another process told the same person at the same moment
            return False
        return told in (None, question.id)


def _read(row: Row[Any]) -> Off:
    since = in_utc(row.since)
    return Off(
        channel=Channel(row.channel),
        reason=row.reason,
        message=row.message,
        person=row.person,
        since=since,
    )


class Switched:
    """Replies of the channels that are on. On one that is off people get its message, or nothing
    if they had it of late: an Answer without blocks."""

    def __init__(self, replies: Replies, switches: Switches) -> None:
        self._replies, self._switches = replies, switches

    def reply(self, question: Question) -> Answer:
        """The Answer of the Replies behind it, or what people are told instead."""
        off = self._switches.find(question.channel)
        if off is None:
            return self._replies.reply(question)
        if asks_deletion(question):  # a right that no switch takes away
            self._replies.reply(question)
        # A page that was asked for has to say something each time.
        told = question.channel is Channel.WEB or self._switches.tells(question)
        lines = (off.message or say("channel.off"),)
        return Answer(
            status=Status.REFUSED_CHANNEL_OFF,
            blocks=(Block(kind=BlockKind.TEXT, lines=lines),) if told else (),
        )

    def is_off(self, channel: Channel) -> bool:
        """As the switches say."""
        return self._switches.is_off(channel)
