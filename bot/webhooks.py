"""The providers' way in: verify, parse, one INSERT, answer. Everything else happens later."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

import structlog
from starlette.background import BackgroundTask
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from bot import metrics, tracing
from bot.channels.channel import Channel, Webhook
from bot.delivery import inbox
from bot.delivery.inbox import Arrival
from bot.delivery.together import Together
from bot.errors import BadPayload, Forged, SiagaError
from bot.messages import Delivery, Event, Incoming, Receipt
from bot.storage.engine import UNAVAILABLE, Database
from bot.storage.sealing import Sealer

log = structlog.get_logger()

LARGEST = 1024 * 1024
"""Bytes of a body; what providers post is a few kilobytes, files come by reference."""

AGAIN_AFTER = "5"
"""Seconds after which a provider may come again when PostgreSQL is away; Telegram obeys."""


STORED_WITHIN = 3.0
"""Seconds for the INSERT; then the provider is told to come again. Twilio waits 4 (docs/channels.md)."""


AT_ONCE = 500
"""Verified requests that may wait for PostgreSQL at the same time in one process: with more, none would be in time."""


class TooLarge(SiagaError):
    """A webhook's body is over the limit."""


REFUSALS: Mapping[type[Exception], int] = {Forged: 403, TooLarge: 413}

_STORED = "stored"
_OUTCOMES: Mapping[type[Exception], str] = {
    Forged: "forged",
    BadPayload: "bad_payload",
    TooLarge: "too_large",
    ClientDisconnect: "cut_off",
}


@dataclass(frozen=True, kw_only=True)
class Intake:
    """What the webhooks need.

    Args:
        channels: by name; a webhook of a channel that is not there is answered 404.
        clock: the present time, aware.
        quiet_seconds: how long a turn waits for the participant's next message.
        room: for what is being stored; without any the provider is told to come again.
    """

    database: Database
    sealer: Sealer
    channels: Mapping[str, Channel]
    clock: Callable[[], datetime]
    quiet_seconds: float = 0.0
    room: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))

    @cached_property
    def keeping(self) -> Together[Arrival, int]:
        """Where what was delivered is kept: with one commit for all that comes at the same moment."""

        async def keep(arrivals: Sequence[Arrival]) -> list[int]:
            storing = inbox.store_all(self.database, self.sealer, arrivals, self.quiet_seconds)
            return await _within(STORED_WITHIN, asyncio.create_task(storing))

        return Together(keep)


def routes(intake: Intake) -> list[Route]:
    """The webhooks of all channels: plain routes, since there is nothing in them for FastAPI to read or document."""

    # Twilio takes a body that is not XML for an error (12300), so there is none: 204.
    async def whatsapp(request: Request) -> Response:
        return await _take_in(intake, "whatsapp", request, answer=204)

    async def telegram(request: Request) -> Response:
        return await _take_in(intake, "telegram", request, answer=200)

    return [
        Route("/webhooks/whatsapp", whatsapp, methods=["POST"]),
        Route("/webhooks/whatsapp/status", whatsapp, methods=["POST"]),
        Route("/webhooks/telegram", telegram, methods=["POST"]),
    ]


async def _take_in(intake: Intake, name: str, request: Request, answer: int) -> Response:
    channel = intake.channels.get(name)
    if channel is None:
        return Response(status_code=404)
    began = time.perf_counter()
    with tracing.span("webhook", channel=name):
        response, outcome = await _stored(intake, channel, request, answer)
    metrics.WEBHOOKS.labels(name, outcome).inc()
    if outcome == _STORED:
        metrics.WEBHOOK_SECONDS.labels(name).observe(time.perf_counter() - began)
    return response


async def _stored(intake: Intake, channel: Channel, request: Request, answer: int) -> tuple[Response, str]:
    """The answer, and what became of the request in one word."""
    now, name = intake.clock(), channel.name
    try:
        webhook = await _read(request)
        channel.verify(webhook)
        events = channel.parse(webhook, now)
    except (Forged, BadPayload, TooLarge, ClientDisconnect) as error:
        # Only the kind: the message may quote what came.
        log.warning("webhook.refused", channel=name, reason=type(error).__name__)
        return Response(status_code=REFUSALS.get(type(error), 400)), _OUTCOMES[type(error)]
    if intake.room.locked():
        log.error("webhook.not_stored", channel=name, error="Busy")
        return Response(status_code=503, headers={"Retry-After": AGAIN_AFTER}), "busy"
    try:
        async with intake.room:
            async with asyncio.timeout(STORED_WITHIN):
                stored = await intake.keeping.ask(Arrival(events, now))
    except UNAVAILABLE as error:
        log.error("webhook.not_stored", channel=name, error=type(error).__name__)
        return Response(status_code=503, headers={"Retry-After": AGAIN_AFTER}), "not_stored"
    log.info("webhook.stored", channel=name, events=len(events), messages=stored)
    for event in events:
        if isinstance(event, Receipt):
            _heard(event)
    return Response(status_code=answer, background=BackgroundTask(_acknowledge, channel, events)), _STORED


async def _within(seconds: float, storing: asyncio.Task[list[int]]) -> list[int]:
    """What it gives, if that is soon.

    Raises:
        TimeoutError: it is not. It is called off, which may itself take long where PostgreSQL hangs, so nobody waits
            for that; if it was committed all the same, the provider's next try finds it there.
    """
    try:
        await asyncio.wait({storing}, timeout=seconds)
    finally:
        late = not storing.done()
        if late:
            storing.add_done_callback(_unheard)
            storing.cancel()
    if late:
        raise TimeoutError
    return storing.result()


def _unheard(storing: asyncio.Task[list[int]]) -> None:
    """Take notice of how it ended, so that nothing is logged of it."""
    if not storing.cancelled():
        storing.exception()


def _heard(receipt: Receipt) -> None:
    """Tell of a delivery state. Not the provider's name for the message: it may hold the participant's address."""
    metrics.RECEIPTS.labels(receipt.channel, receipt.state).inc()
    if receipt.state is Delivery.FAILED:
        metrics.FAILURES.labels(receipt.channel, "receipt", metrics.code(receipt.error_code)).inc()
    log.info("receipt.heard", channel=receipt.channel, state=receipt.state, code=receipt.error_code)


async def _read(request: Request) -> Webhook:
    """The request as it came, bytes and raw path, since signatures cover these."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST:
            raise TooLarge
    query = request.scope["query_string"]
    path = request.scope["raw_path"] + (b"?" + query if query else b"")
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in request.headers.raw}
    return Webhook(path_and_query=path.decode("latin-1"), headers=headers, body=bytes(body))


async def _acknowledge(channel: Channel, events: list[Event]) -> None:
    for event in events:
        if isinstance(event, Incoming) and event.acknowledge:
            await channel.acknowledge(event)
