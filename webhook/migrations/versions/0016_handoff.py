"""Handing over to a person"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "handoff_desks",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("place", sa.String(length=24), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("hours", sa.JSON(), nullable=False),
        sa.Column("people", sa.JSON(), nullable=False),
        sa.Column("on", sa.Boolean(), nullable=False),
        sa.Column("opened_by", sa.Integer(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_handoff_desks_place", "handoff_desks", ["place"])
    op.create_table(
        "handoffs",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column(
            "desk_id",
            sa.Integer(),
            sa.ForeignKey("handoff_desks.id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("conversation", sa.String(length=32), nullable=False),
        sa.Column("open", sa.String(length=32), nullable=True, unique=True),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("question", sa.String(length=120), nullable=False),
        sa.Column("place", sa.String(length=24), nullable=False),
        sa.Column("entry_id", sa.String(length=48), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reminded", sa.String(length=120), nullable=True),
        sa.Column("taken_by", sa.Integer(), nullable=True),
        sa.Column("clerk", sa.String(length=120), nullable=True),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("first_reply_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ending", sa.String(length=16), nullable=True),
    )
    op.create_index("ix_handoffs_desk", "handoffs", ["desk_id", "acknowledged_at"])
    op.create_index("ix_handoffs_conversation", "handoffs", ["conversation"])
    op.create_table(
        "handoff_turns",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column(
            "handoff_id",
            sa.Integer(),
            sa.ForeignKey("handoffs.id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("key", sa.String(length=120), nullable=False, unique=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("queued_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("shown_in", sa.String(length=120), nullable=True),
    )
    op.create_index("ix_handoff_turns_handoff", "handoff_turns", ["handoff_id"])
    op.create_index("ix_handoff_turns_queued", "handoff_turns", ["queued_at"])


def downgrade() -> None:
    op.drop_table("handoff_turns")
    op.drop_table("handoffs")
    op.drop_table("handoff_desks")
