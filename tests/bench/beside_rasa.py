"""The whole service beside a full Rasa Open Source assistant of the same size, in turns in one run.

    .venv/bin/python -m tests.bench.beside_rasa [--rounds 2] [--seconds 15] [--people 24] [--workers 1]
        [--rasa-workers 2] [--pipeline shipped|plain|diet] [--channel twilio|rest] [--answers-after 0.1]

Ours is measured as `tests.bench.through` does it. Rasa (`tests.bench.rasa_assistant`) keeps its conversations in the
same PostgreSQL and its locks in the same Valkey. Over its own Twilio channel it does what ours does, from the webhook
to the accepted answer, but for the signature, which it does not check; over its REST channel, the cheapest way in that
it has, the answer comes in the response and nothing is sent. Everybody is new and says the same sentences to both. In
every round each side is measured at saturation and at half of its own rate, the other side first in the next round.
The first run trains the assistant (minutes) and keeps it in .siaga/bench. Figures are one JSON object.
"""

import asyncio
import json
import os
import tempfile
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import parse_qs, urlsplit

import asyncpg
from redis.asyncio import Redis

from bot.local import Services, local_services
from bot.nlu.rasa.home import rasa_python
from bot.settings import HOME
from bot.storage.migrating import upgrade
from tests.bench.participants import PATIENCE, Crowd, Ears, Heard, Line, said
from tests.bench.processes import resident_mb
from tests.bench.rasa_assistant import (
    PIPELINES,
    SHIPPED,
    TWILIO,
    Account,
    Broken,
    Stores,
    processes,
    prove_form,
    trained,
)
from tests.bench.through import PUBLIC, full_and_half, service
from tests.parts import Part, running
from tests.running import free_port
from tests.standins.server import listening

DATA = HOME / ".siaga"
MISSING = "There is no environment for Rasa (Python 3.10): `siaga nlu train --rasa` makes it."
DATABASE = "rasa"
"""Rasa's database, in the same PostgreSQL as ours."""
Measured = dict[str, Any]


@dataclass
class Askers(Crowd):
    """People who write to Rasa's REST channel, where the response is the answer."""

    async def _person(self, line: Line, heard: Heard, until: float) -> None:
        """Somebody new, who waits for each answer before the next message.

        On a connection of their own: one that is kept stays with the process of Rasa's that took it, so that one of
        two processes may do most of the work.
        """
        line, number = await Line.to(self.url), next(self._numbers)
        sender = f"bench-{number}"
        for text in said(number):
            if time.perf_counter() >= until:
                break
            begun = time.perf_counter()
            async with asyncio.timeout(PATIENCE):
                answers = await _ask(line, {"sender": sender, "message": text})
            if answers:
                heard.waits.append(time.perf_counter() - begun)
            else:
                heard.lost += 1
        line.close()


@dataclass
class Texters(Crowd):
    """People whose messages Twilio delivers to Rasa, each on a connection of their own, as `Askers`."""

    path: str = TWILIO

    async def _person(self, line: Line, heard: Heard, until: float) -> None:
        line = await Line.to(self.url)
        await super()._person(line, heard, until)
        line.close()


CHANNELS = {"twilio": Texters, "rest": Askers}


async def _ask(line: Line, message: dict[str, str]) -> list[object]:
    """What Rasa says to a message.

    Raises:
        RuntimeError: it refused it.
    """
    body = json.dumps(message).encode()
    head = "POST /webhooks/rest/webhook HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    line.writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
    got = (await line.reader.readuntil(b"\r\n\r\n")).lower()
    length = int(got.partition(b"content-length:")[2].split(b"\r\n", 1)[0])
    answers: list[object] = json.loads(await line.reader.readexactly(length))
    if not got.startswith(b"http/1.1 200"):
        raise RuntimeError(got.split(b"\r\n", 1)[0].decode())
    return answers


