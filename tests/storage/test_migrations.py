"""The migrations make exactly the schema that the tables describe, and the rules that only SQL can hold."""

import asyncio

import asyncpg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from bot.local import Services
from bot.storage import tables
from bot.storage.base import Base
from bot.storage.engine import Database
from bot.storage.migrating import pending, upgrade

CATALOGUE = """
    select 'column', table_name || '.' || column_name,
           concat_ws(' ', data_type, character_maximum_length, is_nullable, column_default, identity_generation)
      from information_schema.columns where table_schema = 'public' and table_name <> 'alembic_version'
    union all
    select 'constraint', conrelid::regclass::text || '.' || conname, pg_get_constraintdef(oid)
      from pg_constraint
     where connamespace = 'public'::regnamespace and conrelid::regclass::text <> 'alembic_version'
    union all
    select 'index', indexname, indexdef from pg_indexes
     where schemaname = 'public' and tablename <> 'alembic_version'
    order by 1, 2
"""


@pytest.fixture
async def empty_url(services: Services) -> str:
    connection = await asyncpg.connect(services.database_url)
    await connection.execute("drop database if exists empty with (force)")
    await connection.execute("create database empty")
    await connection.close()
    return services.database_url.replace("/postgres?", "/empty?")


async def catalogue(database: Database) -> list[tuple[str, str, str]]:
    async with database.engine.connect() as connection:
        return [tuple(row) for row in await connection.execute(text(CATALOGUE))]


async def test_migrations_make_what_the_tables_describe(database: Database, empty_url: str) -> None:
    assert tables.__all__
    by_models = Database(empty_url)
    async with by_models.engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    expected = await catalogue(by_models)
    await by_models.close()
    assert await catalogue(database) == expected


async def test_alembic_sees_nothing_left_to_do(database: Database) -> None:
    async with database.engine.connect() as connection:
        left = await connection.run_sync(
            lambda sync: compare_metadata(
                MigrationContext.configure(sync, opts={"compare_type": True}), Base.metadata
            )
        )
    assert left == []


async def test_several_may_migrate_at_once(empty_url: str) -> None:
    database = Database(empty_url)
    assert await pending(database)
    await asyncio.gather(*(upgrade(empty_url) for _ in range(4)))
    assert not await pending(database)
    await database.close()


@pytest.mark.parametrize(
    "rewrite", ["update history set what = 'other'", "delete from history", "truncate history"]
)
async def test_history_is_never_rewritten(database: Database, rewrite: str) -> None:
    async with database.engine.begin() as connection:
        await connection.execute(
            text(
                "insert into history (subject, subject_id, what, by_kind, detail)"
                " values ('case', '1', 'opened', 'bot', '{}')"
            )
        )
    with pytest.raises(DBAPIError, match="only ever added"):
        async with database.engine.begin() as connection:
            await connection.execute(text(rewrite))
    async with database.engine.connect() as connection:
        assert await connection.scalar(text("select what from history")) == "opened"
