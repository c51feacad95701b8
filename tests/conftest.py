"""What every test can ask for. Nothing here is imitated: PostgreSQL and Valkey are the real ones.

- ``services``: PostgreSQL and Valkey of this test process, started at the first use (about a second).
- ``database_url``: a database of this test's own, with the current schema: cloned from a migrated template.
- ``database``: the same as a `bot.storage.engine.Database`.
- ``redis_url``: Valkey, emptied before the test.
- ``sealer``: a `bot.storage.sealing.Sealer`; ``SECRET_KEY`` is its key.
- ``clock``: a `Clock` that stands still at `NOON` until ``clock.advance(seconds)``; call it for the time.
- ``now``: what the clock shows at the start.
"""

import tempfile
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest
import redis

from bot.local import Services, local_services
from bot.storage.engine import Database
from bot.storage.migrating import upgrade
from bot.storage.sealing import Sealer

SECRET_KEY = "a key of the tests, at least 32 characters long"
NOON = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)
"""A Monday, noon in Jakarta."""

_TEMPLATE = "siaga_template"


class Clock:
    """A clock that moves only when told to."""

    def __init__(self, now: datetime = NOON) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def advance(self, seconds: float) -> datetime:
        self.now += timedelta(seconds=seconds)
        return self.now


@pytest.fixture(scope="session")
def services() -> Iterator[Services]:
    with (
        tempfile.TemporaryDirectory(prefix="siaga-tests-") as folder,
        local_services(Path(folder), durable=False) as running,
    ):
        yield running


@pytest.fixture(scope="session")
async def template(services: Services) -> str:
    await _run(services, f"create database {_TEMPLATE}")
    await upgrade(_named(services, _TEMPLATE))
    return _TEMPLATE


@pytest.fixture
async def database_url(services: Services, template: str) -> AsyncIterator[str]:
    name = f"test_{uuid4().hex}"
    await _run(services, f"create database {name} template {template}")
    yield _named(services, name)
    await _run(services, f"drop database {name} with (force)")


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url)
    yield database
    await database.close()


@pytest.fixture
def redis_url(services: Services) -> str:
    with redis.Redis.from_url(services.redis_url) as client:
        client.flushall()
    return services.redis_url


@pytest.fixture(scope="session")
def sealer() -> Sealer:
    return Sealer(SECRET_KEY)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def now(clock: Clock) -> datetime:
    return clock.now


def _named(services: Services, name: str) -> str:
    return services.database_url.replace("/postgres?", f"/{name}?")


async def _run(services: Services, statement: str) -> None:
    connection = await asyncpg.connect(services.database_url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
