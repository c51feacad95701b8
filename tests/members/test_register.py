"""Reading a register: what is taken, and how what is not is told without showing it."""

from collections.abc import Iterator
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.demo.seeding import MEMBERS
from bot.lists.reading import BadList, Problem
from bot.members.directory import Segment, Status
from bot.members.register import LAYOUT
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
    (problem,) = LAYOUT.read(lines(row))
    assert isinstance(problem, Problem)
    return str(problem)


def test_a_line() -> None:
    assert list(LAYOUT.read(lines(GOOD))) == [MEMBER]


def test_semicolons_any_order_and_only_what_is_needed() -> None:
    rows = list(
        LAYOUT.read(
            lines(
                "AKTIVE;01-07-1990;0001234567890".replace("AKTIVE", "Active"), head="status;Birth_Date;card"
            )
        )
    )
    assert rows == [Registered(card="0001234567890", birth=date(1990, 7, 1), status=Status.ACTIVE)]


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
    (row,) = LAYOUT.read(lines(GOOD.replace("105000", f'"{amount}"')))
    assert row == MEMBER


@pytest.mark.parametrize("birth", ["1990-7-1", "01-07-1990", "1/7/1990", "'1990-07-01"])
def test_dates_as_they_are_written(birth: str) -> None:
    (row,) = LAYOUT.read(lines(GOOD.replace("1990-07-01", birth)))
    assert row == MEMBER


def test_a_first_line_that_names_no_columns() -> None:
    with pytest.raises(BadList, match="found no column status, expected at least card, birth_date, status"):
        list(LAYOUT.read(lines(GOOD, head="card,birth_date")))


def test_remarks_may_stand_above() -> None:
    assert list(LAYOUT.read(["# remark\n", *lines(GOOD)])) == [MEMBER]


@given(st.lists(st.text(), max_size=6))
def test_whatever_stands_in_a_file_it_is_read_or_told(rows: list[str]) -> None:
    for row in LAYOUT.read([f"{HEAD}\n", *(f"{row}\n" for row in rows)]):
        assert isinstance(row, Problem)


def test_the_sample_says_that_it_is_one_and_is_right() -> None:
    text = MEMBERS.read_text()
    assert text.startswith("# SAMPLE members")
    found = list(LAYOUT.read(text.splitlines(keepends=True)))
    assert len(found) == 5
    assert all(isinstance(row, Registered) for row in found)
