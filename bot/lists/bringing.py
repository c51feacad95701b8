"""A list on its way in: its lines counted, those that are left out told, the rest handed on."""

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

import typer

from bot.lists.reading import BadList, Layout, Problem

T = TypeVar("T")
EVERY = 10_000
"""Lines after which the progress is told."""
TOLD = 100
"""Lines that are told one by one; after them only that there are more."""


@dataclass(kw_only=True)
class Brought:
    """What an import came to.

    Args:
        read: lines that could be taken.
        added: what was not there before.
        changed: what was there, and is written anew.
        removed: what was not in the file, where it was to replace all.
        problems: lines that were left out.
    """

    read: int = 0
    added: int = 0
    changed: int = 0
    removed: int = 0
    problems: int = 0

    @property
    def left(self) -> int:
        """Lines that changed nothing: they stood twice (the last one counts), or nothing newer is in them."""
        return self.read - self.added - self.changed


@dataclass
class Import(Generic[T]):
    """One list on its way in; it can be gone through once.

    Args:
        rows: its lines, as `bot.lists.reading.Layout.read` gives them.
        told: gets every line that is left out.
        progress: gets the number of lines so far, every `every` lines.
        brought: what it came to so far; `good` counts the lines, who stores them the rest.
    """

    rows: Iterable[T | Problem]
    told: Callable[[Problem], None] = lambda _: None
    progress: Callable[[int], None] = lambda _: None
    every: int = EVERY
    brought: Brought = field(default_factory=Brought)

    def good(self) -> Iterator[T]:
        """The lines that can be taken, with all others told."""
        for count, row in enumerate(self.rows, start=1):
            if count % self.every == 0:
                self.progress(count)
            if isinstance(row, Problem):
                self.brought.problems += 1
                self.told(row)
            else:
                self.brought.read += 1
                yield row


def bring_in(
    file: Path,
    layout: Layout[T],
    store: Callable[[Import[T]], Coroutine[Any, Any, object]] | None,
    *,
    every: int = EVERY,
) -> Brought:
    """Read a file for a command, tell on stderr what is left out and how far it is, and store the rest.

    Args:
        file: CSV.
        layout: what has to stand in it.
        store: goes through the lines; None where the file is only checked.
        every: lines after which the progress is told.

    Raises:
        BadList: there is no such file, or it is no such list.
    """
    if not file.is_file():
        raise BadList(f"{file}: no such file")
    with file.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as lines:
        coming = Import(layout.read(lines), _Told(file), _progress, every)
        if store is None:
            for _ in coming.good():
                pass
        else:
            asyncio.run(store(coming))
    return coming.brought


def _progress(count: int) -> None:
    typer.echo(f"{count:,} lines read", err=True)


class _Told:
    """Tells of the first bad lines."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._count = 0

    def __call__(self, problem: Problem) -> None:
        self._count += 1
        if self._count <= TOLD:
            typer.echo(f"{self._file}: {problem}", err=True)
        elif self._count == TOLD + 1:
            typer.echo("... and more", err=True)
