"""The tables of people, their sessions, the audit log and uploaded files."""

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
    UniqueConstraint,
)

metadata = MetaData()

people = Table(
    "people",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("login", String(64), nullable=False, unique=True),
    Column("name", String(120), nullable=False),
    Column("role", String(16), nullable=False),
    Column("provinces", JSON, nullable=False),
    Column("fields", JSON, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("password", String(255)),
    Column("totp", String(255)),
    Column("totp_step", Integer, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("locked_until", DateTime(timezone=True)),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("seen_at", DateTime(timezone=True)),
)
"""`password` is an argon2 hash, none before the invitation is accepted; `totp` a sealed secret, and
`totp_step` the last time step whose code was used."""

invitations = Table(
    "invitations",
    metadata,
    Column("token", String(64), primary_key=True),
    Column("person_id", ForeignKey("people.id", ondelete="CASCADE"), nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
)
"""`token` is the hash of what stands in the link."""

sessions = Table(
    "sessions",
    metadata,
    Column("token", String(64), primary_key=True),
    Column("person_id", ForeignKey("people.id", ondelete="CASCADE"), nullable=False),
    Column("csrf", String(64), nullable=False),
    Column("begun_at", DateTime(timezone=True), nullable=False),
    Column("seen_at", DateTime(timezone=True), nullable=False),
    Index("ix_sessions_person", "person_id"),
)

audit = Table(
    "audit",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("person_id", Integer),
    Column("person", String(120), nullable=False),
    Column("action", String(32), nullable=False),
    Column("subject", String(160), nullable=False),
    Column("details", JSON, nullable=False),
    Column("hash", String(64), nullable=False),
    Index("ix_audit_subject", "subject"),
)
"""Rows can only be added: triggers refuse to change or delete one, and each hash covers the one
before. It refers to no other table, so that it outlives people and drafts."""

jobs = Table(
    "jobs",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("key", String(64), nullable=False),
    Column("by", String(64), nullable=False),
    Column("state", String(16), nullable=False),
    Column("begun_at", DateTime(timezone=True), nullable=False),
    Column("touched_at", DateTime(timezone=True), nullable=False),
    Column("done", Integer, nullable=False),
    Column("total", Integer, nullable=False),
    Column("given", JSON, nullable=False),
    Column("result", JSON, nullable=False),
    UniqueConstraint("kind", "key", name="uq_jobs_kind_key"),
)
"""Work that takes longer than a page may, and what came of it."""

uploads = Table(
    "uploads",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("proposal_id", Integer, nullable=False),
    Column("name", String(120), nullable=False),
    Column("left", JSON, nullable=False),
    Column("by", String(64), nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Index("ix_uploads_proposal", "proposal_id"),
)
