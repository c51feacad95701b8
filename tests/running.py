"""The service in processes of its own, as operators run it, and the settings of those and of parts in this process."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx

from bot.settings import Settings
from tests.conftest import SECRET_KEY
from tests.standins import TelegramStandIn, TwilioStandIn

SIAGA = Path(sys.executable).parent / "siaga"


def environment(
    database_url: str, *providers: TwilioStandIn | TelegramStandIn, **others: object
) -> dict[str, str]:
    """What a process of the service is told: what this one is, but of settings these alone.

    Args:
        providers: the stand-ins that it has accounts with.
        others: more settings, by their names in `bot.settings.Settings`.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SIAGA_")}
    given = _given(database_url, providers) | others
    return kept | {f"SIAGA_{name.upper()}": str(value) for name, value in given.items()}


def settings(database_url: str, *providers: TwilioStandIn | TelegramStandIn, **others: object) -> Settings:
    """The same for parts of the service in this process."""
    return Settings(_env_file=None, **(_given(database_url, providers) | others))


def _given(database_url: str, providers: tuple[TwilioStandIn | TelegramStandIn, ...]) -> dict[str, object]:
    given: dict[str, object] = {"database_url": database_url, "secret_key": SECRET_KEY}
    for provider in providers:
        if isinstance(provider, TwilioStandIn):
            account = {
                "account_sid": provider.sid,
                "auth_token": provider.token,
                "whatsapp_number": provider.number,
                "api_base": provider.url,
            }
            given |= {f"twilio_{name}": value for name, value in account.items()}
        else:
            account = {
                "bot_token": provider.token,
                "webhook_secret": provider.secret,
                "api_base": provider.url,
            }
            given |= {f"telegram_{name}": value for name, value in account.items()}
    return given


@contextmanager
def running_service(env: Mapping[str, str], cwd: Path) -> Iterator[str]:
    """`siaga serve` on a free port, once it is ready; stopped with SIGTERM, which it has to obey."""
    port = free_port()
    command = [SIAGA, "serve", "--role", "all", "--port", str(port)]
    with (
        (cwd / "service.log").open("wb") as log,
        subprocess.Popen(command, env=dict(env), cwd=cwd, stdout=log, stderr=log) as service,
    ):
        try:
            _wait_for(f"http://127.0.0.1:{port}/readyz", service, cwd / "service.log")
            yield f"http://127.0.0.1:{port}"
        finally:
            service.send_signal(signal.SIGTERM)
            assert service.wait(timeout=30) == 0, (cwd / "service.log").read_text()[-2000:]


@contextmanager
def running_part(
    role: str, env: Mapping[str, str], log: Path, *, port: int
) -> Iterator[subprocess.Popen[bytes]]:
    """`siaga serve --role ...` once its /healthz answers on `port`; killed at the end if it still runs.

    A part without web pages answers there when `env` has SIAGA_METRICS_PORT for it.
    """
    command = [SIAGA, "serve", "--role", role, "--port", str(port)]
    with (
        log.open("wb") as out,
        subprocess.Popen(command, env=dict(env), cwd=log.parent, stdout=out, stderr=out) as part,
    ):
        try:
            _wait_for(f"http://127.0.0.1:{port}/healthz", part, log)
            yield part
        finally:
            part.kill()


def free_port() -> int:
    """A port that nothing listens on just now."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


def _wait_for(url: str, service: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + 90
    while time.monotonic() < until:
        assert service.poll() is None, log.read_text()[-2000:]
        try:
            if httpx.get(url).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise AssertionError(f"{url} did not answer")
