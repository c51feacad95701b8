"""The commands `siaga members ...`."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from bot.config import HOME_ZONE
from bot.lists.bringing import Brought, Import, bring_in
from bot.members.importing import store
from bot.members.register import LAYOUT
from bot.members.rows import Registered
from bot.settings import read_settings
from bot.storage.engine import Database
from bot.storage.sealing import Sealer

EVERY = 50_000
"""Lines after which the progress is told: a register has millions."""
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

    async def stored(coming: Import[Registered]) -> None:
        made = as_of.replace(tzinfo=HOME_ZONE) if as_of else _changed(file)
        await _store(coming, made)

    brought = bring_in(file, LAYOUT, None if dry_run else stored, every=EVERY)
    typer.echo(_summary(brought, dry_run=dry_run))
    if brought.problems:
        raise typer.Exit(1)


def _changed(file: Path) -> datetime:
    return datetime.fromtimestamp(file.stat().st_mtime, UTC)


async def _store(coming: Import[Registered], made: datetime) -> None:
    settings = read_settings()
    database = Database(settings.database_url, patience=None)
    try:
        await store(database, Sealer(settings.secret_key.get_secret_value()), coming, made)
    finally:
        await database.close()


def _summary(brought: Brought, *, dry_run: bool) -> str:
    left_out = f"{brought.problems:,} lines left out"
    if dry_run:
        return f"{brought.read:,} members in the file, {left_out}. Nothing was changed."
    rest = f", {brought.left:,} twice in the file or older than what is known" if brought.left else ""
    return f"{brought.added:,} members added, {brought.changed:,} replaced{rest}, {left_out}."
