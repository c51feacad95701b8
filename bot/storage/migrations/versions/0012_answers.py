"""Which answers were given to what, and whether they helped."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table; code of the last release knows nothing of it."""
    op.create_table(
        "answers_given",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), primary_key=True),
        sa.Column(
            "conversation_id",
            sa.Uuid(),
            sa.ForeignKey("conversations.id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("branch", sa.Text()),
        sa.Column("code", sa.Text()),
        sa.Column("intent", sa.Text(), nullable=False),
        sa.Column("text", sa.Text()),
        sa.Column("likeness", sa.Double(), nullable=False),
        sa.Column("expired", sa.Text()),
        sa.Column("rating", sa.String(32)),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("rated_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint("rating IN ('yes', 'no', 'agent')", name="answerrating"),
    )
    op.create_index("ix_answers_given_at", "answers_given", ["at"])
    op.create_index("ix_answers_given_conversation_id", "answers_given", ["conversation_id"])
