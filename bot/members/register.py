"""A register of members as a CSV file: what may stand in each column, told when it is wrong without the value.

docs/operating.md says what stands in each.
"""

import re
from collections.abc import Callable
from datetime import date
from enum import StrEnum
from typing import Any, TypeVar

from bot.lists.fields import LONGEST_NAME, at_most, year_month_day
from bot.lists.reading import Layout, Wrong
from bot.members.directory import Segment, Status
from bot.members.rows import Registered

_MONTH = re.compile(r"(\d{4})-(\d{1,2})(?:-\d{1,2})?|(\d{1,2})[-/](\d{4})", re.ASCII)
_WHOLE = re.compile(r"\d{1,12}|\d{1,3}(?:[.,]\d{3}){1,3}", re.ASCII)
_ROUNDED = re.compile(r"\d[.,]\d+E\+?\d+", re.IGNORECASE)

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)


def _needed(check: Callable[[str], T | None]) -> Callable[[str], T]:
    def with_value(field: str) -> T:
        value = check(field)
        if value is None:
            raise Wrong("found nothing")
        return value

    return with_value


def _digits(count: int) -> Callable[[str], str | None]:
    def check(field: str) -> str | None:
        if not field:
            return None
        if _ROUNDED.fullmatch(field):
            raise Wrong("found a number that a spreadsheet rounded; make the column text before saving")
        if not (field.isascii() and field.isdigit()):
            raise Wrong(f"found something else than digits, expected {count} digits")
        if len(field) != count:
            raise Wrong(
                f"found {len(field)} digits, expected {count} (zeros in front are lost in spreadsheets)"
            )
        return field

    return check


def _account(field: str) -> str | None:
    number = _digits(16)(field)
    if number and not number.startswith(("88888", "89888")):
        raise Wrong("expected 16 digits that begin with 88888 or 89888")
    return number


def _one_of(kind: type[E]) -> Callable[[str], E | None]:
    def check(field: str) -> E | None:
        try:
            return kind(field.lower()) if field else None
        except ValueError:
            raise Wrong(f"expected one of {', '.join(kind)}") from None

    return check


def _day(field: str) -> date | None:
    written = year_month_day(field)
    if written is None:
        if field:
            raise Wrong("expected a date such as 1990-01-31 or 31-01-1990")
        return None
    return _real(*written)


def _month(field: str) -> date | None:
    match = _MONTH.fullmatch(field)
    if not match:
        if field:
            raise Wrong("expected a month such as 2026-11 or 11-2026")
        return None
    year, month = (int(part) for part in (match.group(1, 2) if match[1] else match.group(4, 3)))
    return _real(year, month, 1)


def _real(year: int, month: int, day: int) -> date:
    try:
        found = date(year, month, day)
    except ValueError:
        raise Wrong("found a day that does not exist") from None
    if year < 1900:
        raise Wrong("found a year before 1900")
    return found


def _amount(field: str) -> int | None:
    if not field:
        return None
    if not _WHOLE.fullmatch(field):
        raise Wrong("expected a whole number such as 105000")
    return int(re.sub(r"[.,]", "", field))


def _ward(field: str) -> int | None:
    if field not in ("", "1", "2", "3"):
        raise Wrong("expected 1, 2 or 3")
    return int(field) if field else None


def _facility(field: str) -> str | None:
    return at_most(LONGEST_NAME)(field) or None


COLUMNS: dict[str, tuple[str, Callable[[str], Any]]] = {
    "card": ("card", _needed(_digits(13))),
    "nik": ("nik", _digits(16)),
    "birth_date": ("birth", _needed(_day)),
    "status": ("status", _needed(_one_of(Status))),
    "class": ("ward", _ward),
    "segment": ("segment", _one_of(Segment)),
    "facility": ("facility", _facility),
    "bill_month": ("bill_month", _month),
    "bill_amount": ("bill_amount", _amount),
    "bill_arrears": ("bill_arrears", _amount),
    "payment_number": ("account", _account),
}
"""By the name of a column: the field of `Registered`, and what reads it."""


def _registered(values: dict[str, Any]) -> Registered:
    named = {COLUMNS[column][0]: value for column, value in values.items()}
    return Registered(**{name: value for name, value in named.items() if value is not None})


def _clean(field: str) -> str:
    return field.strip().removeprefix("'")  # a spreadsheet's mark for "this is text"


LAYOUT = Layout(
    columns={column: check for column, (_, check) in COLUMNS.items()},
    needed=("card", "birth_date", "status"),
    made=_registered,
    clean=_clean,
    remarks=True,
)
"""Reads a register; remarks may stand above the names of the columns."""
