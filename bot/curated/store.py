"""Curated answers as they are kept: who wrote and approved them, where and until when they hold."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any

from pydantic import Field, StringConstraints, ValidationInfo, field_validator
from sqlalchemy import (
    JSON,
    Column,
    Connection,
    DateTime,
    Engine,
    Integer,
    MetaData,
    Row,
    String,
    Table,
    func,
    insert,
    select,
    update,
)

from knowledge.clock import in_utc
from knowledge.model import EntryId, Label, Link, Record, RegionId

metadata = MetaData()

_curated = Table(
    "curated_answers",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("state", String(12), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("title", String(160), nullable=False),
    Column("wording", JSON, nullable=False),
    Column("entry_hash", String(64), nullable=False),
    Column("writers", JSON, nullable=False),
    Column("approver", String(64), nullable=False),
    Column("changed_at", DateTime(timezone=True), nullable=False),
    Column("hits", Integer, nullable=False),
    Column("last_hit", DateTime(timezone=True)),
)

Example = Annotated[str, StringConstraints(min_length=8, max_length=300)]
MOST_EXAMPLES = 10
_AHEAD = timedelta(hours=14)
"""Nowhere on earth is it later than that."""


class State(StrEnum):
    WAITING = "waiting"
    """Written, and nobody else has approved it."""
    ACTIVE = "active"
    OFF = "off"


class Wording(Record):
    """What a person writes. There is none without a source and the day it was checked."""

    title: Label
    text: Annotated[str, StringConstraints(min_length=10, max_length=1500)]
    """Lines; those that begin with "- " become a list."""
    examples: Annotated[tuple[Example, ...], Field(min_length=1, max_length=MOST_EXAMPLES)]
    """Questions that it answers, and others of the same meaning with it."""
    source_title: Annotated[str, StringConstraints(min_length=4, max_length=300)]
    source_url: Link | None = None
    checked_on: date
    """The day the source said so."""
    provinces: tuple[RegionId, ...] = ()
    """Where it holds; empty: the whole country."""
    entry_id: EntryId | None = None
    """The Entry it belongs to: when that is published in other words, it stops."""
    valid_from: date | None = None
    valid_until: date | None = None
    """The last day it is given."""

    @field_validator("checked_on")
    @classmethod
    def _checked_already(cls, day: date) -> date:
        if day > (datetime.now(UTC) + _AHEAD).date():
            raise ValueError("is in the future")
        return day

    @field_validator("valid_until")
    @classmethod
    def _ends_after_it_starts(cls, until: date | None, info: ValidationInfo) -> date | None:
        start = info.data.get("valid_from")
        if start and until and until < start:
            raise ValueError("is before valid_from")
        return until


class Curated(Record):
    """A curated answer with its history."""

    id: int
    state: State
    revision: int
    wording: Wording
    entry_hash: str
    """Of the published Entry it belongs to, when it was approved; empty if it belongs to none."""
    writers: tuple[str, ...]
    """Logins of everybody who wrote in it; none of them may approve it."""
    approver: str
    changed_at: datetime
    hits: int
    last_hit: datetime | None


class CuratedError(Exception):
    """What was asked can't be done; `reason` is the key of a sentence."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class CuratedAnswers:
    """The store. Safe to use from several threads and processes."""

    def __init__(
        self, engine: Engine, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._engine, self._clock = engine, clock

    def all(self) -> list[Curated]:
        """Last changed first."""
        with self._engine.connect() as db:
            rows = db.execute(select(_curated).order_by(_curated.c.changed_at.desc()))
            return [_record(row) for row in rows]

    def active(self) -> list[Curated]:
        """Those that may be given."""
        wanted = select(_curated).where(_curated.c.state == State.ACTIVE).order_by(_curated.c.id)
        with self._engine.connect() as db:
            return [_record(row) for row in db.execute(wanted)]

    def stamp(self) -> str:
        """Another one after every change but a hit."""
        wanted = select(func.count(), func.sum(_curated.c.revision))
        with self._engine.connect() as db:
            return str(tuple(db.execute(wanted).one()))

    def get(self, curated_id: int) -> Curated:
        """CuratedError if there is none."""
        with self._engine.connect() as db:
            return _get(db, curated_id)

    def begin(self, wording: Wording, by: str) -> Curated:
        """A new one, which waits for somebody else's approval."""
        values = {
            "state": State.WAITING,
            "revision": 1,
            "title": wording.title,
            "wording": wording.model_dump(mode="json"),
            "entry_hash": "",
            "writers": [by],
            "approver": "",
            "changed_at": self._clock(),
            "hits": 0,
        }
        with self._engine.begin() as db:
            new = db.execute(insert(_curated).values(**values).returning(_curated.c.id))
            return _get(db, new.scalar_one())

    def save(self, curated_id: int, revision: int, wording: Wording, by: str) -> Curated:
        """Write; it is not given again before somebody else approves the new words."""
        before = self.get(curated_id)
        writers = [*(writer for writer in before.writers if writer != by), by]
        return self._step(
            curated_id,
            revision,
            state=State.WAITING,
            title=wording.title,
            wording=wording.model_dump(mode="json"),
            writers=writers,
            approver="",
        )

    def approve(self, curated_id: int, revision: int, by: str, entry_hash: str) -> Curated:
        """Give it from now on. CuratedError if the approver wrote in it themselves."""
        before = self.get(curated_id)
        if by in before.writers:
            raise CuratedError("own_words")
        if before.state is not State.WAITING:
            raise CuratedError("wrong_state")
        return self._step(
            curated_id, revision, state=State.ACTIVE, approver=by, entry_hash=entry_hash
        )

    def switch_off(self, curated_id: int, revision: int) -> Curated:
        """Give it no more."""
        return self._step(curated_id, revision, state=State.OFF)

    def hit(self, curated_id: int) -> None:
        """Note that it was given."""
        counted = {"hits": _curated.c.hits + 1, "last_hit": self._clock()}
        with self._engine.begin() as db:
            db.execute(update(_curated).where(_curated.c.id == curated_id).values(**counted))

    def _step(self, curated_id: int, revision: int, **values: object) -> Curated:
        with self._engine.begin() as db:
            done = db.execute(
                update(_curated)
                .where(_curated.c.id == curated_id, _curated.c.revision == revision)
                .values(revision=revision + 1, changed_at=self._clock(), **values)
            )
            if not done.rowcount:
                raise CuratedError("somebody_else_wrote")
            return _get(db, curated_id)


def _get(db: Connection, curated_id: int) -> Curated:
    row = db.execute(select(_curated).where(_curated.c.id == curated_id)).first()
    if row is None:
        raise CuratedError("unknown")
    return _record(row)


def _record(row: Row[Any]) -> Curated:
    return Curated(
        id=row.id,
        state=State(row.state),
        revision=row.revision,
        wording=Wording.model_validate(row.wording),
        entry_hash=row.entry_hash,
        writers=tuple(row.writers),
        approver=row.approver,
        changed_at=in_utc(row.changed_at),
        hits=row.hits,
        last_hit=in_utc(row.last_hit) if row.last_hit else None,
    )
