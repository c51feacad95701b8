"""How near a broadcast comes to the allowed rate, whether it ever exceeds it, and what memory it takes.

    .venv/bin/python -m tests.bench.broadcast [--people 3000] [--telegram 30] [--whatsapp 60] [--latency 0.1]

A real PostgreSQL with fsync on, a real Valkey, one process that makes and sends, and the providers' stand-ins in
another, which answer after `latency` seconds and refuse with 429 whatever exceeds the rate in any second.
Half of the people are on each channel. `share` is the rate that was reached while the channel had something to send,
over the rate that was allowed. The figures are one JSON object.
"""

import asyncio
import json
import logging
import os
import secrets
import tempfile
import time
from argparse import ArgumentParser, Namespace
from bisect import bisect_left
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import structlog
import uvloop
from sqlalchemy import select

from bot.app import clock
from bot.channels.telegram import Telegram, TelegramAccount
from bot.channels.whatsapp import WhatsApp
from bot.channels.whatsapp_api import TwilioAccount
from bot.config import load_config
from bot.delivery.limits import limits
from bot.delivery.pace import Pace
from bot.delivery.sender import Sender
from bot.live import Live
from bot.local import Services, local_services
from bot.notices import broadcasts
from bot.notices.broadcaster import Broadcaster
from bot.notices.publishing import NewNotice, Publisher
from bot.serving import spare_what_is_loaded
from bot.settings import HOME
from bot.storage.engine import Database
from bot.storage.migrating import upgrade
from bot.storage.sealing import Sealer
from bot.storage.tables import (
    Agent,
    Broadcast,
    BroadcastState,
    NoticeKind,
    Role,
)
from bot.texts import load_texts
from tests.delivery.contents import Contents
from tests.standins import running_telegram, running_twilio
from tests.standins.server import Fault, StandIn
from tests.subscribers import subscribers


@dataclass(frozen=True)
class Site:
    """Where the service finds everything."""

    database_url: str
    redis_url: str
    key: str
    twilio: TwilioAccount
    telegram: TelegramAccount
    rates: tuple[float, float]


async def serve(site: Site) -> None:
    """Make and send, as a worker and a sender of the service do, until killed."""
    database, sealer = Database(site.database_url), Sealer(site.key)
    channels = {"whatsapp": WhatsApp(site.twilio, Contents()), "telegram": Telegram(site.telegram)}
    broadcaster = Broadcaster(
        database=database,
        sealer=sealer,
        config=load_config(HOME / "config"),
        texts=load_texts(HOME / "config" / "texts"),
        channels=tuple(channels),
        live=Live(None),
        clock=clock,
    )
    pace = Pace(limits(*site.rates), site.redis_url)
    spare_what_is_loaded()
    never = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(broadcaster.run(never))
        group.create_task(Sender(database, sealer, channels, clock, pace=pace).run(never))


async def measure(services: Services, args: Namespace) -> dict[str, object]:
    """Tell everybody, and report."""
    await upgrade(services.database_url)
    database = Database(services.database_url)
    async with running_twilio() as twilio, running_telegram() as telegram:
        for standin, rate in ((twilio, args.whatsapp), (telegram, args.telegram)):
            standin.per_second = int(rate)
            standin.weather = _late(args.latency)
        site = Site(
            services.database_url,
            services.redis_url,
            secrets.token_hex(32),
            TwilioAccount(
                sid=twilio.sid,
                token=twilio.token,
                number=twilio.number,
                public_url="https://siaga.example",
                api_base=twilio.url,
            ),
            TelegramAccount(token=telegram.token, secret=telegram.secret, api_base=telegram.url),
            (args.whatsapp, args.telegram),
        )
        await subscribers(database, args.people // 2, clock())
        spare_what_is_loaded()  # a stand-in that stands still would take what comes meanwhile for a burst
        process = get_context("spawn").Process(target=_run, args=(site,))
        process.start()
        assert process.pid
        await asyncio.sleep(5)  # it has read its files by then
        before = _megabytes(process.pid)
        began = time.perf_counter()
        await _publish(database)
        publishing = time.perf_counter() - began
        counting = await _until_done(database, args.seconds)
        found = {
            "publishing_seconds": round(publishing, 3),
            "whatsapp": _reached(twilio, args.whatsapp),
            "telegram": _reached(telegram, args.telegram),
            "memory_mb": {"before": before, "most": _megabytes(process.pid)},
            "counting_ms": counting,
            "load": os.getloadavg()[0],
        }
        process.kill()
        process.join()
    await database.close()
    return found


def _run(site: Site) -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    uvloop.run(serve(site))


def _late(seconds: float) -> Callable[[object], Awaitable[Fault]]:
    """Every answer comes late."""

    async def weather(_request: object) -> Fault:
        return Fault(delay=seconds)

    return weather


def _reached(standin: StandIn, rate: float) -> dict[str, object]:
    at = [moment for moment, _ in standin.arrived]
    seconds = at[-1] - at[0]
    within = [bisect_left(at, moment + 1) - number for number, moment in enumerate(at)]
    over = [round(moment - at[0], 1) for moment, count in zip(at, within, strict=True) if count > rate]
    return {
        "messages": len(at),
        "people": len({to for _, to in standin.arrived}),
        "seconds": round(seconds, 1),
        "allowed_per_second": rate,
        "share": round((len(at) - 1) / seconds / rate, 4),
        "most_in_a_second": max(within),
        "over_the_rate_at_seconds": over[:20],
        "refused": len(at) - len(standin.taken),
    }


async def _until_done(database: Database, seconds: float) -> float:
    """Wait for the end, `seconds` at most; how long counting took in the end, in milliseconds."""
    until = time.monotonic() + seconds
    while True:
        await asyncio.sleep(1)
        async with database.sessions() as session:
            broadcast = (await session.scalars(select(Broadcast))).one()
            began = time.perf_counter()
            await broadcasts.progress(session, [broadcast], clock())
            took = 1000 * (time.perf_counter() - began)
        if broadcast.state is BroadcastState.DONE or time.monotonic() > until:
            return round(took, 1)


async def _publish(database: Database) -> None:
    async with database.sessions.begin() as session:
        supervisor = Agent(name="Bench", role=Role.SUPERVISOR)
        session.add(supervisor)
        await session.flush()
        notice = NewNotice(
            kind=NoticeKind.OUTAGE,
            title="VClaim gangguan",
            scope={"national": True},
            starts_at=clock(),
            broadcast=True,
        )
        publisher = Publisher(load_config(HOME / "config"))
        await publisher.publish(session, notice, supervisor, clock())


def _megabytes(pid: int) -> int:
    """The most memory that a process has had so far."""
    [line] = [one for one in Path(f"/proc/{pid}/status").read_text().splitlines() if one.startswith("VmHWM")]
    return int(line.split()[1]) // 1024


def main() -> None:
    """Measure once and print."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=3000)
    parser.add_argument("--telegram", type=float, default=30)
    parser.add_argument("--whatsapp", type=float, default=60)
    parser.add_argument("--latency", type=float, default=0.1, help="seconds until a provider answers")
    parser.add_argument("--seconds", type=float, default=120, help="stop after so long")
    args = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="siaga-bench-") as folder,
        local_services(Path(folder)) as services,
    ):
        print(json.dumps(asyncio.run(measure(services, args)), indent=2))  # noqa: T201


if __name__ == "__main__":
    main()
