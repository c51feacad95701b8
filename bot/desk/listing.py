"""The inbox's question: which cases an agent sees, in the order in which people wait."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, exists, func, or_, select
from sqlalchemy import case as when
from sqlalchemy.ext.asyncio import AsyncSession

from bot.cases.administration import AdminState, state
from bot.cases.lifecycle import OPEN
from bot.cases.queries import in_state, seen_by
from bot.reading.numbers import personal_numbers
from bot.storage.sealing import Sealer
from bot.storage.tables import (
    Agent,
    Case,
    CaseKind,
    CasePriority,
    CaseStatus,
    Conversation,
    PersonalNumber,
)

PAGE = 25
SOON = timedelta(hours=2)
"""A deadline that is this near is marked."""

VIEWS = ("unassigned", "mine", "all")
OPEN_ONES, ANY = "open", "any"
REQUEST = "request:"
"""What a filter begins with that asks for a state of administrative requests."""


@dataclass(frozen=True)
class Wanted:
    """What is to be listed. `status` is one of `CaseStatus`, ``open`` or ``any``, or ``request:`` and an `AdminState`;
    `words` is what is searched for."""

    view: str = "unassigned"
    kind: CaseKind | None = None
    branch: str | None = None
    status: str = OPEN_ONES
    page: int = 1
    words: str = ""


@dataclass(frozen=True)
class Row:
    """One line of the inbox."""

    case: Case
    assignee: str | None
    waits_since: datetime | None
    """Since when somebody waits for us; None while we wait for them, or nobody waits any more."""

    @property
    def state(self) -> AdminState | None:
        """Where an administrative request stands."""
        return state(self.case) if self.case.kind is CaseKind.ADMIN else None

    def lateness(self, now: datetime) -> str:
        """``overdue``, ``soon`` or ""."""
        if self.case.due_at is None or self.case.status not in OPEN:
            return ""
        if self.case.due_at < now:
            return "overdue"
        return "soon" if self.case.due_at < now + SOON else ""


@dataclass(frozen=True)
class Listed:
    """One page of the inbox, and the counts that its tabs show."""

    rows: list[Row]
    more: bool
    counts: dict[str, int] = field(default_factory=dict)


async def listed(session: AsyncSession, sealer: Sealer, agent: Agent, wanted: Wanted) -> Listed:
    """A page of cases: emergencies first, then who has waited longest; settled ones newest first."""
    query = (
        select(Case, Agent.name, WAITS_SINCE)
        .join(Conversation, Conversation.id == Case.conversation_id)
        .outerjoin(Agent, Agent.id == Case.assignee_id)
        .where(seen_by(agent), *_filters(sealer, agent, wanted))
        .offset((wanted.page - 1) * PAGE)
        .limit(PAGE + 1)
    )
    found = await session.execute(_ordered(query))
    rows = [Row(case, assignee, since) for case, assignee, since in found]
    return Listed(rows[:PAGE], len(rows) > PAGE, await _counts(session, agent))


_SINCE_QUEUED = func.coalesce(Conversation.queued_at, Case.opened_at)
WAITS_SINCE = when(
    (
        Case.status == CaseStatus.NEW,
        when((Case.kind == CaseKind.HANDOVER, _SINCE_QUEUED), else_=Case.opened_at),
    ),
    (
        Case.status == CaseStatus.ASSIGNED,
        when(
            (Case.first_reply_at.is_(None), Case.opened_at),  # nobody has answered yet
            else_=func.coalesce(Conversation.last_message_at, Case.opened_at),
        ),
    ),
    else_=None,
)


def _ordered(query: Select[Case, str, datetime]) -> Select[Case, str, datetime]:
    is_open = Case.status.in_(OPEN)
    return query.order_by(
        is_open.desc(),
        (is_open & (Case.priority == CasePriority.URGENT)).desc(),
        WAITS_SINCE.asc().nulls_last(),
        Case.id.desc(),
    )


def _filters(sealer: Sealer, agent: Agent, wanted: Wanted) -> list[ColumnElement[bool]]:
    filters: list[ColumnElement[bool]] = []
    if wanted.words:
        return [_about(sealer, wanted.words)]
    if wanted.view == "mine":
        filters.append(Case.assignee_id == agent.id)
    elif wanted.view == "unassigned":
        filters.append(Case.assignee_id.is_(None))
    filters += _standing(wanted.status)
    if wanted.kind:
        filters.append(Case.kind == wanted.kind)
    if wanted.branch:
        filters.append(Case.branch == wanted.branch)
    return filters


def _standing(status: str) -> list[ColumnElement[bool]]:
    """What a filter by status asks of a case."""
    if status == OPEN_ONES:
        return [Case.status.in_(OPEN)]
    if status.startswith(REQUEST):
        return [Case.kind == CaseKind.ADMIN, in_state(AdminState(status.removeprefix(REQUEST)))]
    return [] if status == ANY else [Case.status == CaseStatus(status)]


def _about(sealer: Sealer, words: str) -> ColumnElement[bool]:
    """Cases with these words in their number or summary, or of a participant who gave this personal number."""
    like = "%" + words.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_") + "%"
    found = or_(Case.number.ilike(like), Case.summary.ilike(like))
    values = {number.value for number in personal_numbers(words)}
    digits = "".join(char for char in words if char.isdecimal())
    values |= {digits} if len(digits) >= 9 else set()
    if not values:
        return found
    known = exists().where(
        PersonalNumber.participant_id == Case.participant_id,
        PersonalNumber.digest.in_([sealer.digest(value) for value in values]),
    )
    return or_(found, known)


async def _counts(session: AsyncSession, agent: Agent) -> dict[str, int]:
    """How many open cases each tab has."""
    query = select(
        func.count().filter(Case.assignee_id.is_(None)),
        func.count().filter(Case.assignee_id == agent.id),
        func.count(),
    ).where(seen_by(agent), Case.status.in_(OPEN))
    return dict(zip(VIEWS, (await session.execute(query)).one(), strict=True))
