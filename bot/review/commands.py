"""`siaga nlu export`: what was labelled at the desk, as training data."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from bot.errors import SiagaError
from bot.nlu.normalising import load_normaliser
from bot.nlu.training import Example, read_labels, read_training
from bot.review import export as exporting
from bot.settings import read_settings
from bot.storage.engine import UNAVAILABLE, Database

KEPT_IN = Path("rasa") / "nlu" / "reviewed.yml"
"""Where reviewed lines belong, within the configuration."""


def export(
    out: Annotated[
        Path | None, typer.Option(help="Write into this file instead of to standard output.")
    ] = None,
) -> None:
    """Write what was labelled at the desk as training data, without what the training data say already."""
    settings = read_settings()
    config_dir = settings.config_dir
    labels = read_labels(config_dir / "rasa" / "domain.yml")
    training = read_training(config_dir / "rasa" / "nlu", labels)
    normaliser = load_normaliser(config_dir / "nlu" / "normalising.yml")
    found = exporting.export(asyncio.run(_labelled(settings.database_url)), training, labels, normaliser)
    if found.outdated:
        typer.echo(f"{found.outdated} left out: their intent or entity is no longer in domain.yml", err=True)
    if not found.lines:
        typer.echo(f"Nothing new: {found.known} labelled, all known. Label at /desk/nlu first.", err=True)
        return
    _write(found.yaml, out)
    typer.echo(
        f"Lines: {found.lines}; left out as known: {found.known}. Read them, take out what names people, "
        f"add them to {config_dir / KEPT_IN}, then: siaga nlu train --promote",
        err=True,
    )


async def _labelled(database_url: str) -> list[Example]:
    database = Database(database_url)
    try:
        async with database.sessions() as session:
            return await exporting.labelled(session)
    except UNAVAILABLE as error:
        raise SiagaError(
            f"PostgreSQL does not answer ({type(error).__name__}): nothing was exported"
        ) from None
    finally:
        await database.close()


def _write(yaml: str, out: Path | None) -> None:
    if out is None:
        typer.echo(yaml, nl=False)
        return
    try:
        out.write_text(yaml, "utf-8")
    except OSError as error:
        raise SiagaError(f"{out}: cannot be written: {error.strerror}") from None
