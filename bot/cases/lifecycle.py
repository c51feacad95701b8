"""What can be done to a case, by whom, and what is remembered of it.

A function here changes the case and adds to its history; what the participant hears of it is said elsewhere
(`bot.conversation.handling`).
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.cases.administration import follow
from bot.cases.history import Actor, record
from bot.errors import SiagaError
from bot.reading.numbers import mask
from bot.storage.tables import Agent, Case, CaseStatus, Role

OPEN = (CaseStatus.NEW, CaseStatus.ASSIGNED, CaseStatus.WAITING)


class CaseTaken(SiagaError):
    """Somebody else holds the case; `assignee` says who."""

    said = "error.case_taken"

    def __init__(self, assignee: Agent | None) -> None:
        self.assignee = assignee
        super().__init__(assignee.name if assignee else "nobody")


class WrongState(SiagaError):
    """That cannot be done to a case in this state."""

    said = "error.case_state"

    def __init__(self, status: CaseStatus) -> None:
        self.status = status
        super().__init__(status.value)


async def claim(session: AsyncSession, case: Case, agent: Agent, now: datetime) -> None:
    """Take a case that nobody has: one atomic statement, so of many who try one gets it.

    Raises:
        CaseTaken: somebody else has it.
        WrongState: it is resolved or closed.
    """
    taken = await session.execute(
        update(Case)
        .where(Case.id == case.id, Case.status == CaseStatus.NEW, Case.assignee_id.is_(None))
        .values(status=CaseStatus.ASSIGNED, assignee_id=agent.id)
        .returning(Case.id)
    )
    won = taken.first() is not None
    await session.refresh(case)
    if won:
        record(session, ("case", case.id), "claimed", Actor("agent", agent.id), now, public=True)
        follow(case, "taken")
    elif case.status not in OPEN:
        raise WrongState(case.status)
    elif case.assignee_id != agent.id:
        raise CaseTaken(await _assignee(session, case))


async def hold(session: AsyncSession, case: Case, agent: Agent, *, closed_too: bool = False) -> None:
    """Lock the case for a change by its assignee (or a supervisor).

    Raises:
        CaseTaken: it is somebody else's, or nobody's yet.
        WrongState: it is resolved or closed, and `closed_too` is not given.
    """
    await session.refresh(case, with_for_update=True)
    if case.status not in OPEN and not closed_too:
        raise WrongState(case.status)
    if case.assignee_id != agent.id and agent.role is Role.AGENT:
        raise CaseTaken(await _assignee(session, case))


def release(session: AsyncSession, case: Case, agent: Agent, now: datetime) -> None:
    """Put it back into the queue."""
    case.status, case.assignee_id = CaseStatus.NEW, None
    record(session, ("case", case.id), "released", Actor("agent", agent.id), now, public=True)
    follow(case, "given_back")


@dataclass(frozen=True)
class Move:
    """Where a case goes: to an agent, or into the queue of a team or a branch."""

    to: Agent | None = None
    team: str | None = None
    branch: str | None = None


def transfer(session: AsyncSession, case: Case, agent: Agent, now: datetime, move: Move, reason: str) -> None:
    """Give it away."""
    case.assignee_id = move.to.id if move.to else None
    case.status = CaseStatus.ASSIGNED if move.to else CaseStatus.NEW
    case.team = move.team or case.team
    case.branch = move.branch or case.branch
    target = {"to": move.to.name if move.to else None, "team": move.team, "branch": move.branch}
    by = Actor("agent", agent.id)
    record(session, ("case", case.id), "transferred", by, now, public=True, reason=mask(reason), **target)
    follow(case, "taken" if move.to else "given_back")


def replied(session: AsyncSession, case: Case, agent: Agent, now: datetime) -> None:
    """An answer went out: now it is the participant's turn."""
    case.status = CaseStatus.WAITING
    case.first_reply_at = case.first_reply_at or now
    record(session, ("case", case.id), "replied", Actor("agent", agent.id), now, public=True)


def note(session: AsyncSession, case: Case, agent: Agent, body: str, now: datetime) -> None:
    """Something for colleagues only."""
    record(session, ("case", case.id), "noted", Actor("agent", agent.id), now, body=mask(body))


def resolve(session: AsyncSession, case: Case, by: Actor, now: datetime) -> None:
    """It is settled."""
    case.status, case.resolved_at = CaseStatus.RESOLVED, now
    record(session, ("case", case.id), "resolved", by, now, public=True)
    follow(case, "resolved")


def reopen(session: AsyncSession, case: Case, agent: Agent, now: datetime) -> None:
    """It was not settled after all: back to the agent who says so.

    Raises:
        WrongState: it is open.
    """
    if case.status in OPEN:
        raise WrongState(case.status)
    case.status, case.assignee_id = CaseStatus.ASSIGNED, agent.id
    case.resolved_at = case.closed_at = None
    record(session, ("case", case.id), "reopened", Actor("agent", agent.id), now, public=True)
    follow(case, "reopened")


def close(session: AsyncSession, case: Case, by: Actor, now: datetime) -> None:
    """It is over and will not be opened again by an answer."""
    case.status, case.closed_at = CaseStatus.CLOSED, now
    case.resolved_at = case.resolved_at or now
    record(session, ("case", case.id), "closed", by, now, public=True)
    follow(case, "closed")


async def participant_wrote(session: AsyncSession, conversation_id: object) -> None:
    """What waited for the participant waits for the agent again."""
    await session.execute(
        update(Case)
        .where(Case.conversation_id == conversation_id, Case.status == CaseStatus.WAITING)
        .values(status=CaseStatus.ASSIGNED)
    )


async def _assignee(session: AsyncSession, case: Case) -> Agent | None:
    return await session.scalar(select(Agent).where(Agent.id == case.assignee_id))
