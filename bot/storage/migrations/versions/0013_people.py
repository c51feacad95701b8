"""Consents, codes by which two addresses of one person are joined, wishes for a copy or for erasure.

Of history an erasure may take what was told of a person (`detail`), and nothing else: who did what, and when, stays.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)

HISTORY_LOSES_DETAIL_ONLY = (
    """
    create function refuse_but_erasure() returns trigger language plpgsql as $$
    begin
        if coalesce(current_setting('siaga.erasing', true), '') = 'on'
            and old.detail @> new.detail
            and to_jsonb(old) - 'detail' = to_jsonb(new) - 'detail'
        then
            return new;
        end if;
        raise exception '% on % is refused: its rows are only ever added', tg_op, tg_table_name
            using errcode = 'restrict_violation';
    end $$
    """,
    "drop trigger history_only_grows on history",
    """
    create trigger history_only_grows before delete or truncate on history
        for each statement execute function refuse_to_rewrite()
    """,
    """
    create trigger history_only_loses_detail before update on history
        for each row execute function refuse_but_erasure()
    """,
)


def upgrade() -> None:
    """Add them. The code before this goes on working on the new schema."""
    _numbers_by_address()
    _consents()
    _joining()
    _wishes()
    for statement in HISTORY_LOSES_DETAIL_ONLY:
        op.execute(statement)


def _numbers_by_address() -> None:
    """Until now nobody had two addresses, so it is known where each number was given."""
    op.add_column("personal_numbers", sa.Column("address", sa.Text()))
    op.execute(
        "update personal_numbers set address = addresses.address from addresses"
        " where addresses.participant_id = personal_numbers.participant_id"
    )
    op.drop_constraint("uq_personal_numbers_participant_id_digest", "personal_numbers")
    op.create_index(
        "uq_personal_numbers_given",
        "personal_numbers",
        ["participant_id", sa.text("coalesce(address, '')"), "digest"],
        unique=True,
    )


def _consents() -> None:
    op.create_table(
        "consents",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("participant_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("address", sa.Text()),
        sa.Column("conversation_id", sa.Uuid()),
        sa.Column("given_at", _TIME, nullable=False),
        sa.Column("withdrawn_at", _TIME),
        sa.PrimaryKeyConstraint("id", name="pk_consents"),
        sa.ForeignKeyConstraint(["participant_id"], ["participants.id"], name="fk_consents_participant_id"),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name="fk_consents_conversation_id"
        ),
    )
    op.create_index("ix_consents_participant", "consents", ["participant_id", "id"])


def _joining() -> None:
    op.create_table(
        "join_codes",
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("address", name="pk_join_codes"),
        sa.UniqueConstraint("digest", name="uq_join_codes_digest"),
    )
    op.create_table(
        "join_tries",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_join_tries"),
    )
    op.create_index("ix_join_tries_address", "join_tries", ["address", "at"])


def _wishes() -> None:
    op.create_table(
        "erasures",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("talks", postgresql.JSONB(), nullable=False),
        sa.Column("grave_id", sa.Uuid(), nullable=False),
        sa.Column("asked_at", _TIME, nullable=False),
        sa.Column("until", _TIME, nullable=False),
        sa.Column("done_at", _TIME),
        sa.PrimaryKeyConstraint("id", name="pk_erasures"),
        sa.ForeignKeyConstraint(["grave_id"], ["conversations.id"], name="fk_erasures_grave_id"),
        sa.UniqueConstraint("number", name="uq_erasures_number"),
    )
    op.create_index("ix_erasures_open", "erasures", ["id"], postgresql_where=sa.text("done_at is null"))
    op.create_table(
        "copy_orders",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("asked_at", _TIME, nullable=False),
        sa.Column("attempts", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("done_at", _TIME),
        sa.PrimaryKeyConstraint("id", name="pk_copy_orders"),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name="fk_copy_orders_conversation_id"
        ),
    )
    op.create_index("ix_copy_orders_open", "copy_orders", ["id"], postgresql_where=sa.text("done_at is null"))
