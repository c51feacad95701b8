"""Broadcasts that are made batch by batch; messages that wait for the participant; who wants to hear nothing."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add them. The code before this goes on working on the new schema."""
    _broadcasts()
    op.add_column("addresses", sa.Column("window_closed_at", sa.DateTime(timezone=True)))
    op.add_column("addresses", sa.Column("opted_out_at", sa.DateTime(timezone=True)))
    _outbox()


def _broadcasts() -> None:
    time = sa.DateTime(timezone=True)
    op.create_table(
        "broadcasts",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("notice_id", sa.BigInteger(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("update_id", sa.BigInteger()),
        sa.Column("final", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("state", sa.String(32), server_default="running", nullable=False),
        sa.Column("at", time, nullable=False),
        sa.Column("cursors", sa.dialects.postgresql.JSONB(), nullable=False),
        sa.Column("audience", sa.BigInteger()),
        sa.Column("made", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("created_by", sa.Uuid()),
        sa.Column("overtaken_by", sa.BigInteger()),
        sa.Column("created_at", time, server_default=sa.func.now(), nullable=False),
        sa.Column("ended_at", time),
        sa.PrimaryKeyConstraint("id", name="pk_broadcasts"),
        sa.UniqueConstraint("notice_id", "event", name="uq_broadcasts_notice_id_event"),
        sa.ForeignKeyConstraint(["notice_id"], ["notices.id"], name="fk_broadcasts_notice_id"),
        sa.ForeignKeyConstraint(["update_id"], ["notice_updates.id"], name="fk_broadcasts_update_id"),
        sa.ForeignKeyConstraint(["created_by"], ["agents.id"], name="fk_broadcasts_created_by"),
        sa.ForeignKeyConstraint(["overtaken_by"], ["broadcasts.id"], name="fk_broadcasts_overtaken_by"),
        sa.CheckConstraint(
            "state in ('running', 'paused', 'cancelled', 'done')", name=op.f("ck_broadcasts_broadcaststate")
        ),
    )
    op.create_index(
        "ix_broadcasts_running", "broadcasts", ["id"], postgresql_where=sa.text("state = 'running'")
    )


def _outbox() -> None:
    """Constraints are checked apart from being added: that keeps nobody from writing meanwhile."""
    op.add_column("outbox", sa.Column("broadcast_id", sa.BigInteger()))
    op.create_foreign_key(
        "fk_outbox_broadcast_id", "outbox", "broadcasts", ["broadcast_id"], ["id"], postgresql_not_valid=True
    )
    op.execute("alter table outbox validate constraint fk_outbox_broadcast_id")
    op.create_index(
        "ix_outbox_broadcast",
        "outbox",
        ["broadcast_id"],
        postgresql_where=sa.text("broadcast_id is not null"),
    )
    op.create_index(
        "ix_outbox_ahead",
        "outbox",
        ["broadcast_id", "channel"],
        postgresql_where=sa.text("state = 'queued' and broadcast_id is not null"),
    )
    op.create_index(
        "ix_outbox_waiting", "outbox", ["address", "id"], postgresql_where=sa.text("state = 'waiting'")
    )
    op.drop_constraint("ck_outbox_outboxstate", "outbox")
    op.execute(
        "alter table outbox add constraint ck_outbox_outboxstate check"
        " (state in ('queued', 'waiting', 'sent', 'unknown', 'dead', 'cancelled')) not valid"
    )
    op.execute("alter table outbox validate constraint ck_outbox_outboxstate")
