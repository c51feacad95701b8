"""Documents of administrative requests: which of the asked-for papers a file is."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add it. The code before this goes on working on the new schema."""
    op.add_column("attachments", sa.Column("document", sa.Text()))
