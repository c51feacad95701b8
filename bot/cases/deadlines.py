"""Cases that nobody answered in time."""

from datetime import datetime

from sqlalchemy import String, cast, exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.cases.history import SYSTEM, record
from bot.storage.tables import Case, CasePriority, CaseStatus, History

OVERDUE = "overdue"
AT_ONCE = 500

_OURS = (CaseStatus.NEW, CaseStatus.ASSIGNED)
"""What waits for the participant is not late because of us."""


async def note_overdue(session: AsyncSession, now: datetime) -> int:
    """Note of each case whose deadline has passed that it has, once, and raise its priority to be seen.

    Gives how many there were, at most `AT_ONCE`.
    """
    noted = exists().where(
        History.subject == "case", History.subject_id == cast(Case.id, String), History.what == OVERDUE
    )
    late = (
        select(Case)
        .where(Case.status.in_(_OURS), Case.due_at <= now, ~noted)
        .order_by(Case.due_at)
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    cases = (await session.scalars(late)).all()
    for case in cases:
        if case.priority is CasePriority.NORMAL:
            case.priority = CasePriority.HIGH
        record(session, ("case", case.id), OVERDUE, SYSTEM, now, priority=case.priority)
    return len(cases)
