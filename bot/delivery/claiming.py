"""Taking conversations in hand: those that have waited longest, one hand at a time.

The hold is a fencing token: a worker that was paused past it cannot commit (`bot.delivery.inbox.retake`).
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from itertools import groupby
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import (
    ARRAY,
    ColumnElement,
    DateTime,
    Integer,
    Row,
    Select,
    all_,
    bindparam,
    exists,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.orm import aliased

from bot.delivery import people
from bot.delivery.forms import incoming_from_json
from bot.messages import Address, Incoming
from bot.storage.engine import UNAVAILABLE, Database
from bot.storage.sealing import Sealer, Unreadable
from bot.storage.states import in_state
from bot.storage.tables import Conversation, Inbox, InboxState

log = structlog.get_logger()

_TOGETHER = 50  # messages taken as one turn at most
_ALONE = 2  # failures after which the oldest message is tried alone, so that it drags no other down with it
_SET_ASIDE = timedelta(minutes=5)
_NOW = bindparam("now", type_=DateTime(timezone=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """A conversation in our hand, with what its participant has written since, oldest first."""

    conversation_id: UUID
    address: Address
    channel: str
    hold: UUID
    messages: list[tuple[int, Incoming]]
    """Inbox id and message."""
    arrived: tuple[datetime, ...] = ()
    """When each of them arrived."""
    traceparents: tuple[str, ...] = ()
    """The ways on which they came (`bot.tracing`), each once, oldest first."""

    @property
    def written(self) -> list[Incoming]:
        """The messages alone."""
        return [message for _, message in self.messages]

    @property
    def received_at(self) -> datetime | None:
        """When the first of them arrived."""
        return next(iter(self.arrived), None)

    @property
    def way(self) -> str:
        """The way of its first message, on which the turn is taken."""
        return next(iter(self.traceparents), "")

    @property
    def ids(self) -> list[int]:
        """The inbox ids."""
        return [inbox_id for inbox_id, _ in self.messages]


async def claim(
    database: Database, sealer: Sealer, hold: UUID, now: datetime, lease_seconds: float, most: int = 1
) -> list[Claimed]:
    """Take the conversations that have waited longest, of those that are free. No lock remains afterwards.

    Args:
        hold: the token of this claim, never used before.
        lease_seconds: after this long another worker may take them over.
        most: how many at most.

    Returns:
        Nothing when nothing is ready.
    """
    try:
        return await _claim(database, sealer, hold, now, lease_seconds, most)
    except BaseException:
        with suppress(*UNAVAILABLE):  # then the hold runs out by itself
            await _let_go(database, hold)
        raise


async def _claim(
    database: Database, sealer: Sealer, hold: UUID, now: datetime, lease_seconds: float, most: int
) -> list[Claimed]:
    values = {"now": now, "hold": hold, "until": now + timedelta(seconds=lease_seconds)}
    claimed: list[Claimed] = []
    tried: list[str] = []
    while len(claimed) < most:
        async with database.autocommit.connect() as connection:
            now_free = {"most": most - len(claimed), "but": tried}
            rows = (await connection.execute(_taking(), values | now_free)).all()
        claimed += await _opened(database, sealer, hold, [row for row in rows if row.held], now)
        new = [row.first for row in rows if row.talk is None]
        if new:
            await people.introduce(database, new)
        elif claimed or not rows:
            break
        tried += [row.address for row in rows if row.talk is not None]
    await people.note(database, sealer, _heard(claimed))
    return claimed


async def _let_go(database: Database, hold: UUID) -> None:
    """Free what a claim that failed on its way has taken: nobody knows of it."""
    taken = update(Conversation).where(Conversation.hold == hold)
    async with database.autocommit.connect() as connection:
        await connection.execute(taken.values(hold=None, held_until=None))


def _heard(claimed: Sequence[Claimed]) -> list[tuple[datetime, Incoming]]:
    """The messages, each with when it was written."""
    return [
        (min(arrived, message.sent_at), message)
        for one in claimed
        for arrived, message in zip(one.arrived, one.written, strict=True)
    ]


async def _opened(
    database: Database, sealer: Sealer, hold: UUID, rows: Sequence[Row[Any]], now: datetime
) -> list[Claimed]:
    """What we hold, opened; what does not open is put aside, its conversation free again."""
    claimed = []
    for _, of_one in groupby(rows, key=lambda row: row.first):
        mine = list(of_one)
        turn = mine[: 1 if mine[0].attempts >= _ALONE else _TOGETHER]
        try:
            opened = [incoming_from_json(sealer.open(row.sealed)) for row in turn]
        except (Unreadable, ValueError):
            await _set_aside(database, turn, now)
            continue
        claimed.append(
            Claimed(
                conversation_id=turn[0].talk,
                address=Address(turn[0].address),
                channel=turn[0].channel,
                hold=hold,
                messages=[(row.id, said) for row, said in zip(turn, opened, strict=True)],
                arrived=tuple(row.received_at for row in turn),
                traceparents=tuple(dict.fromkeys(row.traceparent for row in turn if row.traceparent)),
            )
        )
    return claimed


@cache
def _taking() -> Select[*tuple[Any, ...]]:
    """One statement: hold what is oldest, and read what waits there.

    It gives a row for each message that waits; one without a message where somebody else is quicker (`held` is empty)
    or the participant is new (`talk` is empty). Whether a conversation is free is asked of its newest state once it is
    locked, since what the look for the oldest saw may be out of date.
    """
    oldest = _oldest_ready().cte("oldest")
    free = (
        select(Conversation.id)
        .where(Conversation.id.in_(select(oldest.c.talk)), unheld())
        .with_for_update(skip_locked=True)
    )
    held = (
        update(Conversation)
        .where(Conversation.id.in_(free))
        .values(hold=bindparam("hold"), held_until=bindparam("until"))
        .returning(Conversation.id)
        .cte("held")
    )
    waits = (
        select(Inbox.id, Inbox.sealed, Inbox.received_at, Inbox.traceparent)
        .where(Inbox.address == oldest.c.address, pending(), held.c.id.is_not(None))
        .order_by(Inbox.id)
        .limit(_TOGETHER)
        .lateral("waits")
    )
    found = oldest.outerjoin(held, held.c.id == oldest.c.talk).outerjoin(waits, true())
    return (
        select(oldest, held.c.id.label("held"), waits).select_from(found).order_by(oldest.c.first, waits.c.id)
    )


@cache
def _oldest_ready() -> Select[*tuple[Any, ...]]:
    """The oldest pending messages, one of each address, of addresses that nobody holds.

    Only an address's first message counts: it carries the lock by which claims do not meet, and until it is ready
    none after it is. Addresses that have no conversation yet are free.
    """
    earlier = aliased(Inbox)
    columns = (Inbox.address, Inbox.channel, Inbox.attempts, Conversation.id.label("talk"))
    return (
        select(Inbox.id.label("first"), *columns)
        .outerjoin(Conversation, Conversation.address == Inbox.address)
        .where(
            pending(),
            Inbox.ready_at <= _NOW,
            Inbox.address != all_(bindparam("but", type_=ARRAY(Inbox.address.type))),
            unheld(),
            ~exists().where(earlier.address == Inbox.address, pending(earlier), earlier.id < Inbox.id),
        )
        .order_by(Inbox.id)
        .limit(bindparam("most", type_=Integer))
        .with_for_update(of=Inbox, skip_locked=True)
    )


def pending(row: type[Inbox] = Inbox) -> ColumnElement[bool]:
    """Whether no turn has dealt with a message yet."""
    return in_state(row.state, InboxState.PENDING)


def unheld() -> ColumnElement[bool]:
    """Whether a conversation is in nobody's hand."""
    return or_(Conversation.hold.is_(None), Conversation.held_until <= _NOW)


async def _set_aside(database: Database, rows: Sequence[Row[Any]], now: datetime) -> None:
    """Keep what does not open out of the way for a while; nothing is lost if the key was only mistaken."""
    ids = [row.id for row in rows]
    log.error("message.unreadable", inbox=ids)
    async with database.engine.begin() as connection:
        later = {"ready_at": now + _SET_ASIDE, "error": Unreadable.__name__}
        await connection.execute(update(Inbox).where(Inbox.id.in_(ids)).values(later))
        freed = update(Conversation).where(Conversation.id == rows[0].talk)
        await connection.execute(freed.values(hold=None, held_until=None))
