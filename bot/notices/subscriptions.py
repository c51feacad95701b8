"""Who wants to be told of what."""

from datetime import datetime

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from bot.config import Config
from bot.storage.tables import Notice, NoticeKind, Subscription


async def subscribe(
    session: AsyncSession, address: str, branch: str | None, system: str | None, now: datetime
) -> bool:
    """Be told from now on; False when that was wished already."""
    row = insert(Subscription).values(address=address, branch=branch, system=system, created_at=now)
    added = await session.execute(row.on_conflict_do_nothing().returning(Subscription.id))
    return added.first() is not None


async def unsubscribe(session: AsyncSession, address: str, now: datetime) -> int:
    """Be told of nothing any more; gives how many wishes that ended."""
    ended = await session.execute(
        update(Subscription)
        .where(Subscription.address == address, Subscription.ended_at.is_(None))
        .values(ended_at=now)
        .returning(Subscription.id)
    )
    return len(ended.all())


async def audience(session: AsyncSession, config: Config, notice: Notice) -> list[str]:
    """The addresses that a notice concerns, each once."""
    query = select(Subscription.address).where(
        Subscription.ended_at.is_(None), _in_scope(config, notice), _about(notice)
    )
    return list(await session.scalars(query.distinct().order_by(Subscription.address)))


def _in_scope(config: Config, notice: Notice) -> ColumnElement[bool]:
    """A wish without a branch is for the whole country; a national notice reaches every wish."""
    if notice.scope.get("national"):
        return Subscription.id > 0
    provinces = set(notice.scope.get("provinces", ()))
    branches = [branch.code for branch in config.branches.values() if branch.province in provinces]
    branches += notice.scope.get("branches", ())
    return or_(Subscription.branch.in_(branches), Subscription.branch.is_(None))


def _about(notice: Notice) -> ColumnElement[bool]:
    """A wish for one system hears of outages of that system; any other wish of everything."""
    if notice.kind in (NoticeKind.OUTAGE, NoticeKind.MAINTENANCE) and not notice.affects:
        return Subscription.id > 0
    return or_(Subscription.system.is_(None), Subscription.system.in_(notice.affects))
