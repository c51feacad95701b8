"""Notices whose time has come by the clock: those published ahead begin, and those with an end are over."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.cases.history import SYSTEM, is_noted, noted, record
from bot.notices.queries import under_way
from bot.notices.telling import tell
from bot.storage.apart import apart
from bot.storage.engine import Database
from bot.storage.tables import Notice

STILL_NEWS = timedelta(days=1)
"""What began or ended longer ago, while nobody looked, is told to nobody any more."""
LONG_AHEAD = timedelta(hours=12)
"""Who was told of a notice when it was published so long before its start is told again when it begins."""


async def keep_time(database: Database, now: datetime) -> int:
    """Note which notices have begun and which are over, each once, and have their subscribers told; how many.

    Each is a transaction of its own: one that fails holds no other up, and is tried again at the next look.
    """
    count = 0
    for what in ("started", "ended"):
        for notice_id in await _due(database, what, now):
            with apart("notices", notice=notice_id):
                async with database.sessions.begin() as session:
                    count += await _note(session, notice_id, what, now)
    return count


async def _due(database: Database, what: str, now: datetime) -> Sequence[int]:
    """Notices of which that is to be noted, in the order of time."""
    at = Notice.starts_at if what == "started" else Notice.ends_at
    async with database.sessions() as session:
        return (
            await session.scalars(select(Notice.id).where(_is_due(what, now)).order_by(at, Notice.id))
        ).all()


def _is_due(what: str, now: datetime) -> ColumnElement[bool]:
    """Whether that time of a notice has passed since it was published, and it was not noted."""
    at = Notice.starts_at if what == "started" else Notice.ends_at
    passed = and_(at <= now, at > now - STILL_NEWS, at > Notice.created_at)
    due = and_(passed, ~is_noted("notice", Notice.id, what))
    return and_(due, under_way(now)) if what == "started" else due


async def _note(session: AsyncSession, notice_id: int, what: str, now: datetime) -> bool:
    """Note it, under the notice's lock, unless another has meanwhile, or somebody changed the notice's times."""
    due = select(Notice).where(Notice.id == notice_id, _is_due(what, now))
    notice = await session.scalar(due.with_for_update(skip_locked=True))
    if notice is None or await noted(session, "notice", what, [notice_id]):
        return False
    record(session, ("notice", notice_id), what, SYSTEM, now)
    again = what == "ended" or notice.starts_at - notice.created_at >= LONG_AHEAD
    if notice.broadcast and again:
        await tell(session, notice, what, now)
    return True
