"""The engine: any libpq URL, notifications that survive a restart, and no value in an error message."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from bot.local import Services, local_services
from bot.storage.engine import UNAVAILABLE, Database


def variants(url: str) -> list[str]:
    return [
        url,
        url.replace("postgres@/", "postgres:@/"),
        url.replace("postgresql://", "postgresql+asyncpg://"),
        url.replace("postgresql://", "postgres://"),
        url.replace("postgres@/", "/") + "&user=postgres",
        url + "&connect_timeout=3&keepalives=1&channel_binding=prefer&application_name=x",
    ]


async def test_any_libpq_url_will_do(database_url: str) -> None:
    for url in variants(database_url):
        database = Database(url)
        assert await database.ping(), url
        async with database.engine.connect() as connection:
            assert await connection.scalar(text("show timezone")) == "UTC"
        await database.close()


async def test_a_database_that_is_away_is_told_as_such() -> None:
    database = Database("postgresql://siaga@/siaga?host=/nonexistent")
    assert not await database.ping()
    with pytest.raises(UNAVAILABLE):
        async with database.engine.connect():
            pass
    await database.close()


async def test_an_error_does_not_carry_values(database: Database) -> None:
    with pytest.raises(DBAPIError) as failed:
        async with database.engine.begin() as connection:
            await connection.execute(
                text("select 1 / length(:said) from nowhere"), {"said": "3276010101900001"}
            )
    assert "3276010101900001" not in str(failed.value)


async def test_notifications_arrive(database: Database) -> None:
    async with asyncio.timeout(10), database.listen("one", "two") as woken:
        await woken.wait()  # set once it listens
        for channel in ("one", "two"):
            woken.clear()
            async with database.engine.begin() as connection:
                await connection.execute(text(f"notify {channel}"))
            await woken.wait()
        woken.clear()
        async with database.engine.begin() as connection:
            await connection.execute(text("notify three"))
        await asyncio.sleep(0.1)
        assert not woken.is_set()


async def test_listening_and_sessions_survive_a_crash_of_postgresql(tmp_path: Path) -> None:
    with local_services(tmp_path, durable=False) as services:
        database = Database(services.database_url)
        async with asyncio.timeout(60), database.listen("one") as woken:
            await woken.wait()
            assert await database.ping()
            await asyncio.to_thread(services.postgres.kill)
            assert not await database.ping()
            woken.clear()
            await asyncio.to_thread(services.postgres.start)
            await woken.wait()
            assert await database.ping()
            woken.clear()
            async with database.engine.begin() as connection:
                await connection.execute(text("notify one"))
            await woken.wait()
        await database.close()


async def test_after_a_restart_no_statement_meets_a_connection_that_is_gone(tmp_path: Path) -> None:
    async def three(database: Database) -> None:
        async with (
            database.engine.begin() as one,
            database.engine.begin() as two,
            database.engine.begin() as other,
        ):
            for connection in (one, two, other):
                await connection.execute(text("select 1"))

    with local_services(tmp_path, durable=False) as services:
        database = Database(services.database_url)
        await three(database)
        await asyncio.to_thread(services.postgres.stop)
        await asyncio.to_thread(services.postgres.start)
        await three(database)
        await database.close()


async def test_two_databases_of_one_test_process_are_apart(database: Database, services: Services) -> None:
    async with database.engine.begin() as connection:
        await connection.execute(text("insert into case_counters values ('PLB', '2611', 1)"))
    other = Database(services.database_url)
    async with other.engine.connect() as connection:
        assert await connection.scalar(text("select to_regclass('case_counters')")) is None
    await other.close()
