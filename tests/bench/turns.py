"""How many turns a second one worker process takes, and how long a participant waits for one.

    .venv/bin/python -m tests.bench.turns [--people 200] [--messages 3]

PostgreSQL is a real one with fsync on, the interpreter the embedded one. Everybody writes their first message at the
same moment, which is the worst case; the next ones follow as they are answered. Sending is not part of it; asking
whether an answer is there yet is (every quarter of a second, in the same process). The figures are one JSON object;
compare them only with runs of the same minutes on the same machine.
"""

import asyncio
import json
import secrets
import tempfile
import time
from argparse import ArgumentParser
from collections.abc import Sequence
from dataclasses import replace
from itertools import cycle, islice
from pathlib import Path
from statistics import quantiles
from uuid import uuid4

from sqlalchemy import func, select

from bot.app import Bot, assembled, clock
from bot.delivery import inbox
from bot.local import local_services
from bot.messages import Address, Incoming, Interpretation
from bot.nlu.cache import Cached
from bot.settings import Settings
from bot.storage.migrating import upgrade
from bot.storage.tables import Inbox, InboxState, Outbox
from bot.worker import Turns, Worker
from tests.bench.participants import said


async def measure(settings: Settings, people: int, messages: int) -> dict[str, object]:
    """Write `messages` for each of `people`, and have one worker answer all of them."""
    await upgrade(settings.database_url)
    async with assembled(settings) as bot:
        timed = Timed(bot.interpreter)
        conversations = replace(bot.conversations, interpreter=timed)
        worker = Worker(
            bot.database, bot.sealer, Turns(conversations.take_turn, conversations.take_together), clock
        )
        stopping = asyncio.Event()
        task = asyncio.create_task(worker.run(stopping))
        started, cpu = time.perf_counter(), time.process_time()
        await asyncio.gather(*(_person(bot, number, messages) for number in range(people)))
        seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
        stopping.set()
        await task
        return await _figures(bot, seconds, cpu) | {"interpretation_ms": timed.spread()}


class Timed:
    """Notes what interpretation adds to each turn; without a cache, since real people do not all write the same."""

    def __init__(self, interpreter: Cached) -> None:
        self._behind = interpreter.behind
        self._took: list[float] = []
        self.name, self.model = self._behind.name, self._behind.model

    async def interpret(self, texts: Sequence[str]) -> list[Interpretation]:
        """As the interpreter behind."""
        begun = time.perf_counter()
        read = await self._behind.interpret(texts)
        self._took.append(1000 * (time.perf_counter() - begun))
        return read

    def spread(self) -> dict[str, float]:
        """Milliseconds."""
        cuts = quantiles(self._took, n=100, method="inclusive")
        return {"p50": round(cuts[49], 2), "p95": round(cuts[94], 2), "p99": round(cuts[98], 2)}


async def _person(bot: Bot, number: int, messages: int) -> None:
    """One participant, who waits for each answer."""
    address = Address(f"bench:{number}")
    for text in islice(cycle(said(number)), messages):
        message = Incoming(
            channel="bench", address=address, provider_id=str(uuid4()), sent_at=clock(), text=text
        )
        await inbox.store(bot.database, bot.sealer, [message], clock())
        await _answered(bot, message.provider_id)


async def _answered(bot: Bot, provider_id: str) -> None:
    query = select(Inbox.state).where(Inbox.channel == "bench", Inbox.provider_id == provider_id)
    while True:
        async with bot.database.sessions() as session:
            if await session.scalar(query) is not InboxState.PENDING:
                return
        await asyncio.sleep(0.25)


async def _figures(bot: Bot, seconds: float, cpu: float) -> dict[str, object]:
    async with bot.database.sessions() as session:
        rows = (await session.execute(select(Inbox.state, Inbox.received_at, Inbox.done_at))).all()
        replies = await session.scalar(select(func.count()).select_from(Outbox))
    done = [(done_at - received_at).total_seconds() for state, received_at, done_at in rows if done_at]
    cuts = quantiles(done, n=100, method="inclusive")
    return {
        "messages": len(rows),
        "done": len(done),
        "replies": replies,
        "seconds": round(seconds, 2),
        "per_second": round(len(done) / seconds, 1),
        "cpu_ms_each": round(1000 * cpu / len(done), 1),
        "wait_s": {"p50": round(cuts[49], 3), "p95": round(cuts[94], 3), "p99": round(cuts[98], 3)},
    }


def main() -> None:
    """Read the options, start the servers, print the figures."""
    parser = ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--people", type=int, default=200)
    parser.add_argument("--messages", type=int, default=3, help="of each of them")
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="siaga-bench-") as folder,
        local_services(Path(folder)) as services,
    ):
        settings = Settings(
            database_url=services.database_url,
            redis_url=services.redis_url,
            secret_key=secrets.token_hex(32),
        )
        print(json.dumps(asyncio.run(measure(settings, options.people, options.messages))))  # noqa: T201


if __name__ == "__main__":
    main()
