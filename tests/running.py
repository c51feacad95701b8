"""The whole service in a process of its own, as operators run it."""

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx

SIAGA = Path(sys.executable).parent / "siaga"


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
