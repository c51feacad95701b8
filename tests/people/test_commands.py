"""The commands of operators, in a process of their own."""

import asyncio
import json
import subprocess
from pathlib import Path

import pytest

from bot.people.erasing import PREFIX
from bot.storage.engine import Database
from bot.storage.sealing import Sealer
from tests import running
from tests.conftest import Clock
from tests.people.planting import ADDRESS, HOUR, MARK, NIK, Person, found
from tests.people.test_erasing import files_go
from tests.running import SIAGA


@pytest.fixture
async def person(database: Database, sealer: Sealer, clock: Clock) -> Person:
    clock.now -= 365 * 24 * HOUR  # the commands look at the real clock
    person = Person(sealer, clock())
    await person.plant(database)
    return person


async def siaga(
    database_url: str, redis_url: str, cwd: Path, *arguments: str, typed: str = ""
) -> tuple[int, str]:
    env = running.environment(database_url, redis_url=redis_url)

    def run() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [SIAGA, "people", *arguments],
            env=env,
            cwd=cwd,
            input=typed,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    done = await asyncio.to_thread(run)
    return done.returncode, done.stdout + done.stderr


async def test_what_is_known_is_shown_with_numbers_masked(
    database_url: str, redis_url: str, person: Person, tmp_path: Path
) -> None:
    code, told = await siaga(database_url, redis_url, tmp_path, "show", ADDRESS)
    assert code == 0, told
    shown = json.loads(told)
    assert (shown["addresses"], shown["lines"], shown["files"]) == ([ADDRESS], 1, 1)
    assert MARK in shown["name"]
    assert NIK not in told


async def test_an_address_need_not_stand_in_the_list_of_processes(
    database_url: str, redis_url: str, person: Person, tmp_path: Path
) -> None:
    code, told = await siaga(database_url, redis_url, tmp_path, "show", typed=f"{ADDRESS}\n")
    assert code == 0, told
    assert json.loads(told[: told.rindex("}") + 1])["addresses"] == [ADDRESS]


async def test_everything_is_erased_at_once(
    database_url: str, redis_url: str, database: Database, sealer: Sealer, person: Person, tmp_path: Path
) -> None:
    code, told = await siaga(database_url, redis_url, tmp_path, "erase", ADDRESS, "--yes")
    assert code == 0, told
    assert f"{PREFIX}-" in told
    assert "messages.sealed_body" not in await found(database, sealer)
    await files_go(database)
    code, told = await siaga(database_url, redis_url, tmp_path, "erase", ADDRESS, "--yes")
    assert await found(database, sealer) == set()


async def test_who_is_not_there_is_not_erased(database_url: str, redis_url: str, tmp_path: Path) -> None:
    code, told = await siaga(database_url, redis_url, tmp_path, "erase", "telegram:1", "--yes")
    assert (code != 0, told.strip()) == (True, "telegram:1: nobody is known there")
