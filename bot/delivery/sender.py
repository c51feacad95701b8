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

from bot import metrics, tracing
from bot.channels import windows
from bot.channels.channel import Channel
from bot.channels.windows import HasTemplates
from bot.delivery import outbox
from bot.delivery.asking import CanBeAsked, find
from bot.delivery.failing import after_failure, wait_seconds
from bot.delivery.following import Follower
from bot.delivery.forms import text_from_json
from bot.delivery.limits import Answer
from bot.delivery.meanings import meaning
from bot.delivery.notes import Notes
from bot.delivery.outbox import CALL, FREE, Due, Room
from bot.delivery.pace import Pace
from bot.delivery.pressure import Pressure
from bot.delivery.waking import apart, finished, first_of
from bot.errors import ChannelError, SiagaError
from bot.live import Live
from bot.messages import Call
from bot.storage.engine import UNAVAILABLE, Database
from bot.storage.sealing import Sealer
from bot.storage.tables import OutboxState, Priority

log = structlog.get_logger()

_POLL = 2.0  # seconds: the net under LISTEN
_GRACE = 12.0  # seconds at the end for what is under way; a request to a provider takes 10 at most
_IN_LINE = 0.5
"""Seconds that a notice in our hand waits at most before it asks for its turn again."""
_ASKING = 3
"""Notices that ask for their turn at the same time, on one channel; the others stand in line behind them."""
_LATE = 0.01
"""Seconds after which a notice that got its turn asks again: this process was busy, and others have gone meanwhile."""
_CARRIED = 2
"""Files on their way at the same time in one process: each may take some 150 MB of memory."""
_UNTIL_CARRIED = 1.0  # seconds until a message with a file asks again for its place among those
_SOON = 0.01  # seconds added to a wait, so that it is over when it is looked at
_NOTES_FIRST = 1.0
"""Seconds for which nothing is taken after PostgreSQL was away: what left before is written down meanwhile by whoever
sent it, else what was away for longer than a lease would be sent again."""


