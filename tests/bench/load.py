"""A closed loop of requests over raw sockets, cheap enough to share a machine with the server that it measures."""

import asyncio
import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle
from statistics import quantiles


@dataclass(frozen=True)
class Load:
    """What one round came to: answers a second, and milliseconds an answer took."""

    per_second: float
    p50: float
    p95: float


async def closed_loop(port: int, texts: Sequence[str], *, in_flight: int, seconds: float) -> Load:
    """Keep `in_flight` requests for ``/model/parse`` under way, each on a connection of its own.

    Raises:
        RuntimeError: an answer had another status than 200.
    """
    took: list[float] = []
    requests = cycle([_request(text) for text in texts])
    begun = time.perf_counter()
    askers = [_ask(port, requests, begun + seconds, took) for _ in range(in_flight)]
    await asyncio.gather(*askers)
    spent = time.perf_counter() - begun
    cuts = quantiles(took, n=20, method="inclusive")
    return Load(len(took) / spent, 1000 * cuts[9], 1000 * cuts[18])


async def _ask(port: int, requests: Iterator[bytes], until: float, took: list[float]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while (begun := time.perf_counter()) < until:
        writer.write(next(requests))
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        await reader.readexactly(int(head.partition(b"content-length:")[2].split(b"\r\n", 1)[0]))
        if not head.startswith(b"http/1.1 200"):
            raise RuntimeError(head.split(b"\r\n", 1)[0].decode())
        took.append(time.perf_counter() - begun)
    writer.close()


def _request(text: str) -> bytes:
    body = json.dumps({"text": text}).encode()
    return (
        b"POST /model/parse HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        b"Content-Length: %d\r\n\r\n%b" % (len(body), body)
    )
