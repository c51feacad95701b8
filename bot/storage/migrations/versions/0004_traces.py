"""Messages carry the id of their way; what waits for a person is counted at a small price."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns and the indexes; the release before may go on writing, its rows have no id."""
    for table in ("inbox", "outbox"):
        op.add_column(table, sa.Column("traceparent", sa.Text()))
    for table, state in (("inbox", "dead"), ("outbox", "unknown")):
        op.create_index(f"ix_{table}_{state}", table, ["id"], postgresql_where=sa.text(f"state = '{state}'"))
