"""A register of members as a CSV file, read line by line; mistakes are told by line, never with the value.

UTF-8 with or without a byte-order mark; fields parted by ``,`` or ``;``; the first line names the columns, after
remarks that begin with ``#``. docs/operating.md says what stands in each.
"""

import csv
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, TypeVar

from bot.errors import SiagaError
from bot.members.directory import Segment, Status
from bot.members.rows import Registered

LONGEST_NAME = 120
"""Characters of a facility's name, as in the texts that show it."""
_DAY = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})|(\d{1,2})[-/](\d{1,2})[-/](\d{4})", re.ASCII)
_MONTH = re.compile(r"(\d{4})-(\d{1,2})(?:-\d{1,2})?|(\d{1,2})[-/](\d{4})", re.ASCII)
_WHOLE = re.compile(r"\d{1,12}|\d{1,3}(?:[.,]\d{3}){1,3}", re.ASCII)
_ROUNDED = re.compile(r"\d[.,]\d+E\+?\d+", re.IGNORECASE)

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)


class BadRegister(SiagaError):
    """The file as a whole cannot be read; the message says why."""


class _Wrong(ValueError):
    """A field cannot be what it has to be; the message does not hold it."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A line that cannot be taken, and why. Nothing of the line is repeated."""

    line: int
    column: str
    why: str

    def __str__(self) -> str:
        """One line for the operator."""
        return (
            f"line {self.line}: {self.column}: {self.why}" if self.column else f"line {self.line}: {self.why}"
        )


def read(lines: Iterable[str]) -> Iterator[Registered | Problem]:
    """Every line of a register, checked.

    Args:
        lines: of the file, opened with ``encoding="utf-8-sig", errors="surrogateescape", newline=""``.

    Raises:
        BadRegister: the first line does not name the columns.
    """
    source = iter(lines)
    above, first = 0, next(source, "")
    while first.startswith("#"):
        above, first = above + 1, next(source, "")
    delimiter = max(",;\t", key=first.count)
    columns = _columns(next(csv.reader([first], delimiter=delimiter), []))
    rows = csv.reader(source, delimiter=delimiter)
    while True:
        try:
            fields = next(rows)
        except StopIteration:
            return
        except csv.Error:
            yield Problem(
                rows.line_num + above + 1,
                "",
                "found something that is no CSV, perhaps a quote that is never closed",
            )
            continue
        if any(field.strip() for field in fields):
            yield _checked(rows.line_num + above + 1, columns, fields)


def _columns(named: list[str]) -> list[str]:
    columns = [name.strip().lower() for name in named]
    unknown = [name for name in columns if name not in COLUMNS]
    if unknown:
        raise BadRegister(
            f'line 1: found the column "{unknown[0][:40]}", expected some of {", ".join(COLUMNS)}'
        )
    missing = [name for name in NEEDED if name not in columns]
    if missing:
        raise BadRegister(f"line 1: found no column {missing[0]}, expected at least {', '.join(NEEDED)}")
    twice = [name for name in columns if columns.count(name) > 1]
    if twice:
        raise BadRegister(f"line 1: found the column {twice[0]} twice")
    return columns


def _checked(line: int, columns: list[str], fields: list[str]) -> Registered | Problem:
    if len(fields) != len(columns):
        return Problem(line, "", f"found {len(fields)} fields, expected {len(columns)} as in line 1")
    values: dict[str, Any] = {}
    for column, field in zip(columns, fields, strict=True):
        name, check = COLUMNS[column]
        try:
            values[name] = check(_clean(field))
        except _Wrong as wrong:
            return Problem(line, column, str(wrong))
    return Registered(**{name: value for name, value in values.items() if value is not None})


def _clean(field: str) -> str:
    field = field.strip().removeprefix("'")  # a spreadsheet's mark for "this is text"
    if not field.isprintable():
        raise _Wrong("found something that is no UTF-8 text")
    return field


def _needed(check: Callable[[str], T | None]) -> Callable[[str], T]:
    def with_value(field: str) -> T:
        value = check(field)
        if value is None:
            raise _Wrong("found nothing")
        return value

    return with_value


def _digits(count: int) -> Callable[[str], str | None]:
    def check(field: str) -> str | None:
        if not field:
            return None
        if _ROUNDED.fullmatch(field):
            raise _Wrong("found a number that a spreadsheet rounded; make the column text before saving")
        if not (field.isascii() and field.isdigit()):
            raise _Wrong(f"found something else than digits, expected {count} digits")
        if len(field) != count:
            raise _Wrong(
                f"found {len(field)} digits, expected {count} (zeros in front are lost in spreadsheets)"
            )
        return field

    return check


def _account(field: str) -> str | None:
    number = _digits(16)(field)
    if number and not number.startswith(("88888", "89888")):
        raise _Wrong("expected 16 digits that begin with 88888 or 89888")
    return number


def _one_of(kind: type[E]) -> Callable[[str], E | None]:
    def check(field: str) -> E | None:
        try:
            return kind(field.lower()) if field else None
        except ValueError:
            raise _Wrong(f"expected one of {', '.join(kind)}") from None

    return check


def _day(field: str) -> date | None:
    match = _DAY.fullmatch(field)
    if not match:
        if field:
            raise _Wrong("expected a date such as 1990-01-31 or 31-01-1990")
        return None
    year, month, day = (int(part) for part in (match.group(1, 2, 3) if match[1] else match.group(6, 5, 4)))
    return _real(year, month, day)


def _month(field: str) -> date | None:
    match = _MONTH.fullmatch(field)
    if not match:
        if field:
            raise _Wrong("expected a month such as 2026-11 or 11-2026")
        return None
    year, month = (int(part) for part in (match.group(1, 2) if match[1] else match.group(4, 3)))
    return _real(year, month, 1)


def _real(year: int, month: int, day: int) -> date:
    try:
        found = date(year, month, day)
    except ValueError:
        raise _Wrong("found a day that does not exist") from None
    if year < 1900:
        raise _Wrong("found a year before 1900")
    return found


def _amount(field: str) -> int | None:
    if not field:
        return None
    if not _WHOLE.fullmatch(field):
        raise _Wrong("expected a whole number such as 105000")
    return int(re.sub(r"[.,]", "", field))


def _ward(field: str) -> int | None:
    if field not in ("", "1", "2", "3"):
        raise _Wrong("expected 1, 2 or 3")
    return int(field) if field else None


def _facility(field: str) -> str | None:
    if len(field) > LONGEST_NAME:
        raise _Wrong(f"found {len(field)} characters, expected at most {LONGEST_NAME}")
    return field or None


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
NEEDED = ("card", "birth_date", "status")
