"""Cases that nobody answered in time."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.cases.history import SYSTEM, is_noted, noted, record
from bot.storage.tables import Case, CasePriority, CaseStatus

OVERDUE = "overdue"
AT_ONCE = 500

_OURS = (CaseStatus.NEW, CaseStatus.ASSIGNED)
"""What waits for the participant is not late because of us."""


async def note_overdue(session: AsyncSession, now: datetime) -> int:
    """Note of each case whose deadline has passed that it has, once, and raise its priority to be seen.

    Gives how many there were, at most `AT_ONCE`.
    """
    late = (
        select(Case)
        .where(Case.status.in_(_OURS), Case.due_at <= now, ~is_noted("case", Case.id, OVERDUE))
        .order_by(Case.due_at)
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    found = (await session.scalars(late)).all()
    known = await noted(session, "case", OVERDUE, [case.id for case in found])
    cases = [case for case in found if case.id not in known]
    for case in cases:
        if case.priority is CasePriority.NORMAL:
            case.priority = CasePriority.HIGH
        record(session, ("case", case.id), OVERDUE, SYSTEM, now, priority=case.priority)
    return len(cases)