async def measure(options: Namespace, python: Path, archive: Path, folder: Path) -> Measured:
    """All rounds.

    Raises:
        Broken: the assistant's form opened no case, or it does not keep its conversations in PostgreSQL.
    """
    async with AsyncExitStack() as stack:
        services = stack.enter_context(local_services(folder / "services"))
        await upgrade(services.database_url)
        ears = Ears(options.answers_after)
        await stack.enter_async_context(listening(ears, 0))
        ours = service(services, ears, options.workers, folder)
        account = Account(ears.sid, ears.token, ears.number, ears.url)
        theirs = processes(python, archive, await _stores(services), account, options.rasa_workers, folder)
        await stack.enter_async_context(running([*ours, *theirs]))
        url = f"http://127.0.0.1:{theirs[0].port}"
        await prove_form(url)
        crowds = {
            "siaga": Crowd(ears, f"http://127.0.0.1:{ours[0].port}", PUBLIC),
            "rasa": CHANNELS[options.channel](ears, url, PUBLIC),
        }
        pids = {"siaga": _pids(ours, services), "rasa": _pids(theirs, services)}
        sides = {name: partial(full_and_half, crowd, pids[name], options) for name, crowd in crowds.items()}
        for crowd in crowds.values():
            await crowd.closed(options.people, 3)  # warm
        rounds = [await _round(sides, first=number % 2) for number in range(options.rounds)]
        await _prove_kept(services, rounds)
        ratios = [one["over_rasa"] for one in rounds]
        return {
            "model": archive.name,
            "pipeline": options.pipeline,
            "channel": options.channel,
            "answers_after": options.answers_after,
            "rounds": rounds,
            "memory_mb": {
                side: {name: round(resident_mb(pid)) for name, pid in of.items()} for side, of in pids.items()
            },
            "over_rasa": {"median": round(median(ratios), 2), "from": min(ratios), "to": max(ratios)},
        }


async def _round(sides: Mapping[str, Callable[[], Awaitable[Measured]]], first: int) -> Measured:
    """Both sides, one after the other."""
    names = list(sides)[::-1] if first else list(sides)
    found = {name: await sides[name]() for name in names}
    return {
        "over_rasa": round(found["siaga"]["per_second"] / found["rasa"]["per_second"], 2),
        "load_average": round(os.getloadavg()[0], 1),
        **found,
    }


def _pids(parts: Sequence[Part], services: Services) -> dict[str, int]:
    pids = {part.name: part.process.pid for part in parts if part.process}
    return pids | {"postgres": services.postgres.pid, "valkey": services.redis.pid}


async def _stores(services: Services) -> Stores:
    """A database for Rasa, and a port for Valkey: Rasa's lock store knows no sockets."""
    connection = await asyncpg.connect(services.database_url)
    await connection.execute(f"CREATE DATABASE {DATABASE}")
    await connection.close()
    port = free_port()
    async with Redis.from_url(services.redis_url) as redis:
        await redis.config_set("bind", "127.0.0.1")
        await redis.config_set("port", port)
    return Stores(parse_qs(urlsplit(services.database_url).query)["host"][0], DATABASE, port)


async def _prove_kept(services: Services, rounds: list[Measured]) -> None:
    """Rasa answers on from memory when it does not reach its tracker store: look whether all is there.

    Raises:
        Broken: PostgreSQL knows of fewer messages than were answered.
    """
    connection = await asyncpg.connect(services.database_url, database=DATABASE)
    kept = await connection.fetchval("SELECT count(*) FROM events WHERE type_name = 'user'")
    await connection.close()
    answered = sum(one["rasa"][at]["messages"] for one in rounds for at in ("full", "half"))
    if kept < answered:
        raise Broken(f"Rasa answered {answered} messages, and PostgreSQL has {kept} of them.")


def main() -> None:
    """Read the options, measure, print the figures."""
    parser = ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=15, help="of saturation, and of half of it")
    parser.add_argument("--people", type=int, default=24, help="at once")
    parser.add_argument("--workers", type=int, default=1, help="of ours")
    parser.add_argument(
        "--rasa-workers", type=int, default=2, help="processes of Rasa's, each with the model"
    )
    parser.add_argument("--pipeline", choices=[SHIPPED, *PIPELINES], default=SHIPPED)
    parser.add_argument("--channel", choices=list(CHANNELS), default="twilio", help="of Rasa's")
    parser.add_argument(
        "--answers-after", type=float, default=0.1, help="seconds that Twilio's API takes, for both"
    )
    options = parser.parse_args()
    if python := rasa_python(DATA):
        archive = trained(python, DATA, options.pipeline)
        with tempfile.TemporaryDirectory(prefix="siaga-bench-") as folder:
            figures = asyncio.run(measure(options, python, archive, Path(folder)))
    else:
        figures = {"missing": MISSING}
    print(json.dumps(figures, indent=2))  # noqa: T201


if __name__ == "__main__":
    main()
