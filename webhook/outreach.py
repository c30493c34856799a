"""Sending what the bot says of its own accord, through the durable queue: each notice is a Question
with an id of its own, so that whichever processes put it in, it is answered and sent once."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

from bot.model import Channel
from bot.notices import Notice, Notices
from webhook.channels.adapter import Incoming

log = logging.getLogger(__name__)

LOOK_EVERY_S = 2.0
"""How long somebody who talks with a person waits for a word at most, beside the queue."""

Accept = Callable[[Incoming], None]
"""`DurableQueue.accept`: when it returns, the message is on disk."""


class Waiting(Protocol):
    """Notices, here or in the core."""

    def due(self, channels: Sequence[Channel]) -> list[Notice]:
        """What may be sent now on these channels."""

    def taken(self, key: str) -> None:
        """It is on its way."""


class Prepared:
    """The notices here, with those that come of a calendar: they are put when it is looked."""

    def __init__(self, notices: Notices, *prepare: Callable[[], None]) -> None:
        self._notices, self._prepare = notices, prepare

    def due(self, channels: Sequence[Channel]) -> list[Notice]:
        """As Waiting."""
        for prepare in self._prepare:
            prepare()
        return self._notices.due(channels)

    def taken(self, key: str) -> None:
        """As Waiting."""
        self._notices.taken(key)


class Outreach:
    """Puts the notices whose time has come into the queue."""

    def __init__(
        self,
        waiting: Waiting,
        channels: frozenset[Channel],
        is_off: Callable[[Channel], bool] = lambda channel: False,
        look_every_s: float = LOOK_EVERY_S,
    ) -> None:
        """`channels` are those that this process sends on; `is_off` says which are switched off:
        on them nobody is written to."""
        self._waiting, self._channels = waiting, sorted(channels)
        self._is_off, self._look_every_s = is_off, look_every_s

    @contextmanager
    def running(self, accept: Accept) -> Iterator[None]:
        """Look for notices while this lasts."""
        ended = threading.Event()

        def look() -> None:
            while not ended.wait(self._look_every_s):
                try:
                    self.hand_over(accept)
                # A database that is gone comes back; the next look finds what this one missed.
                except Exception as error:
                    log.warning("looking for notices failed: %s", type(error).__name__)

        looking = threading.Thread(target=look, name="look-for-notices", daemon=True)
        looking.start()
        try:
            yield
        finally:
            ended.set()
            looking.join(10.0)

    def hand_over(self, accept: Accept) -> int:
        """Put in whatever is due; returns how many."""
        on = [channel for channel in self._channels if not self._is_off(channel)]
        notices = self._waiting.due(on) if on else []
        for notice in notices:
            # In this order: after a crash in between it is put in again, under the same id.
            accept(Incoming(question=notice.question))
            self._waiting.taken(notice.key)
        return len(notices)
