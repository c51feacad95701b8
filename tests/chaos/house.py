"""The service's processes, PostgreSQL, Valkey and Rasa: started, killed, paused and started again."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from bot.local import Server, Services, local_services
from bot.settings import HOME
from bot.storage.migrating import upgrade
from tests.conftest import SECRET_KEY
from tests.running import SIAGA, free_port
from tests.standins import TelegramStandIn, TwilioStandIn, running_telegram, running_twilio

PUBLIC_URL = "https://siaga.contoh.id"
"""How the providers know us; the post plays the balancer in front of the web processes."""
TURN_LEASE = 5
"""Seconds; short, so that what a killed worker held is taken over soon."""
SEND_LEASE = 20
ROLES = {"web": 2, "worker": 2, "sender": 2, "scheduler": 1}
_START = 180.0  # seconds that a process may take on a machine that does much else
_FALLS = 3  # times that a process may end by itself before it is given up


class NotReady(Exception):
    """A process did not come up; the message ends with its log."""


@dataclass
class Part:
    """One process of the service, or Rasa. It may come and go; its port stays."""

    name: str
    command: list[str]
    env: Mapping[str, str]
    port: int
    log: Path
    fell: int = 0
    """How often it ended by itself."""
    down: bool = True
    """Whether it is not meant to run just now."""
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command, env=dict(self.env), cwd=self.log.parent, stdout=log, stderr=log
            )
        self.down = False

    def kill(self) -> None:
        """Kill -9; it is gone when this returns."""
        self.down = True
        self._signal(signal.SIGKILL)
        if self.process:
            self.process.wait()

    def pause(self) -> None:
        self._signal(signal.SIGSTOP)

    def go_on(self) -> None:
        self._signal(signal.SIGCONT)

    def stop(self) -> int:
        """Ask it to end in good order; its exit code."""
        self.down = True
        self._signal(signal.SIGTERM)
        try:
            return self.process.wait(40) if self.process else 0
        except subprocess.TimeoutExpired:
            self.kill()
            return -signal.SIGKILL

    def look(self) -> None:
        """Start it again if it ended by itself, which it never should."""
        if not self.down and self.process and self.process.poll() is not None:
            self.fell += 1
            self.start()

    async def ready(self) -> None:
        """Wait until it answers.

        Raises:
            NotReady: it did not within three minutes, or ended again and again.
        """
        until = time.monotonic() + _START
        async with httpx.AsyncClient() as http:
            while time.monotonic() < until and self.fell < _FALLS:
                self.look()
                try:
                    if (await http.get(f"http://127.0.0.1:{self.port}/healthz", timeout=5)).is_success:
                        return
                except httpx.TransportError:
                    pass
                await asyncio.sleep(0.1)
        raise NotReady(f"{self.name}:\n{self.log.read_text()[-2000:]}")

    def _signal(self, number: signal.Signals) -> None:
        if self.process and self.process.poll() is None:
            self.process.send_signal(number)


@dataclass
class House:
    """Everything that runs, and what was done to it."""

    services: Services
    twilio: TwilioStandIn
    telegram: TelegramStandIn
    parts: dict[str, Part]
    rasa: Part
    folder: Path
    sender_blows: list[float] = field(default_factory=list)
    """When a sender was killed (`time.monotonic`)."""
    away: list[tuple[float, float]] = field(default_factory=list)
    """From when until when PostgreSQL was."""

    def of(self, role: str) -> list[Part]:
        return [part for name, part in self.parts.items() if name.startswith(role)]

    def webs(self) -> list[str]:
        """Where the web pages are, whether they answer or not."""
        return [f"http://127.0.0.1:{part.port}" for part in self.of("web")]

    async def crash(self, part: Part, away: float) -> None:
        """Kill a process, and start it again after a while. One that is down already stays so."""
        if part.down:
            return
        part.kill()
        if part.name.startswith("sender"):
            self.sender_blows.append(time.monotonic())
        await asyncio.sleep(away)
        part.start()
        await part.ready()

    async def freeze(self, part: Part, seconds: float) -> None:
        """Stop a process in its tracks for a while, and let it go on."""
        part.pause()
        try:
            await asyncio.sleep(seconds)
        finally:
            part.go_on()

    async def without(self, server: Server, seconds: float, *, hard: bool) -> None:
        """Take PostgreSQL or Valkey away for a while."""
        began = time.monotonic()
        await asyncio.to_thread(server.kill if hard else server.stop)
        await asyncio.sleep(seconds)
        await asyncio.to_thread(server.start)
        if server is self.services.postgres:
            self.away.append((began, time.monotonic()))

    async def watch(self) -> None:
        """Start again what ends by itself, for ever."""
        while True:
            for part in (*self.parts.values(), self.rasa):
                part.look()
            await asyncio.sleep(0.2)

    async def ready(self) -> None:
        await asyncio.gather(*(part.ready() for part in (self.rasa, *self.parts.values())))

    def logs(self) -> list[Path]:
        return sorted(self.folder.glob("*.log"))


@asynccontextmanager
async def running_house(folder: Path) -> AsyncIterator[House]:
    """All of it, ready; stopped at the end."""
    with local_services(folder / "services") as services:
        await upgrade(services.database_url)
        async with running_twilio() as twilio, running_telegram() as telegram:
            rasa = _rasa(folder)
            env = _settings(services, twilio, telegram, rasa.port)
            parts = {part.name: part for role in ROLES for part in _parts(role, env, folder)}
            house = House(services, twilio, telegram, parts, rasa, folder)
            every = (rasa, *parts.values())
            try:
                for part in every:
                    part.start()
                await house.ready()
                yield house
            finally:
                for part in every:
                    part.go_on()
                    part.kill()


def _parts(role: str, env: Mapping[str, str], folder: Path) -> list[Part]:
    parts = []
    for number in range(ROLES[role]):
        name, port = f"{role}{number}", free_port()
        command = [str(SIAGA), "serve", "--role", role, "--port", str(port)]
        told = {**env, "SIAGA_METRICS_PORT": str(port)}
        parts.append(Part(name, command, told, port, folder / f"{name}.log"))
    return parts


def _rasa(folder: Path) -> Part:
    port = free_port()
    command = [sys.executable, "-m", "tests.chaos.rasa", str(port)]
    env = os.environ | {"PYTHONPATH": os.pathsep.join([str(HOME), os.environ.get("PYTHONPATH", "")])}
    return Part("rasa", command, env, port, folder / "rasa.log")


def _settings(
    services: Services, twilio: TwilioStandIn, telegram: TelegramStandIn, rasa: int
) -> dict[str, str]:
    return os.environ | {
        "SIAGA_DATABASE_URL": services.database_url,
        "SIAGA_REDIS_URL": services.redis_url,
        "SIAGA_SECRET_KEY": SECRET_KEY,
        "SIAGA_DATA_DIR": str(HOME / ".siaga"),
        "SIAGA_CONFIG_DIR": str(HOME / "config"),
        "SIAGA_PUBLIC_URL": PUBLIC_URL,
        "SIAGA_LOG_FORMAT": "json",
        "SIAGA_DRAIN_SECONDS": "0",
        "SIAGA_QUIET_SECONDS": "0.2",
        "SIAGA_TURN_LEASE": str(TURN_LEASE),
        "SIAGA_SEND_LEASE": str(SEND_LEASE),
        "SIAGA_SENDERS": str(ROLES["sender"]),
        "SIAGA_RASA_URL": f"http://127.0.0.1:{rasa}",
        "SIAGA_TWILIO_ACCOUNT_SID": twilio.sid,
        "SIAGA_TWILIO_AUTH_TOKEN": twilio.token,
        "SIAGA_TWILIO_WHATSAPP_NUMBER": twilio.number,
        "SIAGA_TWILIO_API_BASE": twilio.url,
        "SIAGA_TELEGRAM_BOT_TOKEN": telegram.token,
        "SIAGA_TELEGRAM_WEBHOOK_SECRET": telegram.secret,
        "SIAGA_TELEGRAM_API_BASE": telegram.url,
    }
