"""Deciding what a text means, for all messages with it at once; and taking it back."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.errors import SiagaError
from bot.nlu.normalising import Normaliser
from bot.nlu.training import Span
from bot.review.listing import SAME, is_open, seen_by
from bot.review.marking import carried_over, on_one_line, to_json
from bot.storage.tables import Agent, ReviewState, Understanding


class AlreadyDecided(SiagaError):
    """Somebody else was first; `name` did it, `label` is None where the text was found useless."""

    def __init__(self, name: str, label: str | None) -> None:
        self.name = name
        self.label = label
        super().__init__("already decided")


class NoSuchText(SiagaError):
    """There is no such text, or not for this agent."""


@dataclass(frozen=True)
class Decision:
    """What somebody decided about a text and those that are similar to it.

    Args:
        id: the row that was shown for the text.
        label: an intent; None: not useful.
        marks: the entities by shown row: the text's own, and one entry for each similar text that goes with it.
    """

    id: int
    label: str | None
    marks: Mapping[int, tuple[Span, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Decided:
    """The act, and how many messages it decided about."""

    act_id: UUID
    count: int


async def decide(
    session: AsyncSession, agent: Agent, decision: Decision, normaliser: Normaliser, now: datetime
) -> Decided:
    """Label every open message with the text or with one of the similar ones, or put them aside.

    Raises:
        AlreadyDecided: somebody else was first; nothing was changed.
        NoSuchText: as it says.
    """
    shown = await _shown(session, agent, [decision.id, *decision.marks])
    if decision.id not in shown:
        raise NoSuchText
    sources = {row.alike or row.text: row for row in shown.values()}
    query = select(Understanding).where(is_open(agent), SAME.in_(sources)).order_by(Understanding.id)
    rows = list(await session.scalars(query.with_for_update()))
    lead = shown[decision.id]
    if not any((row.alike or row.text) == (lead.alike or lead.text) for row in rows):
        await session.refresh(lead)  # the other one has committed while we waited for the rows
        who = await session.get(Agent, lead.reviewed_by) if lead.reviewed_by else None
        raise AlreadyDecided(who.name if who else "", lead.label)
    act = uuid4()
    for row in rows:
        source = sources[row.alike or row.text]
        row.text = on_one_line(row.text)
        row.state = ReviewState.LABELLED if decision.label else ReviewState.USELESS
        row.label, row.reviewed_by, row.reviewed_at, row.act_id = decision.label, agent.id, now, act
        if decision.label:
            spans = carried_over(
                decision.marks.get(source.id, ()), on_one_line(source.text), row.text, normaliser
            )
            row.entities = to_json(spans)
    return Decided(act, len(rows))


async def take_back(session: AsyncSession, agent: Agent, act_id: UUID) -> list[Understanding]:
    """Open again what an act decided about; gives the rows, none where that was done already."""
    query = select(Understanding).where(Understanding.act_id == act_id, seen_by(agent))
    rows = list(await session.scalars(query.order_by(Understanding.id).with_for_update()))
    for row in rows:
        row.state, row.label, row.entities = ReviewState.OPEN, None, None
        row.reviewed_by, row.reviewed_at, row.act_id = None, None, None
    return rows


async def _shown(session: AsyncSession, agent: Agent, ids: list[int]) -> dict[int, Understanding]:
    query = select(Understanding).where(Understanding.id.in_(ids), seen_by(agent))
    return {row.id: row for row in await session.scalars(query)}
