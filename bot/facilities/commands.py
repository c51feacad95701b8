"""The commands `siaga facilities ...`."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from bot.config import Config, load_config
from bot.facilities.importing import Spoilt, store
from bot.facilities.register import Row, layout
from bot.lists.bringing import Brought, Import, bring_in
from bot.lists.reading import BadList
from bot.settings import Settings, read_settings
from bot.storage.engine import Database


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
        settings = read_settings()
        config = load_config(settings.config_dir)

        async def stored(coming: Import[Row]) -> None:
            await _store(coming, settings, config, clock(), replace)

        brought = bring_in(file, layout(config), None if dry_run else stored)
        typer.echo(_summary(brought, dry_run=dry_run))
        if brought.problems:
            raise typer.Exit(1)

    return facilities


async def _store(
    coming: Import[Row], settings: Settings, config: Config, now: datetime, replace: bool
) -> None:
    database = Database(settings.database_url, patience=None)
    try:
        await store(database, config, coming, now, replace=replace)
    except Spoilt:
        raise BadList(
            f"{coming.brought.problems:,} lines are wrong: nothing was replaced. Correct them, or leave --replace out"
        ) from None
    finally:
        await database.close()


def _summary(brought: Brought, *, dry_run: bool) -> str:
    left_out = f"{brought.problems:,} lines left out"
    if dry_run:
        return f"{brought.read:,} facilities in the file, {left_out}. Nothing was changed."
    removed = f", {brought.removed:,} removed" if brought.removed else ""
    return f"{brought.added:,} facilities added, {brought.changed:,} changed{removed}, {left_out}."
