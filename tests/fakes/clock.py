"""A clock that a test can move, for platforms that count in days."""

from __future__ import annotations

import time


class Clock:
    """Seconds since 1970: the real ones, moved on by `advance`, `speed` times as fast."""

    def __init__(self, speed: float = 1.0) -> None:
        self._began, self._speed, self._shift = time.time(), speed, 0.0

    def now(self) -> float:
        """Seconds since 1970 on this clock."""
        return self._began + (time.time() - self._began) * self._speed + self._shift

    def advance(self, seconds: float) -> None:
        """Let so many seconds pass at once."""
        self._shift += seconds
