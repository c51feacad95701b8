"""Of a message that may have been taken, whether the one more try was begun."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add it. Whether there is a doubt at all is said by `doubt_since`; what said so before was in no release."""
    op.add_column("outbox", sa.Column("last_try", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.drop_column("outbox", "maybe_sent")
