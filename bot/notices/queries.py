"""What is asked of notices. The scope decides in the query: Samarinda never hears of Palembang."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache

from sqlalchemy import Boolean, ColumnElement, Select, bindparam, func, or_, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from bot.config import Branch
from bot.storage.tables import Notice, NoticeKind, NoticeUpdate


def _reaches() -> ColumnElement[bool]:
    """Notices whose scope has the branch in it, for `_of`; all of them when no branch is given."""
    return or_(
        bindparam("everywhere", type_=Boolean),
        Notice.scope["national"].as_boolean(),
        Notice.scope.op("@>")(bindparam("its_province", type_=JSONB)),
        Notice.scope.op("@>")(bindparam("itself", type_=JSONB)),
    )


def _of(branch: Branch | None) -> dict[str, object]:
    return {
        "everywhere": branch is None,
        "its_province": {"provinces": [branch.province]} if branch else {},
        "itself": {"branches": [branch.code]} if branch else {},
    }


def under_way(now: datetime) -> ColumnElement[bool]:
    """Begun and not over."""
    return (Notice.starts_at <= now) & or_(Notice.ends_at.is_(None), Notice.ends_at > now)


async def closures(session: AsyncSession, branch: Branch, since: datetime, until: datetime) -> list[Notice]:
    """Closures of a branch that touch the time between two moments, oldest first."""
    found = await session.scalars(_closures(), _of(branch) | {"since": since, "until": until})
    return list(found)


@cache
def _closures() -> Select[Notice]:
    return (
        select(Notice)
        .where(
            Notice.kind == NoticeKind.CLOSURE,
            _reaches(),
            Notice.starts_at < bindparam("until"),
            or_(Notice.ends_at.is_(None), Notice.ends_at > bindparam("since")),
        )
        .order_by(Notice.starts_at, Notice.id)
    )


async def outages(
    session: AsyncSession, system: str | None, branch: Branch | None, now: datetime, since: datetime
) -> list[Notice]:
    """Outages and maintenance under way or over since a moment, newest first; one that names no system affects all."""
    systems = {"any_system": system is None, "systems": [system] if system else []}
    found = await session.scalars(_outages(), _of(branch) | systems | {"now": now, "since": since})
    return list(found)


@cache
def _outages() -> Select[Notice]:
    return (
        select(Notice)
        .where(
            Notice.kind.in_((NoticeKind.OUTAGE, NoticeKind.MAINTENANCE)),
            _reaches(),
            Notice.starts_at <= bindparam("now"),
            or_(Notice.ends_at.is_(None), Notice.ends_at > bindparam("since")),
            or_(
                bindparam("any_system", type_=Boolean),
                Notice.affects.op("@>")(bindparam("systems", type_=JSONB)),
                func.jsonb_array_length(Notice.affects) == 0,
            ),
        )
        .order_by(Notice.starts_at.desc(), Notice.id.desc())
    )


async def listed(
    session: AsyncSession, *, active: bool | None, now: datetime, after: int | None = None, limit: int = 50
) -> list[Notice]:
    """Notices, newest first: those under way, those that are not, or all; one more than `limit` tells of more."""
    query = select(Notice).order_by(Notice.id.desc()).limit(limit + 1)
    if active is not None:
        query = query.where(under_way(now) if active else ~under_way(now))
    if after:
        query = query.where(Notice.id < after)
    return list(await session.scalars(query))


async def latest_updates(session: AsyncSession, notices: Sequence[Notice]) -> dict[int, NoticeUpdate]:
    """The newest update of each notice that has one."""
    if not notices:
        return {}
    ids = [notice.id for notice in notices]
    query = select(NoticeUpdate).where(NoticeUpdate.notice_id.in_(ids)).order_by(NoticeUpdate.id)
    return {update.notice_id: update for update in await session.scalars(query)}


async def updates(session: AsyncSession, notice_id: int) -> list[NoticeUpdate]:
    """All that became known of a notice, oldest first."""
    query = select(NoticeUpdate).where(NoticeUpdate.notice_id == notice_id)
    return list(await session.scalars(query.order_by(NoticeUpdate.id)))
