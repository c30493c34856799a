"""The inbox's tables. They hold no text: what was asked stays in the Journal alone, so that it is
gone from here when it is deleted there."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Column,
    Connection,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
)

from bot import journal

metadata = MetaData()

questions = journal.metadata.tables["questions"]
answers = journal.metadata.tables["answers"]
feedback = journal.metadata.tables["feedback"]

groups = Table(
    "inbox_groups",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("state", String(12), nullable=False),
    Column("encoder", String(120), nullable=False),
    Column("vector", LargeBinary, nullable=False),
    Column("done_by", String(64), nullable=False),
    Column("done_at", DateTime(timezone=True)),
    Column("proposal_id", Integer),
    Column("added", JSON, nullable=False),
    Index("ix_inbox_groups_state", "state"),
)
"""`vector` is the meaning of the group's first question, as float32, by the `encoder` of that name.
`added` are hashes of the ways of asking that were put into the Proposal."""

items = Table(
    "inbox_items",
    metadata,
    Column("question_id", ForeignKey(questions.c.id, ondelete="CASCADE"), primary_key=True),
    Column("group_id", ForeignKey("inbox_groups.id", ondelete="CASCADE"), nullable=False),
    Column("kind", String(12), nullable=False),
    Column("asked_at", DateTime(timezone=True), nullable=False),
    Column("channel", String(16), nullable=False),
    Column("province", String(24), nullable=False),
    Column("field", String(160), nullable=False),
    Column("conversation", String(32), nullable=False),
    Index("ix_inbox_items_group", "group_id", "asked_at"),
)
"""`field` is that of the Entry that was answered from, or else of the nearest."""

progress = Table(
    "inbox_progress",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("looked_until", DateTime(timezone=True), nullable=False),
)
"""One row: the moment up to which the Journal was looked through."""


def one_writer(db: Connection) -> None:
    """Until the transaction ends, nobody else changes groups."""
    if db.dialect.name == "postgresql":
        db.exec_driver_sql("LOCK TABLE inbox_groups IN EXCLUSIVE MODE")
    else:  # a statement that could write takes SQLite's write lock, whether it finds rows or not
        db.exec_driver_sql("UPDATE inbox_groups SET id = id WHERE 1 = 0")
