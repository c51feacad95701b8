"""Run by Alembic on the connection that `bot.storage.migrating` hands over."""

from alembic import context

from bot.storage import tables
from bot.storage.base import Base

assert tables.__all__  # importing them is what fills the metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    compare_type=True,
    compare_server_default=True,
)
with context.begin_transaction():
    context.run_migrations()
