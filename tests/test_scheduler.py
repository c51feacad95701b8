"""The schedule on a real database: each job when it is due, once, whatever the clock and the processes do."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta

import pytest
import structlog
from prometheus_client import REGISTRY
from sqlalchemy import select

from bot.errors import ChannelError
from bot.scheduler import FIRST_RETRY, Job, Scheduler
from bot.storage.engine import Database
from bot.storage.tables import JobRun
from tests.conftest import Clock

HOUR = 3600.0
WORDS = "kartu saya tidak aktif"


class Work:
    """A job that keeps count; it fails as long as it is told to."""

    def __init__(self, name: str = "work", *, at_start: bool = False) -> None:
        self.times: list[datetime] = []
        self.failure: Exception | None = None
        self.gate: asyncio.Event | None = None
        self.begun = asyncio.Event()
        self.job = Job(name=name, every=timedelta(hours=1), do=self.do, at_start=at_start)

    async def do(self, now: datetime) -> None:
        self.times.append(now)
        self.begun.set()
        if self.gate:
            await self.gate.wait()
        if self.failure:
            raise self.failure


Start = Callable[..., Scheduler]


@pytest.fixture
def start(database: Database, clock: Clock) -> Start:
    """A scheduler as a process has it when it starts."""
    return lambda *work: Scheduler(database, [one.job for one in work], clock)


@pytest.fixture
async def elsewhere(database_url: str, clock: Clock) -> AsyncIterator[Start]:
    """The same in another process: with connections of its own."""
    other = Database(database_url)
    yield lambda *work: Scheduler(other, [one.job for one in work], clock)
    await other.close()


async def run_of(database: Database, name: str = "work") -> JobRun:
    async with database.sessions() as session:
        return (await session.scalars(select(JobRun).where(JobRun.job == name))).one()


async def test_a_job_is_done_at_first_and_then_in_its_period(start: Start, clock: Clock) -> None:
    work = Work()
    scheduler = start(work)
    assert await scheduler.round() == ["work"]
    clock.advance(HOUR - 1)
    assert await scheduler.round() == []
    clock.advance(1)
    assert await scheduler.round() == ["work"]
    assert len(work.times) == 2


async def test_what_was_missed_while_nobody_ran_is_done_once(start: Start, clock: Clock) -> None:
    work = Work()
    await start(work).round()
    clock.advance(100 * HOUR)
    restarted = start(work)
    assert await restarted.round() == ["work"]
    assert await restarted.round() == []
    assert len(work.times) == 2


async def test_a_restart_does_nothing_again(start: Start, clock: Clock) -> None:
    work = Work()
    await start(work).round()
    clock.advance(60)
    assert await start(work).round() == []


async def test_but_what_belongs_to_the_start_is_done_at_each(start: Start, clock: Clock) -> None:
    work = Work(at_start=True)
    for _ in range(3):
        clock.advance(1)
        scheduler = start(work)
        assert await scheduler.round() == ["work"]
        assert await scheduler.round() == []


async def test_a_clock_that_is_put_forward_does_it_once(start: Start, clock: Clock) -> None:
    work = Work()
    scheduler = start(work)
    await scheduler.round()
    clock.advance(365 * 24 * HOUR)
    assert await scheduler.round() == ["work"]
    assert await scheduler.round() == []


async def test_a_clock_that_is_put_back_does_not_stall_it(start: Start, clock: Clock) -> None:
    work = Work()
    scheduler = start(work)
    await scheduler.round()
    clock.advance(-365 * 24 * HOUR)
    assert await scheduler.round() == ["work"]
    clock.advance(-60)
    assert await scheduler.round() == []
    clock.advance(HOUR + 60)
    assert await scheduler.round() == ["work"]


async def test_of_many_schedulers_one_does_it(start: Start, elsewhere: Start, clock: Clock) -> None:
    work = Work()
    rounds = await asyncio.gather(*(one(work).round() for one in [start, elsewhere] * 4))
    assert sorted(rounds, key=len)[-2:] == [[], ["work"]]
    assert len(work.times) == 1


async def test_while_one_does_it_no_other_begins(start: Start, elsewhere: Start, clock: Clock) -> None:
    work = Work()
    work.gate = asyncio.Event()
    doing = asyncio.create_task(start(work).round())
    await work.begun.wait()
    clock.advance(10 * HOUR)
    assert await elsewhere(work).round() == []
    work.gate.set()
    assert await doing == ["work"]
    assert len(work.times) == 1


async def test_who_dies_in_the_middle_leaves_it_to_the_next(start: Start, elsewhere: Start) -> None:
    work = Work()
    work.gate = asyncio.Event()
    doing = asyncio.create_task(start(work).round())
    await work.begun.wait()
    doing.cancel()
    await asyncio.gather(doing, return_exceptions=True)
    work.gate.set()
    assert await elsewhere(work).round() == ["work"]


@pytest.mark.parametrize(
    "failure", [ValueError(WORDS), TimeoutError(WORDS), ChannelError("20429", retry=True)]
)
async def test_a_job_that_fails_stops_no_other_and_says_so_without_a_word_of_anybody(
    start: Start, database: Database, failure: Exception
) -> None:
    bad, good = Work("bad"), Work("good")
    bad.failure = failure
    before = REGISTRY.get_sample_value("siaga_jobs_total", {"job": "bad", "outcome": "failed"}) or 0
    with structlog.testing.capture_logs() as logs:
        assert await start(bad, good).round() == ["good"]
    [entry] = logs
    assert (entry["event"], entry["job"], entry["error"]) == ("job.failed", "bad", type(failure).__name__)
    assert WORDS not in str(logs)
    assert REGISTRY.get_sample_value("siaga_jobs_total", {"job": "bad", "outcome": "failed"}) == before + 1
    assert ((await run_of(database, "bad")).failures, (await run_of(database, "bad")).done_at) == (1, None)


async def test_after_failures_it_waits_longer_and_never_longer_than_its_period(
    start: Start, database: Database, clock: Clock
) -> None:
    work = Work()
    work.failure = ValueError()
    scheduler = start(work)
    waits = []
    for _ in range(10):
        await scheduler.round()
        tried = len(work.times)
        began = clock()
        while len(work.times) == tried:
            clock.advance(FIRST_RETRY.total_seconds())
            await scheduler.round()
        waits.append((clock() - began).total_seconds())
    assert waits[:4] == [30, 60, 120, 240]
    assert waits[-1] == HOUR
    work.failure = None
    clock.advance(HOUR)
    assert await scheduler.round() == ["work"]
    assert ((await run_of(database)).failures, (await run_of(database)).done_at) == (0, clock())


async def test_a_slow_job_keeps_no_other_waiting(start: Start) -> None:
    slow, quick = Work("slow"), Work("quick")
    slow.gate = asyncio.Event()
    stopping = asyncio.Event()
    running = asyncio.create_task(start(slow, quick).run(stopping))
    await asyncio.wait_for(asyncio.gather(slow.begun.wait(), quick.begun.wait()), 10)
    slow.gate.set()
    stopping.set()
    await asyncio.wait_for(running, 10)
    assert len(slow.times) == 1


async def test_with_postgresql_away_it_waits_and_goes_on(clock: Clock) -> None:
    away = Database("postgresql://siaga@/siaga?host=/nonexistent")
    work = Work()
    with structlog.testing.capture_logs() as logs:
        assert await Scheduler(away, [work.job], clock).round() == []
    assert [entry["event"] for entry in logs] == ["schedule.postponed"]
    assert work.times == []
    await away.close()


async def test_it_stops_when_told(start: Start) -> None:
    stopping = asyncio.Event()
    running = asyncio.create_task(start(Work()).run(stopping))
    await asyncio.sleep(0)
    stopping.set()
    await asyncio.wait_for(running, 10)
