"""The outbox: what has to be sent, kept in the transaction that decided it, and how each row comes through.

A row is `queued` until it is `sent`, `unknown` (the provider may have taken it), `dead` or `cancelled`; it may be
`waiting` meanwhile (`bot.delivery.waiting`). Rows of a broadcast that is paused or cancelled are not taken.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    DateTime,
    Integer,
    Interval,
    Label,
    Select,
    and_,
    bindparam,
    case,
    exists,
    func,
    or_,
    select,
    union_all,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession
from sqlalchemy.orm import InstrumentedAttribute, aliased
from sqlalchemy.sql.dml import ReturningInsert, ReturningUpdate

from bot import tracing
from bot.delivery.forms import text_to_json
from bot.messages import Address, Text, channel_of
from bot.storage.arrays import arrays, arrays_of, given
from bot.storage.engine import Database
from bot.storage.sealing import Sealer
from bot.storage.states import in_state
from bot.storage.tables import (
    Broadcast,
    BroadcastState,
    ChannelAddress,
    Outbox,
    OutboxState,
    Priority,
)

CALL = "siaga_outbox"
"""The notification that wakes senders; inserts send it by a trigger."""

FREE: dict[str, object] = {"hold": None, "held_until": None}
"""Values of a row that is in nobody's hand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A message to be sent.

    Args:
        message_id: the line of the talk that this is, if it is one.
        once: a key; nothing is queued when it was used before.
        traceparent: the way on which it is (`bot.tracing`).
    """

    address: Address
    text: Text
    message_id: int | None = None
    priority: Priority = Priority.REPLY
    notice_id: int | None = None
    once: str | None = None
    traceparent: str = field(default_factory=tracing.traceparent)

    @property
    def channel(self) -> str:
        """By which it goes."""
        return channel_of(self.address)


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A row in a sender's hand."""

    id: int
    channel: str
    address: Address
    sealed: bytes
    priority: Priority
    hold: UUID
    held_until: datetime
    parts_sent: int
    attempts: int
    doubt_since: datetime | None
    """Since when the provider may have taken the part that is due, if it may."""
    last_try: bool
    """Whether the one more try that a doubt allows was begun, by a sender that did not come back."""
    traceparent: str | None = None
    """The way on which it is (`bot.tracing`)."""
    last_inbound_at: datetime | None = None
    """When the participant last wrote, as it was known when we took the row."""
    window_closed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Room:
    """How many rows a sender can take of one channel: so many at most, and so many notices among them."""

    rows: int
    notices: int


async def queue(session: AsyncSession, sealer: Sealer, letters: Sequence[Letter], now: datetime) -> list[int]:
    """Have `letters` sent after the session's commit, in their order.

    Returns:
        The rows' ids, without those of which `once` was used before.
    """
    if not letters:
        return []
    sealed = arrays(sealed=[sealer.seal(text_to_json(letter.text)) for letter in letters])
    values = arrays_of(_QUEUED, letters) | sealed | {"now": now}
    connection = await session.connection()
    return sorted((await connection.execute(_queueing(), values)).scalars())


_QUEUED = ("channel", "address", "message_id", "notice_id", "once", "priority", "traceparent")


@cache
def _queueing() -> ReturningInsert[int]:
    names = (*_QUEUED, "sealed")
    rows = given(**{name: getattr(Outbox, name) for name in names})
    now = bindparam("now", type_=DateTime(timezone=True))
    ordered = select(*(rows.c[name] for name in names), now, now).order_by(rows.c.place)
    new = insert(Outbox).from_select([*names, "created_at", "next_try_at"], ordered)
    return new.on_conflict_do_nothing(index_elements=["once"]).returning(Outbox.id)


async def resend(session: AsyncSession, *which: ColumnElement[bool], now: datetime) -> list[int]:
    """Try dead or unknown rows again from the part at which they stopped.

    A row that was accepted and failed later goes again with its last part, the one of which that is known. Where the
    provider may have taken one, it is asked first, if it can be.

    Args:
        which: conditions on `Outbox`; rows in any other state are left alone.

    Returns:
        Their ids.
    """
    failed_later = and_(Outbox.state == OutboxState.DEAD, Outbox.sent_at.is_not(None))
    again = await session.execute(
        update(Outbox)
        .where(Outbox.state.in_([OutboxState.DEAD, OutboxState.UNKNOWN]), *which)
        .values(
            FREE
            | {
                "state": OutboxState.QUEUED,
                "parts_sent": case(
                    (failed_later, func.greatest(Outbox.parts_sent - 1, 0)), else_=Outbox.parts_sent
                ),
                "sent_at": None,
                "attempts": 0,
                "last_try": False,
                "next_try_at": now,
                "error_code": None,
            }
        )
        .returning(Outbox.id),
        execution_options={"synchronize_session": False},
    )
    ids = list(again.scalars())
    if ids:
        await session.execute(select(func.pg_notify(CALL, "")))
    return ids


