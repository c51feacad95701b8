"""When somebody can answer: what closures that were announced change about hours and deadlines."""

from datetime import datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.cases.opening import NewCase, due
from bot.config import Config
from bot.hours import Closed, next_opening
from bot.notices import queries
from bot.storage.tables import Case, CaseStatus, Notice

AHEAD = timedelta(days=366)
"""How far ahead closures are looked for: no deadline is longer."""
ANSWERS_ANYWAY = "whatsapp"
"""The alternative by which a closed branch says that it goes on answering in chat.

Source: the announcement of Palembang, September 2020: the counter was closed, the branch's WhatsApp was not.
"""
AT_ONCE = 500


async def closures(session: AsyncSession, config: Config, branch: str | None, now: datetime) -> list[Closed]:
    """The known closures of a branch, from now on, in which nobody there answers; none of no or a former one."""
    known = config.branches.get(branch or "")
    if known is None:
        return []
    found = await queries.closures(session, known, now, now + AHEAD)
    return [_closed(notice) for notice in found if ANSWERS_ANYWAY not in notice.alternatives]


def _closed(notice: Notice) -> Closed:
    return Closed(notice.starts_at, notice.ends_at)


async def give_deadlines(session: AsyncSession, config: Config, now: datetime) -> int:
    """Give a deadline to cases that came in while nobody could say one, as soon as their branch's closure has an end.

    It is reckoned from now on, as if they had come in only now. Gives how many got one, at most `AT_ONCE`.
    """
    waiting = (Case.status.in_((CaseStatus.NEW, CaseStatus.ASSIGNED)), Case.due_at.is_(None))
    known: dict[str | None, list[Closed]] = {}
    for branch in (await session.scalars(select(Case.branch).where(*waiting).distinct())).all():
        closed = await closures(session, config, branch, now)
        if next_opening(config.office(branch), now, config.holidays, closed):
            known[branch] = closed  # the others would be looked at again and again, and hide these
    of_those = or_(Case.branch.in_([branch for branch in known if branch]), Case.branch.is_(None))
    rows = select(Case).where(*waiting, of_those).order_by(Case.id).limit(AT_ONCE)
    cases = (await session.scalars(rows.with_for_update(skip_locked=True))).all()
    for case in cases:
        case.due_at = due(config, _as_new(case, known[case.branch]), now)
    return sum(case.due_at is not None for case in cases)


def _as_new(case: Case, closures: list[Closed]) -> NewCase:
    return NewCase(kind=case.kind, summary="", branch=case.branch, priority=case.priority, closures=closures)
