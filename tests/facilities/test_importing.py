"""A list of facilities comes in: checked by line, streamed, repeatable, and found again."""

import csv
import io
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from bot.config import Config, FacilityKind, load_config
from bot.config.listed import Search
from bot.facilities import finding
from bot.facilities.importing import Spoilt, store
from bot.facilities.register import Row, layout
from bot.lists.bringing import Brought, Import
from bot.lists.reading import BadList, Problem
from bot.messages import Location
from bot.settings import HOME
from bot.storage.engine import Database
from bot.storage.tables import ImportedFacility
from tests import running
from tests.test_commands import siaga

HEADER = "code,name,kind,city,district,address,phone,latitude,longitude,hours,emergency,accepts_jkn,as_of"
PLAJU = (
    "A1,Puskesmas Contoh Satu,puskesmas,Kota Samarinda,Samarinda Ulu,Jl. Contoh 1,0541-000001,-0.5000,117.1500,"
    '"senin-kamis 08:00-14:00; jumat 08:00-11:00",tidak,ya,2026-10-01'
)
HOSPITAL = "A2,RS Contoh Dua,RS,samarinda,,,,-0.5100,117.1500,24 jam,ya,,"
UNPLACED = "A3,Klinik Contoh Tiga,klinik,Kota Samarinda,,,,,,,,tidak,01-10-2026"
HERE = Location(latitude=-0.5022, longitude=117.1536)


@pytest.fixture(scope="module")
def config() -> Config:
    return load_config(HOME / "config")


@pytest.fixture
def bare(config: Config) -> Config:
    """The shipped configuration without its own facilities."""
    return replace(config, facilities={})


def rows(config: Config, *lines: str, header: str = HEADER) -> list[Row | Problem]:
    return list(layout(config).read(io.StringIO("\n".join([header, *lines]) + "\n", newline="")))


async def bring(
    database: Database, config: Config, now: datetime, *lines: str, again: bool = False
) -> Brought:
    coming = Import(rows(config, *lines))
    await store(database, config, coming, now, replace=again)
    return coming.brought


async def found(database: Database, config: Config, search: Search) -> finding.Found:
    async with database.sessions() as session:
        return await finding.find(session, config, search)


def names(result: finding.Found | Sequence[object]) -> list[str]:
    return [item.code for item in result.listed] if isinstance(result, finding.Found) else []


def test_a_line_says_all_that_is_known(config: Config) -> None:
    row, hospital, clinic = rows(config, PLAJU, HOSPITAL, UNPLACED)
    assert isinstance(row, Row)
    assert (row.kind, row.city, row.accepts_jkn, row.emergency) == (
        FacilityKind.PUSKESMAS,
        "Kota Samarinda",
        True,
        False,
    )
    assert row.hours
    assert not isinstance(row.hours, bool)
    assert [str(span) for span in row.hours.thu] == ["08:00-14:00"]
    assert row.hours.sat == ()
    assert isinstance(hospital, Row)
    assert (hospital.kind, hospital.city, hospital.hours) == (FacilityKind.HOSPITAL, "Kota Samarinda", True)
    assert isinstance(clinic, Row)
    assert (clinic.latitude, clinic.hours, str(clinic.as_of)) == (None, None, "2026-10-01")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("A1,Puskesmas X,gudang,Kota Samarinda", 'line 2: kind: found "gudang", expected hospital'),
        ("A1,Puskesmas X,rs,Wakanda", 'line 2: city: found "Wakanda", expected a city or regency'),
        ("A1,Puskesmas X,rs,Malang", "expected Kota Malang or Kabupaten Malang"),
        ("A 1,Puskesmas X,rs,Kota Samarinda", "line 2: code:"),
        ("A1,,rs,Kota Samarinda", "line 2: name: found 0 characters"),
    ],
)
def test_a_wrong_line_is_told_with_its_number(config: Config, line: str, said: str) -> None:
    (problem,) = rows(config, line, header="code,name,kind,city")
    assert isinstance(problem, Problem)
    assert said in str(problem)


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("latitude", "117.15", "swapped"),
        ("latitude", "abc", "expected degrees"),
        ("latitude", "nan", "expected -11.5 to 6.5"),
        ("latitude", "-0.5", "latitude and longitude together"),
        ("hours", "pagi", "expected such as"),
        ("hours", "jumat-senin 08:00-14:00", "the earlier day of the week first"),
        ("hours", "senin 14:00-08:00", "the end after the start"),
        ("hours", "senin 08:00", "expected"),
        ("emergency", "mungkin", "expected yes, no or nothing"),
        ("as_of", "2026-02-30", "a day that does not exist"),
        ("as_of", "kemarin", "expected a date"),
    ],
)
def test_a_wrong_field_is_told_with_what_is_expected(
    config: Config, column: str, value: str, said: str
) -> None:
    (problem,) = rows(config, f"A1,RS X,rs,Kota Samarinda,{value}", header=f"code,name,kind,city,{column}")
    assert isinstance(problem, Problem)
    assert problem.column == column
    assert said in problem.why


