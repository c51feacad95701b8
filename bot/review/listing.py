"""What is asked of the texts that were not understood. Who may see what is decided here, in the query."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.review.grouping import Counted
from bot.storage.tables import Agent, ReviewState, Understanding

GROUPED = 2000
"""Texts that are grouped at a time, the most frequent and newest: the others come up as these are labelled."""
COUNTED = 99
"""Open texts up to which the desk's menu counts."""
OUTCOMES = ("asked_back", "fell_through", "corrected", "corrected_by_agent")

SAME = func.coalesce(Understanding.alike, Understanding.text)
"""What two texts have in common that are the same to every interpreter."""


@dataclass(frozen=True, slots=True)
class Seen:
    """All open messages with one text, the newest of them for all."""

    row: Understanding
    count: int
    at: datetime
    outcomes: Counter[str] = field(default_factory=Counter)
    chosen: Counter[str] = field(default_factory=Counter)
    """What participants, or agents, say was meant."""


@dataclass(frozen=True, slots=True)
class Act:
    """One decision about some messages."""

    id: UUID
    row: Understanding
    count: int
    at: datetime
    by: str


def seen_by(agent: Agent) -> ColumnElement[bool]:
    """Who has a branch sees what was written there, or before a branch was known; everybody else sees all."""
    if agent.branch is None:
        return Understanding.id > 0
    return or_(Understanding.branch == agent.branch, Understanding.branch.is_(None))


def is_open(agent: Agent) -> ColumnElement[bool]:
    """What an agent may see and nobody decided about."""
    return (Understanding.state == ReviewState.OPEN) & seen_by(agent)


async def open_texts(session: AsyncSession, agent: Agent, outcome: str | None = None) -> list[Counted]:
    """The open texts, the most frequent and newest `GROUPED` of them.

    Args:
        session: where to ask.
        agent: who asks.
        outcome: only messages with this outcome; None: all.
    """
    newest = func.max(Understanding.id)
    query = select(SAME, func.count(), newest).where(is_open(agent)).group_by(SAME)
    if outcome:
        query = query.where(Understanding.outcome == outcome)
    found = await session.execute(query.order_by(func.count().desc(), newest.desc()).limit(GROUPED))
    return [Counted(alike, count, newest_id) for alike, count, newest_id in found]


async def seen(session: AsyncSession, agent: Agent, alike: Sequence[str]) -> dict[str, Seen]:
    """The open messages with these texts, by text."""
    newest = (
        select(func.max(Understanding.id))
        .where(is_open(agent), SAME.in_(alike))
        .group_by(SAME)
        .scalar_subquery()
    )
    rows = await session.scalars(select(Understanding).where(Understanding.id.in_(newest)))
    found = {row.alike or row.text: Seen(row, 0, row.at) for row in rows}
    tallies = (
        select(SAME, Understanding.outcome, Understanding.chosen, func.count())
        .where(is_open(agent), SAME.in_(alike))
        .group_by(SAME, Understanding.outcome, Understanding.chosen)
    )
    for text, outcome, chosen, count in await session.execute(tallies):
        known = found[text]
        known.outcomes[outcome] += count
        if chosen:
            known.chosen[chosen] += count
    return {
        text: Seen(known.row, known.outcomes.total(), known.at, known.outcomes, known.chosen)
        for text, known in found.items()
    }


async def decided(
    session: AsyncSession,
    agent: Agent,
    state: ReviewState,
    *,
    page: int,
    size: int,
    outcome: str | None = None,
) -> list[Act]:
    """What was labelled, or found useless: the newest decisions first, one more than `size` where there are more."""
    last = func.max(Understanding.reviewed_at)
    query = (
        select(Understanding.act_id, func.count(), last, func.max(Understanding.id))
        .where(Understanding.state == state, Understanding.act_id.is_not(None), seen_by(agent))
        .group_by(Understanding.act_id)
        .order_by(last.desc(), Understanding.act_id)
        .offset((page - 1) * size)
        .limit(size + 1)
    )
    if outcome:
        query = query.where(Understanding.outcome == outcome)
    found = list(await session.execute(query))
    rows = await session.execute(
        select(Understanding, Agent.name)
        .outerjoin(Agent, Agent.id == Understanding.reviewed_by)
        .where(Understanding.id.in_([newest for *_, newest in found]))
    )
    by_id = {row.id: (row, name or "") for row, name in rows}
    return [
        Act(act, by_id[newest][0], count, at, by_id[newest][1])
        for act, count, at, newest in found
        if act is not None and at is not None
    ]


async def progress(session: AsyncSession, agent: Agent) -> dict[str, int]:
    """How many messages there are in each state."""
    query = select(Understanding.state, func.count()).where(seen_by(agent)).group_by(Understanding.state)
    counted = {state.value: count for state, count in await session.execute(query)}
    return {state.value: counted.get(state.value, 0) for state in ReviewState}


async def waiting(session: AsyncSession, agent: Agent) -> int:
    """How many open messages there are, counted up to one more than `COUNTED`: asked at every page of the desk."""
    some = select(Understanding.id).where(is_open(agent)).limit(COUNTED + 1).subquery()
    return await session.scalar(select(func.count()).select_from(some)) or 0
