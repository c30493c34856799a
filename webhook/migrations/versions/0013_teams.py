"""Community teams"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def _team() -> sa.Column[int]:
    return sa.Column(
        "team_id", sa.Integer(), sa.ForeignKey("teams.id", ondelete="CASCADE"), nullable=False
    )


def upgrade() -> None:
    op.create_table(
        "teams",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("place", sa.String(length=24), nullable=False),
        sa.Column("leader_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_teams_leader", "teams", ["leader_id"])
    op.create_table(
        "team_codes",
        sa.Column("code", sa.String(length=8), primary_key=True),
        _team(),
        sa.Column("uses_left", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn", sa.Boolean(), nullable=False),
    )
    op.create_index("ix_team_codes_team", "team_codes", ["team_id"])
    op.create_table(
        "team_members",
        sa.Column("conversation", sa.String(length=32), primary_key=True),
        _team(),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("unfinished", sa.JSON(), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True),
    )
    op.create_index("ix_team_members_team", "team_members", ["team_id"])
    op.create_table(
        "team_guesses",
        sa.Column("question", sa.String(length=120), primary_key=True),
        sa.Column("conversation", sa.String(length=32), nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_team_guesses_at", "team_guesses", ["at"])
    op.create_table(
        "team_visits",
        sa.Column("question", sa.String(length=120), primary_key=True),
        _team(),
        sa.Column("conversation", sa.String(length=32), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("subject", sa.String(length=160), nullable=False),
        sa.Column("hamlet", sa.String(length=80), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
    )
    op.create_index("ix_team_visits_team", "team_visits", ["team_id", "on"])
    op.create_table(
        "team_revisits",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("question", sa.String(length=120), nullable=False, unique=True),
        _team(),
        sa.Column("conversation", sa.String(length=32), nullable=False),
        sa.Column("due", sa.Date(), nullable=False),
        sa.Column("subject", sa.String(length=160), nullable=False),
        sa.Column("hamlet", sa.String(length=80), nullable=False),
        sa.Column("done_on", sa.Date(), nullable=True),
    )
    op.create_index("ix_team_revisits_team", "team_revisits", ["team_id", "due"])
    op.create_table(
        "team_questions",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("question", sa.String(length=120), nullable=False, unique=True),
        _team(),
        sa.Column("conversation", sa.String(length=32), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
    )
    op.create_index("ix_team_questions_team", "team_questions", ["team_id", "asked_at"])


def downgrade() -> None:
    for table in ("questions", "revisits", "visits", "guesses", "members", "codes"):
        op.drop_table(f"team_{table}")
    op.drop_table("teams")