def test_a_file_without_its_columns_is_no_list(config: Config) -> None:
    with pytest.raises(BadList, match="found no column city, expected at least code, name, kind, city"):
        rows(config, header="code,name,kind")


def test_degrees_may_have_a_comma(config: Config) -> None:
    (row,) = rows(config, "A1;RS X;rs;Samarinda;-0,5;117,1", header="code;name;kind;city;latitude;longitude")
    assert isinstance(row, Row)
    assert (row.latitude, row.longitude) == (-0.5, 117.1)


async def test_what_was_imported_is_found_nearest_first(
    database: Database, bare: Config, now: datetime
) -> None:
    brought = await bring(database, bare, now, PLAJU, HOSPITAL, UNPLACED)
    assert (brought.read, brought.added, brought.changed) == (3, 3, 0)
    near = await found(database, bare, Search(near=HERE))
    assert [(item.code, item.exact) for item in near.listed] == [("A1", True), ("A3", False), ("A2", True)]
    first = near.listed[0]
    assert first.km == pytest.approx(0.468, abs=0.01)
    assert first.hours
    assert first.open_at(now, bare.holidays) is True  # a Monday, 13.00 WITA
    assert names(await found(database, bare, Search(near=HERE, kinds=(FacilityKind.HOSPITAL,)))) == ["A2"]
    assert names(await found(database, bare, Search(near=HERE, emergency=True))) == ["A2"]
    assert names(await found(database, bare, Search(near=HERE, open_at=now))) == ["A1", "A2"]
    night = now + timedelta(hours=12)
    assert names(await found(database, bare, Search(near=HERE, open_at=night))) == ["A2"]
    in_town = await found(database, bare, Search(city="Kota Samarinda", district="samarinda ulu"))
    assert names(in_town) == ["A1", "A3", "A2"]


async def test_pages_follow_one_another_without_gaps(database: Database, bare: Config, now: datetime) -> None:
    lines = [
        f"B{number:02},Klinik {number},klinik,Kota Samarinda,{-0.4 - number / 100},117.15"
        for number in range(12)
    ]
    header = "code,name,kind,city,latitude,longitude"
    await store(database, bare, Import(rows(bare, *lines, header=header)), now)
    search, seen = Search(near=HERE), []
    while True:
        page = await found(database, bare, search)
        seen += [(item.km, item.code) for item in page.listed]
        if not page.more:
            break
        search = search.further()
    assert len(seen) == 12
    assert seen == sorted(seen)


async def test_the_same_file_twice_changes_nothing(database: Database, bare: Config, now: datetime) -> None:
    await bring(database, bare, now, PLAJU, HOSPITAL)
    brought = await bring(database, bare, now + timedelta(days=1), PLAJU, HOSPITAL)
    assert (brought.added, brought.changed) == (0, 0)
    brought = await bring(
        database, bare, now, PLAJU.replace("Contoh Satu", "Contoh Baru"), HOSPITAL, HOSPITAL
    )
    assert (brought.read, brought.added, brought.changed) == (3, 0, 1)


