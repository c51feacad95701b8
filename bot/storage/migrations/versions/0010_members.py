"""The service's own table of members, and tries to prove who one is."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add them. The code before this goes on working on the new schema."""
    time = sa.DateTime(timezone=True)
    op.create_table(
        "members",
        sa.Column("card_digest", sa.LargeBinary(), nullable=False),
        sa.Column("nik_digest", sa.LargeBinary()),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("as_of", time, nullable=False),
        sa.Column("imported_at", time, server_default=sa.func.now(), nullable=False),
        sa.PrimaryKeyConstraint("card_digest", name="pk_members"),
    )
    op.create_index("ix_members_nik_digest", "members", ["nik_digest"])
    op.create_table(
        "member_tries",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("number_digest", sa.LargeBinary(), nullable=False),
        sa.Column("address_digest", sa.LargeBinary(), nullable=False),
        sa.Column("at", time, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_member_tries"),
    )
    op.create_index("ix_member_tries_number_digest", "member_tries", ["number_digest", "at"])
    op.create_index("ix_member_tries_address_digest", "member_tries", ["address_digest", "at"])
    op.create_index("ix_member_tries_at", "member_tries", ["at"])
