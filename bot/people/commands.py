"""`siaga people`: for who asks by letter or at the counter what is known of them, or to be forgotten."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, Any, TypeVar
from uuid import UUID

import typer
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.cases.history import SYSTEM
from bot.errors import SiagaError
from bot.people.erasing import carry_out, order
from bot.people.knowing import Known, known
from bot.settings import read_settings
from bot.storage.engine import UNAVAILABLE, Database
from bot.storage.sealing import Sealer
from bot.storage.tables import ChannelAddress

R = TypeVar("R")
ASK = "-"
Where = Annotated[
    str,
    typer.Argument(
        help="As the desk shows it: whatsapp:+62..., telegram:4711. Without it, or with -, it is asked for:"
        " then it stands in no list of processes."
    ),
]


def commands(clock: Callable[[], datetime]) -> typer.Typer:
    """The commands.

    Args:
        clock: the present time, aware.
    """
    people = typer.Typer(no_args_is_help=True, help="What is known of a participant, and its erasure.")

    @people.command("show")
    def show(address: Where = ASK) -> None:
        """Print what is known of whoever is at an address: personal numbers masked, without what was said."""
        address = _asked(address)

        async def look(database: Database, sealer: Sealer) -> Known:
            async with database.sessions() as session:
                return await known(session, sealer, await _whose(session, address), clock())

        typer.echo(json.dumps(_shown(_run(look)), ensure_ascii=False, indent=2, default=str))

    @people.command("erase")
    def erase(
        address: Where = ASK,
        yes: Annotated[bool, typer.Option("--yes", help="Do not ask whether you are sure.")] = False,
    ) -> None:
        """Erase what is known of whoever is at an address, and at addresses joined to it. It cannot be undone."""
        address = _asked(address)
        if not yes:
            typer.confirm(f"Erase everything of {address}?", abort=True)

        async def ask(database: Database, sealer: Sealer) -> tuple[str, tuple[str, ...]]:
            async with database.sessions.begin() as session:
                receipt = await order(session, sealer, await _whose(session, address), clock(), SYSTEM)
            await carry_out(database, sealer, clock())
            return receipt.number, receipt.open_cases

        number, open_cases = _run(ask)
        typer.echo(f"Erased under the number {number}; what is left (files, say) goes within minutes.")
        if open_cases:
            typer.echo(f"Needed until they are settled: {', '.join(open_cases)}")

    return people


def _asked(address: str) -> str:
    return str(typer.prompt("Address", err=True)).strip() if address == ASK else address


async def _whose(session: AsyncSession, address: str) -> UUID:
    """Whose an address is.

    Raises:
        SiagaError: nobody is known there.
    """
    whose = select(ChannelAddress.participant_id).where(ChannelAddress.address == address)
    found = await session.scalar(whose)
    if found is None:
        raise SiagaError(f"{address}: nobody is known there")
    return found


def _shown(about: Known) -> dict[str, Any]:
    return {
        "addresses": [one.address for one in about.addresses],
        "name": about.name,
        "language": about.participant.language,
        "since": about.since,
        "numbers": [f"{kind} {digits}" for kind, digits in about.numbers],
        "consents": [
            {
                "purpose": one.purpose,
                "version": one.version,
                "given": one.given_at,
                "withdrawn": one.withdrawn_at,
            }
            for one in about.consents
        ],
        "cases": [{"number": one.number, "kind": one.kind, "status": one.status} for one in about.cases],
        "lines": about.lines,
        "files": about.files,
        "subscriptions": about.subscriptions,
    }


def _run(job: Callable[[Database, Sealer], Awaitable[R]]) -> R:
    """Do something on the database of the settings.

    Raises:
        SiagaError: PostgreSQL does not answer.
    """
    settings = read_settings()
    sealer = Sealer(settings.secret_key.get_secret_value())

    async def run() -> R:
        database = Database(settings.database_url)
        try:
            return await job(database, sealer)
        except UNAVAILABLE as error:
            raise SiagaError(
                f"PostgreSQL does not answer ({type(error).__name__}): nothing was done"
            ) from None
        finally:
            await database.close()

    return asyncio.run(run())
