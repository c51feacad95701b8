"""What is asked of cases. What somebody may see is decided here, in the query."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.cases.administration import AdminState
from bot.cases.lifecycle import OPEN
from bot.storage.sealing import Sealer
from bot.storage.tables import (
    Agent,
    Attachment,
    Case,
    CaseKind,
    CasePriority,
    CaseStatus,
    Conversation,
    History,
    Message,
    Owner,
    PersonalNumber,
)


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A filter; what is None does not filter. `q` is a number, words of the summary, or a NIK or card number.

    Args:
        state: administrative requests that stand in one of these.
    """

    status: Sequence[CaseStatus] | None = None
    state: Sequence[AdminState] | None = None
    kind: CaseKind | None = None
    branch: str | None = None
    assignee: UUID | None = None
    unassigned: bool = False
    q: str | None = None
    after: int | None = None
    limit: int = 50


def seen_by(agent: Agent) -> ColumnElement[bool]:
    """An agent with a branch sees its cases and those that belong to no branch yet; everybody else sees all."""
    if agent.branch is None:
        return Case.id > 0
    return or_(Case.branch == agent.branch, Case.branch.is_(None), Case.assignee_id == agent.id)


async def listed(session: AsyncSession, sealer: Sealer, agent: Agent, wanted: Wanted) -> list[Case]:
    """Cases that fit, newest first; one more than `limit` tells that there are more."""
    query = select(Case).where(seen_by(agent)).order_by(Case.id.desc()).limit(wanted.limit + 1)
    filters = [*_standing(wanted)]
    if wanted.kind:
        filters.append(Case.kind == wanted.kind)
    if wanted.branch:
        filters.append(Case.branch == wanted.branch)
    if wanted.assignee:
        filters.append(Case.assignee_id == wanted.assignee)
    if wanted.unassigned:
        filters.append(Case.assignee_id.is_(None))
    if wanted.q:
        filters.append(_matches(sealer, wanted.q.strip()))
    if wanted.after:
        filters.append(Case.id < wanted.after)
    return list(await session.scalars(query.where(*filters)))


def _standing(wanted: Wanted) -> Iterator[ColumnElement[bool]]:
    if wanted.status:
        yield Case.status.in_(wanted.status)
    if wanted.state:
        yield Case.kind == CaseKind.ADMIN
        yield or_(*map(in_state, wanted.state))


def _matches(sealer: Sealer, words: str) -> ColumnElement[bool]:
    like = "%" + words.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_") + "%"
    digits = "".join(filter(str.isdigit, words))
    known = exists().where(
        PersonalNumber.participant_id == Case.participant_id, PersonalNumber.digest == sealer.digest(digits)
    )
    found = or_(Case.number.ilike(like), Case.summary.ilike(like))
    return or_(found, known) if len(digits) >= 9 else found


async def by_number(session: AsyncSession, agent: Agent, number: str) -> Case | None:
    """The case with that number, if the agent may see it."""
    query = select(Case).where(Case.number == number.strip().upper(), seen_by(agent))
    return await session.scalar(query)


async def own(session: AsyncSession, participant_id: UUID, number: str | None, limit: int = 9) -> list[Case]:
    """A participant's own cases: the one with `number`, or all that are not closed, newest first."""
    query = select(Case).where(Case.participant_id == participant_id).order_by(Case.id.desc()).limit(limit)
    if number:
        return list(await session.scalars(query.where(Case.number == number)))
    return list(await session.scalars(query.where(Case.status != CaseStatus.CLOSED)))


async def waiting_for_documents(session: AsyncSession, participant_id: UUID) -> list[Case]:
    """A participant's open administrative requests from which a document is missing, oldest first."""
    query = select(Case).where(
        Case.participant_id == participant_id,
        Case.kind == CaseKind.ADMIN,
        Case.status.in_(OPEN),
        in_state(AdminState.DOCUMENTS_MISSING),
    )
    return list(await session.scalars(query.order_by(Case.id)))


def in_state(state: AdminState) -> ColumnElement[bool]:
    """Whether an administrative request stands there."""
    stands: ColumnElement[bool] = Case.fields["state"].astext == state.value
    return stands


async def last_public_step(session: AsyncSession, case: Case) -> History | None:
    """The newest entry that the participant may hear of."""
    query = select(History).where(
        History.subject == "case", History.subject_id == str(case.id), History.public.is_(True)
    )
    return await session.scalar(query.order_by(History.id.desc()).limit(1))


async def messages(session: AsyncSession, case: Case, limit: int = 500) -> list[Message]:
    """The talk that the case is part of, oldest first; the newest `limit` lines."""
    query = select(Message).where(Message.conversation_id == case.conversation_id)
    newest = await session.scalars(query.order_by(Message.id.desc()).limit(limit))
    return list(newest)[::-1]


async def attachments(session: AsyncSession, case: Case) -> list[Attachment]:
    """What was sent as proof."""
    return list(
        await session.scalars(select(Attachment).where(Attachment.case_id == case.id).order_by(Attachment.id))
    )


async def attachments_of(session: AsyncSession, lines: Sequence[Message]) -> dict[int, list[Attachment]]:
    """What came, or went, with lines of a talk, by the line."""
    query = select(Attachment).where(Attachment.message_id.in_([line.id for line in lines]))
    found: dict[int, list[Attachment]] = {}
    for one in await session.scalars(query.order_by(Attachment.id)):
        found.setdefault(one.message_id or 0, []).append(one)
    return found


async def open_handover(session: AsyncSession, conversation_id: UUID) -> Case | None:
    """The hand-over that a conversation waits with, if any."""
    query = select(Case).where(
        Case.conversation_id == conversation_id, Case.kind == CaseKind.HANDOVER, Case.status.in_(OPEN)
    )
    return await session.scalar(query)


async def queue_position(session: AsyncSession, talk: Conversation) -> int:
    """The conversation's place among those of its branch that wait for an agent: emergencies first, 1 is next."""
    mine = await open_handover(session, talk.id)
    if mine is None:
        return 1
    urgent = Case.priority == CasePriority.URGENT
    older = Case.id < mine.id
    before = and_(urgent, older) if mine.priority is CasePriority.URGENT else or_(urgent, older)
    query = (
        select(func.count())
        .select_from(Case)
        .join(Conversation, Conversation.id == Case.conversation_id)
        .where(
            Case.kind == CaseKind.HANDOVER,
            Case.status == CaseStatus.NEW,
            Case.id != mine.id,
            Conversation.owner == Owner.QUEUE,
            Case.branch.is_(mine.branch) if mine.branch is None else Case.branch == mine.branch,
            before,
        )
    )
    return 1 + (await session.scalar(query) or 0)


async def overdue(session: AsyncSession, now: datetime) -> int:
    """How many open cases are past their deadline."""
    query = select(func.count()).select_from(Case).where(Case.status.in_(OPEN), Case.due_at < now)
    return await session.scalar(query) or 0
