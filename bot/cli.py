"""The command `siaga`."""

import asyncio
import json
import secrets
import sys
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypeVar

import typer
import uvloop

from bot import staff
from bot.answers.commands import commands as faq_commands
from bot.app import assembled, clock
from bot.chat import chat as chat_
from bot.check import problems
from bot.config import load_config
from bot.demo import run as run_demo
from bot.errors import ConfigurationError, SiagaError
from bot.facilities.commands import commands as facilities_commands
from bot.listening import check_port
from bot.logs import configure
from bot.members.commands import members
from bot.nlu.commands import nlu
from bot.people.commands import commands as people_commands
from bot.review.commands import export
from bot.serving import ROLES, serve
from bot.settings import read_settings
from bot.storage.engine import UNAVAILABLE, Database
from bot.storage.migrating import pending, upgrade
from bot.storage.tables import Role

R = TypeVar("R")
app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)
user = typer.Typer(no_args_is_help=True, help="People who work at the desk.")
token = typer.Typer(no_args_is_help=True, help="Tokens of the API.")
app.add_typer(user, name="user")
app.add_typer(token, name="token")
app.add_typer(nlu, name="nlu")
app.add_typer(members, name="members")
app.add_typer(facilities_commands(clock), name="facilities")
app.add_typer(faq_commands(clock), name="faq")
app.add_typer(people_commands(clock), name="people")
nlu.command()(export)


def main() -> None:
    """Run a command; what SIAGA itself raises is one clear message, not a traceback."""
    try:
        app()
    except ConfigurationError as error:
        sys.exit("\n".join(error.problems))
    except SiagaError as error:
        sys.exit(str(error))


@app.command()
def demo(
    port: Annotated[int, typer.Option(help="Port of the web pages.")] = 8080,
    reset: Annotated[bool, typer.Option("--reset", help="Throw the demo's data away and stop.")] = False,
) -> None:
    """Start everything with sample data, a simulator and a desk: nothing else is needed."""
    configure("warning", "demo")
    run_demo(port, reset=reset)


@app.command("serve")
def serve_(
    role: Annotated[str, typer.Option(help=f"all, or one of {', '.join(ROLES)}.")] = "all",
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int | None, typer.Option(help="Port to listen on (also SIAGA_PORT).")] = None,
) -> None:
    """Run the service, or one part of it."""
    if role not in ("all", *ROLES):
        raise typer.BadParameter(f"found {role}, expected all, {', '.join(ROLES)}", param_hint="--role")
    settings = read_settings()
    configure(settings.log_level, role, settings.log_format)
    if role in ("all", "web"):
        check_port(host, port or settings.port, "Choose another with --port or SIAGA_PORT.")
    elif settings.metrics_port:
        check_port(host, settings.metrics_port, "Choose another with SIAGA_METRICS_PORT.")

    async def run() -> None:
        async with assembled(settings) as bot:
            await _with_schema(bot.database)
            await serve(bot, role, host, port or settings.port)

    uvloop.run(run())


async def _with_schema(database: Database) -> None:
    """Start on this release's schema only; where PostgreSQL is away just now, that is for later.

    Raises:
        ConfigurationError: the database is not migrated.
    """
    try:
        missing = await pending(database)
    except UNAVAILABLE:
        return
    if missing:
        raise ConfigurationError(["The database does not have this release's schema. Run: siaga migrate"])


@app.command()
def migrate() -> None:
    """Bring the database to this release's schema."""
    asyncio.run(upgrade(read_settings().database_url))
    typer.echo("The database is up to date.")


@app.command()
def check() -> None:
    """Say what is missing or wrong in the settings and in config/, with file and line."""
    found = problems()
    for problem in found:
        typer.echo(problem)
    if found:
        raise typer.Exit(1)
    typer.echo("Everything is in order.")


@app.command()
def chat(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a message.")] = False,
) -> None:
    """Talk to the bot in the terminal, as a participant."""
    configure("error", "chat")
    asyncio.run(chat_(sys.stdin, _print_json if as_json else None))


def _print_json(turn: dict[str, Any]) -> None:
    typer.echo(json.dumps(turn, ensure_ascii=False))


@user.command("add")
def user_add(
    email: str,
    role: Annotated[Role, typer.Option(help="What they may do.")] = Role.AGENT,
    branch: Annotated[
        str | None, typer.Option(help="Code of the branch whose cases they see; none: all.")
    ] = None,
    name: Annotated[str | None, typer.Option(help="The name that participants read.")] = None,
) -> None:
    """Add somebody to the desk; the password is asked for, or made when there is no terminal."""
    password = (
        typer.prompt("Password", hide_input=True, confirmation_prompt=True) if sys.stdin.isatty() else None
    )
    made = password or secrets.token_urlsafe(12)

    async def add(database: Database) -> None:
        async with database.sessions.begin() as session:
            shown = name or email.partition("@")[0].replace(".", " ").title()
            await staff.create_agent(session, email, shown, role, branch, made, clock())

    _with_database(add, branch)
    typer.echo(f"{email} may sign in at /desk." + ("" if password else f" Password: {made}"))


@token.command("create")
def token_create(
    role: Annotated[Role, typer.Option(help="What the token may do.")],
    name: Annotated[str, typer.Option(help="Who uses it.")] = "token",
    branch: Annotated[
        str | None, typer.Option(help="Code of the branch whose cases it sees; none: all.")
    ] = None,
) -> None:
    """Make a token for the API and print it: it is not shown again."""

    async def create(database: Database) -> str:
        async with database.sessions.begin() as session:
            return await staff.create_token(session, role, name, branch, clock())

    typer.echo(_with_database(create, branch))


def _with_database(job: Callable[[Database], Awaitable[R]], branch: str | None) -> R:
    """Run something on the database of the settings.

    Raises:
        ConfigurationError: a setting is missing, or there is no such branch.
    """
    settings = read_settings()
    branches = load_config(settings.config_dir).branches
    if branch and branch not in branches:
        raise ConfigurationError([f"--branch: found {branch}, expected one of {', '.join(branches)}"])

    async def run() -> R:
        database = Database(settings.database_url)
        try:
            return await job(database)
        finally:
            await database.close()

    return asyncio.run(run())


if __name__ == "__main__":
    main()
