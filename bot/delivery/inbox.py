"""The inbox: what providers delivered, kept in one statement, and dealt with one conversation at a time.

A worker claims conversations (`bot.delivery.claiming`), works without any lock, and commits in a transaction that
begins with `retake` (of several with `retake_free`) and ends with `finish`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from uuid import UUID

import structlog
from sqlalchemy import (
    ARRAY,
    CTE,
    DateTime,
    Select,
    Update,
    any_,
    bindparam,
    func,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from bot import tracing
from bot.delivery import people, receipts
from bot.delivery.claiming import Claimed, pending
from bot.delivery.forms import incoming_to_json
from bot.errors import SiagaError
from bot.messages import Event, Incoming, Reachability, Receipt
from bot.storage.arrays import arrays, given
from bot.storage.engine import Database
from bot.storage.sealing import Sealer
from bot.storage.tables import Conversation, Inbox, InboxState

log = structlog.get_logger()

RETRY_AFTER = (2, 10, 60, 300)
"""Seconds until the next try after the first, second, ... failure; after one more the message is dead."""

LONGEST_QUIET = timedelta(seconds=2)
"""For how long the first message of a turn waits at most, however many follow it."""


class HoldLost(SiagaError):
    """Another worker took the conversation over meanwhile: commit nothing."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """What a provider delivered at once.

    Args:
        events: in the order in which they arrived.
        at: when they arrived.
        traceparent: the way on which they are (`bot.tracing`): by default the present one.
    """

    events: Sequence[Event]
    at: datetime
    traceparent: str = field(default_factory=tracing.traceparent)


async def store(
    database: Database, sealer: Sealer, events: Sequence[Event], now: datetime, quiet_seconds: float = 0.0
) -> int:
    """Keep what a provider delivered at once; see `store_all`.

    Returns:
        How many messages were new.
    """
    [stored] = await store_all(database, sealer, [Arrival(events, now)], quiet_seconds)
    return stored


async def store_all(
    database: Database, sealer: Sealer, arrivals: Sequence[Arrival], quiet_seconds: float = 0.0
) -> list[int]:
    """Keep what providers delivered, all or nothing; only after this may it be acknowledged.

    Args:
        arrivals: in their order. What is there already is left as it is.
        quiet_seconds: how long a turn waits for the participant's next message, which has it wait as long again,
            though never more than `LONGEST_QUIET` in all.

    Returns:
        Of each, how many messages were new.
    """
    events = [event for arrival in arrivals for event in arrival.events]
    written = any(isinstance(event, Incoming) for event in events)
    reports = [event for event in events if isinstance(event, Receipt)]
    marks = [
        (arrival.at, event)
        for arrival in arrivals
        for event in arrival.events
        if isinstance(event, Reachability)
    ]
    new: set[tuple[str, str]] = set()
    marks.sort(key=lambda mark: mark[1].address)  # in one order, so that no two deadlock
    one_statement = written + bool(reports) + len(marks) <= 1
    async with (database.autocommit if one_statement else database.engine).begin() as connection:
        if written:
            new = await _add(connection, sealer, arrivals, quiet_seconds)
        if reports:
            await receipts.merge(connection, reports)
        for at, event in marks:
            await people.mark(connection, event.address, event.reachable, at)
    return [_taken_from(new, arrival) for arrival in arrivals]


def _taken_from(new: set[tuple[str, str]], arrival: Arrival) -> int:
    """How many messages of an arrival are among the new ones, which are then no other's."""
    names = {(one.channel, one.provider_id) for one in arrival.events if isinstance(one, Incoming)}
    found = names & new
    new -= found
    return len(found)


async def next_ready(database: Database, now: datetime) -> datetime | None:
    """When the next message that has to wait may be taken; None when none waits."""
    soonest = select(func.min(Inbox.ready_at)).where(pending(), Inbox.ready_at > now)
    async with database.autocommit.connect() as connection:
        return (await connection.execute(soonest)).scalar_one_or_none()


async def retake(session: AsyncSession, claimed: Claimed) -> Conversation:
    """Lock the conversation for the turn's transaction.

    Raises:
        HoldLost: it is in another hand by now.
    """
    found = await session.scalars(_locked(), {"which": [claimed.conversation_id]})
    conversation = found.one_or_none()
    if conversation is None or conversation.hold != claimed.hold:
        raise HoldLost(str(claimed.conversation_id))
    return conversation


