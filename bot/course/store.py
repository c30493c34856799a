"""What is kept of learners: how far they are, under the Journal's pseudonyms of the conversations
they learn in. No name, no number, no text that they wrote."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    Connection,
    DateTime,
    Engine,
    ForeignKey,
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

from bot.course.progress import Progress
from bot.model import Answer

metadata = MetaData()

learners = Table(
    "learners",
    metadata,
    Column("id", String(24), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("progress", JSON, nullable=False),
    Column("question", String(120), nullable=False),
    Column("answer", JSON, nullable=False),
    Column("seen_at", DateTime(timezone=True), nullable=False),
    Index("ix_learners_seen_at", "seen_at"),
)
conversations = Table(
    "learner_conversations",
    metadata,
    Column("conversation", String(32), primary_key=True),
    Column("learner", ForeignKey("learners.id", ondelete="CASCADE"), nullable=False),
    Index("ix_learner_conversations_learner", "learner"),
)

ATTEMPTS = 5
"""Two linked conversations may write at the same moment: whoever comes second looks again."""

Change = Callable[[Progress], tuple[Progress, Answer]]


class BusyError(RuntimeError):
    """Others kept writing the same learner: the Question is to be tried again."""


@dataclass(frozen=True)
class _Row:
    id: str
    version: int
    progress: Progress
    question: str
    answer: Any


class Learners:
    """The store of learners. Safe to use from several threads and processes."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def progress(self, conversation: str) -> Progress:
        """How far whoever learns in a conversation is; at the very beginning if nobody does."""
        with self._engine.connect() as db:
            row = row_of(db, conversation)
        return row.progress if row else Progress()

    def change(self, conversation: str, question_id: str, change: Change) -> Answer:
        """Answer a Question and keep what it changes, once: asked again, it has the same Answer.
        A learner is kept from their first change on. BusyError if others are always faster."""
        for _ in range(ATTEMPTS):
            with self._engine.connect() as db:
                row = row_of(db, conversation)
            if row and row.question == question_id:
                return Answer.model_validate(row.answer)
            former = row.progress if row else Progress()
            progress, answer = change(former)
            if progress == former:
                return answer
            values = {
                "progress": progress.model_dump(mode="json"),
                "question": question_id,
                "answer": answer.model_dump(mode="json"),
                "seen_at": datetime.now(UTC),
            }
            if self._write(conversation, row, values):
                return answer
        raise BusyError("the learner is being written by others")

    def forget(self, conversation: str) -> list[str]:
        """Delete whoever learns in a conversation; returns all the conversations they learned
        in."""
        with self._engine.begin() as db:
            row = row_of(db, conversation)
            if row is None:
                return []
            theirs = select(conversations.c.conversation).where(conversations.c.learner == row.id)
            found = list(db.scalars(theirs))
            delete_learner(db, row.id)
        return found

    def purge(self, keep: timedelta) -> int:
        """Delete learners not seen for so long; returns how many."""
        old = select(learners.c.id).where(learners.c.seen_at < datetime.now(UTC) - keep)
        with self._engine.begin() as db:
            gone = list(db.scalars(old))
            for learner in gone:
                delete_learner(db, learner)
        return len(gone)

    def _write(self, conversation: str, row: _Row | None, values: dict[str, Any]) -> bool:
        """Whether it was written; not if somebody else has written since `row` was read."""
        if row is None:
            try:
                with self._engine.begin() as db:
                    new_learner(db, conversation, values)
            except IntegrityError:
                return False
            return True
        mine = (learners.c.id == row.id) & (learners.c.version == row.version)
        values = {**values, "version": row.version + 1}
        with self._engine.begin() as db:
            return db.execute(update(learners).where(mine).values(values)).rowcount == 1


def row_of(db: Connection, conversation: str) -> _Row | None:
    """The learner of a conversation."""
    found = db.execute(
        select(
            learners.c.id,
            learners.c.version,
            learners.c.progress,
            learners.c.question,
            learners.c.answer,
        )
        .join(conversations, conversations.c.learner == learners.c.id)
        .where(conversations.c.conversation == conversation)
    ).one_or_none()
    if found is None:
        return None
    # What a newer release keeps beside is none of ours.
    progress = Progress.model_validate(found.progress, extra="ignore")
    return _Row(found.id, found.version, progress, found.question, found.answer)


def new_learner(db: Connection, conversation: str, values: dict[str, Any]) -> str:
    """Somebody begins to learn in a conversation; returns their id. IntegrityError if somebody
    does already."""
    learner = secrets.token_hex(12)
    db.execute(insert(learners).values({"id": learner, "version": 1, **values}))
    db.execute(insert(conversations).values(conversation=conversation, learner=learner))
    return learner


def delete_learner(db: Connection, learner: str) -> None:
    """A learner, and with them their ties to conversations."""
    db.execute(delete(learners).where(learners.c.id == learner))
