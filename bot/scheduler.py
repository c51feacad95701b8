"""What is due by the clock rather than by a message: forms left alone, sessions that ran out.

Any number of schedulers may run: each round is taken by the one that gets PostgreSQL's advisory lock, and what it
queues has a key of its own, so nothing happens twice.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.delivery import inbox
from bot.messages import Address, Incoming
from bot.storage.engine import UNAVAILABLE, Database
from bot.storage.sealing import Sealer
from bot.storage.tables import Conversation, Owner, Session, SignInFailure

log = structlog.get_logger()

ROUND = 10.0  # seconds
_LOCK = 0x51A6C  # any number of our own
_MOST = 500  # forms a round


class Scheduler:
    """Does what is due, every few seconds, until told to stop."""

    def __init__(self, database: Database, sealer: Sealer, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._sealer = sealer
        self._clock = clock

    async def run(self, stopping: asyncio.Event) -> None:
        """One round after another."""
        while not stopping.is_set():
            try:
                await self.round()
            except UNAVAILABLE as error:
                log.warning("schedule.postponed", error=type(error).__name__)
            try:
                await asyncio.wait_for(stopping.wait(), ROUND)
            except TimeoutError:
                continue

    async def round(self) -> int:
        """Everything that is due now; gives how many forms that were left alone. 0 when another has the round."""
        now = self._clock()
        async with self._database.sessions.begin() as session:
            if not await session.scalar(select(func.pg_try_advisory_xact_lock(_LOCK))):
                return 0
            idle = await self._idle_forms(session, now)
            if idle:
                await inbox.store(self._database, self._sealer, idle, now)
            await session.execute(delete(Session).where(Session.expires_at < now))
            await session.execute(delete(SignInFailure).where(SignInFailure.at < now - timedelta(days=1)))
        return len(idle)

    async def _idle_forms(self, session: AsyncSession, now: datetime) -> list[Incoming]:
        """A word to the conversation's next turn; the worker that takes it decides what is to be said."""
        due = select(Conversation).where(Conversation.nudge_at <= now, Conversation.owner != Owner.AGENT)
        words = []
        for talk in await session.scalars(due.limit(_MOST).with_for_update(skip_locked=True)):
            assert talk.nudge_at
            words.append(
                Incoming(
                    channel=talk.address.partition(":")[0],
                    address=Address(talk.address),
                    provider_id=f"due:{talk.id}:{talk.nudge_at.isoformat()}",
                    sent_at=now,
                    due="idle_form",
                )
            )
            talk.nudge_at = None
        return words