async def retake_free(session: AsyncSession, together: Sequence[Claimed]) -> dict[UUID, Conversation]:
    """Lock the conversations of several turns for one transaction; by their ids, without those in another hand.

    Those that somebody else has locked are left out as well: whoever waits for one while it has others is soon waited
    for itself.
    """
    holds = {claimed.conversation_id: claimed.hold for claimed in together}
    found = await session.scalars(_free_ones(), {"which": list(holds)})
    return {talk.id: talk for talk in found if talk.hold == holds[talk.id]}


@cache
def _locked() -> Select[Conversation]:
    return _of_ids().with_for_update()


@cache
def _free_ones() -> Select[Conversation]:
    return _of_ids().with_for_update(skip_locked=True)


def _of_ids() -> Select[Conversation]:
    which = Conversation.id == any_(bindparam("which", type_=ARRAY(Conversation.id.type)))
    return select(Conversation).where(which).execution_options(populate_existing=True)


async def finish(session: AsyncSession, together: Sequence[Claimed], now: datetime) -> None:
    """Mark the messages as done and let the conversations go, in the turns' transaction, after they were retaken.

    Raises:
        HoldLost: one is in another hand by now.
    """
    for claimed in together:
        conversation = await session.get_one(Conversation, claimed.conversation_id)
        if conversation.hold != claimed.hold:
            raise HoldLost(str(claimed.conversation_id))
        conversation.hold = conversation.held_until = None
        conversation.last_message_at = now
    ids = [inbox_id for claimed in together for inbox_id in claimed.ids]
    connection = await session.connection()
    await connection.execute(_done(), {"ids": ids, "now": now})


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
        failed = select(Inbox).where(Inbox.id.in_(claimed.ids), pending()).with_for_update()
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
    connection: AsyncConnection, sealer: Sealer, arrivals: Sequence[Arrival], quiet_seconds: float
) -> set[tuple[str, str]]:
    """Insert what is new, and have the messages that wait for more wait for it too: one statement.

    Gives channel and provider's name of the new ones.
    """
    quiet = timedelta(seconds=quiet_seconds)
    every = [(arrival, item) for arrival in arrivals for item in arrival.events if isinstance(item, Incoming)]
    ready_at = {item.address: arrival.at + (timedelta() if _ends(item) else quiet) for arrival, item in every}
    values = arrays(
        channel=[incoming.channel for _, incoming in every],
        provider_id=[incoming.provider_id for _, incoming in every],
        address=[incoming.address for _, incoming in every],
        sealed=[sealer.seal(incoming_to_json(incoming)) for _, incoming in every],
        ready_at=[ready_at[incoming.address] for _, incoming in every],
        received_at=[arrival.at for arrival, _ in every],
        traceparent=[arrival.traceparent for arrival, _ in every],
    )
    if quiet_seconds:
        values["now"] = max(arrival.at for arrival in arrivals)
    added = await connection.execute(_adding(bool(quiet_seconds)), values)
    return {(row.channel, row.provider_id) for row in added}


@cache
def _adding(wait: bool) -> Select[str, str]:
    """The statement that adds messages, given column by column, in their order; it gives the new ones."""
    rows = given(**{name: getattr(Inbox, name) for name in _GIVEN})
    new = (
        insert(Inbox)
        .from_select(list(_GIVEN), select(*(rows.c[name] for name in _GIVEN)).order_by(rows.c.place))
        .on_conflict_do_nothing(index_elements=["channel", "provider_id"])
        .returning(Inbox.channel, Inbox.provider_id, Inbox.address, Inbox.ready_at)
        .cte("new")
    )
    found = select(new.c.channel, new.c.provider_id)
    return found.add_cte(_wait_on(new)) if wait else found


_GIVEN = ("channel", "provider_id", "address", "sealed", "ready_at", "received_at", "traceparent")
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
        pending(),
        Inbox.ready_at > _NOW,
        Inbox.error.is_(None),
    )
    return update(Inbox).where(*waiting).values(ready_at=ready_at).cte("waiting")


async def _free(session: AsyncSession, claimed: Claimed) -> bool:
    freed = await session.execute(
        update(Conversation)
        .where(Conversation.id == claimed.conversation_id, Conversation.hold == claimed.hold)
        .values(hold=None, held_until=None)
        .returning(Conversation.id)
    )
    return freed.one_or_none() is not None
