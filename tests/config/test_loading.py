"""Mistakes in config/ and what is said about them."""

from pathlib import Path

import pytest

from bot.config import load_config
from bot.config.loading import FILES
from bot.errors import ConfigurationError
from bot.settings import HOME
from tests.config.conftest import Mistaken, line_of

ZONES = "Asia/Jakarta, Asia/Makassar, Asia/Jayapura"


def test_an_unknown_zone(mistaken: Mistaken, folder: Path) -> None:
    problems = mistaken(("branches.yml", "zone: Asia/Makassar", "zone: Asia/Bandung"))
    line = line_of(folder, "branches.yml", "Asia/Bandung")
    assert problems == [
        f'config/branches.yml:{line}: branches[1].zone: found "Asia/Bandung", expected one of {ZONES}'
    ]


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        (
            "branches.yml",
            "    latitude: -2.98",
            "    latitute: -2.98",
            'unknown key (did you mean "latitude"?)',
        ),
        ("branches.yml", "latitude: -2.98", "latitude: 52.5", "found 52.5, expected at most 6.5"),
        ("branches.yml", "latitude: -2.98", "latitude: selatan", 'found "selatan", expected a number'),
        (
            "branches.yml",
            'phone: "0711-000-000"',
            "phone: 711",
            "found 711, expected text (put it in quotes)",
        ),
        (
            "branches.yml",
            "case_prefix: PLB",
            "case_prefix: Plb",
            'found "Plb", expected three capital letters',
        ),
        (
            "branches.yml",
            "code: palembang",
            "code: Palembang!",
            'found "Palembang!", expected lower-case letters',
        ),
        (
            "branches.yml",
            'mon: "08:00-15:00"',
            'mon: "8-15"',
            'found "8-15", expected hours such as "08:00-15:00"',
        ),
        ("branches.yml", 'mon: "08:00-15:00"', 'mon: "15:00-08:00"', "expected the end after the start"),
        (
            "branches.yml",
            'mon: "08:00-15:00"',
            'mon: "08:00-25:00"',
            "expected hours between 00:00 and 23:59",
        ),
        (
            "branches.yml",
            'mon: "08:00-15:00"',
            'mon: ["13:00-15:00", "08:00-12:00"]',
            "expected ranges in order",
        ),
        ("branches.yml", 'mon: "08:00-15:00"', 'monday: "08:00-15:00"', 'unknown key (did you mean "mon"?)'),
        ("branches.yml", "default_branch: null", "default_branch: palembng", '(did you mean "palembang"?)'),
        ("branches.yml", "case_prefix: SMD", "case_prefix: PLB", 'found "PLB" twice, first in line'),
        ("branches.yml", "code: samarinda", "code: palembang", 'found "palembang" twice, first in line'),
        (
            "branches.yml",
            "- Kota Samarinda",
            "- Kota Palembang",
            'found "Kota Palembang" twice, first in line',
        ),
        (
            "branches.yml",
            "- Kota Samarinda",
            "- Samarinda",
            'expected a city or regency of places.yml (did you mean "',
        ),
        (
            "branches.yml",
            "province: Sumatera Selatan",
            "province: Sumsel",
            "expected a province of places.yml",
        ),
        (
            "branches.yml",
            "      vclaim:",
            "      vklaim:",
            "expected a code of systems.yml: counter, vclaim, ",
        ),
        (
            "branches.yml",
            "valid_from: 2020-09-11",
            "valid_from: 2020",
            "found 2020, expected a date such as 2026-03-21",
        ),
        ("facilities.yml", "branch: palembang", "branch: palembag", '(did you mean "palembang"?)'),
        (
            "facilities.yml",
            "city: Kota Palembang",
            "city: Kota Palembung",
            '(did you mean "Kota Palembang"?)',
        ),
        (
            "facilities.yml",
            "kind: hospital",
            "kind: rs",
            'found "rs", expected one of hospital, puskesmas, clinic',
        ),
        ("holidays.yml", "date: 2026-01-01", "date: 2026-02-30", "expected a date such as 2026-03-21"),
        ("holidays.yml", 'hours: "08:00-12:00", source', "source", "missing"),
        ("systems.yml", "aliases: [edabu,", "aliases: [sep, edabu,", 'found "sep" twice, first in line'),
        (
            "categories.yml",
            "id: Ditolak berobat",
            "id: Ditolak atau tidak dilayani",
            "expected at most 20 characters",
        ),
        (
            "categories.yml",
            "about_facility: true",
            "about_facility: ya",
            'found "ya", expected true or false',
        ),
        (
            "categories.yml",
            "priority: high",
            "priority: urgent",
            'found "urgent", expected one of normal, high',
        ),
        (
            "categories.yml",
            "title: {id: Ditolak berobat, en: Refused treatment}",
            "title: {id: Ditolak}",
            "missing",
        ),
        (
            "contacts.yml",
            "id: Care Center,",
            "id: Care, Center,",
            'found language "Center", expected a two-letter',
        ),
        (
            "faq.yml",
            "Iuran dibayar paling lambat tanggal 10 tiap bulan lewat bank",
            "Iuran dibayar. " * 45,
            "characters in answer.id, expected at most 600",
        ),
        (
            "cases.yml",
            "normal: {working_days: 5}",
            "normal: {}",
            "expected either working_days or working_hours",
        ),
        ("cases.yml", "working_days: 5", "working_days: lima", 'found "lima", expected a whole number'),
        ("cases.yml", "deadlines:", "deadline:", 'unknown key (did you mean "deadlines"?)'),
        ("places.yml", "zone: Asia/Jakarta", "zone: WIB", 'found "WIB", expected one of'),
    ],
)
def test_a_mistake(mistaken: Mistaken, folder: Path, file: str, old: str, new: str, said: str) -> None:
    line = (HOME / "config" / file).read_text().split(old)[0].count("\n") + 1
    problems = mistaken((file, old, new))
    assert any(said in problem for problem in problems), problems
    near = next(problem for problem in problems if said in problem)
    found_line = int(near.split(":")[1])
    assert near.startswith(f"config/{file}:")
    assert abs(found_line - line) <= 3, (near, line)


