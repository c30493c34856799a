"""The queue's own tables: who works, what was sent, what waits for a person to write again"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "queue_0001"
down_revision = None
branch_labels = ("queue",)
depends_on = None


def upgrade() -> None:
    op.create_table(
        "queue_workers",
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("channels", sa.JSON(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "queue_sent",
        sa.Column("key", sa.String(length=300), nullable=False),
        sa.Column("conversation", sa.String(length=200), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    with op.batch_alter_table("queue_sent", schema=None) as batch_op:
        batch_op.create_index(
            "ix_queue_sent_conversation", ["conversation", "sent_at"], unique=False
        )
        batch_op.create_index("ix_queue_sent_sent_at", ["sent_at"], unique=False)

    op.create_table(
        "queue_parked",
        sa.Column("key", sa.String(length=300), nullable=False),
        sa.Column("conversation", sa.String(length=200), nullable=False),
        sa.Column("message", sa.JSON(), nullable=False),
        sa.Column("parked_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    with op.batch_alter_table("queue_parked", schema=None) as batch_op:
        batch_op.create_index(
            "ix_queue_parked_conversation", ["conversation", "parked_at"], unique=False
        )


def downgrade() -> None:
    op.drop_table("queue_parked")
    op.drop_table("queue_sent")
    op.drop_table("queue_workers")