async def claim_due(
    database: Database, hold: UUID, now: datetime, lease_seconds: float, room: Mapping[str, Room]
) -> list[Due]:
    """Take rows that are due, replies first, then by age; of one address only the one whose turn it is.

    Whoever held a row and did not come back may have sent it: from then on that is in doubt.

    Args:
        hold: the token of this claim, never used before.
        lease_seconds: after this long without a sign of life another sender may take them over.
        room: how many at most, by channel.
    """
    if not room:
        return []
    lease = timedelta(seconds=lease_seconds)
    values: dict[str, object] = {"now": now, "hold": hold, "until": now + lease, "lease": lease}
    for number, (_, free) in enumerate(sorted(room.items())):
        values |= {f"rows_{number}": free.rows, f"notices_{number}": free.notices}
    async with database.autocommit.connect() as connection:
        rows = (await connection.execute(_take(tuple(sorted(room))), values)).all()
    return [
        Due(**{**row._mapping, "address": Address(row.address), "hold": hold, "held_until": now + lease})
        for row in sorted(rows, key=lambda row: (row.priority, row.id))
    ]


@dataclass(frozen=True, slots=True)
class Change:
    """How a row that we hold came on: new values of its columns."""

    due: Due
    values: Mapping[str, object]


async def change_all(database: Database, changes: Sequence[Change]) -> list[bool]:
    """Write down how rows that we hold came on, all or none; False of each that another sender has by now."""
    alike: dict[frozenset[str], list[Change]] = {}
    for one in changes:
        alike.setdefault(frozenset(one.values), []).append(one)
    waits = any(_waits(one) for one in changes)
    changed: set[int] = set()
    async with (database.engine if waits or len(alike) > 1 else database.autocommit).begin() as connection:
        for of_one_kind in alike.values():
            settled = [await _unless_heard(connection, one) if _waits(one) else one for one in of_one_kind]
            changed |= await _change(connection, settled)
    return [one.due.id in changed for one in changes]


def _waits(change: Change) -> bool:
    """Whether the row is to wait for its participant."""
    return change.values.get("state") is OutboxState.WAITING


async def _change(connection: AsyncConnection, changes: Sequence[Change]) -> set[int]:
    """Change the same columns of some rows; the ids of those that we still hold."""
    names = sorted(changes[0].values)
    values = arrays(
        our_id=[one.due.id for one in changes],
        our_hold=[one.due.hold for one in changes],
        **{f"new_{name}": [one.values[name] for one in changes] for name in names},
    )
    return set((await connection.execute(_changing(tuple(names)), values)).scalars())


@cache
def _changing(columns: tuple[str, ...]) -> ReturningUpdate[int]:
    """The statement that changes those columns of rows that we hold: locked by their ids, so that no two deadlock."""
    rows = given(
        our_id=Outbox.id, our_hold=Outbox.hold, **{f"new_{name}": getattr(Outbox, name) for name in columns}
    )
    locked = aliased(Outbox)
    ours = (
        select(rows)
        .join(locked, and_(locked.id == rows.c.our_id, locked.hold == rows.c.our_hold))
        .order_by(locked.id)
        .with_for_update(of=locked)
        .cte("ours")
    )
    return (
        update(Outbox)
        .where(Outbox.id == ours.c.our_id)
        .values({name: ours.c[f"new_{name}"] for name in columns})
        .returning(Outbox.id)
    )


async def foreign(database: Database, channel: str, provider_ids: Sequence[str]) -> list[str]:
    """Those of `provider_ids` that no row has, in the same order."""
    if not provider_ids:
        return []
    query = select(Outbox.provider_id).where(Outbox.channel == channel, Outbox.provider_id.in_(provider_ids))
    async with database.sessions() as session:
        ours = set(await session.scalars(query))
    return [one for one in provider_ids if one not in ours]


