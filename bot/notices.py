"""What the bot says of its own accord: when, to whom, and whether it may just now.

A notice is an action that is put to the assistant at its time, as if the person had pressed it, so
that what is said is composed at that moment and sent by the same durable way as any Answer. Nobody
is written to who did not ask for something that needs it, and where to write to is kept sealed: it
is the one thing of a conversation that a pseudonym can't replace.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any, Protocol

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    DateTime,
    Engine,
    ForeignKey,
    Index,
    MetaData,
    Row,
    String,
    Table,
    delete,
    insert,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError

from bot.model import NOTICE, Channel, Question
from knowledge.clock import VIETNAM, in_utc
from knowledge.model import Record

log = logging.getLogger(__name__)

metadata = MetaData()

_contacts = Table(
    "contacts",
    metadata,
    Column("conversation", String(32), primary_key=True),
    Column("channel", String(16), nullable=False),
    Column("address", String(400), nullable=False),
    Column("kept_at", DateTime(timezone=True), nullable=False),
)
_notices = Table(
    "notices",
    metadata,
    Column("key", String(80), primary_key=True),
    Column(
        "conversation",
        ForeignKey("contacts.conversation", ondelete="CASCADE"),
        nullable=False,
    ),
    Column("action", String(64), nullable=False),
    Column("due_at", DateTime(timezone=True), nullable=False),
    Column("until", DateTime(timezone=True), nullable=False),
    Column("by_day", Boolean, nullable=False),
    Index("ix_notices_due", "due_at"),
    Index("ix_notices_conversation", "conversation"),
)

FIRST, LAST = time(6, 0), time(21, 30)
"""When it is day: nobody is woken for what can wait."""
WINDOWS = {Channel.ZALO_OA: timedelta(hours=47), Channel.ZALO_BOT: timedelta(hours=47)}
"""How long after their last message people may be written to: an Official Account for 48 hours
without being charged; for the Bot Platform none is documented, and the same is kept."""
LOOK_AGAIN = timedelta(minutes=15)
"""After so long it is looked whether somebody has written again whose window was closed."""
AT_ONCE = 200


class Seal(Protocol):
    """Encrypts a text, and gives it back; what it can't open raises a ValueError."""

    def close(self, text: str) -> str: ...
    def open(self, sealed: str) -> str: ...


class Notice(Record):
    """A notice that may be sent now."""

    key: str
    question: Question


