"""Processes of the service that come and go, each on a port and with a log of its own."""

import asyncio
import signal
import subprocess
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tests.running import SIAGA, free_port

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
    up: bool = False
    """Whether it has answered since it was started."""
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command, env=dict(self.env), cwd=self.log.parent, stdout=log, stderr=log
            )
        self.down = False

    def kill(self) -> None:
        """Kill -9; it is gone when this returns."""
        self.down, self.up = True, False
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
            self.up = False
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
                        self.up = True
                        return
                except httpx.TransportError:
                    pass
                await asyncio.sleep(0.1)
        raise NotReady(f"{self.name}:\n{self.log.read_text()[-2000:]}")

    def _signal(self, number: signal.Signals) -> None:
        if self.process and self.process.poll() is None:
            self.process.send_signal(number)


def service_part(name: str, env: Mapping[str, str], folder: Path) -> Part:
    """A part of the service, not started yet; `name` is its role, and which of several: ``worker0``."""
    port = free_port()
    command = [str(SIAGA), "serve", "--role", name.rstrip("0123456789"), "--port", str(port)]
    told = {**env, "SIAGA_METRICS_PORT": str(port)}
    return Part(name, command, told, port, folder / f"{name}.log")


@asynccontextmanager
async def running(parts: Sequence[Part]) -> AsyncIterator[None]:
    """Started, and ready; killed at the end."""
    try:
        for one in parts:
            one.start()
        await asyncio.gather(*(one.ready() for one in parts))
        yield
    finally:
        for one in parts:
            one.kill()
