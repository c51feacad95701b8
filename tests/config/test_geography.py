"""Where things lie: middles of towns, the office that serves a place, facilities and their hours."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.config import Config
from bot.config.listed import Search
from bot.config.sphere import kilometres
from bot.messages import Location
from tests.config.conftest import Mistaken, line_of

MONDAY_9 = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
"""09.00 WIB, 10.00 WITA."""


def test_the_middle_of_a_town_lies_where_its_branch_lies(config: Config) -> None:
    """A slip of the pen would put a town on another island."""
    for branch in config.branches.values():
        for name in branch.covers:
            place = config.place_named(name)
            assert place
            if place.middle:
                assert kilometres(branch.location, place.middle) < 500, name


def test_most_towns_have_a_middle(config: Config) -> None:
    places = [place for province in config.provinces for place in province.places()]
    assert sum(place.middle is not None for place in places) > 400


@pytest.mark.parametrize(
    ("text", "place", "district"),
    [
        ("samarinda ulu", "Kota Samarinda", "Samarinda Ulu"),
        ("puskesmas di sako yang buka", "Kota Palembang", "Sako"),
        ("palembng", "Kota Palembang", ""),
        ("kab malang", "Kabupaten Malang", ""),
    ],
)
def test_a_place_by_name_district_or_misspelt(config: Config, text: str, place: str, district: str) -> None:
    found = config.find_place(text)
    assert found.place
    assert (found.place.name, found.district) == (place, district)


@pytest.mark.parametrize("text", ["malang", "bandung", "rs di malang"])
def test_of_several_towns_with_one_name_none_is_taken(config: Config, text: str) -> None:
    found = config.find_place(text)
    assert found.place is None
    assert len(found.near) == 2


@pytest.mark.parametrize("text", ["", "wakanda", "pasar 16 ilir", "rumah saya", "🙂"])
def test_what_is_no_place_is_none(config: Config, text: str) -> None:
    found = config.find_place(text)
    assert (found.place, found.near) == (None, ())


def test_the_branch_that_serves_a_spot_and_the_nearest_office_may_differ(config: Config) -> None:
    kandangan = Location(latitude=-2.78, longitude=115.26)
    serving = config.branch_at(kandangan)
    assert serving
    assert serving.code == "barabai"
    batu = Location(latitude=-7.54, longitude=112.23)  # Jombang, served from Mojokerto
    serving = config.branch_at(batu)
    assert serving
    assert serving.code == "mojokerto"
    assert config.nearest_branches(batu)[0][0].code == "mojokerto"


def test_far_from_every_town_no_branch_serves(config: Config) -> None:
    assert config.branch_at(Location(latitude=52.5, longitude=13.4)) is None
    assert len(config.nearest_branches(Location(latitude=52.5, longitude=13.4))) == len(config.branches)


def test_hours_are_those_of_the_facilitys_own_clock(config: Config) -> None:
    plaju = next(item for item in config.listed if item.code == "puskesmas_plaju")
    waena = next(item for item in config.listed if item.code == "puskesmas_waena")
    assert plaju.open_at(MONDAY_9, config.holidays) is True
    late = MONDAY_9.replace(hour=5, minute=30)  # 12.30 WIB, 14.30 WIT
    assert plaju.open_at(late, config.holidays) is True
    assert waena.open_at(late, config.holidays) is False


def test_what_nobody_knows_is_never_called_open(config: Config) -> None:
    unknown = next(item for item in config.listed if item.hours is None and not item.day_and_night)
    assert unknown.open_at(MONDAY_9, config.holidays) is None
    assert not Search(open_at=MONDAY_9).wants(unknown, config.holidays)
    christmas = datetime(2026, 12, 25, 3, 0, tzinfo=UTC)
    plaju = next(item for item in config.listed if item.code == "puskesmas_plaju")
    assert plaju.open_at(christmas, config.holidays) is None


def test_an_emergency_room_is_open_at_night(config: Config) -> None:
    smc = next(item for item in config.listed if item.code == "rs_smc")
    assert smc.open_at(MONDAY_9.replace(hour=18), config.holidays) is True
    assert not smc.exact


@pytest.mark.parametrize(
    ("edit", "where", "said"),
    [
        (
            ("    emergency: true\n", "    latitude: -2.97\n"),
            "facilities[0]",
            "latitude and longitude together",
        ),
        (
            ("    emergency: true\n", "    latitude: 104.7\n    longitude: -2.97\n"),
            "facilities[0].latitude",
            "found 104.7, expected at most 6.5",
        ),
        (
            ("    emergency: true\n", '    always_open: true\n    hours: {mon: "08:00-14:00"}\n'),
            "facilities[0]",
            "hours or always_open, not both",
        ),
        (("    emergency: true\n", "    emergency: ya\n"), "facilities[0].emergency", "true or false"),
    ],
)
def test_mistakes_in_a_facility(mistaken: Mistaken, edit: tuple[str, str], where: str, said: str) -> None:
    (problem,) = mistaken(("facilities.yml", *edit))[:1]
    assert where in problem
    assert said in problem


def test_mistakes_in_a_middle(mistaken: Mistaken, folder: Path) -> None:
    line = line_of(folder, "places.yml", "Kota Palembang: [-2.98, 104.76]")
    problems = mistaken(
        ("places.yml", "Kota Palembang: [-2.98, 104.76]", "Kota Palembang: [-2.98]"),
        ("places.yml", "Kota Samarinda: [-0.50, 117.15]", "Kota Samarindah: [-0.50, 117.15]"),
    )
    assert f"config/places.yml:{line}" in problems[0]
    assert "expected [latitude, longitude], two numbers in degrees" in problems[0]
    assert any('found "Kota Samarindah"' in problem for problem in problems[1:]) or len(problems) == 1
