"""`siaga faq report`: how well answers helped."""

import asyncio
import json
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Annotated

import typer

from bot.answers.report import Report, report
from bot.answers.written import as_json, as_text
from bot.config import HOME_ZONE
from bot.errors import SiagaError
from bot.nlu.normalising import Normaliser, load_normaliser
from bot.settings import read_settings
from bot.storage.engine import UNAVAILABLE, Database

USUAL = timedelta(days=30)


def commands(clock: Callable[[], datetime]) -> typer.Typer:
    """The commands of `siaga faq`, with the clock that they look at."""
    faq = typer.Typer(no_args_is_help=True, help="Answers to frequent questions.")

    @faq.callback()
    def group() -> None:
        """Answers to frequent questions."""

    @faq.command("report")
    def tell(
        since: Annotated[
            str | None, typer.Option(help="A day such as 2026-11-01; without it the last 30 days.")
        ] = None,
        as_json_: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
    ) -> None:
        """Say which answers did not help, and which questions had none of their own."""
        settings = read_settings()
        normaliser = load_normaliser(settings.config_dir / "nlu" / "normalising.yml")
        begun = _midnight(since) if since else clock() - USUAL

        found = asyncio.run(_read(settings.database_url, normaliser, begun))
        typer.echo(json.dumps(as_json(found), ensure_ascii=False) if as_json_ else as_text(found))

    return faq


def _midnight(day: str) -> datetime:
    """The beginning of a day in Jakarta."""
    try:
        return datetime.combine(date.fromisoformat(day), time(), HOME_ZONE)
    except ValueError:
        raise typer.BadParameter(
            f"found {day}, expected a day such as 2026-11-01", param_hint="--since"
        ) from None


async def _read(database_url: str, normaliser: Normaliser, since: datetime) -> Report:
    database = Database(database_url)
    try:
        async with database.sessions() as session:
            return await report(session, normaliser, since)
    except UNAVAILABLE as error:
        raise SiagaError(f"PostgreSQL does not answer ({type(error).__name__}): nothing was read") from None
    finally:
        await database.close()
