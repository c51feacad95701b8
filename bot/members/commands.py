"""The commands `siaga members ...`."""

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from bot.members.importing import Brought, Import
from bot.members.register import BadRegister, Problem, read
from bot.members.rows import Registered
from bot.settings import read_settings
from bot.storage.engine import Database
from bot.storage.sealing import Sealer

TOLD = 100
"""Lines that are told one by one; after them only their number."""
members = typer.Typer(no_args_is_help=True, help="The service's own table of members.")


@members.callback()
def _group() -> None:
    """The service's own table of members."""


@members.command("import")
def import_(
    file: Annotated[
        Path, typer.Argument(help="A CSV file; docs/operating.md names its columns.", dir_okay=False)
    ],
    as_of: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="The day the register was made; default: that of the file."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check the file, change nothing.")] = False,
) -> None:
    """Put members from a file into the table; those that are there are replaced. Exit code 1: lines were left out."""
    if not file.is_file():
        raise BadRegister(f"{file}: no such file")
    made = as_of.replace(tzinfo=ZoneInfo("Asia/Jakarta")) if as_of else _changed(file)
    told = _Told()
    coming = Import(told, lambda count: typer.echo(f"{count:,} lines read", err=True))
    with file.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as lines:
        if dry_run:
            for _ in coming.good(read(lines)):
                pass
        else:
            asyncio.run(_store(coming, read(lines), made))
    typer.echo(_summary(coming.brought, dry_run=dry_run))
    if coming.brought.problems:
        raise typer.Exit(1)


def _changed(file: Path) -> datetime:
    return datetime.fromtimestamp(file.stat().st_mtime, UTC)


async def _store(coming: Import, rows: Iterable[Registered | Problem], made: datetime) -> None:
    settings = read_settings()
    database = Database(settings.database_url, patience=None)
    try:
        await coming.store(database, Sealer(settings.secret_key.get_secret_value()), rows, made)
    finally:
        await database.close()


class _Told:
    """Tells of the first bad lines."""

    def __init__(self) -> None:
        self._count = 0

    def __call__(self, problem: Problem) -> None:
        self._count += 1
        if self._count <= TOLD:
            typer.echo(problem, err=True)
        elif self._count == TOLD + 1:
            typer.echo("... and more", err=True)


def _summary(brought: Brought, *, dry_run: bool) -> str:
    left_out = f"{brought.problems:,} lines left out"
    if dry_run:
        return f"{brought.read:,} members in the file, {left_out}. Nothing was changed."
    rest = f", {brought.left:,} twice in the file or older than what is known" if brought.left else ""
    return f"{brought.added:,} members added, {brought.changed:,} replaced{rest}, {left_out}."
