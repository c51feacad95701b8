"""The sender: takes what is due from the outbox and brings it to the providers."""

import asyncio
import random
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import uuid4

import structlog

from bot.channels.channel import Channel
from bot.delivery import outbox, people
from bot.delivery.failing import THROTTLED, after_failure, wait_seconds
from bot.delivery.forms import text_from_json
from bot.delivery.outbox import CALL, FREE, Due
from bot.delivery.pace import Pace
from bot.delivery.waking import finished, first_of
from bot.errors import ChannelError
from bot.messages import Call
from bot.storage.engine import UNAVAILABLE, Database
from bot.storage.sealing import Sealer
from bot.storage.tables import OutboxState

log = structlog.get_logger()

_POLL = 2.0  # seconds: the net under LISTEN, and how exactly a next try is kept
_GRACE = 12.0  # seconds at the end for what is under way; a request to a provider takes 10 at most


class Sender:
    """Sends until told to stop; as many of these as wanted may run on one database.

    Args:
        channels: by name; rows of other channels are left for somebody who has them.
        clock: the present time, aware.
        pace: how fast one person is written to.
        in_flight: messages on their way at the same time at most.
        lease_seconds: how long a row is ours without a sign of life; more than a request and its wait take.
    """

    def __init__(  # noqa: PLR0913 (what it needs, and three numbers with a default)
        self,
        database: Database,
        sealer: Sealer,
        channels: Mapping[str, Channel],
        clock: Callable[[], datetime],
        *,
        pace: Pace | None = None,
        in_flight: int = 8,
        lease_seconds: float = 60.0,
    ) -> None:
        self._database = database
        self._sealer = sealer
        self._channels = channels
        self._clock = clock
        self._pace = pace or Pace()
        self._in_flight = in_flight
        self._lease_seconds = lease_seconds
        self._paused_until: dict[str, datetime] = {}
        self._sending: set[asyncio.Task[None]] = set()
        self._stopping = asyncio.Event()

    async def run(self, stopping: asyncio.Event) -> None:
        """Send until `stopping` is set; what is under way is finished."""
        self._stopping = stopping
        async with self._database.listen(CALL) as woken:
            while not stopping.is_set():
                woken.clear()
                for due in await self._claim():
                    task = asyncio.create_task(self._deliver(due))
                    self._sending.add(task)
                    task.add_done_callback(self._sending.discard)
                    task.add_done_callback(lambda _: woken.set())  # the next of that address may go now
                await first_of(woken, stopping, seconds=_POLL)
            await finished(self._sending, _GRACE)

    async def _claim(self) -> list[Due]:
        now = self._clock()
        open_now = [name for name in self._channels if self._paused_until.get(name, now) <= now]
        most = self._in_flight - len(self._sending)
        if not open_now or not most:
            return []
        try:
            return await outbox.claim_due(self._database, uuid4(), now, self._lease_seconds, open_now, most)
        except UNAVAILABLE as error:
            log.warning("sender.database_away", error=type(error).__name__)
            return []

    async def _deliver(self, due: Due) -> None:
        try:
            calls = self._render(due)
            if due.parts_sent >= len(calls):  # nothing to say, or rendered in fewer parts than before
                await self._note(due, self._done())
            for number, call in list(enumerate(calls, start=1))[due.parts_sent :]:
                provider_id = await self._send(due, call)
                due = replace(due, parts_sent=number, maybe_sent=False)
                sent = {"parts_sent": number, "provider_id": provider_id, "maybe_sent": False}
                if number < len(calls):
                    sent |= FREE if self._stopping.is_set() else {}
                else:
                    sent |= self._done()
                if not await self._note(due, sent) or self._stopping.is_set():
                    return
        except ChannelError as error:
            await self._failed(due, error)

    def _done(self) -> dict[str, object]:
        return FREE | {"state": OutboxState.SENT, "sent_at": self._clock(), "error_code": None}

    def _render(self, due: Due) -> Sequence[Call]:
        try:
            text = text_from_json(self._sealer.open(due.sealed))
            return self._channels[due.channel].render(due.address, text)
        except Exception as error:
            log.error("outbox.not_rendered", outbox=due.id, error=type(error).__name__)
            raise ChannelError(type(error).__name__) from None

    async def _send(self, due: Due, call: Call) -> str:
        await asyncio.sleep(self._pace.wait(due.channel, due.address, time.monotonic()))
        try:
            return await self._channels[due.channel].send(due.address, call)
        except ChannelError:
            raise
        except Exception as error:  # a mistake of ours, after which the provider may have it
            raise ChannelError(type(error).__name__, unknown=True) from None

    async def _note(self, due: Due, values: Mapping[str, object]) -> bool:
        """Write down what happened, and insist until it is written: what is not would be sent again.

        Insisting is safe, since it changes nothing once another sender has the row (False then).
        """
        while True:
            held_until = self._clock() + timedelta(seconds=self._lease_seconds)
            try:
                noted = await outbox.change(self._database, due, {"held_until": held_until, **values})
            except UNAVAILABLE as error:
                log.warning("outbox.not_noted", outbox=due.id, error=type(error).__name__)
                await asyncio.sleep(0.5)
                continue
            if not noted:
                log.warning("outbox.hold_lost", outbox=due.id)
            return noted

    async def _failed(self, due: Due, error: ChannelError) -> None:
        now = self._clock()
        values = after_failure(due, error, now, random.random())  # noqa: S311 (spreads tries, no secret)
        if error.retry and error.code in THROTTLED:
            self._paused_until[due.channel] = now + timedelta(seconds=wait_seconds(error, 1))
        log.warning(
            "outbox.not_sent",
            outbox=due.id,
            channel=due.channel,
            code=error.code,
            state=values.get("state", OutboxState.QUEUED),
            attempts=values.get("attempts", due.attempts),
        )
        if await self._note(due, values) and error.unreachable:
            with suppress(*UNAVAILABLE):  # the next message to them will find out again
                async with self._database.engine.begin() as connection:
                    await people.mark(connection, due.address, reachable=False, now=now)
