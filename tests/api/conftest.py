from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import pytest

from bot.storage.engine import Database
from bot.storage.sealing import Sealer
from bot.storage.tables import Role
from tests.api.world import World, build, sample
from tests.conftest import Clock


@pytest.fixture
def world(database: Database, sealer: Sealer, clock: Clock, tmp_path: Path) -> World:
    return build(database, sealer, *sample(), clock, tmp_path)


@pytest.fixture
async def agent(world: World) -> AsyncIterator[httpx.AsyncClient]:
    async with world.client(await world.token(name="Rina")) as client:
        yield client


@pytest.fixture
async def other(world: World) -> AsyncIterator[httpx.AsyncClient]:
    async with world.client(await world.token(name="Doni")) as client:
        yield client


@pytest.fixture
async def supervisor(world: World) -> AsyncIterator[httpx.AsyncClient]:
    async with world.client(await world.token(Role.SUPERVISOR, name="Sari")) as client:
        yield client


@pytest.fixture
def closure(now: datetime) -> dict[str, object]:
    """A closure in Palembang that began an hour ago, for five days."""
    return {
        "kind": "closure",
        "title": "Kantor Palembang tutup",
        "body": "Pelayanan tatap muka dihentikan.",
        "scope": {"branches": ["palembang"]},
        "affects": ["counter"],
        "starts_at": (now - timedelta(hours=1)).isoformat(),
        "ends_at": (now + timedelta(days=5)).isoformat(),
        "cause": "Pegawai positif COVID-19",
        "guidance": "Gunakan Mobile JKN.",
        "replacement_office": None,
        "alternatives": ["care_center", "mobile_jkn"],
        "broadcast": False,
    }
