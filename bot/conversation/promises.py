"""When somebody can answer: what closures that were announced change about hours and deadlines."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.cases.opening import NewCase, due
from bot.config import Config
from bot.hours import Closed
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
    waiting = (
        select(Case)
        .where(Case.status.in_((CaseStatus.NEW, CaseStatus.ASSIGNED)), Case.due_at.is_(None))
        .order_by(Case.id)
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    cases = (await session.scalars(waiting)).all()
    branches = {case.branch for case in cases}
    known: Mapping[str | None, list[Closed]] = {
        branch: await closures(session, config, branch, now) for branch in branches
    }
    for case in cases:
        case.due_at = due(config, _as_new(case, known[case.branch]), now)
    return sum(case.due_at is not None for case in cases)


def _as_new(case: Case, closures: list[Closed]) -> NewCase:
    return NewCase(kind=case.kind, summary="", branch=case.branch, priority=case.priority, closures=closures)
