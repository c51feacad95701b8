"""Starting the demo: PostgreSQL and Valkey of its own, the sample data, all roles in one process."""

import asyncio
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import typer

from bot.app import assembled
from bot.demo.seeding import ACCOUNTS, PASSWORD, seed
from bot.local import local_services
from bot.serving import serve
from bot.settings import HOME, Settings, read_settings
from bot.storage.migrating import upgrade

FOLDER = HOME / ".siaga" / "demo"
_HINT = "database_url"


def run(port: int, *, reset: bool) -> None:
    """Run the demo until Ctrl-C, or throw its data away.

    Raises:
        AlreadyRunning: it runs already.
    """
    if reset:
        _forget()
        typer.echo("The demo's data is gone. Start anew with: make demo")
        return
    with demo_settings(port) as settings:
        asyncio.run(_run(settings, port))


@contextmanager
def demo_settings(port: int = 8080) -> Iterator[Settings]:
    """The settings of the demo, with its servers running for as long as the context is open."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with local_services(FOLDER) as services:
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
    with local_services(FOLDER):  # raises when somebody has the folder
        pass
    shutil.rmtree(FOLDER)


async def _run(settings: Settings, port: int) -> None:
    await upgrade(settings.database_url)
    async with assembled(settings) as bot:
        await seed(bot)
        await serve(bot, "all", "127.0.0.1", port, lambda: _welcome(port))


def _welcome(port: int) -> None:
    base = f"http://127.0.0.1:{port}"
    accounts = "\n".join(f"    {account.email:<24} {account.role.value}" for account in ACCOUNTS)
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
