"""What both stand-ins share: a server in a thread of its own, and failures on demand."""

import asyncio
import socket
import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

Handler = Callable[[Request], Awaitable[Response]]


@dataclass
class Fault:
    """One failure to come: an answer instead of the right one, a delay before it, or no answer at all.

    With `after_taking` the request is carried out first, as when an answer is lost on its way back.
    """

    status: int = 0
    body: object = None
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0
    cut: bool = False
    after_taking: bool = False


@dataclass
class Taken:
    """A message that was accepted: when, and when the whole answer was on its way (None: it never was, or nobody was
    there to hear it).

    Times are those of `time.monotonic`.
    """

    at: float
    answered_at: float | None = None


class StandIn:
    """A provider's server. `url` is where it listens; `faults` hit the next requests, in order.

    `weather` is asked for a fault of any other request. `taken` tells of every accepted message, by its id, whether
    its sender could know.

    With `per_second` or `per_person` set it refuses what comes faster: so many messages in any second, and so many to
    one person in so many seconds. `arrived` holds when each message came and to whom, also those that were refused.
    """

    def __init__(self) -> None:
        self.url = ""
        self.faults: deque[Fault] = deque()
        self.per_second: int | None = None
        self.per_person: tuple[int, float] | None = None
        self.arrived: list[tuple[float, str]] = []
        self.weather: Callable[[Request], Awaitable[Fault | None]] | None = None
        self.taken: dict[str, Taken] = {}

    def take(self, request: Request, message: str) -> None:
        """Note that a message was accepted, by its id."""
        self.taken[message] = request.state.taken = Taken(time.monotonic())

    def too_fast(self, to: str) -> bool:
        """Note a message to somebody; whether it is over a limit."""
        now = time.monotonic()
        self.arrived.append((now, to))
        second = [at for at, _ in self.arrived[-1000:] if now - at < 1]
        count, seconds = self.per_person or (0, 0.0)
        to_them = [at for at, whose in self.arrived[-1000:] if whose == to and now - at < seconds]
        return bool((self.per_second and len(second) > self.per_second) or (count and len(to_them) > count))

    def routes(self) -> list[BaseRoute]:
        raise NotImplementedError

    def fail_next(
        self,
        status: int,
        body: object = None,
        *,
        times: int = 1,
        headers: dict[str, str] | None = None,
        after_taking: bool = False,
    ):
        """Answer the next `times` requests with `status` and a JSON (or text) body, whether taken or not."""
        fault = Fault(status=status, body=body, headers=headers or {}, after_taking=after_taking)
        self.faults.extend(fault for _ in range(times))

    def let_next_pass(self) -> None:
        """Answer the next request as usual; the faults ordered after this one hit later ones."""
        self.faults.append(Fault())

    def hang_next(self, seconds: float, *, after_taking: bool = True):
        """Take the next request, but answer it late."""
        self.faults.append(Fault(delay=seconds, after_taking=after_taking))

    def cut_next(self, *, after_taking: bool = True):
        """Take the next request (or not), then close the connection without an answer."""
        self.faults.append(Fault(cut=True, after_taking=after_taking))

    def faulty(self, handler: Handler) -> Handler:
        """`handler`, but with the failures that were ordered."""

        async def answer(request: Request) -> Response:
            fault = self.faults.popleft() if self.faults else None
            if fault is None and self.weather:
                fault = await self.weather(request)
            if fault is None:
                return await _told(request, await handler(request))
            response = await handler(request) if fault.after_taking else None
            await asyncio.sleep(fault.delay)
            if fault.cut:
                await _cut(request)
                return Response()  # nobody hears it, and a request that was not taken before is not taken now
            if fault.status:
                return _plain(fault)
            return await _told(request, response or await handler(request))

        return answer


async def _told(request: Request, response: Response) -> Response:
    """`response`, after noting that a message was accepted, unless whoever sent it was gone before we looked at it."""
    if hasattr(request.state, "taken"):
        for _ in range(2):  # in which the end of a connection is read that came right behind the request
            await asyncio.sleep(0)
        if not await request.is_disconnected():
            request.state.taken.answered_at = time.monotonic()
    return response


async def _cut(request: Request) -> None:
    # The connection's own transport: closing it is what a broken network looks like to the client.
    request.receive.__self__.transport.abort()
    await asyncio.sleep(0.01)


def _plain(fault: Fault) -> Response:
    if isinstance(fault.body, str):
        return Response(fault.body, fault.status, fault.headers, "text/html")
    return JSONResponse(fault.body, fault.status, fault.headers)


@asynccontextmanager
async def listening(standin: StandIn, port: int = 0) -> AsyncIterator[StandIn]:
    """Serve `standin` on loopback (a free port unless one is given) in a thread, so that nobody blocks it."""
    listener = socket.create_server(("127.0.0.1", port))
    standin.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    config = uvicorn.Config(
        Starlette(routes=standin.routes()), log_level="critical", lifespan="off", timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    deadline = time.monotonic() + 10
    while not server.started:
        if not thread.is_alive() or time.monotonic() > deadline:
            raise RuntimeError("the stand-in did not start")
        await asyncio.sleep(0.005)
    try:
        yield standin
    finally:
        server.should_exit = True
        await asyncio.to_thread(thread.join, 5)
        listener.close()
