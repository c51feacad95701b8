"""Consents, codes by which two addresses of one person are joined, and what was erased."""

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""
