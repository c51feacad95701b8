"""What sending needs to know: doubts with their time, receipts that were acted on, alarms; claims by channel."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add them. The code before this goes on working on the new schema."""
    op.add_column("outbox", sa.Column("doubt_since", sa.DateTime(timezone=True)))
    op.add_column("addresses", sa.Column("unreachable_code", sa.Text()))
    # What was reported before is history: true for these, false for what comes.
    op.add_column("receipts", sa.Column("followed", sa.Boolean(), server_default=sa.true(), nullable=False))
    op.alter_column("receipts", "followed", server_default=sa.false())
    op.create_index(
        "ix_receipts_news", "receipts", ["channel", "provider_id"], postgresql_where=sa.text("not followed")
    )
    op.drop_index("ix_outbox_due", "outbox")
    op.create_index(
        "ix_outbox_due",
        "outbox",
        ["channel", "priority", "next_try_at", "id"],
        postgresql_where=sa.text("state = 'queued'"),
    )
    op.create_table(
        "delivery_alarms",
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("times", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("channel", "code", name="pk_delivery_alarms"),
    )
