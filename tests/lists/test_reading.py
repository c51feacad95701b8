"""Reading a list: what is taken, and by which line and column what is not is told."""

import csv
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.lists.fields import at_most, year_month_day
from bot.lists.reading import BadList, Layout, Problem, Wrong


def whole(field: str) -> int:
    if not field.isdecimal():
        raise Wrong("expected a whole number")
    return int(field)


def made(values: dict[str, Any]) -> tuple[str, int]:
    least, most = values.get("least", 0), values["count"]
    if most < least:
        raise Wrong("expected at least as many", "least")
    if most > 99:
        raise Wrong("found too many for one line")
    return values["name"], most


LAYOUT = Layout(
    columns={"name": at_most(12), "count": whole, "least": whole}, needed=("name", "count"), made=made
)


def lines(*rows: str, head: str = "name,count") -> Iterator[str]:
    return iter([f"{row}\r\n" for row in (head, *rows)])


def told(row: str, head: str = "name,count") -> str:
    (problem,) = LAYOUT.read(lines(row, head=head))
    assert isinstance(problem, Problem)
    return str(problem)


@pytest.mark.parametrize(
    "rows",
    [
        lines("Siti, 3 ", "Budi,4"),
        lines("3,Siti", "4,Budi", head="count, NAME"),
        lines("Siti;3", "Budi;4", head="name;count"),
        lines("Siti\t3", "Budi\t4", head="name\tcount"),
        lines("Siti,3", ",", "", "  , ", "Budi,4"),
    ],
)
def test_the_first_line_says_what_stands_where(rows: Iterator[str]) -> None:
    assert list(LAYOUT.read(rows)) == [("Siti", 3), ("Budi", 4)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_with_and_without_a_byte_order_mark(tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "list.csv"
    file.write_text("name,count\nSiti,3\n\n", encoding=encoding)
    with file.open(encoding="utf-8-sig", newline="") as opened:
        assert list(LAYOUT.read(opened)) == [("Siti", 3)]


def test_a_quoted_field_may_hold_the_delimiter_and_a_line_end_in_its_place_is_told_of() -> None:
    assert list(LAYOUT.read(lines('"A, B",3'))) == [("A, B", 3)]
    found = list(LAYOUT.read(lines('"A', 'B",3', "x")))
    assert [str(row) for row in found] == [
        "line 3: name: found something that is no UTF-8 text",
        "line 4: found 1 fields, expected 2 as in line 1",
    ]


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("Siti", "line 2: found 1 fields, expected 2 as in line 1"),
        ("Siti,three", "line 2: count: expected a whole number"),
        ("Siti\udcff,3", "line 2: name: found something that is no UTF-8 text"),
        ("Siti\x07,3", "line 2: name: found something that is no UTF-8 text"),
        ("S" * 13 + ",3", "line 2: name: found 13 characters, expected at most 12"),
        ("Siti,100", "line 2: found too many for one line"),
    ],
)
def test_a_wrong_line_is_told_by_its_number_and_column(row: str, why: str) -> None:
    assert told(row) == why


def test_what_is_wrong_with_the_whole_line_may_name_a_column() -> None:
    assert told("Siti,3,4", head="name,count,least") == "line 2: least: expected at least as many"


@pytest.mark.parametrize(
    ("head", "why"),
    [
        ("name,total", 'line 1: found the column "total", expected some of name, count, least'),
        ("name", "line 1: found no column count, expected at least name, count"),
        ("name,count,name", "line 1: found the column name twice"),
        ("", "line 1: found no column name, expected at least name, count"),
        ("# remark", 'line 1: found the column "# remark"'),
    ],
)
def test_a_first_line_that_names_no_columns(head: str, why: str) -> None:
    with pytest.raises(BadList) as error:
        list(LAYOUT.read(lines("Siti,3", head=head)))
    assert str(error.value).startswith(why)


def test_an_empty_file_is_no_list() -> None:
    with pytest.raises(BadList, match="found no column name"):
        list(LAYOUT.read([]))


def test_remarks_are_passed_over_where_they_may_stand_and_lines_counted_all_the_same() -> None:
    rows = ["# remark\n", "# another\n", "name,count\n", "# Siti,3\n", "x\n"]
    found = list(replace(LAYOUT, remarks=True).read(rows))
    assert found[0] == ("# Siti", 3)
    assert str(found[1]) == "line 5: found 1 fields, expected 2 as in line 1"


def test_what_a_spreadsheet_puts_around_a_field_may_be_taken_away() -> None:
    unmarked = replace(LAYOUT, clean=lambda field: field.strip().removeprefix("'"))
    assert list(unmarked.read(lines("'Siti,'3"))) == [("Siti", 3)]
    assert list(LAYOUT.read(lines("'Siti,3"))) == [("'Siti", 3)]


def test_a_quote_that_is_never_closed_costs_what_it_swallows_and_no_more_memory() -> None:
    rows = ["name,count\n", '"Siti,3\n', *(["Siti,3\n"] * 30_000)]
    found = list(LAYOUT.read(rows))
    assert any(isinstance(row, Problem) and "quote" in row.why for row in found)
    assert found[-1] == ("Siti", 3)
    assert csv.field_size_limit() == 131072


@given(st.lists(st.text(), max_size=6))
def test_whatever_stands_in_a_file_it_is_read_or_told(rows: list[str]) -> None:
    for row in LAYOUT.read(["name,count\n", *(f"{row}\n" for row in rows)]):
        assert isinstance(row, Problem | tuple)


@pytest.mark.parametrize(
    ("field", "day"),
    [
        ("1990-07-01", (1990, 7, 1)),
        ("1990-7-1", (1990, 7, 1)),
        ("01-07-1990", (1990, 7, 1)),
        ("1/7/1990", (1990, 7, 1)),
        ("2026-02-30", (2026, 2, 30)),
        ("1 Juli 1990", None),
        ("", None),
    ],
)
def test_dates_as_spreadsheets_write_them(field: str, day: tuple[int, int, int] | None) -> None:
    assert year_month_day(field) == day
