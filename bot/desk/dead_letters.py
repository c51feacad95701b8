"""Messages that did not go out: why, to whom, and once more. For supervisors."""

from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter
from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from bot.cases.history import Actor, record
from bot.delivery import outbox
from bot.delivery.forms import text_from_json
from bot.desk.context import BASE, Desk
from bot.desk.forms import row_id
from bot.desk.notices import leader
from bot.desk.pages import Pages
from bot.desk.refusals import NotFound
from bot.desk.ticks import reason
from bot.reading.numbers import mask
from bot.storage.tables import Agent, Case, Conversation, Message, Outbox, OutboxState

SHOWN = 100
FAILED = (OutboxState.DEAD, OutboxState.UNKNOWN)


@dataclass(frozen=True)
class DeadLetter:
    """One message that did not go out, or may not have; `text` has personal numbers masked."""

    id: int
    state: str
    channel: str
    text: str
    reason: str
    code: str
    attempts: int
    at: datetime
    case: str | None
    branch: str | None


def add(routes: APIRouter, desk: Desk, pages: Pages) -> None:
    """Add the pages."""

    @routes.get("/dead-letters")
    async def listed(request: Request) -> Response:
        agent = leader(request)
        async with desk.database.sessions() as session:
            letters = await dead_letters(desk, session, agent)
        return pages.render(request, "dead_letters.html", {"letters": letters, "zone_at": desk.zone})

    @routes.post("/dead-letters/{outbox_id}/resend")
    async def resend(request: Request, outbox_id: str) -> Response:
        agent, wanted = leader(request), row_id(outbox_id)
        async with desk.database.sessions.begin() as session:
            found = (await session.execute(_seen_by(agent).where(Outbox.id == wanted))).first()
            if found is None:
                raise NotFound(outbox_id)
            row, _, case = found
            sent = await outbox.resend(session, wanted, desk.clock())
            if sent:
                subject = ("case", case.id) if case else ("message", row.message_id)
                record(session, subject, "resent", Actor("agent", agent.id), desk.clock(), outbox=wanted)
        return RedirectResponse(f"{BASE}/dead-letters?done={'resent' if sent else 'not_resent'}", 303)


async def dead_letters(desk: Desk, session: AsyncSession, agent: Agent) -> list[DeadLetter]:
    """The newest that an agent may see: those of their branch, or of none."""
    found = await session.execute(
        _seen_by(agent).where(Outbox.state.in_(FAILED)).order_by(Outbox.id.desc()).limit(SHOWN)
    )
    return [
        DeadLetter(
            id=row.id,
            state=row.state.value,
            channel=row.channel,
            text=mask(text_from_json(desk.sealer.open(row.sealed)).body),
            reason=reason(row.error_code or ""),
            code=row.error_code or "",
            attempts=row.attempts,
            at=row.created_at,
            case=case.number if case else None,
            branch=(case.branch if case else None) or talk.branch,
        )
        for row, talk, case in found
    ]


def _seen_by(agent: Agent) -> Select[Outbox, Conversation, Case]:
    """Rows that an agent may see, with their conversation, and their case where there is one."""
    query = (
        select(Outbox, Conversation, Case)
        .join(Conversation, Conversation.address == Outbox.address)
        .outerjoin(Message, Message.id == Outbox.message_id)
        .outerjoin(Case, Case.id == Message.case_id)
    )
    return query if agent.branch is None else query.where(_theirs(agent.branch))


def _theirs(branch: str) -> ColumnElement[bool]:
    of = func.coalesce(Case.branch, Conversation.branch)
    return or_(of == branch, of.is_(None))
