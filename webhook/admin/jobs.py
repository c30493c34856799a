"""Work that takes longer than a page may: begun by a page, looked at by pages of every process.

One piece at a time in each process, behind the pages, so that people who ask something hardly
notice. What came of it is kept in the database under the key of what was asked for.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Engine, Row, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from knowledge.clock import in_utc
from knowledge.model import Record
from webhook.admin.tables import jobs

log = logging.getLogger(__name__)

LOST_AFTER = timedelta(minutes=5)
"""Work that has not moved for so long was its process's that ended; it may be begun again."""
KEPT = timedelta(days=7)
"""How long a batch or a replay is kept: they hold what people wrote. Checks stay, as a record."""
CHECK, BATCH, REPLAY = "check", "batch", "replay"

Progress = Callable[[int, int], None]
"""Called with (done, of how many)."""
Work = Callable[[Progress], dict[str, Any]]
"""Does it; what it returns is kept as JSON."""


class JobState(StrEnum):
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class UnknownJob(KeyError):
    """There is no such piece of work, or no longer."""


class Job(Record):
    """A piece of work, and how far it is."""

    id: int
    kind: str
    key: str
    by: str
    state: JobState
    begun_at: datetime
    touched_at: datetime
    done: int
    total: int
    given: dict[str, Any]
    result: dict[str, Any]

    def lost_at(self, now: datetime) -> bool:
        """Whether nobody works on it any more."""
        return self.state is JobState.RUNNING and now - self.touched_at > LOST_AFTER


class Jobs:
    """The store of such work, and the threads that do it, one at a time. Safe to use from several
    threads and processes."""

    def __init__(
        self, engine: Engine, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._engine, self._clock = engine, clock
        self._turn = threading.Lock()

    def start(self, kind: str, key: str, by: str, given: dict[str, Any], work: Work) -> Job:
        """Begin it behind the pages, unless it is done or under way."""
        job, ours = self._claim(kind, key, by, given)
        if ours:
            # A daemon: a server that is stopped does not wait for it.
            threading.Thread(target=self._in_turn, args=(job, work), daemon=True).start()
        return job

    def run(self, kind: str, key: str, by: str, given: dict[str, Any], work: Work) -> Job:
        """Do it here and now, unless it is done or under way somewhere."""
        job, ours = self._claim(kind, key, by, given)
        if ours:
            self._do(job, work)
        return self.get(job.id)

    def get(self, number: int) -> Job:
        """UnknownJob if there is none."""
        with self._engine.connect() as db:
            row = db.execute(select(jobs).where(jobs.c.id == number)).first()
        if row is None:
            raise UnknownJob(number)
        return _job(row)

    def find(self, kind: str, key: str) -> Job | None:
        """What came of it, if it was ever begun."""
        wanted = select(jobs).where(jobs.c.kind == kind, jobs.c.key == key)
        with self._engine.connect() as db:
            row = db.execute(wanted).first()
        return _job(row) if row else None

    def is_lost(self, job: Job) -> bool:
        """Whether it has to be begun again."""
        return job.state is JobState.FAILED or job.lost_at(self._clock())

    def _claim(self, kind: str, key: str, by: str, given: dict[str, Any]) -> tuple[Job, bool]:
        """The work of this key, and whether it is ours to do."""
        now = self._clock()
        fresh = {
            "state": JobState.RUNNING,
            "begun_at": now,
            "touched_at": now,
            "done": 0,
            "total": 0,
            "given": given,
            "result": {},
            "by": by,
        }
        try:
            with self._engine.begin() as db:
                old = (jobs.c.kind.in_((BATCH, REPLAY))) & (jobs.c.begun_at < now - KEPT)
                db.execute(delete(jobs).where(old))
                new = insert(jobs).values(kind=kind, key=key, **fresh).returning(jobs.c.id)
                number = db.execute(new).scalar_one()
            return self.get(number), True
        except IntegrityError:
            found = self.find(kind, key)
        if found is None:
            raise RuntimeError(f"{kind} {key} was deleted while it was begun")
        if not self.is_lost(found):
            return found, False
        with self._engine.begin() as db:
            took = db.execute(
                update(jobs)
                .where(jobs.c.id == found.id, jobs.c.state == found.state)
                .where(jobs.c.touched_at == found.touched_at)
                .values(**fresh)
            )
        return self.get(found.id), bool(took.rowcount)

    def _in_turn(self, job: Job, work: Work) -> None:
        with self._turn:
            self._do(job, work)

    def _do(self, job: Job, work: Work) -> None:
        def progress(done: int, total: int) -> None:
            self._write(job.id, done=done, total=total)

        try:
            self._write(job.id, state=JobState.DONE, result=work(progress))
        # Whatever it was, whoever waits for it is told, and may begin it again.
        except Exception:
            log.exception("%s %d failed", job.kind, job.id)
            self._write(job.id, state=JobState.FAILED)

    def _write(self, number: int, **values: object) -> None:
        with self._engine.begin() as db:
            done = update(jobs).where(jobs.c.id == number)
            db.execute(done.values(touched_at=self._clock(), **values))


def _job(row: Row[Any]) -> Job:
    return Job(
        id=row.id,
        kind=row.kind,
        key=row.key,
        by=row.by,
        state=JobState(row.state),
        begun_at=in_utc(row.begun_at),
        touched_at=in_utc(row.touched_at),
        done=row.done,
        total=row.total,
        given=row.given,
        result=row.result,
    )
