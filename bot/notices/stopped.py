"""The messages of broadcasts that were stopped: cancelled some at a time, however many there are.

Whoever stops a broadcast changes its row alone. No sender takes its messages from then on (`bot.delivery.outbox`), so
it does no harm that they still stand in the outbox for a moment.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import literal, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from bot.notices.telling import CANCELLED_AT_ONCE, cancel_rows
from bot.storage.engine import Database
from bot.storage.states import in_state
from bot.storage.tables import Broadcast, BroadcastState, Outbox, OutboxState

_CANCELLED = Broadcast.state == BroadcastState.CANCELLED


async def stopped(session: AsyncSession) -> Sequence[int]:
    """The broadcasts whose messages are still to be cancelled: those that still know how far they had come."""
    nothing = literal({}, JSONB)
    return (await session.scalars(select(Broadcast.id).where(_CANCELLED, Broadcast.cursors != nothing))).all()


async def clear(database: Database, broadcast_id: int, now: datetime) -> None:
    """Cancel all messages of a stopped broadcast that are in nobody's hand, in as many transactions as that takes."""
    while await _some(database, broadcast_id, now):
        pass


async def given_back(session: AsyncSession, now: datetime) -> None:
    """Cancel what a sender had in hand when its broadcast was stopped, and put back into the queue."""
    queued = in_state(Outbox.state, OutboxState.QUEUED)
    await cancel_rows(
        session, queued, Outbox.broadcast_id.in_(select(Broadcast.id).where(_CANCELLED)), now=now
    )


async def _some(database: Database, broadcast_id: int, now: datetime) -> bool:
    """One transaction's share; whether more may be left. Nothing where another maker is at it."""
    locked = select(Broadcast).where(Broadcast.id == broadcast_id, _CANCELLED)
    async with database.sessions.begin() as session:
        broadcast = await session.scalar(locked.with_for_update(skip_locked=True))
        if broadcast is None:
            return False
        if await cancel_rows(session, Outbox.broadcast_id == broadcast_id, now=now) == CANCELLED_AT_ONCE:
            return True
        broadcast.cursors = {}
        return False
