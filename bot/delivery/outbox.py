"""The outbox: what has to be sent, kept in the transaction that decided it, and how each row comes through.

A row is `queued` until it is `sent`, `unknown` (the provider may have taken it), `dead` or `cancelled`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Select, exists, func, literal, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from bot.delivery.forms import text_to_json
from bot.messages import Address, Text
from bot.storage.engine import Database
from bot.storage.sealing import Sealer
from bot.storage.tables import Outbox, OutboxState, Priority

CALL = "siaga_outbox"
"""The notification that wakes senders; inserts send it by a trigger."""

FREE: dict[str, object] = {"hold": None, "held_until": None}
"""Values of a row that is in nobody's hand."""

# Written into the statement, since a partial index does not serve `state = $1`.
_QUEUED = literal(OutboxState.QUEUED, Outbox.state.type, literal_execute=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A row in a sender's hand."""

    id: int
    channel: str
    address: Address
    sealed: bytes
    hold: UUID
    held_until: datetime
    parts_sent: int
    attempts: int
    maybe_sent: bool


async def queue(  # noqa: PLR0913 (a row has that many sides, all named)
    session: AsyncSession,
    sealer: Sealer,
    *,
    channel: str,
    address: Address,
    text: Text,
    message_id: int | None,
    now: datetime,
    priority: Priority = Priority.REPLY,
    notice_id: int | None = None,
    once: str | None = None,
) -> int | None:
    """Have `text` sent after the session's commit.

    Args:
        message_id: the line of the talk that this is, if it is one.
        once: a key; nothing is queued when it was used before.

    Returns:
        The row's id, or None if `once` was used before.
    """
    new = insert(Outbox).values(
        channel=channel,
        address=address,
        sealed=sealer.seal(text_to_json(text)),
        message_id=message_id,
        notice_id=notice_id,
        once=once,
        priority=priority,
        created_at=now,
        next_try_at=now,
    )
    unless_there = new.on_conflict_do_nothing(index_elements=["once"]).returning(Outbox.id)
    return (await session.execute(unless_there)).scalar_one_or_none()


async def resend(session: AsyncSession, outbox_id: int, now: datetime) -> bool:
    """Try a dead or unknown row again from the part at which it stopped; False if it is neither."""
    again = await session.execute(
        update(Outbox)
        .where(Outbox.id == outbox_id, Outbox.state.in_([OutboxState.DEAD, OutboxState.UNKNOWN]))
        .values(
            FREE
            | {
                "state": OutboxState.QUEUED,
                "attempts": 0,
                "maybe_sent": False,
                "next_try_at": now,
                "error_code": None,
            }
        )
        .returning(Outbox.id)
    )
    if again.scalar_one_or_none() is None:
        return False
    await session.execute(select(func.pg_notify(CALL, "")))
    return True


async def claim_due(
    database: Database, hold: UUID, now: datetime, lease_seconds: float, channels: Sequence[str], most: int
) -> list[Due]:
    """Take rows that are due, replies first, then by age; of one address only the one whose turn it is.

    Args:
        hold: the token of this claim, never used before.
        lease_seconds: after this long without a sign of life another sender may take them over.
        most: how many at most.
    """
    due = _due(now, channels, most).cte("due")
    until = now + timedelta(seconds=lease_seconds)
    take = update(Outbox).where(Outbox.id == due.c.id).values(hold=hold, held_until=until).returning(Outbox)
    async with database.sessions.begin() as session:
        rows = (await session.scalars(take, execution_options={"synchronize_session": False})).all()
    return [
        Due(
            id=row.id,
            channel=row.channel,
            address=Address(row.address),
            sealed=row.sealed,
            hold=hold,
            held_until=until,
            parts_sent=row.parts_sent,
            attempts=row.attempts,
            maybe_sent=row.maybe_sent,
        )
        for row in sorted(rows, key=lambda row: (row.priority, row.id))
    ]


async def change(database: Database, due: Due, values: Mapping[str, object]) -> bool:
    """Write down how a row that we hold came on; False if another sender has it by now."""
    async with database.engine.begin() as connection:
        changed = await connection.execute(
            update(Outbox)
            .where(Outbox.id == due.id, Outbox.hold == due.hold)
            .values(values)
            .returning(Outbox.id)
        )
        return changed.scalar_one_or_none() is not None


def _due(now: datetime, channels: Sequence[str], most: int) -> Select[int]:
    """Rows that may leave now.

    A row waits for the earlier ones of its address, also while those wait for their next try. But a reply does not
    wait for a notice, else a broadcast to a hundred thousand would hold up every answer to them; unless that notice
    is just being sent.
    """
    earlier = aliased(Outbox)
    goes_first = exists().where(
        earlier.address == Outbox.address,
        earlier.state == _QUEUED,
        earlier.id < Outbox.id,
        or_(earlier.priority <= Outbox.priority, earlier.held_until > now),
    )
    return (
        select(Outbox.id)
        .where(
            Outbox.state == _QUEUED,
            Outbox.next_try_at <= now,
            or_(Outbox.hold.is_(None), Outbox.held_until <= now),
            Outbox.channel.in_(channels),
            ~goes_first,
        )
        .order_by(Outbox.priority, Outbox.next_try_at, Outbox.id)
        .limit(most)
        .with_for_update(skip_locked=True, of=Outbox)
    )
