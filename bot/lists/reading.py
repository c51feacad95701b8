"""A list as a CSV file, read line by line, so that memory stays small however long it is.

UTF-8 with or without a byte-order mark; fields parted by ``,`` or ``;``; the first line names the columns.
"""

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from bot.errors import SiagaError

T = TypeVar("T")


class BadList(SiagaError):
    """The file as a whole cannot be read; the message says why."""


class Wrong(ValueError):
    """A field cannot be what it has to be; the message says what is expected.

    Args:
        why: as the operator reads it; of a list with personal data it never holds the value.
        column: named only by what looks at a line as a whole.
    """

    def __init__(self, why: str, column: str = "") -> None:
        super().__init__(why)
        self.column = column


@dataclass(frozen=True, slots=True)
class Problem:
    """A line that cannot be taken, and why."""

    line: int
    column: str
    why: str

    def __str__(self) -> str:
        """One line for the operator."""
        return f"line {self.line}: {self.column + ': ' if self.column else ''}{self.why}"


@dataclass(frozen=True, kw_only=True)
class Layout(Generic[T]):
    """What stands in a list.

    Args:
        columns: what reads a field, by the name of its column; raises `Wrong`.
        needed: columns without which a list says nothing.
        made: what a line's values, by column, come to; raises `Wrong`.
        clean: a field without what a spreadsheet may put around it.
        remarks: whether lines that begin with ``#`` may stand above the first.
    """

    columns: Mapping[str, Callable[[str], Any]]
    needed: Sequence[str]
    made: Callable[[dict[str, Any]], T]
    clean: Callable[[str], str] = str.strip
    remarks: bool = False

    def read(self, lines: Iterable[str]) -> Iterator[T | Problem]:
        """Every line of a list, checked.

        Args:
            lines: of the file, opened with ``encoding="utf-8-sig", errors="surrogateescape", newline=""``.

        Raises:
            BadList: the first line does not name the columns.
        """
        source = iter(lines)
        above, first = 1, next(source, "")
        while self.remarks and first.startswith("#"):
            above, first = above + 1, next(source, "")
        delimiter = max(",;\t", key=first.count)
        names = self._named(next(csv.reader([first], delimiter=delimiter), []))
        rows = csv.reader(source, delimiter=delimiter)
        while True:
            try:
                fields = next(rows)
            except StopIteration:
                return
            except csv.Error:
                why = "found something that is no CSV, perhaps a quote that is never closed"
                yield Problem(rows.line_num + above, "", why)
                continue
            if any(field.strip() for field in fields):
                yield self._checked(rows.line_num + above, names, fields)

    def _named(self, header: list[str]) -> list[str]:
        """The columns in the order of the file."""
        names = [name.strip().lower() for name in header]
        unknown = [name for name in names if name not in self.columns]
        if unknown:
            known = ", ".join(self.columns)
            raise BadList(f'line 1: found the column "{unknown[0][:40]}", expected some of {known}')
        missing = [name for name in self.needed if name not in names]
        if missing:
            expected = ", ".join(self.needed)
            raise BadList(f"line 1: found no column {missing[0]}, expected at least {expected}")
        twice = [name for name in names if names.count(name) > 1]
        if twice:
            raise BadList(f"line 1: found the column {twice[0]} twice")
        return names

    def _checked(self, line: int, names: list[str], fields: list[str]) -> T | Problem:
        if len(fields) != len(names):
            return Problem(line, "", f"found {len(fields)} fields, expected {len(names)} as in line 1")
        values: dict[str, Any] = {}
        column = ""
        try:
            for column, field in zip(names, fields, strict=True):
                values[column] = self.columns[column](_text(self.clean(field)))
            column = ""  # what is wrong from here on is wrong with the line as a whole
            return self.made(values)
        except Wrong as wrong:
            return Problem(line, wrong.column or column, str(wrong))


def _text(field: str) -> str:
    if not field.isprintable():
        raise Wrong("found something that is no UTF-8 text")
    return field
