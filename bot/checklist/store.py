"""What is kept of checklists: marks, under the Journal's pseudonym of a conversation. No name, no
number, no text that somebody wrote; the words kept are those of the record."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from pydantic import Field
from sqlalchemy import (
    JSON,
    Column,
    Connection,
    DateTime,
    Engine,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    delete,
    insert,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError

from bot.checklist.marks import Mark
from bot.model import Answer
from knowledge.model import EntryId, Record

metadata = MetaData()

_checklists = Table(
    "checklists",
    metadata,
    Column("conversation", String(32), primary_key=True),
    Column("entry", String(48), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("kept", JSON, nullable=False),
    Column("question", String(120), nullable=False),
    Column("answer", JSON, nullable=False),
    Column("touched_at", DateTime(timezone=True), nullable=False),
    Index("ix_checklists_touched_at", "touched_at"),
)

ATTEMPTS = 5
"""The same person may write on two devices at one moment: whoever comes second looks again."""


class BusyError(RuntimeError):
    """Others kept writing the same checklist: the Question is to be tried again."""


class Kept(Record):
    """A checklist as somebody left it."""

    entry: EntryId
    marks: dict[str, Mark] = Field(default_factory=dict)
    shown: dict[str, str] = Field(default_factory=dict)
    """The papers last shown: identity → the record's words."""
    shown_on: date | None = None
    remind_at: datetime | None = None
    """When they wished to be reminded last."""


Change = Callable[[Kept | None], tuple[Kept, Answer]]


@dataclass(frozen=True)
class _Row:
    kept: Kept
    version: int
    question: str
    answer: Any


class CheckLists:
    """The store of checklists. Safe to use from several threads and processes."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def kept(self, conversation: str, entry: str) -> Kept | None:
        """The checklist of an Entry, if it is being prepared."""
        with self._engine.connect() as db:
            row = _row(db, conversation, entry)
        return row.kept if row else None

    def all(self, conversation: str) -> list[Kept]:
        """Whatever is being prepared in a conversation, the last touched first."""
        wanted = (
            select(_checklists.c.kept)
            .where(_checklists.c.conversation == conversation)
            .order_by(_checklists.c.touched_at.desc())
        )
        with self._engine.connect() as db:
            return [_kept(found) for found in db.scalars(wanted)]

    def change(self, conversation: str, entry: str, question: str, change: Change) -> Answer:
        """Answer a Question and keep what it changes, once: asked again, it has the same Answer.
        BusyError if others are always faster."""
        for _ in range(ATTEMPTS):
            with self._engine.connect() as db:
                row = _row(db, conversation, entry)
            if row and row.question == question:
                return Answer.model_validate(row.answer)
            kept, answer = change(row.kept if row else None)
            values = {
                "kept": kept.model_dump(mode="json"),
                "question": question,
                "answer": answer.model_dump(mode="json"),
                "touched_at": datetime.now(UTC),
            }
            if self._write(conversation, entry, row, values):
                return answer
        raise BusyError("the checklist is being written by others")

    def drop(self, conversation: str, entry: str) -> bool:
        """Prepare an Entry no more. Whether it was being prepared."""
        with self._engine.begin() as db:
            return db.execute(delete(_checklists).where(_mine(conversation, entry))).rowcount > 0

    def forget(self, conversation: str) -> bool:
        """Delete all checklists of a conversation. Whether there was one."""
        mine = _checklists.c.conversation == conversation
        with self._engine.begin() as db:
            return db.execute(delete(_checklists).where(mine)).rowcount > 0

    def purge(self, keep: timedelta) -> int:
        """Delete checklists not touched for so long; returns how many."""
        old = _checklists.c.touched_at < datetime.now(UTC) - keep
        with self._engine.begin() as db:
            return db.execute(delete(_checklists).where(old)).rowcount

    def _write(
        self, conversation: str, entry: str, row: _Row | None, values: dict[str, Any]
    ) -> bool:
        """Whether it was written; not if somebody else has written since `row` was read."""
        if row is None:
            new = {"conversation": conversation, "entry": entry, "version": 1, **values}
            try:
                with self._engine.begin() as db:
                    db.execute(insert(_checklists).values(new))
            except IntegrityError:
                return False
            return True
        mine = _mine(conversation, entry) & (_checklists.c.version == row.version)
        values = {**values, "version": row.version + 1}
        with self._engine.begin() as db:
            return db.execute(update(_checklists).where(mine).values(values)).rowcount == 1


def _mine(conversation: str, entry: str) -> Any:
    return (_checklists.c.conversation == conversation) & (_checklists.c.entry == entry)


def _row(db: Connection, conversation: str, entry: str) -> _Row | None:
    found = db.execute(
        select(
            _checklists.c.kept,
            _checklists.c.version,
            _checklists.c.question,
            _checklists.c.answer,
        ).where(_mine(conversation, entry))
    ).one_or_none()
    return _Row(_kept(found.kept), found.version, found.question, found.answer) if found else None


def _kept(stored: Any) -> Kept:
    # What a newer release keeps beside is none of ours.
    return Kept.model_validate(stored, extra="ignore")
