"""Messages that wait for their participant: nothing but a template would pass, and there is none for them.

When the participant writes, all of theirs go at once and in their order, before what answers the new message.
"""

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import case, exists, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.dml import ReturningUpdate

from bot.delivery.outbox import CALL
from bot.storage.arrays import arrays, given
from bot.storage.states import in_state
from bot.storage.tables import Broadcast, Notice, Outbox, OutboxState


async def let_go(connection: AsyncConnection, wrote: Mapping[str, datetime]) -> None:
    """Send what waits for the participants at these addresses, who wrote then, but no news of what was over by then."""
    values = arrays(address=wrote, next_try_at=wrote.values())
    if (await connection.execute(_freeing(), values)).first():
        await connection.execute(select(func.pg_notify(CALL, "")))


@cache
def _freeing() -> ReturningUpdate[Any]:
    rows = given(address=Outbox.address, next_try_at=Outbox.next_try_at)
    over = exists(
        select(Notice.id)
        .join(Broadcast, Broadcast.notice_id == Notice.id)
        .where(Broadcast.id == Outbox.broadcast_id, ~Broadcast.final, Notice.ends_at <= rows.c.next_try_at)
    )
    return (
        update(Outbox)
        .where(Outbox.address == rows.c.address, in_state(Outbox.state, OutboxState.WAITING))
        .values(
            state=case((over, OutboxState.CANCELLED), else_=OutboxState.QUEUED),
            next_try_at=rows.c.next_try_at,
            attempts=0,
            error_code=None,
        )
        .returning(Outbox.id)
    )