@cache
def _take(channels: tuple[str, ...]) -> ReturningUpdate[Any]:
    """The statement that takes what is due on some channels: made once, since making it costs more than sending it.

    Its values are ``now``, ``hold``, ``until``, ``lease``, and by channel ``rows_0``, ``notices_0``, ``rows_1``, ...
    """
    due = _due(channels).cte("due")
    lease = bindparam("lease", type_=Interval)
    return (
        update(Outbox)
        .where(Outbox.id == due.c.id)
        .values(
            hold=bindparam("hold"),
            held_until=bindparam("until"),
            doubt_since=func.coalesce(Outbox.doubt_since, Outbox.held_until - lease),
        )
        .returning(
            *(getattr(Outbox, name) for name in _TAKEN),
            _of_address("last_inbound_at"),
            _of_address("window_closed_at"),
        )
    )


_TAKEN = (
    "id",
    "channel",
    "address",
    "sealed",
    "priority",
    "parts_sent",
    "attempts",
    "doubt_since",
    "last_try",
    "traceparent",
)
"""Columns of a row that its sender wants to know."""


def _due(channels: Sequence[str]) -> Select[int]:
    """Rows that may leave now, channel by channel; notices get what replies leave of the room."""
    taken = []
    for number, channel in enumerate(channels):
        rows, most = (bindparam(f"{name}_{number}", type_=Integer) for name in ("rows", "notices"))
        replies = _of(channel, Priority.REPLY).limit(rows).cte(f"replies_{number}")
        left = rows - select(func.count()).select_from(replies).scalar_subquery()
        notices = _of(channel, Priority.NOTICE).limit(func.least(most, left)).cte(f"notices_{number}")
        taken += [select(replies.c.id), select(notices.c.id)]
    every = union_all(*taken).subquery()
    return select(every.c.id)


def _of(channel: str, priority: Priority) -> Select[int]:
    """Rows of one kind that may leave now.

    A row waits for the earlier ones of its address, also while those wait for their next try. But a reply does not
    wait for a notice, else a broadcast to a hundred thousand would hold up every answer to them; unless that notice
    is just being sent.
    """
    now = bindparam("now", type_=DateTime(timezone=True))
    earlier = aliased(Outbox)
    goes_first = exists().where(
        earlier.address == Outbox.address,
        in_state(earlier.state, OutboxState.QUEUED),
        earlier.id < Outbox.id,
        or_(earlier.priority <= Outbox.priority, earlier.held_until > now),
        _not_stopped(earlier.broadcast_id),
    )
    return (
        select(Outbox.id)
        .where(
            in_state(Outbox.state, OutboxState.QUEUED),
            Outbox.channel == channel,
            Outbox.priority == priority,
            Outbox.next_try_at <= now,
            or_(Outbox.hold.is_(None), Outbox.held_until <= now),
            _not_stopped(Outbox.broadcast_id),
            ~goes_first,
        )
        .order_by(Outbox.next_try_at, Outbox.id)
        .with_for_update(skip_locked=True, of=Outbox)
    )


def _not_stopped(broadcast_id: InstrumentedAttribute[int | None]) -> ColumnElement[bool]:
    """Whether a row is none of a broadcast that somebody paused or cancelled."""
    stopped = (BroadcastState.PAUSED, BroadcastState.CANCELLED)
    is_stopped = exists().where(Broadcast.id == broadcast_id, Broadcast.state.in_(stopped))
    return or_(broadcast_id.is_(None), ~is_stopped)


def _of_address(column: str) -> Label[datetime | None]:
    """What is known of the address of a row that is being taken."""
    known = select(getattr(ChannelAddress, column)).where(ChannelAddress.address == Outbox.address)
    return known.correlate(Outbox).scalar_subquery().label(column)


async def _unless_heard(connection: AsyncConnection, change: Change) -> Change:
    """How a row that is to wait comes on: it stays queued if its participant wrote since we took it in hand.

    The address is locked: whoever notes that they wrote (`bot.delivery.people`) then lets go of what waits, and must
    not miss this row.
    """
    last = select(ChannelAddress.last_inbound_at).where(ChannelAddress.address == change.due.address)
    heard = (await connection.execute(last.with_for_update(read=True))).scalar_one_or_none()
    if heard == change.due.last_inbound_at:
        return change
    return replace(change, values={**change.values, "state": OutboxState.QUEUED})
