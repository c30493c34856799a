"""What the bot says of its own accord, and where to"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "contacts",
        sa.Column("conversation", sa.String(length=32), primary_key=True),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("address", sa.String(length=400), nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "notices",
        sa.Column("key", sa.String(length=80), primary_key=True),
        sa.Column(
            "conversation",
            sa.String(length=32),
            sa.ForeignKey("contacts.conversation", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("action", sa.String(length=64), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_day", sa.Boolean(), nullable=False),
    )
    op.create_index("ix_notices_due", "notices", ["due_at"])
    op.create_index("ix_notices_conversation", "notices", ["conversation"])
    # Learners' addresses move to where all are.
    op.execute(
        "INSERT INTO contacts (conversation, channel, address, kept_at) "
        "SELECT conversation, channel, address, next_at FROM learner_reminders"
    )
    with op.batch_alter_table("learner_reminders") as table:
        table.drop_column("channel")
        table.drop_column("address")


def downgrade() -> None:
    with op.batch_alter_table("learner_reminders") as table:
        table.add_column(sa.Column("channel", sa.String(length=16), server_default=""))
        table.add_column(sa.Column("address", sa.String(length=400), server_default=""))
    op.execute(
        "UPDATE learner_reminders SET "
        "channel = (SELECT channel FROM contacts"
        " WHERE contacts.conversation = learner_reminders.conversation), "
        "address = (SELECT address FROM contacts"
        " WHERE contacts.conversation = learner_reminders.conversation)"
    )
    op.drop_table("notices")
    op.drop_table("contacts")
