"""How much waits, and for how long: read for those who run the service, at a small price however much is stored."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, Select, func, literal, select, text

from bot.storage.engine import Database
from bot.storage.states import in_state
from bot.storage.tables import Inbox, InboxState, Outbox, OutboxState, Priority

PATIENCE = 2.0
"""Seconds that reading may take, then it is given up, in PostgreSQL too."""

MOST = 100_000
"""What is counted at most: beyond that the exact number helps nobody and costs the more, the worse things are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Queues:
    """What waits just now; ages in seconds."""

    inbox_pending: int
    inbox_oldest: float
    inbox_dead: int
    queued: Mapping[Priority, int]
    late: Mapping[Priority, float]
    """For how long the most overdue row could have gone out; 0 while rows wait for their time only."""
    stopped: Mapping[OutboxState, int]
    """Dead and unknown ones."""


async def look(database: Database, now: datetime) -> Queues:
    """Read all queues.

    Raises:
        one of `UNAVAILABLE`: PostgreSQL is away, or did not answer within `PATIENCE`.
    """
    async with asyncio.timeout(PATIENCE), database.engine.begin() as connection:
        await connection.execute(text(f"set local statement_timeout = {int(PATIENCE * 1000)}"))
        found = (await connection.execute(statement())).one()
    return Queues(
        inbox_pending=found.inbox_pending,
        inbox_oldest=_age(found.inbox_oldest, now),
        inbox_dead=found.inbox_dead,
        queued={priority: getattr(found, f"queued_{priority.name}") for priority in Priority},
        late={priority: _age(getattr(found, f"due_{priority.name}"), now) for priority in Priority},
        stopped={state: getattr(found, state.value) for state in (OutboxState.DEAD, OutboxState.UNKNOWN)},
    )


def statement() -> Select[*tuple[Any, ...]]:
    """One row with everything; each part is served by a partial index of its own."""
    pending, dead = (in_state(Inbox.state, state) for state in (InboxState.PENDING, InboxState.DEAD))
    oldest = select(Inbox.received_at).where(pending).order_by(Inbox.id).limit(1)
    columns: list[ColumnElement[Any]] = [
        _count(pending).label("inbox_pending"),
        oldest.scalar_subquery().label("inbox_oldest"),
        _count(dead).label("inbox_dead"),
    ]
    for priority in Priority:
        queued = in_state(Outbox.state, OutboxState.QUEUED) & (Outbox.priority == priority)
        first = select(Outbox.next_try_at).where(queued).order_by(Outbox.next_try_at).limit(1)
        columns += [
            _count(queued).label(f"queued_{priority.name}"),
            first.scalar_subquery().label(f"due_{priority.name}"),
        ]
    for state in (OutboxState.DEAD, OutboxState.UNKNOWN):
        columns.append(_count(in_state(Outbox.state, state)).label(state.value))
    return select(*columns)


def _count(which: ColumnElement[bool]) -> ScalarSelect[int]:
    rows = select(literal(1)).where(which).limit(MOST).subquery()
    return select(func.count()).select_from(rows).scalar_subquery()


def _age(since: datetime | None, now: datetime) -> float:
    return max(0.0, (now - since).total_seconds()) if since else 0.0
