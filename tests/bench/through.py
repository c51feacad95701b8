"""From a participant's message to the provider's acceptance of the answer, through the whole service.

    .venv/bin/python -m tests.bench.through [--rounds 3] [--seconds 15] [--people 48] [--workers 1] [--stored 0]

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
from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from bot.local import Services, local_services
from bot.settings import HOME
from bot.storage.migrating import upgrade
from tests.bench.filling import fill
from tests.bench.participants import Crowd, Ears, Heard
from tests.bench.processes import cpu_seconds, own_cpu_seconds, resident_mb
from tests.parts import Part, running, service_part
from tests.running import environment, free_port
from tests.standins.server import listening

PUBLIC = "https://siaga.contoh.id"


async def measure(options: Namespace, folder: Path) -> dict[str, object]:
    """All rounds."""
    async with AsyncExitStack() as stack:
        services = stack.enter_context(local_services(folder / "services"))
        await upgrade(services.database_url)
        if options.stored:
            await fill(services.database_url, options.stored)
        ears = Ears()
        await stack.enter_async_context(listening(ears, 0))
        parts, floor = service(services, ears, options.workers, folder), _floor(services, ears, folder)
        await stack.enter_async_context(running([*parts, floor]))
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
    reached = await full_and_half(crowd, pids, options)
    return {
        "floor_per_second": round(floor),
        "of_floor": round(reached["per_second"] / floor, 4),
        **reached,
    }


async def full_and_half(crowd: Crowd, pids: Mapping[str, int], options: Namespace) -> dict[str, Any]:
    """Saturation, with what each process uses, and the waits at half of it."""
    used, begun = _used(pids), time.perf_counter()
    full = await crowd.closed(options.people, options.seconds)
    spent = time.perf_counter() - begun
    rate = len(full.waits) / spent
    each = {name: 1000 * (seconds - used[name]) / len(full.waits) for name, seconds in _used(pids).items()}
    half = await crowd.steady(rate / 2, options.seconds)
    return {
        "per_second": round(rate, 1),
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


def service(services: Services, ears: Ears, workers: int, folder: Path) -> list[Part]:
    """Our processes, the web first, with the quiet time off; not started yet."""
    env = environment(
        services.database_url,
        ears,
        redis_url=services.redis_url,
        public_url=PUBLIC,
        quiet_seconds=0,
        whatsapp_per_second=400,
    )
    names = ["web", *(f"worker{number}" for number in range(workers)), "sender"]
    return [service_part(name, env, folder) for name in names]


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
    parser.add_argument("--stored", type=int, default=0, help="messages that are in the database already")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="siaga-bench-") as folder:
        print(json.dumps(asyncio.run(measure(options, Path(folder))), indent=2))  # noqa: T201


if __name__ == "__main__":
    main()
