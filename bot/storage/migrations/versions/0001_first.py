"""The first schema: the tables of 0001_first.sql, a history that only grows, and the wake-up calls of the queues."""

from pathlib import Path

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# Rows of history are only ever added; whoever tries otherwise is told so, the owner of the table too.
HISTORY_ONLY_GROWS = (
    """
    create function refuse_to_rewrite() returns trigger language plpgsql as $$
    begin
        raise exception '% on % is refused: its rows are only ever added', tg_op, tg_table_name
            using errcode = 'restrict_violation';
    end $$
    """,
    """
    create trigger history_only_grows before update or delete or truncate on history
        for each statement execute function refuse_to_rewrite()
    """,
)

# PostgreSQL sends one notification a transaction and channel, however many rows came, and only if it commits.
QUEUES_CALL = (
    """
    create function call_by_name() returns trigger language plpgsql as $$
    begin
        perform pg_notify('siaga_' || tg_table_name, '');
        return null;
    end $$
    """,
    """
    create trigger inbox_calls after insert on inbox for each statement execute function call_by_name()
    """,
    """
    create trigger outbox_calls after insert on outbox for each statement execute function call_by_name()
    """,
)


def upgrade() -> None:
    """Make everything."""
    tables = Path(__file__).with_suffix(".sql").read_text()
    statements = [part for part in tables.split("\n\n") if not part.startswith("--")]
    for statement in (*statements, *HISTORY_ONLY_GROWS, *QUEUES_CALL):
        op.execute(statement)