def test_all_mistakes_at_once(mistaken: Mistaken) -> None:
    problems = mistaken(
        ("branches.yml", "zone: Asia/Makassar", "zone: Asia/Bandung"),
        ("branches.yml", "case_prefix: BPN", "case_prefix: PLB"),
        ("facilities.yml", "kind: hospital", "kind: rs"),
        ("facilities.yml", "branch: samarinda", "branch: samarida"),
        ("cases.yml", "normal: {working_days: 5}", "normal: {working_days: [}"),
    )
    assert len(problems) == 5
    assert [problem.split(":")[0] for problem in problems] == [
        f"config/{name}.yml" for name in ("branches", "facilities", "cases", "branches", "facilities")
    ]


def test_a_mistake_in_the_common_hours_is_told_once(mistaken: Mistaken, folder: Path) -> None:
    problems = mistaken(("branches.yml", 'mon: "08:00-15:00"', 'mon: "8-15"'))
    line = line_of(folder, "branches.yml", '"8-15"')
    assert problems == [
        f'config/branches.yml:{line}: hours.mon[0]: found "8-15", expected hours such as "08:00-15:00"'
    ]


def test_missing_common_hours_are_told_once(mistaken: Mistaken) -> None:
    problems = mistaken(("branches.yml", "\nhours:", "\nhoursx:"))
    assert [problem.split(": ", 1)[1] for problem in problems] == [
        "hours: missing",
        'hoursx: unknown key (did you mean "hours"?)',
    ]


def test_problems_of_a_file_come_in_the_order_of_its_lines(mistaken: Mistaken) -> None:
    problems = mistaken(
        ("systems.yml", "code: edabu", "code: EDABU"),
        ("systems.yml", "code: counter", "code: Counter"),
    )
    lines = [int(problem.split(":")[1]) for problem in problems]
    assert lines == sorted(lines)


def test_a_folder_without_files(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as raised:
        load_config(tmp_path)
    assert len(raised.value.problems) == len(FILES)
    assert all(problem.endswith("no such file") for problem in raised.value.problems)


@pytest.mark.parametrize(
    "text", ["", "- a list\n", "just text\n", "branches: []\n", "branches: 5\n", "branches:\n"]
)
def test_a_file_of_another_shape(folder: Path, text: str) -> None:
    (folder / "branches.yml").write_text(text)
    with pytest.raises(ConfigurationError) as raised:
        load_config(folder)
    assert raised.value.problems
    assert all(problem.startswith("config/branches.yml:1: ") for problem in raised.value.problems)


def test_a_branch_may_have_its_own_hours(folder: Path) -> None:
    text = (folder / "branches.yml").read_text()
    own = 'code: palembang\n    hours: {mon: ["08:00-12:00", "13:00-16:30"], sat: "09:00-11:00"}'
    (folder / "branches.yml").write_text(text.replace("code: palembang", own, 1))
    config = load_config(folder)
    assert [str(hours) for hours in config.branch("palembang").hours.mon] == ["08:00-12:00", "13:00-16:30"]
    assert not config.branch("palembang").hours.tue
    assert [str(hours) for hours in config.branch("samarinda").hours.tue] == ["08:00-15:00"]


def test_a_third_language(folder: Path) -> None:
    text = (folder / "systems.yml").read_text()
    text = text.replace("{id: Care Center 165, en: Care Center 165}", "{id: A, en: B, jv: C}", 1)
    (folder / "systems.yml").write_text(text)
    name = load_config(folder).systems["care_center"].name
    assert [name.text(language) for language in ("id", "en", "jv", "su")] == ["A", "B", "C", "A"]
