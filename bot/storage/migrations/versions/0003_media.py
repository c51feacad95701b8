"""Files of participants are kept by ourselves; places and contact cards are kept with their line of the talk."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

STATES = "'waiting', 'stored', 'failed', 'refused', 'removing', 'removed'"

# Wakes who fetches files; an attachment without a file is what there is to do, those of earlier releases too.
ATTACHMENTS_CALL = """
    create trigger attachments_calls after insert on attachments for each statement execute function call_by_name()
"""


def upgrade() -> None:
    """Add the table and the columns; code of the last release goes on writing attachments as it did."""
    op.create_table(
        "media_files",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), primary_key=True),
        sa.Column("conversation_id", sa.Uuid(), sa.ForeignKey("conversations.id"), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("declared_type", sa.Text(), nullable=False),
        sa.Column("sealed_reference", sa.LargeBinary(), nullable=False),
        sa.Column("reference_digest", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(32), server_default="waiting", nullable=False),
        sa.Column("reason", sa.Text()),
        sa.Column("attempts", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True)),
        sa.Column("hold", sa.Uuid()),
        sa.Column("held_until", sa.DateTime(timezone=True)),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("content_type", sa.Text()),
        sa.Column("size", sa.BigInteger()),
        sa.Column("content_digest", sa.LargeBinary()),
        sa.Column("sealed_card", sa.LargeBinary()),
        sa.Column("at_provider", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("stored_at", sa.DateTime(timezone=True)),
        sa.UniqueConstraint("conversation_id", "reference_digest"),
        sa.CheckConstraint(f"state IN ({STATES})", name="mediastate"),
    )
    due = sa.text("next_try_at is not null")
    op.create_index("ix_media_files_due", "media_files", ["next_try_at"], postgresql_where=due)
    op.create_index("ix_media_files_name", "media_files", ["name"])
    op.add_column("messages", sa.Column("sealed_shared", sa.LargeBinary()))
    op.add_column("attachments", sa.Column("media_id", sa.BigInteger()))
    op.create_foreign_key(None, "attachments", "media_files", ["media_id"], ["id"])
    op.create_index("ix_attachments_media_id", "attachments", ["media_id"])
    new = sa.text("media_id is null")
    op.create_index("ix_attachments_new", "attachments", ["id"], postgresql_where=new)
    op.execute(ATTACHMENTS_CALL)
