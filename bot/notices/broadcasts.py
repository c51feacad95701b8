"""Broadcasts as supervisors see and steer them: how far each has come; pause, resume, cancel."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.cases.history import Actor, record
from bot.errors import SiagaError
from bot.messages import Delivery
from bot.notices.telling import CALL, STARTED
from bot.storage.tables import (
    Agent,
    Broadcast,
    BroadcastState,
    DeliveryReceipt,
    Outbox,
    OutboxState,
)

RECENTLY = timedelta(minutes=1)
"""The time left is reckoned from how many left in the last minute."""
REPORTING = ("whatsapp",)
"""Channels that report what arrived; on the others what was taken has arrived."""


class WrongState(SiagaError):
    """It cannot be done to a broadcast in that `state`."""

    def __init__(self, state: BroadcastState) -> None:
        self.state = state
        super().__init__(state.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a broadcast has come, in messages."""

    audience: int | None
    """How many were to hear it at the start; None: not counted yet."""
    sent: int
    """Taken by the provider, those among them that arrived or failed later included."""
    delivered: int
    failed: int
    """Refused, or perhaps not taken: the dead letters have the reasons."""
    waiting: int
    """For their participant to write: WhatsApp's window is closed and there is no template."""
    cancelled: int
    left: int
    """Still to be sent."""
    eta: datetime | None
    """When the last will have left at the present speed; None: it stands still or nothing is known."""

    @property
    def share(self) -> int:
        """Whole per cent that are not left any more."""
        gone = self.sent + self.failed + self.waiting + self.cancelled
        return 100 * gone // (gone + self.left) if gone + self.left else 100


async def listed(session: AsyncSession, notice_id: int) -> list[Broadcast]:
    """The broadcasts of a notice, newest first."""
    query = select(Broadcast).where(Broadcast.notice_id == notice_id).order_by(Broadcast.id.desc())
    return list(await session.scalars(query))


async def progress(
    session: AsyncSession, broadcasts: Sequence[Broadcast], now: datetime
) -> dict[int, Progress]:
    """How far each of these has come, by id."""
    counted = await session.execute(_counts([one.id for one in broadcasts], now - RECENTLY))
    by_id = {row.broadcast_id: row for row in counted}
    return {one.id: _progress(one, by_id.get(one.id), now) for one in broadcasts}


async def pause(session: AsyncSession, broadcast: Broadcast, by: Agent, now: datetime) -> None:
    """Send no more of it for now.

    Raises:
        WrongState: it is not running.
    """
    _change(session, broadcast, BroadcastState.PAUSED, (BroadcastState.RUNNING,), by, now)


async def resume(session: AsyncSession, broadcast: Broadcast, by: Agent, now: datetime) -> None:
    """Go on where it was paused.

    Raises:
        WrongState: it is not paused.
    """
    _change(session, broadcast, BroadcastState.RUNNING, (BroadcastState.PAUSED,), by, now)
    await session.execute(select(func.pg_notify(CALL, "")))


async def cancel(session: AsyncSession, broadcast: Broadcast, by: Agent, now: datetime) -> None:
    """Tell nobody more of it, for good. What is just on its way arrives.

    Raises:
        WrongState: it is over.
    """
    _change(session, broadcast, BroadcastState.CANCELLED, STARTED, by, now)
    broadcast.ended_at = now
    await session.execute(select(func.pg_notify(CALL, "")))


def _change(
    session: AsyncSession,
    broadcast: Broadcast,
    to: BroadcastState,
    only: Sequence[BroadcastState],
    by: Agent,
    now: datetime,
) -> None:
    """The broadcast is locked by whoever calls."""
    if broadcast.state not in only:
        raise WrongState(broadcast.state)
    broadcast.state = to
    what = "resumed" if to is BroadcastState.RUNNING else to.value
    subject = ("notice", broadcast.notice_id)
    record(session, subject, f"broadcast_{what}", Actor("agent", by.id), now, broadcast=broadcast.id)


def _counts(ids: Sequence[int], since: datetime) -> Select[*tuple[Any, ...]]:
    arrived = DeliveryReceipt.state.in_([Delivery.DELIVERED, Delivery.READ])
    sent = Outbox.state == OutboxState.SENT
    receipt = and_(
        DeliveryReceipt.channel == Outbox.channel, DeliveryReceipt.provider_id == Outbox.provider_id
    )
    return (
        select(
            Outbox.broadcast_id,
            _if(sent).label("sent"),
            _if(and_(sent, arrived | Outbox.channel.not_in(REPORTING))).label("delivered"),
            _if(Outbox.state.in_([OutboxState.DEAD, OutboxState.UNKNOWN])).label("failed"),
            _if(Outbox.state == OutboxState.WAITING).label("waiting"),
            _if(Outbox.state == OutboxState.CANCELLED).label("cancelled"),
            _if(Outbox.state == OutboxState.QUEUED).label("queued"),
            _if(Outbox.sent_at > since).label("lately"),
        )
        .outerjoin(DeliveryReceipt, receipt)
        .where(Outbox.broadcast_id.in_(ids))
        .group_by(Outbox.broadcast_id)
    )


def _if(what: ColumnElement[bool]) -> ColumnElement[int]:
    return func.count().filter(what)


def _progress(broadcast: Broadcast, row: Row[*tuple[Any, ...]] | None, now: datetime) -> Progress:
    not_made = max(0, (broadcast.audience or 0) - broadcast.made) if broadcast.state in STARTED else 0
    queued, waiting = (row.queued, row.waiting) if row else (0, 0)
    cancelled = row.cancelled if row else 0
    if (
        broadcast.state is BroadcastState.CANCELLED
    ):  # no sender takes these, and they are about to be cancelled
        cancelled, queued, waiting = cancelled + queued + waiting, 0, 0
    left = not_made + queued
    since = max(now - RECENTLY, broadcast.created_at)
    seconds = (now - since).total_seconds()
    lately = row.lately if row and broadcast.state is BroadcastState.RUNNING else 0
    return Progress(
        audience=broadcast.audience,
        sent=row.sent if row else 0,
        delivered=row.delivered if row else 0,
        failed=row.failed if row else 0,
        waiting=waiting,
        cancelled=cancelled,
        left=left,
        eta=now + timedelta(seconds=left * seconds / lately) if left and lately and seconds else None,
    )
