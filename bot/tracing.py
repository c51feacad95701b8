"""One id for the whole way of a message: from the webhook through its turn and its reply to the status callback.

The id is a trace id of W3C's Trace Context (https://www.w3.org/TR/trace-context/). It travels as `traceparent` with
the rows of the inbox and the outbox and in the address of the status callback, and stands in every log line as
`trace`. Where a collector listens, the steps on the way are also spans (`bot.spans`, which is only then imported).
"""

import re
import secrets
from collections.abc import Awaitable, Iterator, MutableMapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar
from urllib.parse import parse_qs

from starlette.types import ASGIApp, Receive, Scope, Send
from structlog.contextvars import bound_contextvars

T = TypeVar("T")

_FORM = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})")


@dataclass(frozen=True, slots=True)
class Step:
    """Where something stands on its way.

    Args:
        trace: the id of the whole way, 32 hexadecimal digits.
        span: the id of this step, 16 hexadecimal digits.
        recorded: whether a collector is told of this step.
    """

    trace: str
    span: str
    recorded: bool

    def __str__(self) -> str:
        return f"00-{self.trace}-{self.span}-{int(self.recorded):02x}"


class Recorder(Protocol):
    """What tells a collector of steps."""

    def span(
        self, name: str, joined: Sequence[Step], attributes: MutableMapping[str, str | int]
    ) -> AbstractContextManager[None]:
        """A step that takes as long as the block runs."""
        ...


_present: ContextVar[Step | None] = ContextVar("siaga_step", default=None)
_recorders: list[Recorder] = []  # at most one


def read(traceparent: str | None) -> Step | None:
    """The step that `traceparent` names; None if it names none."""
    found = _FORM.fullmatch(traceparent or "")
    if found is None or not int(found[1], 16) or not int(found[2], 16):
        return None
    return Step(found[1], found[2], bool(int(found[3], 16) & 1))


def present() -> Step | None:
    """The step in which this runs, if any."""
    return _present.get()


def traceparent() -> str:
    """The present step as it is kept; outside of any, a new one each time."""
    return str(present() or _new())


@contextmanager
def standing_at(step: Step) -> Iterator[None]:
    """Make `step` the present one."""
    token = _present.set(step)
    try:
        yield
    finally:
        _present.reset(token)


@contextmanager
def followed(kept: str | None) -> Iterator[None]:
    """Go on where `kept`, a traceparent, stopped, or begin a way; log lines of the block have its id as `trace`."""
    step = read(kept) or _new()
    with standing_at(step), bound_contextvars(trace=step.trace):
        yield


async def along(kept: str | None, work: Awaitable[T]) -> T:
    """Do `work` where `kept`, a traceparent, stopped: as a task of its own."""
    with followed(kept):
        return await work


def span(name: str, joined: Sequence[str] = (), **attributes: str | int) -> AbstractContextManager[None]:
    """A step that takes as long as the block runs, if anybody wants to know.

    Args:
        joined: traceparents of other ways that come together in it.
        attributes: what it is about, in names and counts; never anything of a person.
    """
    if not _recorders:
        return nullcontext()
    steps = [step for one in joined if (step := read(one))]
    return _recorders[0].span(name, steps, attributes)


@contextmanager
def recorded_by(recorder: Recorder) -> Iterator[None]:
    """Tell `recorder` of every span while the block runs."""
    _recorders.insert(0, recorder)
    try:
        yield
    finally:
        _recorders.remove(recorder)


class Traced:
    """Every request of the web pages stands on a way: that of its ``traceparent`` header or query, or a new one.

    The query is where status callbacks of our own messages have it (`on_its_way`).
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        with bound_contextvars(role="web"), followed(_told(scope)):
            await self._app(scope, receive, send)


def on_its_way(url: str) -> str:
    """`url`, a callback's address, with the present step in its query; as it is where there is none."""
    step = present()
    return f"{url}?traceparent={step}" if step else url


def _told(scope: MutableMapping[str, Any]) -> str | None:
    query: bytes = scope["query_string"]
    if b"traceparent=" in query:
        return parse_qs(query.decode("latin-1")).get("traceparent", [None])[0]
    for name, value in scope["headers"]:
        if name == b"traceparent":
            return str(value.decode("latin-1"))
    return None


def _new() -> Step:
    return Step(secrets.token_hex(16), secrets.token_hex(8), recorded=False)
