"""A list of facilities as a CSV file, read line by line, so that memory stays small however long it is.

UTF-8 with or without a byte-order mark; fields parted by ``,`` or ``;``; the first line names the columns.
"""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from bot.config import Config, FacilityKind, Week
from bot.errors import SiagaError
from bot.facilities.columns import NEEDED, Wrong, columns


class BadList(SiagaError):
    """The file as a whole cannot be read; the message says why."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A line that cannot be taken, and why."""

    line: int
    column: str
    why: str

    def __str__(self) -> str:
        """One line for the operator."""
        return f"line {self.line}: {self.column + ': ' if self.column else ''}{self.why}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One facility of the file, checked."""

    code: str
    name: str
    kind: FacilityKind
    city: str
    district: str = ""
    address: str = ""
    phone: str = ""
    latitude: float | None = None
    longitude: float | None = None
    hours: Week | bool | None = None
    emergency: bool | None = None
    accepts_jkn: bool | None = None
    as_of: date | None = None


def read(lines: Iterable[str], config: Config) -> Iterator[Row | Problem]:
    """Every line of a list, checked.

    Args:
        lines: of the file, opened with ``encoding="utf-8-sig", errors="surrogateescape", newline=""``.
        config: knows the places.

    Raises:
        BadList: the first line does not name the columns.
    """
    source = iter(lines)
    first = next(source, "")
    delimiter = max(",;\t", key=first.count)
    checks = columns(config)
    names = _named(next(csv.reader([first], delimiter=delimiter), []), list(checks))
    rows = csv.reader(source, delimiter=delimiter)
    while True:
        try:
            fields = next(rows)
        except StopIteration:
            return
        except csv.Error:
            yield Problem(rows.line_num + 1, "", "found something that is no CSV, perhaps an open quote")
            continue
        if any(field.strip() for field in fields):
            yield _checked(rows.line_num + 1, {name: checks[name] for name in names}, fields)


def _named(header: list[str], known: list[str]) -> list[str]:
    names = [name.strip().lower() for name in header]
    unknown = [name for name in names if name not in known]
    if unknown:
        raise BadList(f'line 1: found the column "{unknown[0][:40]}", expected some of {", ".join(known)}')
    missing = [name for name in NEEDED if name not in names]
    if missing:
        raise BadList(f"line 1: found no column {missing[0]}, expected at least {', '.join(NEEDED)}")
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise BadList(f"line 1: found the column {twice[0]} twice")
    return names


def _checked(line: int, checks: dict[str, Any], fields: list[str]) -> Row | Problem:
    if len(fields) != len(checks):
        return Problem(line, "", f"found {len(fields)} fields, expected {len(checks)} as in line 1")
    values: dict[str, Any] = {}
    stripped = (field.strip() for field in fields)
    for (name, check), field in zip(checks.items(), stripped, strict=True):
        if not field.isprintable():
            return Problem(line, name, "found something that is no UTF-8 text")
        try:
            values[name] = check(field)
        except Wrong as wrong:
            return Problem(line, name, str(wrong))
    row = Row(**values)
    if (row.latitude is None) != (row.longitude is None):
        return Problem(line, "latitude", "expected latitude and longitude together, or neither")
    return row
