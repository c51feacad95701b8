"""The worker: one turn at a time for each conversation, several at once in all, and nothing said in its logs."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime

import pytest
import structlog
from sqlalchemy import select

from bot.delivery import inbox
from bot.delivery.claiming import Claimed
from bot.messages import Address, Incoming
from bot.storage.engine import Database
from bot.storage.sealing import Sealer
from bot.storage.tables import Conversation, Inbox, InboxState
from bot.worker import Turns, Worker
from tests.claims import claim_one
from tests.conftest import NOON, Clock

SECRET = "NIK saya 3276010101900001"


class Desk:
    """Messages and workers of a test."""

    def __init__(self, database: Database, sealer: Sealer, clock: Clock) -> None:
        self.database, self.sealer, self.clock = database, sealer, clock
        self.taken: list[str] = []

    async def say(self, text: str, *, of: int = 1, quiet: float = 0.0) -> None:
        message = Incoming(
            channel="telegram",
            address=Address(f"telegram:{of}"),
            provider_id=f"{of}-{text}",
            sent_at=NOON,
            text=text,
        )
        await inbox.store(self.database, self.sealer, [message], self.clock(), quiet)

    async def take(self, claimed: Claimed) -> None:
        async with self.database.sessions.begin() as session:
            await inbox.retake(session, claimed)
            self.taken += [incoming.text for _, incoming in claimed.messages]
            await inbox.finish(session, [claimed], self.clock())

    @asynccontextmanager
    async def working(
        self, take_turn: Callable[[Claimed], Awaitable[None]] | None = None, **options: int
    ) -> AsyncIterator[asyncio.Event]:
        stopping = asyncio.Event()
        worker = Worker(self.database, self.sealer, Turns(take_turn or self.take), self.clock, **options)
        async with asyncio.timeout(20), asyncio.TaskGroup() as group:
            group.create_task(worker.run(stopping))
            try:
                yield stopping
            finally:
                stopping.set()

    async def rows(self) -> list[Inbox]:
        async with self.database.sessions() as session:
            return list(await session.scalars(select(Inbox).order_by(Inbox.id)))

    async def holds(self) -> list[object]:
        async with self.database.sessions() as session:
            return list(await session.scalars(select(Conversation.hold)))


@pytest.fixture
def desk(database: Database, sealer: Sealer, clock: Clock) -> Desk:
    return Desk(database, sealer, clock)


async def eventually(true: Callable[[], bool]) -> None:
    while not true():
        await asyncio.sleep(0.01)


async def test_an_insert_wakes_the_worker(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.worker._POLL", 60.0)
    async with desk.working():
        await desk.say("halo")
        await eventually(lambda: desk.taken == ["halo"])
        await desk.say("lagi")
        await eventually(lambda: desk.taken == ["halo", "lagi"])


async def test_what_comes_during_a_turn_is_the_next_turn(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.worker._POLL", 60.0)
    began, go_on = asyncio.Event(), asyncio.Event()

    async def slow(claimed: Claimed) -> None:
        began.set()
        await go_on.wait()
        await desk.take(claimed)

    async with desk.working(slow):
        await desk.say("satu")
        await began.wait()
        await desk.say("dua")
        await asyncio.sleep(0.1)
        assert desk.taken == []
        go_on.set()
        await eventually(lambda: desk.taken == ["satu", "dua"])


async def test_several_conversations_at_once_but_no_more_than_allowed(desk: Desk) -> None:
    at_once, most, go_on = 0, 0, asyncio.Event()

    async def slow(claimed: Claimed) -> None:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        await go_on.wait()
        at_once -= 1
        await desk.take(claimed)

    for of in range(7):
        await desk.say(f"dari {of}", of=of)
    async with desk.working(slow, together=3):
        await eventually(lambda: at_once == 3)
        await asyncio.sleep(0.1)
        assert most == 3
        go_on.set()
        await eventually(lambda: len(desk.taken) == 7)
    assert most == 3


async def test_slow_turns_keep_no_places_but_their_own(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """What asks another server is taken alone, and may take long."""
    monkeypatch.setattr("bot.worker._POLL", 60.0)
    go_on = asyncio.Event()

    async def slow(claimed: Claimed) -> None:
        if "lambat" in claimed.messages[0][1].text:
            await go_on.wait()
        await desk.take(claimed)

    async def together(claimed: Sequence[Claimed]) -> list[Claimed]:
        quick = [one for one in claimed if "lambat" not in one.messages[0][1].text]
        for one in quick:
            await desk.take(one)
        return quick

    for of in range(24):
        await desk.say("lambat" if of in (0, 5) else "cepat", of=of)
    worker = Worker(desk.database, desk.sealer, Turns(slow, together), desk.clock, together=4)
    stopping = asyncio.Event()
    task = asyncio.create_task(worker.run(stopping))
    async with asyncio.timeout(20):
        await eventually(lambda: len(desk.taken) == 22)
        assert "lambat" not in desk.taken
        go_on.set()
        await eventually(lambda: len(desk.taken) == 24)
        stopping.set()
        await task


async def test_a_row_that_becomes_ready_is_taken_then(
    database: Database, sealer: Sealer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.worker._POLL", 60.0)
    desk = Desk(database, sealer, lambda: datetime.now().astimezone())  # type: ignore[arg-type]
    async with desk.working():
        await desk.say("halo", quiet=0.3)
        await eventually(lambda: desk.taken == ["halo"])
    [row] = await desk.rows()
    assert row.done_at
    assert row.done_at >= row.ready_at


async def test_a_failing_turn_is_given_back_and_says_nothing_of_the_message(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    async def broken(claimed: Claimed) -> None:
        raise ValueError(claimed.messages[0][1].text)

    await desk.say(SECRET)
    with structlog.testing.capture_logs() as logs:
        async with desk.working(broken):
            while not (await desk.rows())[0].attempts:
                await asyncio.sleep(0.01)
    [failed] = [entry for entry in logs if entry["event"] == "turn.failed"]
    assert (failed["error"], failed["log_level"]) == ("ValueError", "error")
    assert SECRET not in str(logs) + "".join(capsys.readouterr())
    [row] = await desk.rows()
    assert (row.state, row.attempts, row.error) == (InboxState.PENDING, 1, "ValueError")
    assert await desk.holds() == [None]


async def test_stopping_waits_for_the_turns_in_hand(desk: Desk) -> None:
    began = asyncio.Event()

    async def slow(claimed: Claimed) -> None:
        began.set()
        await asyncio.sleep(0.3)
        await desk.take(claimed)

    await desk.say("halo")
    async with desk.working(slow) as stopping:
        await began.wait()
        stopping.set()
    assert desk.taken == ["halo"]


async def test_a_turn_that_does_not_end_in_time_is_let_go(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.worker._GRACE", 0.1)
    began = asyncio.Event()

    async def endless(_: Claimed) -> None:
        began.set()
        await asyncio.Event().wait()

    await desk.say("halo")
    async with desk.working(endless):
        await began.wait()
    assert await desk.holds() == [None]
    assert [(row.state, row.attempts) for row in await desk.rows()] == [(InboxState.PENDING, 0)]


async def test_a_lost_hold_is_no_failure(desk: Desk) -> None:
    async def paused(claimed: Claimed) -> None:
        desk.clock.advance(31)
        other = await claim_one(desk.database, desk.sealer, desk.clock())
        assert other
        desk.taken.append("other")
        await desk.take(claimed)

    await desk.say("halo")
    with structlog.testing.capture_logs() as logs:
        async with desk.working(paused):
            await eventually(lambda: any(entry["event"] == "turn.hold_lost" for entry in logs))
    assert desk.taken == ["other"]
    assert [row.attempts for row in await desk.rows()] == [0]
