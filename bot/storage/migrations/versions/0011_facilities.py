"""Facilities that an operator imported."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add their table. The code before this goes on working on the new schema."""
    op.create_table(
        "facilities",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("plain", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("city", sa.Text(), nullable=False),
        sa.Column("district", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("latitude", sa.Float()),
        sa.Column("longitude", sa.Float()),
        sa.Column("exact", sa.Boolean(), nullable=False),
        sa.Column("hours", postgresql.JSONB()),
        sa.Column("always_open", sa.Boolean(), nullable=False),
        sa.Column("emergency", sa.Boolean()),
        sa.Column("accepts_jkn", sa.Boolean()),
        sa.Column("as_of", sa.Date()),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("code", name="pk_facilities"),
    )
    op.create_index("ix_facilities_latitude_longitude", "facilities", ["latitude", "longitude"])
    op.create_index("ix_facilities_city", "facilities", ["city"])
    op.create_index("ix_facilities_plain", "facilities", ["plain"])
