"""What is due by the clock rather than by a message: jobs, each with a period of its own (`bot.jobs`).

Any number of schedulers may run. A job is done by whichever gets its lock in PostgreSQL, and when it was done stands
there too: what was missed while nobody ran is done once, and nothing is done twice because several run. Each job takes
care itself that half of it, or the same again, does no harm: a process may die in the middle.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from bot import metrics
from bot.delivery.waking import finished, first_of
from bot.errors import ChannelError
from bot.logs import place
from bot.storage.engine import UNAVAILABLE, Database
from bot.storage.tables import JobRun

log = structlog.get_logger()

TICK = 5.0  # seconds between two looks at what is due
FIRST_RETRY = timedelta(seconds=30)
"""How long a job that failed waits, doubled with each failure up to its period."""

_LOCKS = 0x51A6C  # any number of our own
_AT_ONCE = (
    3  # jobs; each needs two connections of the pool, which the other parts of the process need as well
)
_GRACE = 10.0  # seconds at the end for what is under way


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Something that is done again and again.

    Args:
        name: by which its last run is remembered.
        every: its period.
        do: does it, given the present time.
        at_start: whether each process does it first of all, too, however short ago it was done.
    """

    name: str
    every: timedelta
    do: Callable[[datetime], Awaitable[object]]
    at_start: bool = False


class Scheduler:
    """Does jobs when they are due, side by side, until told to stop.

    Args:
        clock: the present time, aware. It may jump.
    """

    def __init__(self, database: Database, jobs: Sequence[Job], clock: Callable[[], datetime]) -> None:
        self._database = database
        self._jobs = {job.name: job for job in jobs}
        self._clock = clock
        self._to_begin_with = {job.name for job in jobs if job.at_start}
        self._running: dict[str, asyncio.Task[bool]] = {}
        self._at_once = asyncio.Semaphore(_AT_ONCE)

    async def run(self, stopping: asyncio.Event) -> None:
        """One look after another; what is under way at the end has ten seconds."""
        try:
            while not stopping.is_set():
                await self._start_due()
                await first_of(stopping, seconds=TICK)
        finally:
            await finished(set(self._running.values()), _GRACE)

    async def round(self) -> list[str]:
        """Do what is due now, to its end; the names of the jobs that were done here."""
        started = await self._start_due()
        done = await asyncio.gather(*started.values())
        return [name for name, it_was in zip(started, done, strict=True) if it_was]

    async def _start_due(self) -> dict[str, asyncio.Task[bool]]:
        """Start each job that is due and not under way here."""
        try:
            runs = await self._runs()
        except UNAVAILABLE as error:
            log.warning("schedule.postponed", error=type(error).__name__)
            return {}
        due = [job for job in self._jobs.values() if self._due(job, runs.get(job.name))]
        started = {
            job.name: asyncio.create_task(self._try(job)) for job in due if job.name not in self._running
        }
        for name, task in started.items():
            self._running[name] = task
            task.add_done_callback(lambda _, name=name: self._running.pop(name))  # type: ignore[misc]
        return started

    def _due(self, job: Job, run: JobRun | None) -> bool:
        """Whether its period has passed, in either direction: a clock that was put back must not stall it."""
        if run is None or job.name in self._to_begin_with:
            return True
        wait = min(job.every, FIRST_RETRY * 2 ** min(run.failures - 1, 20)) if run.failures else job.every
        return abs(self._clock() - run.tried_at) >= wait

    async def _try(self, job: Job) -> bool:
        """Do a job, unless another process does it or just did; whether it was done here and now."""
        try:
            async with self._locked(job) as ours:
                # Looked at again under the lock: whoever had it may have done it meanwhile.
                if not ours or not self._due(job, (await self._runs(job)).get(job.name)):
                    return False
                self._to_begin_with.discard(job.name)
                now = self._clock()
                failed = await self._do(job, now)
                await self._remember(job, now, failed)
                return not failed
        except UNAVAILABLE as error:
            log.warning("schedule.postponed", job=job.name, error=type(error).__name__)
            return False

    async def _do(self, job: Job, now: datetime) -> bool:
        """Do it; whether it failed. Of what was raised only the kind is told: its words may quote somebody."""
        try:
            await job.do(now)
        except ChannelError as error:
            log.warning("job.failed", job=job.name, error=type(error).__name__, code=error.code)
        except Exception as error:  # one job's mistake must not stop the others
            log.error("job.failed", job=job.name, error=type(error).__name__, at=place(error))
        else:
            metrics.JOBS.labels(job.name, "done").inc()
            return False
        metrics.JOBS.labels(job.name, "failed").inc()
        return True

    @asynccontextmanager
    async def _locked(self, job: Job) -> AsyncIterator[bool]:
        """Whether we have the job's lock, for as long as the block runs; it goes with the connection, too."""
        lock = select(func.pg_try_advisory_xact_lock(_LOCKS, func.hashtext(job.name)))
        async with self._at_once, self._database.engine.begin() as connection:
            yield bool(await connection.scalar(lock))

    async def _runs(self, *only: Job) -> dict[str, JobRun]:
        names = [job.name for job in only] or list(self._jobs)
        async with self._database.sessions() as session:
            found = await session.scalars(select(JobRun).where(JobRun.job.in_(names)))
            return {run.job: run for run in found}

    async def _remember(self, job: Job, now: datetime, failed: bool) -> None:
        changes = {"failures": JobRun.failures + 1} if failed else {"failures": 0, "done_at": now}
        row = insert(JobRun).values(
            job=job.name, tried_at=now, done_at=None if failed else now, failures=int(failed)
        )
        async with self._database.sessions.begin() as session:
            await session.execute(
                row.on_conflict_do_update(index_elements=["job"], set_=changes | {"tried_at": now})
            )
