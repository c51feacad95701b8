"""The inbox: what providers delivered, kept in one statement, and handed out one conversation at a time.

A worker claims a conversation (`claim`), works without any lock, and commits in a transaction of its own that
begins with `retake` and ends with `finish`. The hold is a fencing token: whoever was paused past it cannot commit.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from uuid import UUID

import structlog
from sqlalchemy import (
    ARRAY,
    CTE,
    ColumnElement,
    DateTime,
    Integer,
    Row,
    Select,
    Update,
    all_,
    any_,
    bindparam,
    exists,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession
from sqlalchemy.orm import aliased
from sqlalchemy.sql.dml import ReturningUpdate

from bot import tracing
from bot.delivery import people, receipts
from bot.delivery.forms import incoming_from_json, incoming_to_json
from bot.errors import SiagaError
from bot.messages import Address, Event, Incoming, Reachability, Receipt
from bot.storage.engine import Database
from bot.storage.sealing import Sealer, Unreadable
from bot.storage.states import in_state
from bot.storage.tables import Conversation, Inbox, InboxState

log = structlog.get_logger()

RETRY_AFTER = (2, 10, 60, 300)
"""Seconds until the next try after the first, second, ... failure; after one more the message is dead."""

LONGEST_QUIET = timedelta(seconds=2)
"""For how long the first message of a turn waits at most, however many follow it."""

_TOGETHER = 50  # messages taken as one turn at most
_ALONE = 2  # failures after which the oldest message is tried alone, so that it drags no other down with it
_SET_ASIDE = timedelta(minutes=5)


class HoldLost(SiagaError):
    """Another worker took the conversation over meanwhile: commit nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """A conversation in our hand, with what its participant has written since, oldest first."""

    conversation_id: UUID
    address: Address
    channel: str
    hold: UUID
    messages: list[tuple[int, Incoming]]
    """Inbox id and message."""
    received_at: datetime | None = None
    """When the first of them arrived."""
    traceparents: tuple[str, ...] = ()
    """The ways on which they came (`bot.tracing`), each once, oldest first."""

    @property
    def ids(self) -> list[int]:
        """The inbox ids."""
        return [inbox_id for inbox_id, _ in self.messages]


async def store(
    database: Database, sealer: Sealer, events: Sequence[Event], now: datetime, quiet_seconds: float = 0.0
) -> int:
    """Keep what a provider delivered; only after this may it be acknowledged.

    Args:
        events: in the order in which they arrived. What is there already is left as it is.
        now: when they arrived.
        quiet_seconds: how long a turn waits for the participant's next message, which has it wait as long again,
            though never more than `LONGEST_QUIET` in all.

    Returns:
        How many messages were new.
    """
    messages = [event for event in events if isinstance(event, Incoming)]
    reports = [event for event in events if isinstance(event, Receipt)]
    stored = 0
    engine = database.alone if len(messages) == len(events) else database.engine
    async with engine.begin() as connection:
        if messages:
            stored = await _add(connection, sealer, messages, now, quiet_seconds)
        if reports:
            await receipts.merge(connection, reports)
        for event in events:
            if isinstance(event, Reachability):
                await people.mark(connection, event.address, event.reachable, now)
    return stored


async def claim(
    database: Database, sealer: Sealer, hold: UUID, now: datetime, lease_seconds: float
) -> Claimed | None:
    """Take the conversation that has waited longest, if one is free. No lock remains afterwards.

    Args:
        hold: the token of this claim, never used before.
        lease_seconds: after this long another worker may take the conversation over.

    Returns:
        None when nothing is ready.
    """
    tried: list[str] = []
    while True:
        async with database.sessions.begin() as session:
            found = await session.execute(_oldest_ready(), {"now": now, "but": tried})
            oldest = found.one_or_none()
            if oldest is None:
                return None
            tried.append(oldest.address)
            conversation_id = oldest.id or await people.conversation_of(
                session, oldest.address, oldest.channel
            )
            if not await _hold(session, conversation_id, hold, now, lease_seconds):
                continue
            rows = await _waiting(session, oldest)
            try:
                opened = [(row, incoming_from_json(sealer.open(row.sealed))) for row in rows]
            except (Unreadable, ValueError):
                await _set_aside(session, conversation_id, rows, now)
                continue
            heard = [(min(row.received_at, incoming.sent_at), incoming) for row, incoming in opened]
            await people.update(session, sealer, heard)
            return Claimed(
                conversation_id=conversation_id,
                address=Address(oldest.address),
                channel=oldest.channel,
                hold=hold,
                messages=[(row.id, incoming) for row, incoming in opened],
                received_at=rows[0].received_at if rows else None,
                traceparents=tuple(dict.fromkeys(row.traceparent for row in rows if row.traceparent)),
            )


