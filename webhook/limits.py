"""How fast a channel may be sent to."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class Pace:
    """Gives out moments to send at: so many a second in all, and a pause within a conversation.

    It lives in one process, and keeps to its share where several send on one channel. DBOS's own
    limiter counts workflows when they start, not calls when they are made, and makes every poll
    walk through the conversations one by one.
    """

    def __init__(
        self,
        per_second: float,
        pause_s: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._whole_gap = self._gap = 1 / per_second
        self._pause = pause_s
        self._clock = clock
        self._next = 0.0
        self._next_of: dict[str, float] = {}
        self._lock = threading.Lock()

    def share(self, among: int) -> None:
        """So many processes send on this channel: each may use an equal part of its pace."""
        with self._lock:
            self._gap = self._whole_gap * max(1, among)

    def pause_left(self, conversation: str) -> float:
        """Seconds until this conversation may be sent to again; 0 if it may now."""
        with self._lock:
            return max(0.0, self._next_of.get(conversation, 0.0) - self._clock())

    def reserve(self, conversation: str) -> float:
        """Take the channel's next free moment for one call; returns the seconds until it."""
        with self._lock:
            now = self._clock()
            moment = max(now, self._next)
            self._next = moment + self._gap
            self._next_of[conversation] = moment + self._pause
            self._forget(now)
            return moment - now

    def hold(self, conversation: str, seconds: float) -> None:
        """The platform asked for silence in this conversation."""
        with self._lock:
            until = self._clock() + seconds
            self._next_of[conversation] = max(until, self._next_of.get(conversation, 0.0))

    def sent_ago(self, conversation: str, seconds: float) -> None:
        """Another process sent something in this conversation, so long ago."""
        if seconds < self._pause:
            self.hold(conversation, self._pause - seconds)

    def _forget(self, now: float) -> None:
        if len(self._next_of) > 10_000:
            self._next_of = {c: t for c, t in self._next_of.items() if t > now}
