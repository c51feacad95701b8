"""Notices whose time has come by the clock: those published ahead begin, and those with an end are over."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from bot.cases.history import SYSTEM, is_noted, noted, record
from bot.notices.queries import under_way
from bot.notices.telling import tell
from bot.storage.tables import Notice

STILL_NEWS = timedelta(days=1)
"""What began or ended longer ago, while nobody looked, is told to nobody any more."""
LONG_AHEAD = timedelta(hours=12)
"""Who was told of a notice when it was published so long before its start is told again when it begins."""


async def keep_time(session: AsyncSession, now: datetime) -> int:
    """Note which notices have begun and which are over, each once, and have their subscribers told; how many."""
    begun = await _due(session, "started", Notice.starts_at, now, under_way(now))
    for notice in begun:
        record(session, ("notice", notice.id), "started", SYSTEM, now)
        if notice.broadcast and notice.starts_at - notice.created_at >= LONG_AHEAD:
            await tell(session, notice, "started", now)
    over = await _due(session, "ended", Notice.ends_at, now)
    for notice in over:
        record(session, ("notice", notice.id), "ended", SYSTEM, now)
        if notice.broadcast:
            await tell(session, notice, "ended", now)
    return len(begun) + len(over)


async def _due(
    session: AsyncSession,
    what: str,
    at: InstrumentedAttribute[Any],
    now: datetime,
    *which: ColumnElement[bool],
) -> list[Notice]:
    """Notices for which that time has passed since they were published, and of which it was not noted."""
    passed = (at <= now, at > now - STILL_NEWS, at > Notice.created_at)
    query = select(Notice).where(*passed, ~is_noted("notice", Notice.id, what), *which)
    found = (await session.scalars(query.order_by(at, Notice.id).with_for_update(skip_locked=True))).all()
    known = await noted(session, "notice", what, [notice.id for notice in found])
    return [notice for notice in found if notice.id not in known]
