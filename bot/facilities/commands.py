"""The commands `siaga facilities ...`."""

import asyncio
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from bot.config import load_config
from bot.facilities.importing import Brought, Import, Spoilt
from bot.facilities.register import BadList, Problem, Row, read
from bot.settings import Settings, read_settings
from bot.storage.engine import Database

TOLD = 100
"""Lines that are told one by one; after them only their number."""


def commands(clock: Callable[[], datetime]) -> typer.Typer:
    """The group of commands; `clock` gives the time that is kept with an import."""
    facilities = typer.Typer(
        no_args_is_help=True, help="Hospitals, puskesmas and clinics beside those of config/."
    )

    @facilities.callback()
    def _group() -> None:
        """Hospitals, puskesmas and clinics beside those of config/."""

    @facilities.command("import")
    def import_(
        file: Annotated[
            Path, typer.Argument(help="A CSV file; docs/operating.md names its columns.", dir_okay=False)
        ],
        dry_run: Annotated[bool, typer.Option("--dry-run", help="Check the file, change nothing.")] = False,
        replace: Annotated[
            bool, typer.Option("--replace", help="Remove imported facilities that the file does not have.")
        ] = False,
    ) -> None:
        """Put facilities from a file into the table, by their code. Exit code 1: lines were left out."""
        if not file.is_file():
            raise BadList(f"{file}: no such file")
        settings = read_settings()
        coming = Import(load_config(settings.config_dir), _Told(file), _progress)
        with file.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as lines:
            rows = read(lines, coming.config)
            if dry_run:
                for _ in coming.good(rows):
                    pass
            else:
                asyncio.run(_store(coming, settings, rows, clock(), replace))
        typer.echo(_summary(coming.brought, dry_run=dry_run))
        if coming.brought.problems:
            raise typer.Exit(1)

    return facilities


async def _store(
    coming: Import, settings: Settings, rows: Iterable[Row | Problem], now: datetime, replace: bool
) -> None:
    database = Database(settings.database_url, patience=None)
    try:
        await coming.store(database, rows, now, replace=replace)
    except Spoilt:
        raise BadList(
            f"{coming.brought.problems:,} lines are wrong: nothing was replaced. Correct them, or leave --replace out"
        ) from None
    finally:
        await database.close()


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


def _summary(brought: Brought, *, dry_run: bool) -> str:
    left_out = f"{brought.problems:,} lines left out"
    if dry_run:
        return f"{brought.read:,} facilities in the file, {left_out}. Nothing was changed."
    removed = f", {brought.removed:,} removed" if brought.removed else ""
    return f"{brought.added:,} facilities added, {brought.changed:,} changed{removed}, {left_out}."
