"""Reminding learners who asked for it, through the durable queue: each reminder is a Question with
an id of its own day, so that whichever processes put it in, it is answered and sent once."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from bot.course.reminders import UNANSWERED, Due, Reminders, may_be_sent
from bot.course.store import Learners
from bot.journal import Journal
from bot.model import Channel, Question
from knowledge.clock import VIETNAM
from webhook.channels.adapter import Incoming
from webhook.sealing import SealError

log = logging.getLogger(__name__)

LOOK_EVERY_S = 30.0

Accept = Callable[[Incoming], None]
"""`DurableQueue.accept`: when it returns, the message is on disk."""


class Reminding:
    """Puts the reminders whose time has come into the queue."""

    def __init__(
        self,
        reminders: Reminders,
        journal: Journal,
        channels: frozenset[Channel],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        look_every_s: float = LOOK_EVERY_S,
        is_off: Callable[[Channel], bool] = lambda channel: False,
    ) -> None:
        """`is_off` says of a channel whether it is switched off: then nobody is reminded there."""
        self._reminders, self._journal = reminders, journal
        self._learners = Learners(journal.engine)
        self._channels = sorted(channels)
        self._now, self._look_every_s, self._is_off = now, look_every_s, is_off

    @contextmanager
    def running(self, accept: Accept) -> Iterator[None]:
        """Look for reminders while this lasts."""
        ended = threading.Event()

        def look() -> None:
            while not ended.wait(self._look_every_s):
                try:
                    self.remind(accept)
                # A database that is gone comes back; the next look finds what this one missed.
                except Exception as error:
                    log.warning("looking for reminders failed: %s", type(error).__name__)

        looking = threading.Thread(target=look, name="remind", daemon=True)
        looking.start()
        try:
            yield
        finally:
            ended.set()
            looking.join(10.0)

    def remind(self, accept: Accept) -> int:
        """Put in whatever is due; returns how many."""
        now = self._now()
        channels = [channel for channel in self._channels if not self._is_off(channel)]
        return sum(self._one(due, now, accept) for due in self._reminders.due(now, channels))

    def _one(self, due: Due, now: datetime, accept: Accept) -> bool:
        heard_at = self._journal.heard_at(due.conversation)
        if not may_be_sent(due, now, heard_at) or self._has_learned(due, now):
            self._reminders.put_off(due, now)
            return False
        answered = due.sent_at is None or (heard_at is not None and heard_at > due.sent_at)
        unanswered = 1 if answered else due.unanswered + 1
        try:
            incoming = self._incoming(due, last=unanswered >= UNANSWERED)
        except SealError:
            log.warning("a reminder can't be addressed any more, and ends")
            self._reminders.stop(due.conversation)
            return False
        # In this order: after a crash in between it is put in again, under the same id.
        accept(incoming)
        self._reminders.sent(due, now, unanswered)
        return True

    def _has_learned(self, due: Due, now: datetime) -> bool:
        """Whether the learner has been at it today: then nobody needs to say so."""
        at = self._learners.progress(due.conversation).at
        return at is not None and at.astimezone(VIETNAM).date() == now.astimezone(VIETNAM).date()

    def _incoming(self, due: Due, last: bool) -> Incoming:
        day = due.at.astimezone(VIETNAM)
        return Incoming(
            question=Question(
                id=f"{due.channel}:reminder:{due.conversation}:{day:%Y%m%d}",
                channel=due.channel,
                conversation=self._reminders.address(due),
                action="course:due:last" if last else "course:due",
                asked_at=due.at,
            ),
            unasked=True,
        )
