"""The tables of the community teams. Members are the Journal's pseudonyms of conversations: no
name, no number, nothing a person could be found by."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Date,
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

teams = Table(
    "teams",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(120), nullable=False),
    Column("place", String(24), nullable=False),
    Column("leader_id", Integer, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Index("ix_teams_leader", "leader_id"),
)
"""`leader_id` is the account that made it; `place` a Place as its `str` writes it."""

codes = Table(
    "team_codes",
    metadata,
    Column("code", String(8), primary_key=True),
    Column("team_id", ForeignKey("teams.id", ondelete="CASCADE"), nullable=False),
    Column("uses_left", Integer, nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("withdrawn", Boolean, nullable=False),
    Index("ix_team_codes_team", "team_id"),
)

members = Table(
    "team_members",
    metadata,
    Column("conversation", String(32), primary_key=True),
    Column("team_id", ForeignKey("teams.id", ondelete="CASCADE"), nullable=False),
    Column("joined_at", DateTime(timezone=True), nullable=False),
    Column("unfinished", JSON),
    Column("asked_at", DateTime(timezone=True)),
    Index("ix_team_members_team", "team_id"),
)
"""`unfinished` is a visit that is being told step by step, since `asked_at`."""

guesses = Table(
    "team_guesses",
    metadata,
    Column("question", String(120), primary_key=True),
    Column("conversation", String(32), nullable=False),
    Column("channel", String(16), nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Index("ix_team_guesses_at", "at"),
)
"""Codes that were wrong, without the codes."""

visits = Table(
    "team_visits",
    metadata,
    Column("question", String(120), primary_key=True),
    Column("team_id", ForeignKey("teams.id", ondelete="CASCADE"), nullable=False),
    Column("conversation", String(32), nullable=False),
    Column("on", Date, nullable=False),
    Column("subject", String(160), nullable=False),
    Column("hamlet", String(80), nullable=False),
    Column("people", Integer, nullable=False),
    Column("minutes", Integer, nullable=False),
    Index("ix_team_visits_team", "team_id", "on"),
)
"""What was helped with; never who. `conversation` is emptied when its member deletes their data:
the team's figures stay."""

revisits = Table(
    "team_revisits",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("question", String(120), nullable=False, unique=True),
    Column("team_id", ForeignKey("teams.id", ondelete="CASCADE"), nullable=False),
    Column("conversation", String(32), nullable=False),
    Column("due", Date, nullable=False),
    Column("subject", String(160), nullable=False),
    Column("hamlet", String(80), nullable=False),
    Column("done_on", Date),
    Index("ix_team_revisits_team", "team_id", "due"),
)

asked = Table(
    "team_questions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("question", String(120), nullable=False, unique=True),
    Column("team_id", ForeignKey("teams.id", ondelete="CASCADE"), nullable=False),
    Column("conversation", String(32), nullable=False),
    Column("text", Text, nullable=False),
    Column("asked_at", DateTime(timezone=True), nullable=False),
    Column("answer", Text),
    Column("answered_at", DateTime(timezone=True)),
    Column("told_at", DateTime(timezone=True)),
    Index("ix_team_questions_team", "team_id", "asked_at"),
)
"""What members ask their leader, masked; `told_at` is when the member was told the answer."""
