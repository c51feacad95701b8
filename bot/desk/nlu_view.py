"""What was not understood, as its page shows it: groups of like texts, and what the interpreters think of them."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from bot.dialogue.engine import NONE_OF_THESE
from bot.nlu.training import Span
from bot.review import listing
from bot.review.grouping import Counted, Group, groups
from bot.review.listing import Seen
from bot.review.marking import marked, on_one_line
from bot.review.reading import Readers, entities
from bot.storage.tables import Agent, Understanding

PAGE = 10
"""Groups on a page."""
ONE_TAP = 4
"""Labels that need no choosing from the list; keys 1 to 4."""
BEST = 3

Ranking = Sequence[tuple[str, float | None]]


@dataclass(frozen=True)
class Similar:
    """A text that is merely similar to its group's; `marked` has the entities that will be kept with it."""

    id: int
    text: str
    count: int
    marked: str
    pieces: Sequence[tuple[str, str]]


@dataclass(frozen=True, kw_only=True)
class Card:
    """One group."""

    id: int
    text: str
    count: int
    seen: Seen
    others: Sequence[Similar]
    then: Ranking
    now: Mapping[str, Ranking | None]
    """By interpreter; None: it does not answer."""
    one_tap: Sequence[str]
    marked: str
    pieces: Sequence[tuple[str, str]]
    """The text cut into runs, each with its entity or ""."""


@dataclass(frozen=True)
class Page:
    """Some groups, and how many there are of them; `bounded`: there are more texts than are grouped at a time."""

    cards: Sequence[Card]
    groups: int
    bounded: bool


async def page(
    session: AsyncSession, readers: Readers, agent: Agent, *, number: int, outcome: str | None
) -> Page:
    """A page of open groups; grouping computes, so it does so beside the event loop."""
    texts = await listing.open_texts(session, agent, outcome)
    made = await asyncio.to_thread(groups, texts)
    shown = made[(number - 1) * PAGE : number * PAGE]
    return Page(await cards(session, readers, agent, shown), len(made), len(texts) == listing.GROUPED)


async def card_of(
    session: AsyncSession, readers: Readers, agent: Agent, row: Understanding, outcome: str | None
) -> list[Card]:
    """The card of the group that a message is in now; none when somebody decided about it."""
    texts = await listing.open_texts(session, agent, outcome)
    alike = row.alike or row.text
    made = await asyncio.to_thread(groups, texts)
    found = (group for group in made if alike in [text.alike for text in (group.text, *group.others)])
    alone = Group(Counted(alike, 1, row.id))
    return await cards(session, readers, agent, [next(found, alone)])


async def cards(session: AsyncSession, readers: Readers, agent: Agent, shown: Sequence[Group]) -> list[Card]:
    """Groups with everything about them; one that was decided about meanwhile is left out."""
    every = [text.alike for group in shown for text in (group.text, *group.others)]
    seen = await listing.seen(session, agent, every)
    shown = [group for group in shown if group.text.alike in seen]
    leads = [on_one_line(seen[group.text.alike].row.text) for group in shown]
    read = await readers.read(leads)
    made = []
    for at, group in enumerate(shown):
        now = {name: answers[at] if answers else None for name, answers in read.items()}
        answered = [one for one in now.values() if one]
        spans = entities(answered[-1]) if answered else ()
        others = await _similar(readers, [seen[text.alike] for text in group.others if text.alike in seen])
        ranked: dict[str, Ranking | None] = {
            name: one.ranking[:BEST] if one else None for name, one in now.items()
        }
        made.append(_card(readers, seen[group.text.alike], spans, others, ranked))
    return made


def _card(
    readers: Readers,
    seen: Seen,
    spans: tuple[Span, ...],
    others: Sequence[Similar],
    now: Mapping[str, Ranking | None],
) -> Card:
    text = on_one_line(seen.row.text)
    then: Ranking = [(name, share) for name, share in seen.row.thought.get("ranking", [])][:BEST]
    chosen = [name for name, _ in seen.chosen.most_common() if name != NONE_OF_THESE]
    first = [*chosen, *(name for name, _ in then)]
    first += [name for ranking in now.values() for name, _ in ranking or ()]
    known = [name for name in dict.fromkeys(first) if readers.labels.problem(name) is None]
    return Card(
        id=seen.row.id,
        text=text,
        count=seen.count + sum(other.count for other in others),
        seen=seen,
        others=others,
        then=then,
        now=now,
        one_tap=known[:ONE_TAP],
        marked=marked(text, spans),
        pieces=pieces(text, spans),
    )


async def _similar(readers: Readers, seen: Sequence[Seen]) -> list[Similar]:
    texts = [on_one_line(one.row.text) for one in seen]
    suggested = await readers.suggested(texts)
    return [
        Similar(one.row.id, text, one.count, marked(text, spans), pieces(text, spans))
        for one, text, spans in zip(seen, texts, suggested, strict=True)
    ]


def pieces(text: str, spans: Sequence[Span]) -> list[tuple[str, str]]:
    """A text cut at its entities: ``[("di ", ""), ("RS SMC", "facility")]``."""
    cut: list[tuple[str, str]] = []
    at = 0
    for span in sorted(spans, key=lambda span: span.start):
        if span.start < at or span.end > len(text):
            continue
        cut += [(text[at : span.start], ""), (text[span.start : span.end], span.entity)]
        at = span.end
    return [piece for piece in [*cut, (text[at:], "")] if piece[0]]
