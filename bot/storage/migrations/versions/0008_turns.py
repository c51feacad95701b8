"""What a line of a talk refers to, and who is not answered because they write too much."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add them. The code before this goes on working on the new schema."""
    op.add_column("messages", sa.Column("refers_to", sa.BigInteger()))
    op.add_column("messages", sa.Column("edited", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("conversations", sa.Column("hushed_at", sa.DateTime(timezone=True)))
