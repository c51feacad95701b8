"""The service's processes, PostgreSQL, Valkey and Rasa: started, killed, paused and started again."""

import asyncio
import os
import sys
import time
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bot.local import Server, Services, local_services
from bot.settings import HOME
from bot.storage.migrating import upgrade
from tests.chaos.fetching import FetchingTwilio, running_twilio
from tests.parts import Part, running, service_part
from tests.running import environment, free_port
from tests.standins import TelegramStandIn, TwilioStandIn, running_telegram

PUBLIC_URL = "https://siaga.contoh.id"
"""How the providers know us; the post plays the balancer in front of the web processes."""
QUIET = 0.4
"""Seconds that a turn waits for more; long enough that the photos of an album mostly come within it."""
TURN_LEASE, SEND_LEASE, MEDIA_LEASE = 5, 20, 20
"""Seconds; short, so that what a killed process held is taken over soon."""
ROLES = {"web": 2, "worker": 2, "sender": 2, "scheduler": 1}


@dataclass
class House:
    """Everything that runs, and what was done to it."""

    services: Services
    twilio: FetchingTwilio
    telegram: TelegramStandIn
    parts: dict[str, Part]
    rasa: Part
    folder: Path
    sender_blows: list[float] = field(default_factory=list)
    """When a sender was killed (`time.monotonic`)."""
    spared: int = 0
    """How many blows hit a process that was down or coming up, and did nothing."""
    away: list[tuple[float, float]] = field(default_factory=list)
    """From when until when PostgreSQL was."""
    began: float = field(default_factory=time.monotonic)
    _hands: dict[Path, asyncio.Lock] = field(default_factory=lambda: defaultdict(asyncio.Lock))
    """Of each server, by its log: it is taken away by one blow at a time."""

    def of(self, role: str) -> list[Part]:
        return [part for name, part in self.parts.items() if name.startswith(role)]

    def seconds(self, at: float) -> float:
        """A moment as the report tells it: since the house was ready."""
        return round(at - self.began, 1)

    def diary(self) -> list[str]:
        """What explains a message that was sent twice."""
        kills = ", ".join(f"{self.seconds(at)} s" for at in self.sender_blows) or "never"
        away = (
            ", ".join(f"{self.seconds(gone)} to {self.seconds(back)} s" for gone, back in self.away)
            or "never"
        )
        return [f"Senders were killed at: {kills}", f"PostgreSQL was away: {away}"]

    def webs(self) -> list[str]:
        """Where the web pages are, whether they answer or not."""
        return [f"http://127.0.0.1:{part.port}" for part in self.of("web")]

    async def crash(self, part: Part, away: float) -> None:
        """Kill a process, and start it again after a while. One that is down or still coming up is left alone.

        Otherwise a machine that is slower than the blows would never see it up.
        """
        if part.down or not part.up:
            self.spared += 1
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
        async with self._hands[server.log]:
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
        async with running_twilio(PUBLIC_URL) as twilio, running_telegram() as telegram:
            rasa = _rasa(folder)
            env = _environment(services, twilio, telegram, rasa, folder)
            names = [f"{role}{number}" for role, count in ROLES.items() for number in range(count)]
            parts = {name: service_part(name, env, folder) for name in names}
            house = House(services, twilio, telegram, parts, rasa, folder)
            twilio.webs = house.webs
            async with running([rasa, *parts.values()]):
                yield house


def _rasa(folder: Path) -> Part:
    port = free_port()
    command = [sys.executable, "-m", "tests.chaos.rasa", str(port)]
    env = os.environ | {"PYTHONPATH": os.pathsep.join([str(HOME), os.environ.get("PYTHONPATH", "")])}
    return Part("rasa", command, env, port, folder / "rasa.log")


def _environment(
    services: Services, twilio: TwilioStandIn, telegram: TelegramStandIn, rasa: Part, folder: Path
) -> dict[str, str]:
    return environment(
        services.database_url,
        twilio,
        telegram,
        redis_url=services.redis_url,
        public_url=PUBLIC_URL,
        log_format="json",
        drain_seconds=0,
        media_url=folder / "media",
        quiet_seconds=QUIET,
        turn_lease=TURN_LEASE,
        send_lease=SEND_LEASE,
        media_lease=MEDIA_LEASE,
        senders=ROLES["sender"],
        rasa_url=f"http://127.0.0.1:{rasa.port}",
    )
