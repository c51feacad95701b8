"""Messages that wait for their participant: nothing but a template would pass, and there is none for them.

When the participant writes, all of theirs go at once and in their order, before what answers the new message.
"""

from datetime import datetime

from sqlalchemy import case, exists, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.delivery.outbox import CALL
from bot.storage.tables import Broadcast, Notice, Outbox, OutboxState


async def let_go(session: AsyncSession, address: str, now: datetime) -> None:
    """The participant at `address` wrote: send what waits for them, but no news of what is over by now."""
    over = exists(
        select(Notice.id)
        .join(Broadcast, Broadcast.notice_id == Notice.id)
        .where(Broadcast.id == Outbox.broadcast_id, ~Broadcast.final, Notice.ends_at <= now)
    )
    freed = await session.execute(
        update(Outbox)
        .where(Outbox.address == address, Outbox.state == OutboxState.WAITING)
        .values(
            state=case((over, OutboxState.CANCELLED), else_=OutboxState.QUEUED),
            next_try_at=now,
            attempts=0,
            error_code=None,
        )
        .returning(Outbox.id),
        execution_options={"synchronize_session": False},
    )
    if freed.first():
        await session.execute(select(func.pg_notify(CALL, "")))
