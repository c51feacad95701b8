"""Reading a register: what is taken, and how what is not is told without showing it."""

import csv
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.demo.seeding import MEMBERS
from bot.members.directory import Segment, Status
from bot.members.register import BadRegister, Problem, read
from bot.members.rows import Registered

HEAD = "card,nik,birth_date,status,class,segment,facility,bill_month,bill_amount,bill_arrears,payment_number"
GOOD = "0001234567890,1671014107900001,1990-07-01,active,3,pbpu,Puskesmas Plaju,2026-11,105000,1,8888801234567890"
MEMBER = Registered(
    card="0001234567890",
    nik="1671014107900001",
    birth=date(1990, 7, 1),
    status=Status.ACTIVE,
    ward=3,
    segment=Segment.PBPU,
    facility="Puskesmas Plaju",
    bill_month=date(2026, 11, 1),
    bill_amount=105000,
    bill_arrears=1,
    account="8888801234567890",
)


def lines(*rows: str, head: str = HEAD) -> Iterator[str]:
    return iter([f"{row}\r\n" for row in (head, *rows)])


def told(row: str) -> str:
    (problem,) = read(lines(row))
    assert isinstance(problem, Problem)
    return str(problem)


def test_a_line() -> None:
    assert list(read(lines(GOOD))) == [MEMBER]


def test_semicolons_any_order_and_only_what_is_needed() -> None:
    rows = list(
        read(
            lines(
                "AKTIVE;01-07-1990;0001234567890".replace("AKTIVE", "Active"), head="status;Birth_Date;card"
            )
        )
    )
    assert rows == [Registered(card="0001234567890", birth=date(1990, 7, 1), status=Status.ACTIVE)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_a_file_with_and_without_a_byte_order_mark(tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "members.csv"
    file.write_text(f"{HEAD}\n{GOOD}\n\n", encoding=encoding)
    with file.open(encoding="utf-8-sig", newline="") as opened:
        assert list(read(opened)) == [MEMBER]


def test_remarks_above_and_empty_lines_are_passed_over_and_lines_counted_all_the_same() -> None:
    rows = ["# remark\n", "# another\n", f"{HEAD}\n", ",,,,,,,,,,\n", "\n", "x\n"]
    assert [str(row) for row in read(rows)] == ["line 6: found 1 fields, expected 11 as in line 1"]


def test_a_quoted_name_may_hold_the_delimiter_and_a_line_end() -> None:
    rows = list(read(lines(GOOD.replace("Puskesmas Plaju", '"Klinik A, B"'), "x")))
    assert isinstance(rows[0], Registered)
    assert rows[0].facility == "Klinik A, B"
    assert str(rows[1]).startswith("line 3: ")


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (GOOD.replace("0001234567890", "001234567890", 1), "card: found 12 digits, expected 13"),
        (GOOD.replace("0001234567890", "", 1), "card: found nothing"),
        (GOOD.replace("0001234567890", "1,23457E+12", 1), "found 12 fields, expected 11"),
        (GOOD.replace("0001234567890", "1.23457E+12", 1), "card: found a number that a spreadsheet rounded"),
        (GOOD.replace("1671014107900001", "16710141079OOOO1"), "nik: found something else than digits"),
        (GOOD.replace("1990-07-01", "1990-02-30"), "birth_date: found a day that does not exist"),
        (GOOD.replace("1990-07-01", "1 Juli 1990"), "birth_date: expected a date such as 1990-01-31"),
        (GOOD.replace("1990-07-01", "1809-07-01"), "birth_date: found a year before 1900"),
        (
            GOOD.replace("active", "aktif"),
            "status: expected one of active, arrears, pbi_ended, left_work, other",
        ),
        (GOOD.replace(",3,", ",4,"), "class: expected 1, 2 or 3"),
        (GOOD.replace("pbpu", "mandiri"), "segment: expected one of pbi, pbi_region, ppu, pbpu, bp, other"),
        (GOOD.replace("2026-11,", "November,"), "bill_month: expected a month such as 2026-11"),
        (GOOD.replace("105000", "105000.50"), "bill_amount: expected a whole number"),
        (GOOD.replace("105000", "-5"), "bill_amount: expected a whole number"),
        (
            GOOD.replace("8888801234567890", "1234567890123456"),
            "payment_number: expected 16 digits that begin with",
        ),
        (GOOD.replace("Puskesmas Plaju", "P" * 121), "facility: found 121 characters, expected at most 120"),
        (
            GOOD.replace("Puskesmas Plaju", "Puskesmas \udcff"),
            "facility: found something that is no UTF-8 text",
        ),
    ],
)
def test_a_line_that_cannot_be_taken(row: str, why: str) -> None:
    said = told(row)
    assert said.startswith("line 2: ")
    assert why in said
    for value in ("000123", "16710", "88888", "1990"):
        assert value not in said.removeprefix("line 2: ").partition("expected")[0]


@pytest.mark.parametrize("amount", ["105.000", "105,000", "105000"])
def test_amounts_as_they_are_written(amount: str) -> None:
    (row,) = read(lines(GOOD.replace("105000", f'"{amount}"')))
    assert row == MEMBER


@pytest.mark.parametrize("birth", ["1990-7-1", "01-07-1990", "1/7/1990", "'1990-07-01"])
def test_dates_as_they_are_written(birth: str) -> None:
    (row,) = read(lines(GOOD.replace("1990-07-01", birth)))
    assert row == MEMBER


@pytest.mark.parametrize(
    ("head", "why"),
    [
        ("card,birth_date", "found no column status"),
        ("card,birth_date,status,nama", 'found the column "nama", expected some of card, nik,'),
        ("card,birth_date,status,card", "found the column card twice"),
        ("", "found no column card"),
    ],
)
def test_a_first_line_that_names_no_columns(head: str, why: str) -> None:
    with pytest.raises(BadRegister, match="line 1") as error:
        list(read(lines(GOOD, head=head)))
    assert why in str(error.value)


def test_a_quote_that_is_never_closed_costs_what_it_swallows_and_no_more_memory() -> None:
    rows = [f"{HEAD}\n", f'"{GOOD}\n', *([f"{GOOD}\n"] * 3000)]
    found = list(read(rows))
    assert any(isinstance(row, Problem) and "quote" in row.why for row in found)
    assert csv.field_size_limit() == 131072


@given(st.lists(st.text(), max_size=6))
def test_whatever_stands_in_a_file_it_is_read_or_told(rows: list[str]) -> None:
    for row in read([f"{HEAD}\n", *(f"{row}\n" for row in rows)]):
        assert isinstance(row, Problem)


def test_the_sample_says_that_it_is_one_and_is_right() -> None:
    text = MEMBERS.read_text()
    assert text.startswith("# SAMPLE members")
    found = list(read(text.splitlines(keepends=True)))
    assert len(found) == 5
    assert all(isinstance(row, Registered) for row in found)
