"""What was not understood can be labelled: by whom, as what, with which entities."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TABLE = "understandings"

COLUMNS = (
    sa.Column("alike", sa.Text()),
    sa.Column("message_id", sa.BigInteger()),
    sa.Column("form", sa.BigInteger()),
    sa.Column("branch", sa.Text()),
    sa.Column("corrected_by", sa.Uuid()),
    sa.Column("corrected_at", sa.DateTime(timezone=True)),
    sa.Column("state", sa.String(32), server_default="open", nullable=False),
    sa.Column("label", sa.Text()),
    sa.Column("entities", JSONB()),
    sa.Column("reviewed_by", sa.Uuid()),
    sa.Column("reviewed_at", sa.DateTime(timezone=True)),
    sa.Column("act_id", sa.Uuid()),
)


def upgrade() -> None:
    """Add the columns; the rows of the first release are open, and the first release's code may go on writing."""
    for column in COLUMNS:
        op.add_column(TABLE, column)
    op.create_check_constraint("reviewstate", TABLE, "state IN ('open', 'labelled', 'useless')")
    op.create_index("ix_understandings_state", TABLE, ["state", "id"])
    op.create_index(
        "ix_understandings_act", TABLE, ["act_id"], postgresql_where=sa.text("act_id is not null")
    )
    op.create_unique_constraint("uq_understandings_message_id", TABLE, ["message_id"])
    op.create_foreign_key(
        "fk_understandings_message_id", TABLE, "messages", ["message_id"], ["id"], ondelete="SET NULL"
    )
    for name in ("corrected_by", "reviewed_by"):
        op.create_foreign_key(f"fk_understandings_{name}", TABLE, "agents", [name], ["id"])