class Notices:
    """The store of notices. Safe to use from several threads and processes."""

    def __init__(
        self,
        engine: Engine,
        seal: Seal,
        channels: frozenset[Channel],
        heard_at: Callable[[str], datetime | None],
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        held: Callable[[str, str], bool] = lambda conversation, action: False,
    ) -> None:
        """`channels` are those that are sent on of our own accord; `heard_at` says when a person
        last wrote, by the pseudonym of their conversation; `held` whether an action is to wait,
        because somebody else talks there just now."""
        self._engine, self._seal, self._channels = engine, seal, channels
        self._heard_at, self._clock, self._held = heard_at, clock, held

    def reachable(self, question: Question) -> bool:
        """Whether whoever asks can be written to: not on the web, nor in a group, where others
        read along."""
        return question.channel in self._channels and "/" not in question.conversation

    def keep(self, question: Question, conversation: str) -> bool:
        """Note where to write to for a conversation, by its pseudonym. False if it can't be
        written to."""
        if not self.reachable(question):
            return False
        values = {
            "channel": question.channel.value,
            "address": self._seal.close(question.conversation),
            "kept_at": self._clock(),
        }
        mine = _contacts.c.conversation == conversation
        try:
            with self._engine.begin() as db:
                if not db.execute(update(_contacts).where(mine).values(values)).rowcount:
                    db.execute(insert(_contacts).values(conversation=conversation, **values))
        except IntegrityError:  # another process was as quick, and wrote the same
            log.debug("a contact was kept twice")
        return True

    def put(
        self,
        key: str,
        conversation: str,
        action: str,
        at: datetime,
        *,
        until: datetime,
        by_day: bool,
    ) -> bool:
        """Have an action put to the assistant at a time, once: a key that is waiting, or was there
        of late, changes nothing. It waits while the channel's window is closed, and, `by_day`, for
        the morning; after `until` it is dropped. False if the conversation was not kept."""
        mine = _contacts.c.conversation == conversation
        values = {
            "key": key,
            "conversation": conversation,
            "action": action,
            "due_at": at,
            "until": until,
            "by_day": by_day,
        }
        try:
            with self._engine.begin() as db:
                kept = db.execute(update(_contacts).where(mine).values(kept_at=self._clock()))
                if not kept.rowcount:
                    return False
                db.execute(insert(_notices).values(values))
        except IntegrityError:
            log.debug("a notice was put twice")
        return True

    def due(self, channels: Sequence[Channel]) -> list[Notice]:
        """What may be sent now on these channels, the longest due first. What may not is put off,
        and what is too late dropped."""
        now = self._clock()
        wanted = (
            select(_notices, _contacts.c.channel, _contacts.c.address)
            .join(_contacts)
            .where(_notices.c.due_at <= now)
            .where(_contacts.c.channel.in_([channel.value for channel in channels]))
            .order_by(_notices.c.due_at)
            .limit(AT_ONCE)
        )
        with self._engine.begin() as db:
            db.execute(delete(_notices).where(_notices.c.until < now))
            rows = db.execute(wanted).all()
        return [notice for row in rows if (notice := self._now(row, now))]

    def taken(self, key: str) -> None:
        """It is on its way."""
        with self._engine.begin() as db:
            db.execute(delete(_notices).where(_notices.c.key == key))

    def may_write(self, conversation: str, at: datetime | None = None) -> bool:
        """Whether a person may be written to at a moment, or now: they were kept, and the window
        of their channel is open."""
        wanted = select(_contacts.c.channel).where(_contacts.c.conversation == conversation)
        with self._engine.connect() as db:
            channel = db.scalar(wanted)
        return channel is not None and self._is_open(channel, conversation, at or self._clock())

    def drop(self, conversation: str, prefix: str = "") -> None:
        """Send none of those that wait for a conversation, whose keys begin so."""
        mine = _notices.c.conversation == conversation
        with self._engine.begin() as db:
            db.execute(
                delete(_notices).where(mine, _notices.c.key.startswith(prefix, autoescape=True))
            )

    def forget(self, conversation: str) -> None:
        """Delete where to write to, and whatever waits."""
        self._forget(_contacts.c.conversation == conversation)

    def purge(self, keep: timedelta) -> None:
        """Delete contacts for which there was nothing for so long."""
        self._forget(_contacts.c.kept_at < self._clock() - keep)

    def _now(self, row: Row[Any], now: datetime) -> Notice | None:
        """The notice of a row, if it may be sent now."""
        channel = Channel(row.channel)
        if row.by_day and not is_by_day(now):
            self._put_off(row.key, _morning(now))
            return None
        held = self._held(row.conversation, row.action)
        if held or not self._is_open(channel, row.conversation, now):
            self._put_off(row.key, now + LOOK_AGAIN)
            return None
        try:
            address = self._seal.open(row.address)
        except ValueError:
            log.warning("a person can't be written to any more: the secret key was changed")
            self.forget(row.conversation)
            return None
        question = Question(
            id=f"{channel}{NOTICE}{row.key}",
            channel=channel,
            conversation=address,
            action=row.action,
            asked_at=now,
        )
        return Notice(key=row.key, question=question)

    def _is_open(self, channel: str, conversation: str, at: datetime) -> bool:
        window = WINDOWS.get(Channel(channel))
        if window is None:
            return True
        heard_at = self._heard_at(conversation)
        return heard_at is not None and at - heard_at < window

    def _put_off(self, key: str, at: datetime) -> None:
        with self._engine.begin() as db:
            db.execute(update(_notices).where(_notices.c.key == key).values(due_at=at))

    def _forget(self, which: ColumnElement[bool]) -> None:
        conversations = select(_contacts.c.conversation).where(which)
        with self._engine.begin() as db:
            db.execute(delete(_notices).where(_notices.c.conversation.in_(conversations)))
            db.execute(delete(_contacts).where(which))


def is_by_day(at: datetime) -> bool:
    """Whether people may be written to then for what can wait."""
    return FIRST <= at.astimezone(VIETNAM).time() <= LAST


def _morning(after: datetime) -> datetime:
    """The next moment at which the day begins."""
    here = after.astimezone(VIETNAM)
    morning = datetime.combine(here.date(), FIRST, VIETNAM)
    return in_utc(morning if morning > here else morning + timedelta(days=1))
