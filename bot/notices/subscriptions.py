"""Who wants to be told of what, and who wants to hear nothing that they did not ask for."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import ColumnElement, Select, Update, and_, exists, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from bot.config import Config
from bot.notices.telling import cancel_rows
from bot.storage.tables import (
    Broadcast,
    ChannelAddress,
    Conversation,
    Notice,
    NoticeKind,
    Outbox,
    OutboxState,
    Priority,
    Subscription,
)


async def subscribe(
    session: AsyncSession, address: str, branch: str | None, system: str | None, now: datetime
) -> bool:
    """Be told from now on, also after `opt_out`; False when that was wished already."""
    await session.execute(_addressed(address).values(opted_out_at=None))
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


async def opt_out(session: AsyncSession, address: str, now: datetime) -> int:
    """Hear nothing any more that was not asked for, from this moment: also what is queued already is not sent.

    Returns:
        How many wishes that ended; 0 also where it was said before.
    """
    ended = await unsubscribe(session, address, now)
    since = func.coalesce(ChannelAddress.opted_out_at, now)
    await session.execute(_addressed(address).values(opted_out_at=since))
    await cancel_rows(session, Outbox.address == address, Outbox.priority == Priority.NOTICE, now=now)
    return ended


async def opt_in(session: AsyncSession, address: str, now: datetime) -> bool:
    """Hear again what was wished for until `opt_out`; False where nothing had been opted out of."""
    since = await session.scalar(
        select(ChannelAddress.opted_out_at).where(ChannelAddress.address == address).with_for_update()
    )
    if since is None:
        return False
    await session.execute(_addressed(address).values(opted_out_at=None))
    ended = select(Subscription.branch, Subscription.system).where(
        Subscription.address == address, Subscription.ended_at == since
    )
    for branch, system in (await session.execute(ended)).all():
        await subscribe(session, address, branch, system, now)
    return True


async def opted_out(session: AsyncSession, address: str) -> bool:
    """Whether the participant at `address` wants to hear nothing that they did not ask for."""
    query = select(ChannelAddress.opted_out_at).where(ChannelAddress.address == address)
    return await session.scalar(query) is not None


def _addressed(address: str) -> Update:
    return (
        update(ChannelAddress)
        .where(ChannelAddress.address == address)
        .execution_options(synchronize_session=False)
    )


def audience(
    config: Config,
    notice: Notice,
    broadcast: Broadcast | None = None,
    channels: Iterable[str] | None = None,
    *,
    after: str = "",
) -> Select[str]:
    """The addresses that a notice concerns and that take messages, each once, in order.

    Args:
        broadcast: what is told; that it is over hears only who knew of it.
        channels: only addresses of these; None: of all.
        after: only addresses after this one.
    """
    wanted = (
        select(Subscription.address)
        .join(ChannelAddress, ChannelAddress.address == Subscription.address)
        .join(Conversation, Conversation.address == Subscription.address)
        .where(
            Subscription.ended_at.is_(None),
            ChannelAddress.unreachable_since.is_(None),
            ChannelAddress.opted_out_at.is_(None),
            _in_scope(config, notice),
            _about(notice),
        )
    )
    if channels is not None:
        wanted = wanted.where(ChannelAddress.channel.in_(list(channels)))
    if after:
        wanted = wanted.where(Subscription.address > after)
    if broadcast is not None and broadcast.final:
        wanted = wanted.where(or_(Subscription.created_at > notice.created_at, _heard(notice)))
    return wanted.distinct().order_by(Subscription.address)


def _heard(notice: Notice) -> ColumnElement[bool]:
    """Whoever was told of the notice, or is being told just now."""
    gone = Outbox.state.in_([OutboxState.SENT, OutboxState.UNKNOWN])
    going = and_(Outbox.state == OutboxState.QUEUED, Outbox.hold.is_not(None))
    return exists().where(
        Outbox.notice_id == notice.id, Outbox.address == Subscription.address, or_(gone, going)
    )


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
