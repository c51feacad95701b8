"""Which directory the settings choose, and what is said where they are wrong."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import pytest
from prometheus_client import REGISTRY

from bot.check import problems as checked
from bot.errors import ConfigurationError
from bot.members.choosing import open_directory, problems
from bot.members.directory import Away, Identity
from bot.members.table import TableDirectory
from bot.members.vclaim import VClaim
from bot.settings import Settings
from bot.storage.engine import Database
from bot.storage.sealing import Sealer
from tests.conftest import NOON
from tests.members.test_vclaim import BORN, CARD
from tests.standins.vclaim import running_vclaim

VCLAIM = {
    "members": "vclaim",
    "vclaim_url": "https://vclaim.example/vclaim-rest",
    "vclaim_cons_id": "90001",
    "vclaim_secret": "rahasia",
    "vclaim_user_key": "kunci",
}


def given(**changes: Any) -> Settings:
    needed = {"database_url": "postgresql://localhost/siaga", "secret_key": "k" * 32}
    return Settings(_env_file=None, **(needed | changes))


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as stack:
        yield stack


async def test_our_own_table_is_the_default(
    stack: AsyncExitStack, database: Database, sealer: Sealer
) -> None:
    assert problems(given()) == []
    assert isinstance(await open_directory(stack, given(), database, sealer), TableDirectory)


async def test_vclaim_with_all_its_settings(
    stack: AsyncExitStack, database: Database, sealer: Sealer
) -> None:
    assert problems(given(**VCLAIM)) == []
    assert isinstance(await open_directory(stack, given(**VCLAIM), database, sealer), VClaim)


@pytest.mark.parametrize("url", ["{}/vclaim-rest", "{}/vclaim-rest/"])
async def test_the_address_is_taken_with_and_without_a_slash_and_the_gauge_tells(
    stack: AsyncExitStack, database: Database, sealer: Sealer, url: str
) -> None:
    def left_alone() -> float | None:
        return REGISTRY.get_sample_value("siaga_members_left_alone", {"directory": "vclaim"})

    async with running_vclaim() as server:
        server.clock = lambda: NOON
        server.add(CARD, None, BORN)
        keys = {"vclaim_secret": server.secret, "vclaim_user_key": server.user_key}
        settings = given(**(VCLAIM | keys | {"vclaim_url": url.format(server.url)}))
        directory = await open_directory(stack, settings, database, sealer)
        assert left_alone() == 0
        assert await directory.find(Identity(CARD, BORN), NOON)
        server.fail_next(500, times=5)
        for _ in range(6):
            with pytest.raises(Away):
                await directory.find(Identity(CARD, BORN), NOON)
        assert left_alone() == 1
        assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"vclaim_secret": None},
            ["SIAGA_MEMBERS is vclaim, but SIAGA_VCLAIM_SECRET is not set. Add it to .env"],
        ),
        (
            {"vclaim_url": "http://vclaim.example/vclaim-rest"},
            ["SIAGA_VCLAIM_URL is wrong: expected https, since numbers of members are sent there"],
        ),
        (
            {"vclaim_url": "vclaim.example"},
            ["SIAGA_VCLAIM_URL is wrong: expected an address such as https://host/vclaim-rest"],
        ),
        (
            {"members": "table"},
            [
                "SIAGA_VCLAIM_URL is set, but SIAGA_MEMBERS is not vclaim: VClaim is not asked."
                " Set SIAGA_MEMBERS=vclaim, or remove it"
            ],
        ),
        ({"vclaim_url": "http://127.0.0.1:8099/vclaim-rest"}, []),
    ],
)
def test_what_is_wrong_is_named(changes: dict[str, Any], said: list[str]) -> None:
    assert problems(given(**(VCLAIM | changes))) == said


async def test_the_service_does_not_start_with_half_of_it(
    stack: AsyncExitStack, database: Database, sealer: Sealer
) -> None:
    with pytest.raises(ConfigurationError, match="SIAGA_VCLAIM_USER_KEY"):
        await open_directory(stack, given(**(VCLAIM | {"vclaim_user_key": None})), database, sealer)


def test_siaga_check_says_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SIAGA_DATABASE_URL", "postgresql://localhost/siaga")
    monkeypatch.setenv("SIAGA_SECRET_KEY", "k" * 32)
    monkeypatch.setenv("SIAGA_MEMBERS", "vclaim")
    assert [line for line in checked() if "SIAGA_VCLAIM_CONS_ID" in line]
