"""The schema's way from one version to the next.

To change the schema: change the tables, then write the revision against an up-to-date database with
``python -m bot.storage.migrating "add what"`` (SIAGA_DATABASE_URL set), read it, and correct it by hand.
Migrations go forward only, and the code that runs must work before and after each of them.
"""

import asyncio
import os
import sys
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from bot.storage.engine import Database

_HERE = Path(__file__).parent / "migrations"
_LOCK = 0x51A6A  # the advisory lock of migrations; any number that nobody else here takes


async def upgrade(database_url: str) -> None:
    """Bring the schema to the newest version; several may start at once, one works and the others wait."""
    database = Database(database_url, patience=None)
    try:
        async with database.engine.connect() as connection:
            await connection.run_sync(_upgrade)
            await connection.commit()
    finally:
        await database.close()


async def pending(database: Database) -> bool:
    """Whether the schema lacks something of this release. That of a newer release, migrated first, lacks nothing."""
    async with database.engine.connect() as connection:
        return await connection.run_sync(_pending)


async def draft(database_url: str, message: str) -> None:
    """Write a new revision: the difference between the tables in code and those in the database."""
    database = Database(database_url)
    try:
        async with database.engine.connect() as connection:
            await connection.run_sync(
                lambda sync: command.revision(_config(sync), message=message, autogenerate=True)
            )
    finally:
        await database.close()


def _upgrade(connection: Connection) -> None:
    connection.execute(text("select pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    command.upgrade(_config(connection), "head")


def _pending(connection: Connection) -> bool:
    at = MigrationContext.configure(connection).get_current_heads()
    ours = ScriptDirectory(str(_HERE))
    newer = set(at) - {revision.revision for revision in ours.walk_revisions()}
    return not newer and set(at) != set(ours.get_heads())


def _config(connection: Any) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_HERE).replace("%", "%%"))
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    config.attributes["connection"] = connection
    return config


if __name__ == "__main__":
    asyncio.run(draft(os.environ["SIAGA_DATABASE_URL"], sys.argv[1]))