class NotYet(SiagaError):
    """A message has to wait for its person or for the account; it is given back, so that others can go."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        super().__init__(f"{seconds:.2f} s")


class HoldLost(SiagaError):
    """Another sender has the message by now."""


class WindowClosed(SiagaError):
    """Only an approved template would pass, and there is none for this message."""


class Sender:
    """Sends until told to stop; as many of these as wanted may run on one database.

    Args:
        channels: by name; rows of other channels are left for somebody who has them.
        clock: the present time, aware.
        pace: how fast we may send.
        live: where open pages of the desk are told.
        pressure: says when broadcasts have to wait for the messages that come in.
        in_flight: messages on their way at the same time at most, on each channel; a quarter is kept for replies. None:
            what the channel's pace asks for.
        lease_seconds: how long a row is ours without a sign of life; more than a request and its wait take.
    """

    def __init__(  # noqa: PLR0913 (what it needs, and five things with a default)
        self,
        database: Database,
        sealer: Sealer,
        channels: Mapping[str, Channel],
        clock: Callable[[], datetime],
        *,
        pace: Pace | None = None,
        live: Live | None = None,
        pressure: Pressure | None = None,
        in_flight: int | None = None,
        lease_seconds: float = 60.0,
    ) -> None:
        self._database = database
        self._sealer = sealer
        self._channels = channels
        self._clock = clock
        self._pace = pace or Pace()
        self._notes = Notes(database, clock, lease_seconds)
        self._follower = Follower(database, sealer, live or Live(None), clock)
        self._pressure = pressure
        self._in_flight = {name: in_flight or self._pace.in_flight(name) for name in channels}
        self._lease_seconds = lease_seconds
        self._in_line = {name: asyncio.Semaphore(_ASKING) for name in channels}
        self._carrying = asyncio.Semaphore(_CARRIED)
        self._closed_until: dict[tuple[str, Priority], datetime] = {}
        self._sending: dict[asyncio.Task[None], Due] = {}
        self._away = False
        self._stopping = asyncio.Event()
        self._woken = asyncio.Event()

    async def run(self, stopping: asyncio.Event) -> None:
        """Send until `stopping` is set; what is under way is finished."""
        self._stopping = stopping
        await self._notes.make_ready(_left(0, "") | self._done())
        async with self._database.listen(CALL) as self._woken, asyncio.TaskGroup() as together:
            together.create_task(self._follower.run(stopping))
            while not stopping.is_set():
                self._woken.clear()
                looked = time.monotonic()
                for due in await self._claim():
                    task = asyncio.create_task(tracing.along(due.traceparent, self._deliver(due)))
                    self._sending[task] = due
                    task.add_done_callback(self._landed)
                await first_of(self._woken, stopping, seconds=_POLL)
                await apart(looked)
            await finished(set(self._sending), _GRACE)

    def _landed(self, task: asyncio.Task[None]) -> None:
        del self._sending[task]
        self._woken.set()  # the next of that address may go now

    async def _claim(self) -> list[Due]:
        if self._notes.insisting or not await self._back():
            return []  # what a lease ran out for meanwhile would be sent again
        now = self._clock()
        crowded = self._pressure is not None and await self._pressure.no_notices(now)
        room = self._room(now, notices=not crowded)
        try:
            return await outbox.claim_due(self._database, uuid4(), now, self._lease_seconds, room)
        except UNAVAILABLE as error:
            log.warning("sender.database_away", error=type(error).__name__)
            self._away = True
            return []

    async def _back(self) -> bool:
        """Whether PostgreSQL is there; after an absence only when every sender had time to write down what left."""
        if self._away and await self._database.ping():
            await asyncio.sleep(_NOTES_FIRST)
            self._away = False
        return not self._away

    def _room(self, now: datetime, *, notices: bool) -> dict[str, Room]:
        """How many more may be on their way, by channel, and whether notices may be among them."""
        room = {}
        for channel in self._channels:
            under_way = [due.priority for due in self._sending.values() if due.channel == channel]
            most = self._in_flight[channel]
            free = most - len(under_way)
            for_notices = max(1, most * 3 // 4) - under_way.count(Priority.NOTICE)
            if self._closed(channel, Priority.NOTICE, now) or not notices:
                for_notices = 0
            if free > 0 and not self._closed(channel, Priority.REPLY, now):
                room[channel] = Room(free, max(0, min(free, for_notices)))
        return room

    def _closed(self, channel: str, priority: Priority, now: datetime) -> bool:
        return self._closed_until.get((channel, priority), now) > now

    def _close(self, channel: str, priorities: Sequence[Priority], seconds: float) -> None:
        """Take no row of that kind for so long, and look again then."""
        until = self._clock() + timedelta(seconds=seconds)
        for priority in priorities:
            self._closed_until[channel, priority] = max(
                until, self._closed_until.get((channel, priority), until)
            )
        self._look_again(seconds)

    def _look_again(self, seconds: float) -> None:
        asyncio.get_running_loop().call_later(seconds + _SOON, self._woken.set)

    async def _deliver(self, due: Due) -> None:
        try:
            await self._bring(due, self._render(due))
        except WindowClosed:
            await self._note(due, FREE | {"state": OutboxState.WAITING})
            log.info("outbox.waiting", outbox=due.id, channel=due.channel)
        except NotYet as wait:
            until = self._clock() + timedelta(seconds=wait.seconds)
            await self._note(due, FREE | {"next_try_at": until})
            self._look_again(wait.seconds)
        except HoldLost:
            return
        except ChannelError as error:
            await self._failed(due, error)

    async def _bring(self, due: Due, calls: Sequence[Call]) -> None:
        """Send what has not left yet, part by part, and write down each."""
        if due.parts_sent >= len(calls):  # nothing to say, or rendered in fewer parts than before
            await self._note(due, self._done())
        for number, call in list(enumerate(calls, start=1))[due.parts_sent :]:
            provider_id = await self._send(due, call)
            log.info("outbox.sent", outbox=due.id, channel=due.channel, part=number)
            due = replace(due, parts_sent=number, doubt_since=None, last_try=False)
            sent = _left(number, provider_id)
            if number < len(calls):
                sent |= FREE if self._stopping.is_set() else {}
            else:
                sent |= self._done()
            if not await self._note(due, sent) or self._stopping.is_set():
                return

    def _done(self) -> dict[str, object]:
        return FREE | {"state": OutboxState.SENT, "sent_at": self._clock(), "error_code": None}

    def _render(self, due: Due) -> Sequence[Call]:
        """The calls that say it, by what passes now; one that can only go as a template, and has none, waits.

        Raises:
            WindowClosed: it has to wait until the participant writes.
        """
        channel = self._channels[due.channel]
        free = windows.is_open(due.channel, due.last_inbound_at, due.window_closed_at, self._clock())
        try:
            text = text_from_json(self._sealer.open(due.sealed))
            if free:
                return channel.render(due.address, text)
            calls: Sequence[Call] = ()
            if isinstance(channel, HasTemplates) and text.occasion and not due.parts_sent:
                calls = channel.render_template(due.address, text.occasion)
            if not calls:
                raise WindowClosed
            return calls
        except WindowClosed:
            raise
        except Exception as error:
            log.error("outbox.not_rendered", outbox=due.id, error=type(error).__name__)
            raise ChannelError(type(error).__name__) from None

    async def _send(self, due: Due, call: Call) -> str:
        """Bring one part out and return the provider's id; ask for it before and after, where that is in doubt."""
        if due.doubt_since and (found := await self._taken(due, call, due.doubt_since)):
            return found
        await self._wait_for_turn(due, call)
        if due.doubt_since:
            await self._begin_last_try(due)
        begun = self._clock()
        try:
            with tracing.span("send", channel=due.channel), metrics.sending(due.channel):
                return await self._carry(due, call)
        except ChannelError as error:
            failure = error
        except Exception as error:  # a mistake of ours, after which the provider may have it
            failure = ChannelError(type(error).__name__, unknown=True)
        if failure.unknown:
            with suppress(ChannelError):  # asked again before it is sent again
                if found := await self._taken(due, call, begun):
                    return found
        raise failure

    async def _taken(self, due: Due, call: Call, since: datetime) -> str | None:
        """The provider's id of what it may have taken since then, if it can be asked and has it."""
        channel = self._channels[due.channel]
        if not isinstance(channel, CanBeAsked):
            return None
        return await find(self._database, channel, due, call, since)

    async def _begin_last_try(self, due: Due) -> None:
        """Write down that what is in doubt is tried once more, where the provider cannot be asked.

        Raises:
            ChannelError: who began that before did not come back: it may have arrived twice by now.
            HoldLost: another sender has it by now.
        """
        if isinstance(self._channels[due.channel], CanBeAsked):
            return
        if due.last_try:
            raise ChannelError("interrupted", unknown=True)
        if not await self._note(due, {"last_try": True}):
            raise HoldLost

    async def _carry(self, due: Due, call: Call) -> str:
        """Make a call. With a file it shows signs of life: an upload may take longer than a row is ours."""
        channel = self._channels[due.channel]
        if call.enclosure is None:
            return await channel.send(due.address, call)

        async def show() -> None:
            while True:
                await asyncio.sleep(self._lease_seconds / 3)
                if not await self._note(due, {}):
                    return

        showing = asyncio.create_task(show())
        try:
            async with self._carrying:
                return await channel.send(due.address, call)
        finally:
            showing.cancel()

    async def _wait_for_turn(self, due: Due, call: Call) -> None:
        """Return when the message may go.

        Raises:
            NotYet: that is too far off to keep the row in hand.
        """
        if call.enclosure and self._carrying.locked():
            raise NotYet(_UNTIL_CARRIED)
        if due.priority is Priority.NOTICE:
            async with self._in_line[due.channel]:
                answer = await self._stand_in_line(due)
        else:
            answer = await self._pace.ask(due.channel, due.address, due.priority)
        limit = "account" if answer.go or answer.everybody else "recipient"
        metrics.LIMITER_SECONDS.labels(due.channel, limit).observe(answer.seconds)
        if answer.go:
            if answer.seconds:
                await asyncio.sleep(answer.seconds)
            return
        if answer.everybody:
            waiting = (Priority.REPLY, Priority.NOTICE) if due.priority is Priority.REPLY else (due.priority,)
            self._close(due.channel, waiting, answer.seconds)
        raise NotYet(answer.seconds)

    async def _stand_in_line(self, due: Due) -> Answer:
        """The answer to a notice, after its turn was waited for, if that is near.

        It is in hand meanwhile: taking it from the outbox only then would cost more time than lies between two turns.

        Raises:
            NotYet: it was in hand for too long.
        """
        patient = True
        while True:
            if self._clock() > due.held_until - timedelta(seconds=self._lease_seconds / 2):
                raise NotYet(_IN_LINE)  # before another sender takes it over
            asked = time.monotonic()
            answer = await self._pace.ask(due.channel, due.address, due.priority)
            soon = answer.everybody and answer.seconds < _IN_LINE
            late = answer.go and patient and time.monotonic() - asked > _LATE
            if self._stopping.is_set() or not (soon or late):
                return answer
            patient = not late  # once: where Redis is far away, every answer is late
            await asyncio.sleep(answer.seconds)

    async def _note(self, due: Due, values: Mapping[str, object]) -> bool:
        """Write down what happened; whether the row is still ours."""
        noted = await self._notes.write(due, values)
        self._follower.changed(due.address)
        return noted

    async def _failed(self, due: Due, error: ChannelError) -> None:
        metrics.FAILURES.labels(due.channel, "send", metrics.code(error.code)).inc()
        known = meaning(error.code)
        asked = isinstance(self._channels[due.channel], CanBeAsked)
        spread = random.random()  # noqa: S311 (it spreads tries, and is no secret)
        values = after_failure(due, error, self._clock(), spread, asked=asked)
        if known.everybody:
            seconds = wait_seconds(error, 1)
            self._close(due.channel, list(Priority), seconds)
            await self._pace.pause(due.channel, seconds)
            metrics.LIMITER_SECONDS.labels(due.channel, "provider").observe(seconds)
        tell = log.error if known.alerts else log.warning
        tell(
            "outbox.not_sent",
            outbox=due.id,
            channel=due.channel,
            code=error.code,
            act=known.act,
            state=values.get("state", OutboxState.QUEUED),
            attempts=values.get("attempts", due.attempts),
        )
        if await self._note(due, values):
            await self._follower.failed(due.channel, due.address, error.code)


def _left(parts: int, provider_id: str) -> dict[str, object]:
    """New values of a row of which so many parts left, the last one by that name."""
    return {"parts_sent": parts, "provider_id": provider_id, "doubt_since": None, "last_try": False}