async def next_ready(database: Database, now: datetime) -> datetime | None:
    """When the next message that has to wait may be taken; None when none waits."""
    soonest = select(func.min(Inbox.ready_at)).where(_pending(), Inbox.ready_at > now)
    async with database.engine.connect() as connection:
        return (await connection.execute(soonest)).scalar_one_or_none()


async def retake(session: AsyncSession, claimed: Claimed) -> Conversation:
    """Lock the conversation for the turn's transaction.

    Raises:
        HoldLost: it is in another hand by now.
    """
    conversation = await session.get(
        Conversation, claimed.conversation_id, with_for_update=True, populate_existing=True
    )
    if conversation is None or conversation.hold != claimed.hold:
        raise HoldLost(str(claimed.conversation_id))
    return conversation


async def finish(session: AsyncSession, claimed: Claimed, now: datetime) -> None:
    """Mark the messages as done and let the conversation go, in the turn's transaction, after `retake`.

    Raises:
        HoldLost: it is in another hand by now.
    """
    conversation = await session.get_one(Conversation, claimed.conversation_id)
    if conversation.hold != claimed.hold:
        raise HoldLost(str(claimed.conversation_id))
    conversation.hold = conversation.held_until = None
    conversation.last_message_at = now
    await session.execute(
        _done(), {"ids": claimed.ids, "now": now}, execution_options={"synchronize_session": False}
    )


def _pending(row: type[Inbox] = Inbox) -> ColumnElement[bool]:
    return in_state(row.state, InboxState.PENDING)


def _unheld() -> ColumnElement[bool]:
    """Whether a conversation is in nobody's hand."""
    return or_(Conversation.hold.is_(None), Conversation.held_until <= _NOW)


@cache
def _done() -> Update:
    which = Inbox.id == any_(bindparam("ids", type_=ARRAY(Inbox.id.type)))
    return update(Inbox).where(which).values(state=InboxState.DONE, done_at=_NOW, error=None)


async def let_go(database: Database, claimed: Claimed) -> None:
    """Free the conversation at once, its messages as they were: this process is stopping."""
    async with database.sessions.begin() as session:
        await _free(session, claimed)


async def give_back(database: Database, claimed: Claimed, error: str, now: datetime) -> None:
    """After a failed turn: free the conversation, and try its messages again later, or never.

    Args:
        error: what went wrong, without anything that a participant said: an exception's name.
    """
    async with database.sessions.begin() as session:
        if not await _free(session, claimed):
            return
        failed = select(Inbox).where(Inbox.id.in_(claimed.ids), _pending()).with_for_update()
        for row in await session.scalars(failed):
            row.attempts += 1
            row.error = error
            if row.attempts > len(RETRY_AFTER):
                row.state = InboxState.DEAD
                log.error(
                    "message.dead", inbox=row.id, conversation=str(claimed.conversation_id), error=error
                )
            else:
                row.ready_at = now + timedelta(seconds=RETRY_AFTER[row.attempts - 1])


async def _add(
    connection: AsyncConnection,
    sealer: Sealer,
    messages: Sequence[Incoming],
    now: datetime,
    quiet_seconds: float,
) -> int:
    """Insert what is new, and have the messages that wait for more wait for it too: one statement."""
    quiet = timedelta(seconds=quiet_seconds)
    ready_at = {item.address: now + (timedelta() if _ends(item) else quiet) for item in messages}
    columns: dict[str, list[object]] = {
        "given_channel": [incoming.channel for incoming in messages],
        "given_provider_id": [incoming.provider_id for incoming in messages],
        "given_address": [incoming.address for incoming in messages],
        "given_sealed": [sealer.seal(incoming_to_json(incoming)) for incoming in messages],
        "given_ready_at": [ready_at[incoming.address] for incoming in messages],
    }
    values = {**columns, "now": now, "trace": tracing.traceparent()}
    return (await connection.execute(_adding(bool(quiet_seconds)), values)).scalar_one()


@cache
def _adding(wait: bool) -> Select[int]:
    """The statement that adds messages, given column by column, in their order; it counts the new ones.

    Its values have names of their own: one that is called like a column would be set in every UPDATE within.
    """
    arrays = {name: getattr(Inbox, name).type for name in _GIVEN}
    parts = [bindparam(f"given_{name}", type_=ARRAY(kind)) for name, kind in arrays.items()]
    given = func.unnest(*parts).table_valued(*_GIVEN, with_ordinality="place", name="given")
    given = given.render_derived()
    trace = bindparam("trace", type_=Inbox.traceparent.type)
    rows = select(*(given.c[name] for name in _GIVEN), _NOW, trace).order_by(given.c.place)
    new = (
        insert(Inbox)
        .from_select([*_GIVEN, "received_at", "traceparent"], rows)
        .on_conflict_do_nothing(index_elements=["channel", "provider_id"])
        .returning(Inbox.address, Inbox.ready_at)
        .cte("new")
    )
    counted = select(func.count()).select_from(new)
    return counted.add_cte(_wait_on(new)) if wait else counted


