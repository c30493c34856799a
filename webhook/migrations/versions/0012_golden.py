"""Golden questions, long work of the administrators' pages, and the day an Entry ends"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "golden",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("question", sa.String(length=2000), nullable=False),
        sa.Column("entry_id", sa.String(length=48), nullable=True),
        sa.Column("facet", sa.String(length=16), nullable=True),
        sa.Column("note", sa.String(length=300), nullable=False),
        sa.Column("added_by", sa.String(length=64), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retired_by", sa.String(length=64), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "jobs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("touched_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("given", sa.JSON(), nullable=False),
        sa.Column("result", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("kind", "key", name="uq_jobs_kind_key"),
    )
    # With defaults: a process of the former release goes on writing Proposals.
    with op.batch_alter_table("proposals") as proposals:
        proposals.add_column(
            sa.Column("ends_on", sa.String(length=10), nullable=False, server_default="")
        )
        proposals.add_column(sa.Column("withdrawn_in", sa.Integer(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("proposals") as proposals:
        proposals.drop_column("withdrawn_in")
        proposals.drop_column("ends_on")
    op.drop_table("jobs")
    op.drop_table("golden")
