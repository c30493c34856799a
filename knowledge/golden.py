"""Golden questions: what must come of them, whatever is published.

A list comes with the release (`golden.yaml`); administrators add their own and retire what no
longer holds. One that was retired stays so when the release brings it again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy import (
    Column,
    DateTime,
    Engine,
    MetaData,
    Row,
    String,
    Table,
    insert,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError

from knowledge.clock import in_utc
from knowledge.model import Facet, Record
from knowledge.store import content_hash
from knowledge.wording import fold

SHIPPED = Path(__file__).with_name("golden.yaml")
LONGEST = 2000
"""Letters of a question, as in the chat."""

metadata = MetaData()

_golden = Table(
    "golden",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("question", String(LONGEST), nullable=False),
    Column("entry_id", String(48)),
    Column("facet", String(16)),
    Column("note", String(300), nullable=False),
    Column("added_by", String(64), nullable=False),
    Column("added_at", DateTime(timezone=True), nullable=False),
    Column("retired_by", String(64), nullable=False),
    Column("retired_at", DateTime(timezone=True)),
)


class Wanted(Record):
    """A question, and what must come of it."""

    question: str
    entry_id: str | None = None
    """The Entry that must answer; None: no Entry may."""
    facet: Facet | None = None
    """The facet that must be told, if it matters."""
    note: str = ""

    @property
    def id(self) -> str:
        """The same for the same words, however they are written."""
        return hashlib.sha256(fold(self.question).encode()).hexdigest()[:16]


class Golden(Wanted):
    """One as it is kept."""

    added_by: str
    """Empty: it came with the release."""
    added_at: datetime
    retired_by: str
    retired_at: datetime | None


class GoldenQuestions:
    """The store of golden questions. Safe to use from several threads and processes."""

    def __init__(
        self, engine: Engine, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._engine, self._clock = engine, clock

    def all(self, *, retired: bool = False) -> list[Golden]:
        """Those that hold, or those that were retired; the newest first."""
        over = _golden.c.retired_at.is_not(None) if retired else _golden.c.retired_at.is_(None)
        wanted = select(_golden).where(over).order_by(_golden.c.added_at.desc(), _golden.c.question)
        with self._engine.connect() as db:
            return [_row(row) for row in db.execute(wanted)]

    def add(self, wanted: Sequence[Wanted], by: str) -> int:
        """Add those that are not there; one that was retired, or wants something else, is brought
        to what is given. Returns how many changed."""
        with self._engine.begin() as db:
            known = {row.id: _row(row) for row in db.execute(select(_golden))}
            changed = {new.id: new for new in wanted if _differs(known.get(new.id), new)}
            for key, new in changed.items():
                values = {
                    "question": new.question[:LONGEST],
                    "entry_id": new.entry_id,
                    "facet": new.facet,
                    "note": new.note[:300],
                    "added_by": by,
                    "added_at": self._clock(),
                    "retired_by": "",
                    "retired_at": None,
                }
                if key in known:
                    db.execute(update(_golden).where(_golden.c.id == key).values(**values))
                else:
                    db.execute(insert(_golden).values(id=key, **values))
        return len(changed)

    def add_shipped(self, wanted: Sequence[Wanted]) -> None:
        """Add what came with the release and was never there; what people decided stays."""
        with self._engine.connect() as db:
            known = set(db.scalars(select(_golden.c.id)))
        with suppress(IntegrityError):  # another process starts too, and has just added them
            self.add([new for new in wanted if new.id not in known], "")

    def retire(self, key: str, by: str) -> Golden | None:
        """No longer ask it; None if there is none."""
        with self._engine.begin() as db:
            db.execute(
                update(_golden)
                .where(_golden.c.id == key, _golden.c.retired_at.is_(None))
                .values(retired_by=by, retired_at=self._clock())
            )
            row = db.execute(select(_golden).where(_golden.c.id == key)).first()
        return _row(row) if row else None


def shipped_golden(path: Path = SHIPPED) -> list[Wanted]:
    """The list that comes with the release."""
    rows = yaml.safe_load(path.read_text(encoding="utf-8"))
    return [Wanted.model_validate(row) for row in rows]


def golden_hash(questions: Sequence[Wanted]) -> str:
    """Changes with what is asked and what must come of it."""
    return content_hash(sorted((q.id, q.entry_id or "", q.facet or "") for q in questions))


def _differs(known: Golden | None, new: Wanted) -> bool:
    return known is None or (
        known.retired_at is not None or (known.entry_id, known.facet) != (new.entry_id, new.facet)
    )


def _row(row: Row[Any]) -> Golden:
    return Golden(
        question=row.question,
        entry_id=row.entry_id,
        facet=Facet(row.facet) if row.facet else None,
        note=row.note,
        added_by=row.added_by,
        added_at=in_utc(row.added_at),
        retired_by=row.retired_by,
        retired_at=in_utc(row.retired_at) if row.retired_at else None,
    )
