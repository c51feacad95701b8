"""Participants on WhatsApp for a benchmark: signed webhooks over raw sockets, and answers seen at the stand-in."""

import asyncio
import itertools
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import Response

from tests.standins.twilio import TwilioStandIn

SAID = (
    "{min} kantor palembang hari ini buka {ga} {ya}",
    "SEP {ga} bisa terbit di RS SMC {min}",
    "makasih {ya} {min}",
)
"""What each says, one after the other; nobody spells it as the one before did (`said`)."""
_SPELT = 12  # ways of each filler


def said(number: int) -> list[str]:
    """What the `number`-th person says: the same things as all others, spelt anew, so that no answer of the interpreter
    is known already from somebody else.
    """
    first, second = number % _SPELT, number // _SPELT % _SPELT
    third = number // _SPELT**2
    fillers = {"min": "min" + "n" * first, "ga": "ga" + "k" * second, "ya": "ya" + "a" * (third % 40)}
    return [text.format(**fillers) for text in SAID]


PATIENCE = 60.0
"""Seconds after which an answer counts as never given."""


class Ears(TwilioStandIn):
    """A stand-in that tells who waits for it that a message was accepted.

    Args:
        answers_after: seconds that it takes to accept one, without any work.
    """

    def __init__(self, answers_after: float = 0.0) -> None:
        super().__init__()
        self._answers_after = answers_after
        self._loop = asyncio.get_running_loop()
        self._waiting: dict[str, asyncio.Future[float]] = {}

    def answer_to(self, address: str) -> "asyncio.Future[float]":
        """When (`time.perf_counter`) the next message to this address is accepted."""
        return self._waiting.setdefault(address, self._loop.create_future())

    async def _create_message(self, request: Request) -> Response:
        answer = await super()._create_message(request)
        if self._answers_after:
            await asyncio.sleep(self._answers_after)
        to, at = str((await request.form())["To"]), time.perf_counter()
        self._loop.call_soon_threadsafe(self._tell, to, at)  # the stand-in has a thread of its own
        return answer

    def _tell(self, to: str, at: float) -> None:
        future = self._waiting.pop(to, None)
        if future and not future.done():
            future.set_result(at)


@dataclass
class Heard:
    """Seconds from each message to its answer, and messages that never had one."""

    waits: list[float] = field(default_factory=list)
    lost: int = 0


@dataclass
class Crowd:
    """People who write to `url` (of a web process), which is known to Twilio as `public`."""

    ears: Ears
    url: str
    public: str
    answers: bool = True
    """Whether an answer is waited for, or the 2xx alone is what counts."""
    path: str = "/webhooks/whatsapp"
    """Where webhooks are taken."""
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(int(time.time() * 1000) % 10**9))

    async def closed(self, people: int, seconds: float) -> Heard:
        """So many at once, each place taken by the next person when one is done, for some seconds."""
        heard, until = Heard(), time.perf_counter() + seconds

        async def place() -> None:
            line = await Line.to(self.url)
            while time.perf_counter() < until:
                await self._person(line, heard, until)
            line.close()

        await asyncio.gather(*(place() for _ in range(people)))
        return heard

    async def steady(self, per_second: float, seconds: float) -> Heard:
        """New people at a steady rate of messages, whether the service keeps up or not."""
        heard = Heard()

        async def one() -> None:
            line = await Line.to(self.url)
            await self._person(line, heard, float("inf"))
            line.close()

        begun, tasks = time.perf_counter(), []
        for number in range(int(per_second / len(SAID) * seconds)):
            await asyncio.sleep(max(0, begun + number * len(SAID) / per_second - time.perf_counter()))
            tasks.append(asyncio.create_task(one()))
        await asyncio.gather(*tasks)
        return heard

    async def _person(self, line: "Line", heard: Heard, until: float) -> None:
        """Somebody new, who waits for each answer before the next message."""
        number = next(self._numbers)
        address = f"whatsapp:+628{number:010}"
        for text in said(number):
            if time.perf_counter() >= until:
                return
            form = self.ears.inbound(address, text)
            answer, begun = self.ears.answer_to(address), time.perf_counter()
            await line.post(self.path, form, self.ears.signed(f"{self.public}{self.path}", form))
            try:
                at = await asyncio.wait_for(answer, PATIENCE) if self.answers else time.perf_counter()
                heard.waits.append(at - begun)
            except TimeoutError:
                heard.lost += 1


@dataclass
class Line:
    """A connection that is kept open, as a provider's proxy does."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    @classmethod
    async def to(cls, url: str) -> "Line":
        """Connect."""
        place = urlsplit(url)
        return cls(*await asyncio.open_connection(place.hostname, place.port))

    async def post(self, path: str, form: dict[str, str], headers: dict[str, str]) -> None:
        """Deliver a message.

        Raises:
            RuntimeError: it was not taken.
        """
        body = urlencode(form)
        lines = [f"{name}: {value}" for name, value in headers.items()]
        head = [
            f"POST {path} HTTP/1.1",
            "Host: siaga.contoh.id",
            f"Content-Length: {len(body)}",
            *lines,
        ]
        self.writer.write(("\r\n".join(head) + "\r\n\r\n" + body).encode())
        got = (await self.reader.readuntil(b"\r\n\r\n")).lower()
        if length := got.partition(b"content-length:")[2].split(b"\r\n", 1)[0]:
            await self.reader.readexactly(int(length))
        if not got.startswith(b"http/1.1 2"):
            raise RuntimeError(got.split(b"\r\n", 1)[0].decode())

    def close(self) -> None:
        """Hang up."""
        self.writer.close()