_GIVEN = ("channel", "provider_id", "address", "sealed", "ready_at")
_NOW = bindparam("now", type_=DateTime(timezone=True))


def _ends(message: Incoming) -> bool:
    """Whether nothing is to be expected after it: a button was tapped, or a time has come."""
    return bool(message.tapped or message.due or message.text.startswith("/"))


def _wait_on(new: CTE) -> CTE:
    """What waits already is ready when the new message of its address is; what waits for its next try is left alone.

    The statement does not see the rows that it inserts itself.
    """
    ready_at = func.least(new.c.ready_at, Inbox.received_at + LONGEST_QUIET)
    waiting = (
        Inbox.address == new.c.address,
        _pending(),
        Inbox.ready_at > _NOW,
        Inbox.error.is_(None),
    )
    return update(Inbox).where(*waiting).values(ready_at=ready_at).cte("waiting")


@cache
def _oldest_ready() -> Select[str, str, int, UUID | None]:
    """The oldest pending message of an address that nobody holds.

    Only an address's first message counts: it carries the lock by which claims do not meet, and until it is ready
    none after it is. Addresses that have no conversation yet are free.
    """
    earlier = aliased(Inbox)
    return (
        select(Inbox.address, Inbox.channel, Inbox.attempts, Conversation.id)
        .outerjoin(Conversation, Conversation.address == Inbox.address)
        .where(
            _pending(),
            Inbox.ready_at <= _NOW,
            Inbox.address != all_(bindparam("but", type_=ARRAY(Inbox.address.type))),
            _unheld(),
            ~exists().where(earlier.address == Inbox.address, _pending(earlier), earlier.id < Inbox.id),
        )
        .order_by(Inbox.id)
        .limit(1)
        .with_for_update(of=Inbox, skip_locked=True)
    )


async def _hold(
    session: AsyncSession, conversation_id: UUID, hold: UUID, now: datetime, lease_seconds: float
) -> bool:
    """Take the hold, unless somebody has it or is just committing a turn."""
    values = {"which": conversation_id, "now": now, "ours": hold}
    values["until"] = now + timedelta(seconds=lease_seconds)
    held = await session.execute(_holding(), values, execution_options={"synchronize_session": False})
    return held.one_or_none() is not None


@cache
def _holding() -> ReturningUpdate[UUID]:
    free = (
        select(Conversation.id)
        .where(
            Conversation.id == bindparam("which"),
            _unheld(),
        )
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )
    return (
        update(Conversation)
        .where(Conversation.id == free)
        .values(hold=bindparam("ours"), held_until=bindparam("until"))
        .returning(Conversation.id)
    )


async def _waiting(session: AsyncSession, oldest: Row[str, str, int, UUID | None]) -> Sequence[Inbox]:
    """What is taken as one turn: all that wait, but after repeated failures the oldest alone."""
    most = 1 if oldest.attempts >= _ALONE else _TOGETHER
    return (await session.scalars(_of_address(), {"whose": oldest.address, "most": most})).all()


@cache
def _of_address() -> Select[Inbox]:
    """What waits of one address, oldest first."""
    waiting = select(Inbox).where(Inbox.address == bindparam("whose"), _pending())
    return waiting.order_by(Inbox.id).limit(bindparam("most", type_=Integer))


async def _set_aside(
    session: AsyncSession, conversation_id: UUID, rows: Sequence[Inbox], now: datetime
) -> None:
    """Keep what does not open out of the way for a while; nothing is lost if the key was only mistaken."""
    for row in rows:
        row.ready_at = now + _SET_ASIDE
        row.error = Unreadable.__name__
    log.error("message.unreadable", inbox=[row.id for row in rows])
    await session.execute(
        update(Conversation).where(Conversation.id == conversation_id).values(hold=None, held_until=None)
    )


async def _free(session: AsyncSession, claimed: Claimed) -> bool:
    freed = await session.execute(
        update(Conversation)
        .where(Conversation.id == claimed.conversation_id, Conversation.hold == claimed.hold)
        .values(hold=None, held_until=None)
        .returning(Conversation.id)
    )
    return freed.one_or_none() is not None
