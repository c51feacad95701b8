"""From a participant's message to the provider's acceptance of the answer, through the whole service.

    .venv/bin/python -m tests.bench.through [--rounds 3] [--seconds 15] [--people 48] [--workers 1]

Real PostgreSQL with fsync on, Valkey, a web, worker and sender process, the embedded interpreter; Twilio is a stand-in,
which like the load generator takes its part of the same processors. Everybody is new and says three messages, each when
the one before is answered. In every round, one after the other: the floor (`tests.bench.floor`), the service at
saturation, and the service at half of that rate, where the waits are what a participant sees. Ratios are of the same
round. The quiet time, in which a service waits for the participant's next line, is off. Figures are one JSON object.
"""

import asyncio
import json
import os
import sys
import tempfile
import time
from argparse import ArgumentParser, Namespace
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from statistics import median, quantiles

from bot.local import Services, local_services
from bot.settings import HOME
from bot.storage.migrating import upgrade
from tests.bench.participants import Crowd, Ears, Heard
from tests.bench.processes import cpu_seconds, own_cpu_seconds, resident_mb
from tests.chaos.house import Part
from tests.conftest import SECRET_KEY
from tests.running import SIAGA, free_port
from tests.standins.server import listening

PUBLIC = "https://siaga.contoh.id"


async def measure(options: Namespace, folder: Path) -> dict[str, object]:
    """All rounds."""
    async with AsyncExitStack() as stack:
        services = stack.enter_context(local_services(folder / "services"))
        await upgrade(services.database_url)
        ears = Ears()
        await stack.enter_async_context(listening(ears, 0))
        parts = await stack.enter_async_context(running(_service(services, ears, options.workers, folder)))
        floor = (await stack.enter_async_context(running([_floor(services, ears, folder)])))[0]
        pids = {part.name: part.process.pid for part in parts if part.process}
        pids |= {"postgres": services.postgres.pid, "valkey": services.redis.pid}
        crowd = Crowd(ears, f"http://127.0.0.1:{parts[0].port}", PUBLIC)
        bare = Crowd(ears, f"http://127.0.0.1:{floor.port}", PUBLIC, answers=False)
        await crowd.closed(options.people, 3)  # warm
        rounds = [await one_round(crowd, bare, pids, options) for _ in range(options.rounds)]
        ratios = [float(str(one["of_floor"])) for one in rounds]
        memory = {name: round(resident_mb(pid)) for name, pid in pids.items()}
        return {
            "rounds": rounds,
            "memory_mb": memory,
            "of_floor": {"median": median(ratios), "from": min(ratios), "to": max(ratios)},
        }


async def one_round(
    crowd: Crowd, bare: Crowd, pids: Mapping[str, int], options: Namespace
) -> dict[str, object]:
    """The floor, saturation, and half of it."""
    floor = len((await bare.closed(options.people, options.seconds / 3)).waits) / (options.seconds / 3)
    used, begun = _used(pids), time.perf_counter()
    full = await crowd.closed(options.people, options.seconds)
    spent = time.perf_counter() - begun
    rate = len(full.waits) / spent
    each = {name: 1000 * (seconds - used[name]) / len(full.waits) for name, seconds in _used(pids).items()}
    half = await crowd.steady(rate / 2, options.seconds)
    return {
        "floor_per_second": round(floor),
        "per_second": round(rate, 1),
        "of_floor": round(rate / floor, 4),
        "cpu_ms_each": {name: round(ms, 2) for name, ms in each.items()},
        "full": spread(full),
        "half": spread(half),
    }


def _used(pids: Mapping[str, int]) -> dict[str, float]:
    """Seconds of processor time by process, with the load generator and the stand-in, which are this one."""
    return {name: cpu_seconds(pid) for name, pid in pids.items()} | {"load": own_cpu_seconds(os.getpid())}


def spread(heard: Heard) -> dict[str, float]:
    """Milliseconds from message to answer."""
    cuts = quantiles(heard.waits, n=100, method="inclusive")
    places = {"p50": cuts[49], "p95": cuts[94], "p99": cuts[98]}
    return {name: round(1000 * cut, 1) for name, cut in places.items()} | {
        "messages": len(heard.waits),
        "lost": heard.lost,
    }


@asynccontextmanager
async def running(parts: list[Part]) -> AsyncIterator[list[Part]]:
    """Processes, ready; stopped at the end."""
    try:
        for part in parts:
            part.start()
        await asyncio.gather(*(part.ready() for part in parts))
        yield parts
    finally:
        for part in parts:
            part.kill()


def _service(services: Services, ears: Ears, workers: int, folder: Path) -> list[Part]:
    env = os.environ | {
        "SIAGA_DATABASE_URL": services.database_url,
        "SIAGA_REDIS_URL": services.redis_url,
        "SIAGA_SECRET_KEY": SECRET_KEY,
        "SIAGA_DATA_DIR": str(HOME / ".siaga"),
        "SIAGA_CONFIG_DIR": str(HOME / "config"),
        "SIAGA_PUBLIC_URL": PUBLIC,
        "SIAGA_QUIET_SECONDS": "0",
        "SIAGA_WHATSAPP_PER_SECOND": "400",
        "SIAGA_TWILIO_ACCOUNT_SID": ears.sid,
        "SIAGA_TWILIO_AUTH_TOKEN": ears.token,
        "SIAGA_TWILIO_WHATSAPP_NUMBER": ears.number,
        "SIAGA_TWILIO_API_BASE": ears.url,
    }
    names = ["web", *(f"worker{number}" for number in range(workers)), "sender"]
    return [_part(name, env, folder) for name in names]


def _part(name: str, env: Mapping[str, str], folder: Path) -> Part:
    port = free_port()
    command = [str(SIAGA), "serve", "--role", name.rstrip("0123456789"), "--port", str(port)]
    told = {**env, "SIAGA_METRICS_PORT": str(port)}
    return Part(name, command, told, port, folder / f"{name}.log")


def _floor(services: Services, ears: Ears, folder: Path) -> Part:
    port = free_port()
    env = os.environ | {
        "FLOOR_DATABASE": services.database_url,
        "FLOOR_TOKEN": ears.token,
        "FLOOR_URL": f"{PUBLIC}/webhooks/whatsapp",
        "PYTHONPATH": str(HOME),
    }
    command = [
        sys.executable,
        "-m",
        "uvicorn",
        "tests.bench.floor:app",
        "--port",
        str(port),
        "--no-access-log",
    ]
    return Part("floor", command, env, port, folder / "floor.log")


def main() -> None:
    """Read the options, measure, print the figures."""
    parser = ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=15, help="of saturation, and of half of it")
    parser.add_argument("--people", type=int, default=48, help="at once")
    parser.add_argument("--workers", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="siaga-bench-") as folder:
        print(json.dumps(asyncio.run(measure(options, Path(folder))), indent=2))  # noqa: T201


if __name__ == "__main__":
    main()
