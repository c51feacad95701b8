"""Starting the demo: PostgreSQL and Valkey of its own, the sample data, all roles in one process."""

import asyncio
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import typer

from bot.app import assembled
from bot.demo.seeding import ACCOUNTS, PASSWORD, Account, seed
from bot.listening import check_port
from bot.local import AlreadyRunning, Services, local_services
from bot.serving import serve
from bot.settings import HOME, Settings, read_settings
from bot.storage.migrating import upgrade

FOLDER = HOME / ".siaga" / "demo"
_HINT = "database_url"


_ANOTHER_PORT = (
    "If a demo runs already, use that one or stop it with Ctrl-C; "
    "else choose another port, for example: .venv/bin/siaga demo --port 8081"
)


def run(port: int, *, reset: bool) -> None:
    """Run the demo until Ctrl-C, or throw its data away.

    Raises:
        AlreadyRunning: it runs already.
        PortTaken: the web pages cannot be had on `port`.
    """
    if reset:
        _forget()
        typer.echo("The demo's data is gone. Start anew with: make demo")
        return
    check_port("127.0.0.1", port, _ANOTHER_PORT)
    typer.echo("Starting SIAGA; the first time takes a little longer.")
    with demo_settings(port) as settings:
        asyncio.run(_run(settings, port))


@contextmanager
def demo_settings(port: int = 8080) -> Iterator[Settings]:
    """The settings of the demo, with its servers running for as long as the context is open."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with _servers() as services:
        (FOLDER / _HINT).write_text(f"{services.database_url}\n{services.redis_url}\n")
        try:
            yield _settings(services.database_url, services.redis_url, port)
        finally:
            (FOLDER / _HINT).unlink(missing_ok=True)


def running_demo() -> Settings | None:
    """The settings of a demo that runs in another process, if one does."""
    hint = FOLDER / _HINT
    if not hint.exists():
        return None
    database_url, redis_url = hint.read_text().split()
    return _settings(database_url, redis_url, 8080)


@contextmanager
def _servers() -> Iterator[Services]:
    """PostgreSQL and Valkey on the demo's folder.

    Raises:
        AlreadyRunning: another process has them; the message says what to do.
    """
    try:
        with local_services(FOLDER) as services:
            yield services
    except AlreadyRunning as error:
        raise AlreadyRunning(
            "The demo's databases are in use: a demo, or a `siaga chat`, runs already. "
            "Stop it with Ctrl-C where it was started, then try again."
        ) from error


def _settings(database_url: str, redis_url: str, port: int) -> Settings:
    return read_settings(
        database_url=database_url,
        redis_url=redis_url,
        secret_key=_secret(FOLDER / "secret"),
        public_url=f"http://127.0.0.1:{port}",
        simulator=True,
    )


def _secret(file: Path) -> str:
    if not file.exists():
        file.write_text(secrets.token_hex(32))
        file.chmod(0o600)
    return file.read_text()


def _forget() -> None:
    """Remove the data, unless a demo is using it."""
    if not FOLDER.exists():
        return
    with _servers():  # raises when somebody has the folder
        pass
    shutil.rmtree(FOLDER)


async def _run(settings: Settings, port: int) -> None:
    await upgrade(settings.database_url)
    async with assembled(settings) as bot:
        await seed(bot)
        await serve(bot, "all", "127.0.0.1", port, lambda: _welcome(port))


def _welcome(port: int) -> None:
    base = f"http://127.0.0.1:{port}"
    accounts = "\n".join(f"    {item.email:<24} {_position(item)}" for item in ACCOUNTS)
    typer.echo(
        f"""
SIAGA is running. Ctrl-C stops it; the data stays (make demo-reset throws it away).

  Simulator   {base}/simulator     two phones: talk to the bot
  Desk        {base}/desk          the agents' side; password for all: {PASSWORD}
{accounts}
  Status      {base}/status        what everybody may see
  API         {base}/api/v1/openapi.json
"""
    )


def _position(account: Account) -> str:
    return f"{account.role.value}, {account.branch} only" if account.branch else account.role.value
