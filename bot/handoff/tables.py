"""The tables of handing over. People are the Journal's pseudonyms of conversations."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
)

metadata = MetaData()

desks = Table(
    "handoff_desks",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(120), nullable=False),
    Column("place", String(24), nullable=False),
    Column("kind", String(8), nullable=False),
    Column("hours", JSON, nullable=False),
    Column("people", JSON, nullable=False),
    Column("on", Boolean, nullable=False),
    Column("opened_by", Integer, nullable=False),
    Column("opened_at", DateTime(timezone=True), nullable=False),
    Index("ix_handoff_desks_place", "place"),
)
"""`place` is a Place as its `str` writes it; `people` the ids of the accounts that answer there."""

handoffs = Table(
    "handoffs",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("desk_id", ForeignKey("handoff_desks.id", ondelete="CASCADE"), nullable=False),
    Column("conversation", String(32), nullable=False),
    Column("open", String(32), unique=True),
    Column("channel", String(16), nullable=False),
    Column("question", String(120), nullable=False),
    Column("place", String(24), nullable=False),
    Column("entry_id", String(48)),
    Column("asked_at", DateTime(timezone=True), nullable=False),
    Column("acknowledged_at", DateTime(timezone=True), nullable=False),
    Column("reminded", String(120)),
    Column("taken_by", Integer),
    Column("clerk", String(120)),
    Column("taken_at", DateTime(timezone=True)),
    Column("first_reply_at", DateTime(timezone=True)),
    Column("last_at", DateTime(timezone=True), nullable=False),
    Column("ended_at", DateTime(timezone=True)),
    Column("ending", String(16)),
    Index("ix_handoffs_desk", "desk_id", "acknowledged_at"),
    Index("ix_handoffs_conversation", "conversation"),
)
"""`open` is the conversation while the handoff lasts, so that a conversation has one at a time;
`question` is what asked for it, `reminded` whose Answer said that it still waits; `clerk` the name
by which whoever took it is told. `conversation` is emptied when its data is deleted: the times
stay."""

turns = Table(
    "handoff_turns",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("handoff_id", ForeignKey("handoffs.id", ondelete="CASCADE"), nullable=False),
    Column("kind", String(12), nullable=False),
    Column("text", Text, nullable=False),
    Column("key", String(120), nullable=False, unique=True),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("queued_at", DateTime(timezone=True)),
    Column("sent_at", DateTime(timezone=True)),
    Column("shown_in", String(120)),
    Index("ix_handoff_turns_handoff", "handoff_id"),
    Index("ix_handoff_turns_queued", "queued_at"),
)
"""What is said, masked. `key` lets a message count once: the Question's id, or the form's. What is
for the person is `queued_at` the moment its notice was put, `sent_at` the moment it was told;
`shown_in` is the Question that a page without script saw it by."""
