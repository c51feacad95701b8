"""The loop that takes turns: claims a conversation with new messages, has the turn taken, and goes on."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
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
_SOON = 0.25  # seconds until another look, while turns are in hand
_GRACE = 10.0  # seconds at the end for turns in hand
_TOGETHER = 16  # conversations that are claimed at once at most; more would rather be left to another worker
_TO_DO = 2  # times as many may be in hand, so that some are claimed while others are answered
_ALONE = 8  # turns in a transaction of their own at the same time: each takes a connection


@dataclass(frozen=True, slots=True)
class Turns:
    """How turns are taken.

    Args:
        alone: takes one turn and commits it with `inbox.retake` and `inbox.finish`.
        together: takes turns of several conversations in one transaction, and gives those that it took; the others are
            taken one by one, as all are when it fails. None: all are taken one by one.
    """

    alone: Callable[[Claimed], Awaitable[None]]
    together: Callable[[Sequence[Claimed]], Awaitable[list[Claimed]]] | None = None


class Worker:
    """Takes turns until told to stop; as many of these as wanted may run on one database.

    Args:
        clock: the present time, aware.
        together: conversations that are claimed at once, at most.
        lease_seconds: after this long another worker may take a turn over.
    """

    def __init__(
        self,
        database: Database,
        sealer: Sealer,
        take: Turns,
        clock: Callable[[], datetime],
        *,
        together: int = _TOGETHER,
        lease_seconds: float = 30.0,
    ) -> None:
        self._database = database
        self._sealer = sealer
        self._take = take
        self._clock = clock
        self._together = together
        self._lease_seconds = lease_seconds
        self._in_hand = 0
        self._alone = asyncio.Semaphore(min(together, _ALONE))
        self._work: set[asyncio.Task[None]] = set()
        self._woken = asyncio.Event()

    async def run(self, stopping: asyncio.Event) -> None:
        """Take turns until `stopping` is set; turns in hand are finished within ten seconds or given up."""
        async with self._database.listen("siaga_inbox") as self._woken:
            while not stopping.is_set():
                self._woken.clear()
                looked = time.monotonic()
                claimed = await self._claim()
                if claimed:
                    task = asyncio.create_task(self._turns(claimed))
                    self._work.add(task)
                    task.add_done_callback(self._work.discard)
                if len(claimed) < self._together:
                    # What waits for a time of its own is asked after only when there is nothing else to do.
                    seconds = _SOON if claimed else await self._seconds_to_next()
                    await first_of(self._woken, stopping, seconds=seconds)
                    await apart(looked)
            await finished(self._work, _GRACE)

    @property
    def _room(self) -> int:
        """How many more conversations may be taken in hand."""
        return min(self._together, _TO_DO * self._together - self._in_hand)

    async def _claim(self) -> list[Claimed]:
        if self._room <= 0:
            return []
        try:
            claimed = await claim(
                self._database, self._sealer, uuid4(), self._clock(), self._lease_seconds, self._room
            )
        except UNAVAILABLE as error:
            log.warning("worker.database_away", error=type(error).__name__)
            return []
        self._in_hand += len(claimed)
        return claimed

    async def _seconds_to_next(self) -> float:
        if self._room <= 0:
            return _POLL
        try:
            ready = await inbox.next_ready(self._database, self._clock())
        except UNAVAILABLE:
            return _POLL
        return min(_POLL, (ready - self._clock()).total_seconds()) if ready else _POLL

    async def _turns(self, claimed: list[Claimed]) -> None:
        """Take the turns of what was claimed: together, as far as that goes."""
        taken = await self._at_once(claimed) if self._take.together and len(claimed) > 1 else []
        self._ended(len(taken))
        done = {one.conversation_id for one in taken}
        await asyncio.gather(*(self._turn(one) for one in claimed if one.conversation_id not in done))

    def _ended(self, turns: int) -> None:
        """So many are out of our hand: there is room for others, and more of those conversations may have come."""
        self._in_hand -= turns
        if turns:
            self._woken.set()

    async def _at_once(self, claimed: list[Claimed]) -> list[Claimed]:
        """Those whose turns were taken together, all or nothing: where one fails, none drags another down with it."""
        assert self._take.together
        ways = [one.way for one in claimed]
        began = time.perf_counter()
        try:
            with tracing.followed(ways[0]), tracing.span("turns", ways[1:], conversations=len(claimed)):
                taken = await self._take.together(claimed)
        except asyncio.CancelledError:
            for one in claimed:
                await self._let_go(one)
            raise
        except Exception as error:
            log.warning("turns.taken_apart", error=type(error).__name__, at=place(error))
            return []
        seconds = time.perf_counter() - began
        for one in taken:
            metrics.TURN_SECONDS.labels("committed").observe(seconds)
            with tracing.followed(one.way):
                self._tell(one, seconds)
        return taken

    async def _turn(self, claimed: Claimed) -> None:
        """Take a turn on the way of its first message; those of the others end in it."""
        about: dict[str, str | int] = {"channel": claimed.channel, "messages": len(claimed.messages)}
        joined = claimed.traceparents[1:]
        with tracing.followed(claimed.way), tracing.span("turn", joined, **about):
            began, outcome = time.perf_counter(), "let_go"
            try:
                outcome = await self._by_itself(claimed)
            finally:
                self._ended(1)
                seconds = time.perf_counter() - began
                metrics.TURN_SECONDS.labels(outcome).observe(seconds)
            if outcome == "committed":
                self._tell(claimed, seconds)

    async def _by_itself(self, claimed: Claimed) -> str:
        """Have the turn taken; gives how it ended."""
        ids = {"conversation": str(claimed.conversation_id), "inbox": claimed.ids}
        try:
            async with self._alone:
                await self._take.alone(claimed)
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

    def _tell(self, claimed: Claimed, seconds: float) -> None:
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
            joined=[step.trace for one in claimed.traceparents[1:] if (step := tracing.read(one))],
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