async def test_replacing_removes_what_the_file_does_not_have(
    database: Database, bare: Config, now: datetime
) -> None:
    await bring(database, bare, now, PLAJU, HOSPITAL)
    with pytest.raises(Spoilt):
        await bring(database, bare, now, UNPLACED, "wrong", again=True)
    assert len((await found(database, bare, Search(near=HERE))).listed) == 2
    brought = await bring(database, bare, now, UNPLACED, again=True)
    assert (brought.added, brought.removed) == (1, 2)
    assert names(await found(database, bare, Search(near=HERE))) == ["A3"]


async def test_beside_config_and_of_one_code_the_imported_holds(
    database: Database, config: Config, now: datetime
) -> None:
    line = "rs_smc,RS SMC,rs,Kota Samarinda,,,,-0.5022,117.1536,,ya,ya,2026-10-01"
    await bring(database, config, now, line)
    near = await found(database, config, Search(near=HERE))
    assert [item.code for item in near.listed].count("rs_smc") == 1
    assert near.listed[0].code == "rs_smc"
    assert near.listed[0].accepts_jkn is True
    async with database.sessions() as session:
        (smc,) = await finding.named(session, config, "RS SMC")
        assert smc.exact
        assert await finding.named(session, config, "rs tidak ada ini") == ()
        assert len(await finding.named(session, config, "rs bhayangkara")) > 1


async def test_by_its_name_an_imported_one_is_known(
    database: Database, config: Config, now: datetime
) -> None:
    await bring(database, config, now, PLAJU)
    async with database.sessions() as session:
        assert [item.code for item in await finding.named(session, config, "pkm contoh satu")] == ["A1"]


async def test_nobody_is_sent_farther_than_is_sensible(
    database: Database, config: Config, now: datetime
) -> None:
    await bring(database, config, now, PLAJU)
    assert (await found(database, config, Search(near=Location(latitude=52.5, longitude=13.4)))).listed == ()
    for latitude in (-90.0, 90.0):
        await found(database, config, Search(near=Location(latitude=latitude, longitude=180.0)))


def test_the_command_tells_what_it_did(database_url: str, redis_url: str, tmp_path: Path) -> None:
    environment = running.environment(database_url, redis_url=redis_url)
    file = tmp_path / "faskes.csv"
    with file.open("w", newline="") as lines:
        csv.writer(lines).writerows([["code", "name", "kind", "city"], ["C1", "RS Satu", "rs", "Samarinda"]])
    arguments = ("facilities", "import", str(file))
    tried = siaga(*arguments, "--dry-run", env=environment, cwd=tmp_path)
    assert (tried.returncode, tried.stdout) == (
        0,
        "1 facilities in the file, 0 lines left out. Nothing was changed.\n",
    )
    done = siaga(*arguments, env=environment, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "1 facilities added, 0 changed, 0 lines left out.\n")
    file.write_text(file.read_text() + "C2,RS Dua,rs,Wakanda\n")
    spoilt = siaga(*arguments, "--replace", env=environment, cwd=tmp_path)
    assert spoilt.returncode == 1
    assert "line 3: city:" in spoilt.stderr
    assert "nothing was replaced" in spoilt.stderr
    rest = siaga(*arguments, env=environment, cwd=tmp_path)
    assert (rest.returncode, rest.stdout) == (1, "0 facilities added, 0 changed, 1 lines left out.\n")


async def test_the_rows_are_there(database: Database, bare: Config, now: datetime) -> None:
    await bring(database, bare, now, PLAJU)
    async with database.sessions() as session:
        assert await session.scalar(select(func.count()).select_from(ImportedFacility)) == 1
