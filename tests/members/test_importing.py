"""A register goes into the table: by digests, repeatably, all or nothing; and is found there."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select
from typer.testing import CliRunner

from bot import cli
from bot.lists.bringing import Brought, Import
from bot.lists.reading import Problem
from bot.members.directory import Bill, Identity, Segment, Status
from bot.members.importing import store
from bot.members.rows import Registered
from bot.members.table import TableDirectory
from bot.storage.engine import Database
from bot.storage.sealing import Sealer
from bot.storage.tables import Member
from tests.conftest import NOON, SECRET_KEY
from tests.members.test_register import GOOD, HEAD, MEMBER

MADE = datetime(2026, 11, 20, tzinfo=UTC)
BORN = date(1990, 7, 1)


def member(card: str = MEMBER.card, **changes: object) -> Registered:
    return Registered(**({"card": card, "birth": BORN, "status": Status.ACTIVE} | changes))  # type: ignore[arg-type]


@pytest.fixture
def directory(database: Database, sealer: Sealer) -> TableDirectory:
    return TableDirectory(database, sealer)


async def bring(
    database: Database, sealer: Sealer, *rows: Registered | Problem, as_of: datetime = MADE
) -> Brought:
    coming = Import(rows)
    await store(database, sealer, coming, as_of)
    return coming.brought


async def test_a_member_is_found_by_card_and_by_nik(
    database: Database, sealer: Sealer, directory: TableDirectory
) -> None:
    assert not await directory.there()
    await bring(database, sealer, MEMBER)
    assert await directory.there()
    for number in (MEMBER.card, str(MEMBER.nik)):
        found = await directory.find(Identity(number, BORN), NOON)
        assert found
        assert (found.card, found.status, found.segment) == ("*********7890", Status.ACTIVE, Segment.PBPU)
        assert found.bill == Bill(
            month=date(2026, 11, 1), amount=105000, arrears=1, account="************7890"
        )
        assert (found.source, found.as_of) == ("table", MADE)


async def test_neither_an_unknown_number_nor_another_birth_date_is_found(
    database: Database, sealer: Sealer, directory: TableDirectory
) -> None:
    await bring(database, sealer, MEMBER)
    assert await directory.find(Identity("0009999999999", BORN), NOON) is None
    assert await directory.find(Identity(MEMBER.card, BORN + timedelta(days=1)), NOON) is None


async def test_no_number_stands_in_the_table(database: Database, sealer: Sealer) -> None:
    await bring(database, sealer, MEMBER)
    async with database.sessions() as session:
        row = (await session.scalars(select(Member))).one()
    opened = repr(sealer.open(row.sealed))
    for number in (MEMBER.card, MEMBER.nik, MEMBER.account):
        assert str(number) not in opened
        assert str(number).encode() not in row.card_digest + (row.nik_digest or b"")


async def test_the_same_file_again_changes_nothing(database: Database, sealer: Sealer) -> None:
    rows = [member(f"000123456{count:04}") for count in range(50)]
    first = await bring(database, sealer, *rows)
    again = await bring(database, sealer, *rows)
    assert (first.added, first.changed, first.left) == (50, 0, 0)
    assert (again.added, again.changed, again.left) == (0, 50, 0)
    async with database.sessions() as session:
        assert await session.scalar(select(func.count()).select_from(Member)) == 50


async def test_of_a_card_that_stands_twice_the_last_line_counts(
    database: Database, sealer: Sealer, directory: TableDirectory
) -> None:
    brought = await bring(database, sealer, member(), member(status=Status.ARREARS))
    assert (brought.read, brought.added, brought.left) == (2, 1, 1)
    found = await directory.find(Identity(MEMBER.card, BORN), NOON)
    assert found
    assert found.status is Status.ARREARS


async def test_an_older_register_takes_nothing_back(
    database: Database, sealer: Sealer, directory: TableDirectory
) -> None:
    await bring(database, sealer, member(status=Status.ARREARS))
    older = await bring(database, sealer, member(), as_of=MADE - timedelta(days=1))
    assert (older.added, older.changed, older.left) == (0, 0, 1)
    found = await directory.find(Identity(MEMBER.card, BORN), NOON)
    assert found
    assert (found.status, found.as_of) == (Status.ARREARS, MADE)


async def test_of_two_cards_with_one_nik_the_active_one_is_shown(
    database: Database, sealer: Sealer, directory: TableDirectory
) -> None:
    nik = str(MEMBER.nik)
    await bring(
        database,
        sealer,
        member("0001234567891", nik=nik, status=Status.ARREARS),
        member("0001234567892", nik=nik),
        member("0001234567893", nik=nik, birth=date(1991, 1, 1)),
    )
    found = await directory.find(Identity(nik, BORN), NOON)
    assert found
    assert found.card[-4:] == "7892"


async def test_an_import_that_breaks_off_changes_nothing(database: Database, sealer: Sealer) -> None:
    def breaking() -> Iterator[Registered]:
        yield member()
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="disk"):
        await store(database, sealer, Import(breaking()), MADE)
    async with database.sessions() as session:
        assert await session.scalar(select(func.count()).select_from(Member)) == 0


async def test_good_rows_go_in_and_bad_ones_do_not(database: Database, sealer: Sealer) -> None:
    brought = await bring(database, sealer, member(), Problem(3, "card", "found 12 digits, expected 13"))
    assert (brought.added, brought.problems) == (1, 1)


@pytest.fixture
def run(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    """Runs `siaga members import` on a file with these lines."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SIAGA_DATABASE_URL", database_url)
    monkeypatch.setenv("SIAGA_SECRET_KEY", SECRET_KEY)
    (tmp_path / "members.csv").write_text(f"{HEAD}\n{GOOD}\n{GOOD.replace('1990-07-01', 'x')}\n")

    def members_import(*options: str):  # type: ignore[no-untyped-def]
        return CliRunner().invoke(cli.app, ["members", "import", "members.csv", *options])

    return members_import


def test_the_command(run) -> None:  # type: ignore[no-untyped-def]
    dry = run("--dry-run")
    assert (dry.exit_code, dry.stdout) == (
        1,
        "1 members in the file, 1 lines left out. Nothing was changed.\n",
    )
    first = run("--as-of", "2026-11-20")
    assert first.stdout == "1 members added, 0 replaced, 1 lines left out.\n"
    assert "line 3: birth_date: expected a date such as 1990-01-31 or 31-01-1990" in first.stderr
    again = run("--as-of", "2026-11-19")
    assert again.stdout == (
        "0 members added, 0 replaced, 1 twice in the file or older than what is known, 1 lines left out.\n"
    )
    for result in (dry, first, again):
        assert "0001234567890" not in result.output + result.stderr
