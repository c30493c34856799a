"""A channel that can't be sent to until an operator acts: everything waits, and one call a minute
tries whether it goes again."""

from __future__ import annotations

import logging
import threading
import time

from bot.model import Channel
from webhook.metrics import Metrics

log = logging.getLogger(__name__)


class Hold:
    """Whether one channel is held, for one process. Thread-safe."""

    def __init__(self, channel: Channel, try_every_s: float, metrics: Metrics) -> None:
        self._channel, self._try_every_s = channel, try_every_s
        self._gauge = metrics.held.labels(channel.value)
        self._gauge.set(0)
        self._lock = threading.Lock()
        self._next_try = 0.0
        self.words: str | None = None
        """The platform's reason while the channel is held."""

    def pause_left(self) -> float:
        """Seconds to wait before asking again; 0 for whoever may call the platform now."""
        with self._lock:
            if self.words is None:
                return 0.0
            now = time.monotonic()
            if now < self._next_try:
                return min(1.0, self._next_try - now)
            self._next_try = now + self._try_every_s
            return 0.0

    def begin(self, words: str) -> None:
        """The platform takes nothing on this channel. Said once in the log, for the operator."""
        with self._lock:
            first = self.words is None
            self.words = words
            self._next_try = time.monotonic() + self._try_every_s
        if first:
            self._gauge.set(1)
            log.error("%s is held, nothing can be sent until you act: %s", self._channel, words)

    def end(self) -> None:
        """The platform took, or judged, a message."""
        with self._lock:
            was, self.words = self.words, None
        if was is not None:
            self._gauge.set(0)
            log.warning("%s is no longer held", self._channel)
