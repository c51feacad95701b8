"""Cases that nobody answered in time, and requests whose documents nobody sent in time."""

from datetime import datetime
from typing import Any

from sqlalchemy import DateTime, ScalarSelect, Select, cast, exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.cases.administration import AdminState
from bot.cases.history import SYSTEM, is_noted, noted, record
from bot.cases.queries import in_state
from bot.storage.tables import Case, CaseKind, CasePriority, CaseStatus, Message, Outbox, OutboxState

OVERDUE = "overdue"
AT_ONCE = 500

_OURS = (CaseStatus.NEW, CaseStatus.ASSIGNED)
"""What waits for the participant is not late because of us."""

THEIR_TURN = (CaseStatus.WAITING, CaseStatus.NEW)
"""Where a request stands whose documents are awaited, while the participant asks nothing of its agent."""


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


async def documents_awaited_since(session: AsyncSession, before: datetime, *, reminded: bool) -> list[int]:
    """The ids of requests whose missing documents were asked for at `before` or earlier, at most `AT_ONCE`.

    A request in which the participant wrote to its agent meanwhile waits for us, not for them: it is not among these.
    Nor is one of which something that we wrote has not left yet; what left late counts from then.

    Args:
        reminded: those whose participants were reminded of it; else those whose were not.
    """
    since = cast(Case.fields["missing"]["since"].astext, DateTime(timezone=True))
    query = select(Case.id).where(
        Case.kind == CaseKind.ADMIN,
        Case.status.in_(THEIR_TURN),
        in_state(AdminState.DOCUMENTS_MISSING),
        Case.fields["missing"]["reminded"].as_boolean().is_(reminded),
        ~exists(_written_to_them().where(Outbox.state == OutboxState.WAITING)),
        (since if reminded else func.greatest(since, _last_left())) <= before,
    )
    return list(await session.scalars(query.order_by(Case.id).limit(AT_ONCE)))


def _written_to_them() -> Select[Any]:
    """What we wrote about a case, in a query of that case."""
    written = select(Outbox.id).join(Message, Message.id == Outbox.message_id)
    return written.where(Message.case_id == Case.id).correlate(Case)


def _last_left() -> ScalarSelect[Any]:
    """When something of it left last."""
    return _written_to_them().with_only_columns(func.max(Outbox.sent_at)).scalar_subquery()
