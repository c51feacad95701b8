"""A server in a process of its own that answers every request wrongly, each time in the one way that it was told.

python -m tests.nlu.faulty PORT MANNER
"""

import asyncio
import gzip
import json
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress

from bot.settings import HOME

Writer = asyncio.StreamWriter
GOOD = {"intent": {"name": "ask_outage", "confidence": 0.9}, "intent_ranking": [], "entities": []}
OPEN: dict[Writer, asyncio.StreamReader] = {}
LATE = 0.6
"""Seconds after which the late ones answer."""


def answer(body: bytes, *headers: str, status: str = "200 OK") -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def parsed(text: str, **changes: object) -> bytes:
    return json.dumps({"text": text, **GOOD, **changes}).encode()


def intent(text: str, name: str, confidence: float) -> bytes:
    return answer(parsed(text, intent={"name": name, "confidence": confidence}))


AT_ONCE: dict[str, Callable[[str], bytes]] = {
    "error": lambda _: answer(b"{}", status="500 Internal Server Error"),
    "html": lambda _: answer(b"<html>hello</html>", "Content-Type: text/html"),
    "no_http": lambda _: b"\x00\x01\x02 what?\r\n\r\n",
    "other_json": lambda _: answer(b'{"hello": [1, 2]}'),
    "a_list": lambda _: answer(b"[]"),
    "deep": lambda _: answer(b"[" * 100_000),
    "nothing": lambda _: answer(b""),
    "unknown_intent": lambda text: intent(text, "weather", 0.9),
    "not_a_number": lambda text: intent(text, "ask_outage", float("nan")),
    "too_sure": lambda text: intent(text, "ask_outage", 7.0),
    "endless_confidence": lambda text: intent(text, "ask_outage", float("inf")),
    "another_text": lambda _: answer(parsed("what somebody else wrote")),
    "entities_are_words": lambda text: answer(parsed(text, entities="none")),
    "bad_thresholds": lambda text: answer(parsed(text), "Siaga-Model: x.tar.gz", "Siaga-Act: high"),
    "packed": lambda _: answer(gzip.compress(b" " * 1_000_000) * 50, "Content-Encoding: gzip"),
    "cut_off": lambda text: answer(parsed(text))[:-20],
}


async def huge(_text: str, writer: Writer) -> None:
    """Fifty megabytes."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 50000000\r\n\r\n")
    for _ in range(50):
        writer.write(b" " * 1_000_000)
        await writer.drain()


async def endless(_text: str, writer: Writer) -> None:
    """As fast as it is read, for ever."""
    writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        writer.write(b"3e8\r\n" + b" " * 1000 + b"\r\n")
        await writer.drain()


async def dripping(text: str, writer: Writer) -> None:
    """A byte now and then."""
    for byte in answer(parsed(text)):
        writer.write(bytes([byte]))
        await writer.drain()
        await asyncio.sleep(0.05)


async def late(text: str, writer: Writer) -> None:
    """Well, but after the deadline."""
    await asyncio.sleep(LATE)
    writer.write(answer(parsed(text)))


async def once_a_connection(text: str, writer: Writer) -> None:
    """Well, and the connection stays; but the next request on it is not answered any more."""
    body = parsed(text)
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
    await OPEN[writer].readexactly(1)


async def hung(_text: str, _writer: Writer) -> None:
    """Never."""
    await asyncio.Event().wait()


async def reset(_text: str, writer: Writer) -> None:
    """The connection is thrown away."""
    taken = writer.get_extra_info("socket")
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


IN_TIME: dict[str, Callable[[str, Writer], Awaitable[None]]] = {
    one.__name__: one for one in (huge, endless, dripping, late, once_a_connection, hung, reset)
}


@contextmanager
def answering(port: int, manner: str) -> Iterator[str]:
    """The server, once it takes connections; its address."""
    words = [sys.executable, "-m", "tests.nlu.faulty", str(port), manner]
    with subprocess.Popen(words, cwd=HOME, stderr=subprocess.DEVNULL) as process:
        try:
            until = time.monotonic() + 30
            while time.monotonic() < until:
                with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                    break
                time.sleep(0.02)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.kill()


async def main(port: int, manner: str) -> None:
    async def taken(reader: asyncio.StreamReader, writer: Writer) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            body = await reader.readexactly(int(head.partition(b"content-length:")[2].split(b"\r\n")[0]))
            text, OPEN[writer] = json.loads(body)["text"], reader
            if manner in AT_ONCE:
                writer.write(AT_ONCE[manner](text))
            else:
                await IN_TIME[manner](text, writer)
            await writer.drain()
        writer.close()

    async with await asyncio.start_server(taken, "127.0.0.1", port) as server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2]))
