"""Which processes are alive, in a table that all of them see: no leader, no operator.

Each process renews a lease, in the database's clock. Any other may take over the work of one whose
lease has run out. The row is locked while that happens, so no two do it, and a process that was
only slow waits at its own row, learns that it was taken for dead, and lets go of what it had.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from sqlalchemy import Engine, delete, func, insert, select, update

from webhook.queue.store import workers
from webhook.queue.timing import Timing

log = logging.getLogger(__name__)


class Tenure(Protocol):
    """Whether this process may work on what it has in hand."""

    generation: int
    """Grows each time that the others took this process's work over: older work is not its own."""

    def start(self) -> None:
        """Begin to be seen. Raises what the database raises."""

    def held(self) -> bool:
        """Whether the others still take this process to be alive."""

    def stop(self, leave: Callable[[], None] | None) -> None:
        """No longer renew; after `leave`, which gives unfinished work back, be gone at once.
        With None there is work in hand yet: it is taken over when the lease runs out."""


class Alone:
    """The only process: SQLite's."""

    generation = 0

    def start(self) -> None:
        """Nobody looks."""

    def held(self) -> bool:
        """Nobody could take anything over."""
        return True

    def stop(self, leave: Callable[[], None] | None) -> None:
        """The next process of this name takes up what is left."""


class Lease:
    """A process among others, on PostgreSQL."""

    def __init__(
        self,
        engine: Engine,
        name: str,
        channels: Sequence[str],
        timing: Timing,
        *,
        busy: Callable[[], set[str]],
        take_over: Callable[[str], int],
        share: Callable[[Mapping[str, int]], None],
    ) -> None:
        """`busy` names the processes with work in hand. `take_over` puts the work of a dead one
        back into the queue and returns how much. `share` is told after each beat how many processes
        serve each channel."""
        self.generation = 0
        self._engine, self._name, self._channels = engine, name, list(channels)
        self._timing, self._share = timing, share
        self._busy, self._take_over = busy, take_over
        self._unknown: set[str] = set()
        self._until = self._since = 0.0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._beats, name="queue-lease", daemon=True)

    def start(self) -> None:
        """As `Tenure.start`."""
        self._beat()
        self._thread.start()

    def held(self) -> bool:
        """As `Tenure.held`."""
        return time.monotonic() < self._until

    def stop(self, leave: Callable[[], None] | None) -> None:
        """As `Tenure.stop`."""
        self._ended.set()
        self._thread.join(self._timing.lease_s)
        if leave:
            leave()
            with self._engine.begin() as db:
                db.execute(delete(workers).where(workers.c.name == self._name))

    def _beats(self) -> None:
        while not self._ended.wait(self._timing.beat_s):
            try:
                self._beat()
                self._bury()
            # Whatever it is: without this thread the process would pass for dead.
            except Exception as error:
                log.warning("a beat was missed: %s", type(error).__name__)

    def _beat(self) -> None:
        began = time.monotonic()
        until = func.now() + self._timing.lease
        with self._engine.begin() as db:
            mine = update(workers).where(workers.c.name == self._name).values(expires_at=until)
            renewed = db.execute(mine).rowcount == 1
            if not renewed:
                row = {"name": self._name, "channels": self._channels, "expires_at": until}
                db.execute(insert(workers).values(row))
            live = db.scalars(select(workers.c.channels).where(workers.c.expires_at > func.now()))
            served = Counter(channel for channels in live for channel in channels)
        if not renewed and self._until:
            log.warning("%s was taken for dead; others do what it had in hand", self._name)
            self.generation += 1
        if not self.held():
            self._since = began
        self._until = began + self._timing.lease_s - self._timing.margin_s
        self._share(served)

    def _bury(self) -> None:
        """Take over from the dead. Who has missed beats lately does not judge: after an outage of
        the database everybody's lease has run out, and the living come back first."""
        if time.monotonic() - self._since < self._timing.lease_s:
            return
        dead = (
            select(workers.c.name)
            .where(workers.c.expires_at < func.now())
            .with_for_update(skip_locked=True)
        )
        with self._engine.begin() as db:
            for name in db.scalars(dead).all():
                self._bequeath(name)
                db.execute(delete(workers).where(workers.c.name == name))
        self._bury_unknown()

    def _bury_unknown(self) -> None:
        """Take over from those that were buried while they were only slow, took new work, and died
        before a beat of theirs could have made them known again."""
        busy = self._busy()  # first: who begins to work was known before
        with self._engine.connect() as db:
            unknown = busy - set(db.scalars(select(workers.c.name)))
        for name in unknown & self._unknown:
            self._bequeath(name)
        self._unknown = unknown

    def _bequeath(self, name: str) -> None:
        count = self._take_over(name)
        log.warning("%s is dead; %d messages of it go on", name, count)
