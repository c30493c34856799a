"""The course"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "learners",
        sa.Column("id", sa.String(length=24), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("progress", sa.JSON(), nullable=False),
        sa.Column("question", sa.String(length=120), nullable=False),
        sa.Column("answer", sa.JSON(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_learners_seen_at", "learners", ["seen_at"])
    op.create_table(
        "learner_conversations",
        sa.Column("conversation", sa.String(length=32), nullable=False),
        sa.Column("learner", sa.String(length=24), nullable=False),
        sa.ForeignKeyConstraint(["learner"], ["learners.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("conversation"),
    )
    op.create_index("ix_learner_conversations_learner", "learner_conversations", ["learner"])
    op.create_table(
        "learner_codes",
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("learner", sa.String(length=24), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["learner"], ["learners.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("code"),
    )
    op.create_index("ix_learner_codes_learner", "learner_codes", ["learner"])
    op.create_table(
        "learner_guesses",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("conversation", sa.String(length=32), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_learner_guesses", "learner_guesses", ["conversation", "at"])
    op.create_table(
        "learner_reminders",
        sa.Column("conversation", sa.String(length=32), nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("address", sa.String(length=400), nullable=False),
        sa.Column("minute", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("unanswered", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("conversation"),
    )
    op.create_index("ix_learner_reminders_next_at", "learner_reminders", ["next_at"])


def downgrade() -> None:
    for name in ("reminders", "guesses", "codes", "conversations"):
        op.drop_table(f"learner_{name}")
    op.drop_table("learners")
