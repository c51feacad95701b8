"""How well answers helped: the weak ones first, what had no answer, and what is asked for but has run out."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, case, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.nlu.normalising import Normaliser
from bot.review.grouping import Counted, groups
from bot.storage.tables import AnswerGiven, AnswerRating, ReviewState, Understanding

LISTED = 30
"""Groups of unanswered questions that are listed."""
READ = 2000
"""Texts that are grouped: the newest."""
EXAMPLES = 3
"""Questions shown with each weak answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """How one answer did. `code` is that of a question, or the intent whose general answer it was."""

    code: str
    general: bool
    given: int
    yes: int
    no: int
    agent: int
    """How often a human was wanted instead."""
    likeness: float
    """The mean of how near the question was, 0 to 1."""
    examples: tuple[str, ...] = ()
    """What those had asked whom it did not help, masked, newest first."""

    @property
    def rated(self) -> int:
        """How often somebody said whether it helped."""
        return self.yes + self.no + self.agent

    @property
    def weak(self) -> float | None:
        """The share of those whom it did not help, 0 to 1; None where nobody said."""
        return (self.no + self.agent) / self.rated if self.rated else None


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A question that had no answer of its own, with how many were like it; masked."""

    text: str
    count: int
    others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a supervisor reads to make the answers better."""

    since: datetime
    answers: tuple[Score, ...]
    """The weakest first, then the most frequent."""
    unanswered: tuple[Unanswered, ...]
    expired: tuple[tuple[str, int], ...]
    """Questions whose answer has run out, and how often they were asked."""


async def report(
    session: AsyncSession, normaliser: Normaliser, since: datetime, branch: str | None = None
) -> Report:
    """What happened since a moment.

    Args:
        session: where to ask.
        normaliser: makes texts comparable.
        since: aware.
        branch: only what was asked there, or before a branch was known; None: everything.
    """
    seen = (AnswerGiven.at >= since) & _of(branch)
    scores = await _scores(session, seen)
    expired = await session.execute(
        select(AnswerGiven.expired, func.count())
        .where(seen, AnswerGiven.expired.is_not(None))
        .group_by(AnswerGiven.expired)
        .order_by(func.count().desc(), AnswerGiven.expired)
    )
    return Report(
        since=since,
        answers=tuple(sorted(scores, key=lambda score: (-(score.weak or 0.0), -score.given, score.code))),
        unanswered=_grouped(await _without_answer(session, seen, since, branch), normaliser),
        expired=tuple((code, count) for code, count in expired if code),
    )


def _of(branch: str | None) -> ColumnElement[bool]:
    """What was asked at a branch, or before a branch was known."""
    if branch is None:
        return AnswerGiven.id > 0
    return or_(AnswerGiven.branch == branch, AnswerGiven.branch.is_(None))


_CODE = func.coalesce(AnswerGiven.code, AnswerGiven.intent)


async def _scores(session: AsyncSession, seen: ColumnElement[bool]) -> list[Score]:
    def rated(rating: AnswerRating) -> ColumnElement[int]:
        return func.count(case((AnswerGiven.rating == rating, 1)))

    general = AnswerGiven.code.is_(None)
    yes, no, agent = rated(AnswerRating.YES), rated(AnswerRating.NO), rated(AnswerRating.AGENT)
    query = (
        select(_CODE, general, func.count(), yes, no, agent, func.avg(AnswerGiven.likeness))
        .where(seen)
        .group_by(_CODE, general)
    )
    examples = await _examples(session, seen)
    return [
        Score(
            code=row[0],
            general=row[1],
            given=row[2],
            yes=row[3],
            no=row[4],
            agent=row[5],
            likeness=round(row[6], 2),
            examples=examples.get(row[0], ()),
        )
        for row in await session.execute(query)
    ]


async def _examples(session: AsyncSession, seen: ColumnElement[bool]) -> Mapping[str, tuple[str, ...]]:
    """By answer, what was asked by those whom it did not help."""
    query = (
        select(_CODE, AnswerGiven.text)
        .where(seen, AnswerGiven.rating.in_((AnswerRating.NO, AnswerRating.AGENT)))
        .where(AnswerGiven.text.is_not(None))
        .order_by(AnswerGiven.id.desc())
        .limit(READ)
    )
    found: dict[str, dict[str, None]] = defaultdict(dict)
    for code, text in await session.execute(query):
        if text and len(found[code]) < EXAMPLES:
            found[code][text] = None
    return {code: tuple(texts) for code, texts in found.items()}


async def _without_answer(
    session: AsyncSession, seen: ColumnElement[bool], since: datetime, branch: str | None
) -> list[str]:
    """What got a general answer only, and what was not understood at all; the newest first."""
    general = (
        select(AnswerGiven.at, AnswerGiven.text)
        .where(seen, AnswerGiven.code.is_(None), AnswerGiven.text.is_not(None))
        .order_by(AnswerGiven.id.desc())
        .limit(READ)
    )
    lost = (
        select(Understanding.at, Understanding.text)
        .where(Understanding.at >= since, Understanding.outcome == "fell_through")
        .where(Understanding.state != ReviewState.USELESS)
        .order_by(Understanding.id.desc())
        .limit(READ)
    )
    if branch:
        lost = lost.where(or_(Understanding.branch == branch, Understanding.branch.is_(None)))
    rows = [*await session.execute(general), *await session.execute(lost)]
    return [text for _, text in sorted(rows, key=lambda row: row[0], reverse=True)[:READ]]


def _grouped(texts: Iterable[str], normaliser: Normaliser) -> tuple[Unanswered, ...]:
    """Texts that are alike together, the most frequent first."""
    written: dict[str, str] = {}
    newest: dict[str, int] = {}
    times: Counter[str] = Counter()
    for age, text in enumerate(texts):
        alike = normaliser.normalise(text).text
        if alike:
            written.setdefault(alike, text)
            newest.setdefault(alike, -age)
            times[alike] += 1
    counted = [Counted(alike, count, newest[alike]) for alike, count in times.items()]
    return tuple(
        Unanswered(
            written[group.text.alike], group.count, tuple(written[other.alike] for other in group.others)
        )
        for group in groups(counted)[:LISTED]
    )
