"""The loop that takes turns: claims a conversation with new messages, has the turn taken, and goes on."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import datetime
from uuid import uuid4

import structlog

from bot import metrics, tracing
from bot.delivery import inbox
from bot.delivery.claiming import Claimed, claim
from bot.delivery.inbox import HoldLost
from bot.delivery.waking import apart, finished, first_of
from bot.logs import place
from bot.storage.engine import UNAVAILABLE, Database
from bot.storage.sealing import Sealer

log = structlog.get_logger()

_POLL = 2.0  # seconds: the net under LISTEN
_GRACE = 10.0  # seconds at the end for turns in hand
_TOGETHER = 4  # conversations that are claimed at once at most; more would rather be left to another worker


class Worker:
    """Takes turns until told to stop; as many of these as wanted may run on one database.

    Args:
        take_turn: takes one turn and commits it with `inbox.retake` and `inbox.finish`.
        clock: the present time, aware.
        in_flight: turns at the same time at most.
        lease_seconds: after this long another worker may take a turn over.
    """

    def __init__(
        self,
        database: Database,
        sealer: Sealer,
        take_turn: Callable[[Claimed], Awaitable[None]],
        clock: Callable[[], datetime],
        *,
        in_flight: int = 8,
        lease_seconds: float = 30.0,
    ) -> None:
        self._database = database
        self._sealer = sealer
        self._take_turn = take_turn
        self._clock = clock
        self._in_flight = in_flight
        self._together = min(in_flight, _TOGETHER)
        self._lease_seconds = lease_seconds
        self._turns: set[asyncio.Task[None]] = set()

    async def run(self, stopping: asyncio.Event) -> None:
        """Take turns until `stopping` is set; turns in hand are finished within ten seconds or given up."""
        async with self._database.listen("siaga_inbox") as woken:
            while not stopping.is_set():
                woken.clear()
                looked = time.monotonic()
                claimed = await self._claim()
                for one in claimed:
                    task = asyncio.create_task(self._turn(one))
                    self._turns.add(task)
                    task.add_done_callback(self._turns.discard)
                    task.add_done_callback(lambda _: woken.set())  # more of that conversation may have come
                if len(claimed) < self._together:
                    await first_of(woken, stopping, seconds=await self._seconds_to_next())
                    await apart(looked)
            await finished(self._turns, _GRACE)

    @property
    def _busy(self) -> bool:
        """Whether there is no room for more turns, or too little to be worth a claim."""
        return self._in_flight - len(self._turns) < self._together

    async def _claim(self) -> list[Claimed]:
        if self._busy:
            return []
        try:
            return await claim(
                self._database, self._sealer, uuid4(), self._clock(), self._lease_seconds, self._together
            )
        except UNAVAILABLE as error:
            log.warning("worker.database_away", error=type(error).__name__)
            return []

    async def _seconds_to_next(self) -> float:
        if self._busy:
            return _POLL
        try:
            ready = await inbox.next_ready(self._database, self._clock())
        except UNAVAILABLE:
            return _POLL
        return min(_POLL, (ready - self._clock()).total_seconds()) if ready else _POLL

    async def _turn(self, claimed: Claimed) -> None:
        """Take a turn on the way of its first message; those of the others end in it."""
        first, *joined = claimed.traceparents or ("",)
        about: dict[str, str | int] = {"channel": claimed.channel, "messages": len(claimed.messages)}
        with tracing.followed(first), tracing.span("turn", joined, **about):
            began, outcome = time.perf_counter(), "let_go"
            try:
                outcome = await self._take(claimed)
            finally:
                seconds = time.perf_counter() - began
                metrics.TURN_SECONDS.labels(outcome).observe(seconds)
            if outcome == "committed":
                self._tell(claimed, seconds, joined)

    async def _take(self, claimed: Claimed) -> str:
        """Have the turn taken; gives how it ended."""
        ids = {"conversation": str(claimed.conversation_id), "inbox": claimed.ids}
        try:
            await self._take_turn(claimed)
        except HoldLost:
            log.warning("turn.hold_lost", **ids)
            return "hold_lost"
        except asyncio.CancelledError:
            await self._let_go(claimed)
            raise
        except Exception as error:
            # The exception's own words may be the participant's: its kind and place are all that is told.
            log.error("turn.failed", error=type(error).__name__, at=place(error), **ids)
            await self._give_back(claimed, type(error).__name__)
            return "failed"
        return "committed"

    def _tell(self, claimed: Claimed, seconds: float, joined: list[str]) -> None:
        """Of a turn that is committed: whose it was, how long it took, and how long its first message waited."""
        if (
            claimed.received_at and not claimed.messages[0][1].due
        ):  # what is due by the clock nobody waits for
            waited = (self._clock() - claimed.received_at).total_seconds()
            metrics.ARRIVAL_SECONDS.labels(claimed.channel).observe(waited)
        log.info(
            "turn.committed",
            conversation=str(claimed.conversation_id),
            inbox=claimed.ids,
            seconds=round(seconds, 4),
            joined=[step.trace for one in joined if (step := tracing.read(one))],
        )

    async def _give_back(self, claimed: Claimed, error: str) -> None:
        try:
            await inbox.give_back(self._database, claimed, error, self._clock())
        except UNAVAILABLE as away:  # the hold runs out by itself
            log.warning("worker.database_away", error=type(away).__name__)

    async def _let_go(self, claimed: Claimed) -> None:
        try:
            await inbox.let_go(self._database, claimed)
        except UNAVAILABLE as away:
            log.warning("worker.database_away", error=type(away).__name__)
