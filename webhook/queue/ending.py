"""Why work is left unfinished, and waiting that ends when the process does.

None of the reasons is an Exception: DBOS records those as the end of the work, and this work is to
be found unfinished and done later, or by somebody else.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy.exc import DBAPIError, InterfaceError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from webhook.metrics import Unavailable

log = logging.getLogger(__name__)

RETRY_S = 0.5

T = TypeVar("T")


class Stopped(BaseException):
    """The process is stopping."""


class TakenOver(BaseException):
    """The others took this process to be dead, and its work over."""


class Interrupted(BaseException):
    """DBOS could not reach the database."""


def is_outage(error: Exception) -> bool:
    """Whether a database is away, locked or starting, or the core of a gateway is."""
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    return isinstance(
        error, OperationalError | InterfaceError | InternalError | PoolTimeoutError | Unavailable
    )


class Stopping:
    """Whether the process is stopping. Thread-safe."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def begin(self) -> None:
        """From now on, `check` and `wait` raise."""
        self._event.set()

    def check(self) -> None:
        """Stopped if the process is stopping."""
        if self._event.is_set():
            raise Stopped

    def wait(self, seconds: float) -> None:
        """Sleep. Stopped as soon as the process is stopping."""
        if self._event.wait(max(0.0, seconds)):
            raise Stopped

    def slept(self, seconds: float) -> bool:
        """Sleep; False as soon as the process is stopping. For threads that tidy up."""
        return not self._event.wait(seconds)

    def through_outages(self, work: Callable[[], T]) -> T:
        """What `work` returns, tried until database and core are there. Stopped if the process
        stops first, though never before a first try."""
        said = False
        while True:
            try:
                return work()
            except Exception as error:
                if not is_outage(error):
                    raise
                if not said:
                    log.warning("waiting for what is out of reach: %s", type(error).__name__)
                said = True
            self.wait(RETRY_S)
