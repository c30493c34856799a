"""Figures by day, and what they need of an answer"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "figure_notes",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("province", sa.String(length=24), nullable=False),
        sa.Column("field", sa.String(length=160), nullable=False),
        sa.Column("status", sa.String(length=40), nullable=False),
        sa.Column("ms", sa.Integer(), nullable=True),
        sa.Column("questions", sa.Integer(), nullable=False),
        sa.Column("helpful", sa.Integer(), nullable=False),
        sa.Column("unhelpful", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "figures",
        sa.Column("province", sa.String(length=24), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("part", sa.String(length=8), nullable=False),
        sa.Column("name", sa.String(length=160), nullable=False),
        sa.Column("questions", sa.BigInteger(), nullable=False),
        sa.Column("helpful", sa.BigInteger(), nullable=False),
        sa.Column("unhelpful", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("province", "day", "part", "name"),
    )
    op.create_table(
        "model_use",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("model", sa.String(length=120), nullable=False),
        sa.Column("calls", sa.BigInteger(), nullable=False),
        sa.Column("tokens_in", sa.BigInteger(), nullable=False),
        sa.Column("tokens_out", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("day", "model"),
    )
    op.add_column("answers", sa.Column("field", sa.String(length=160), nullable=True))
    op.add_column("answers", sa.Column("ms", sa.Integer(), nullable=True))
    # The questions that found no answer, newest first: a page lists them.
    op.create_index("ix_answers_status", "answers", ["status", "answered_at"])


def downgrade() -> None:
    op.drop_index("ix_answers_status", "answers")
    op.drop_column("answers", "ms")
    op.drop_column("answers", "field")
    for table in ("model_use", "figures", "figure_notes"):
        op.drop_table(table)
