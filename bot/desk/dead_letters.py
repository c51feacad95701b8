"""Messages that did not go out: why, to whom, and once more, one by one or all of one cause. For supervisors.

Above them stands what only an operator can put right.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter
from sqlalchemy import ColumnElement, Row, Select, delete, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from bot.cases.history import Actor, record
from bot.delivery import outbox
from bot.delivery.forms import text_from_json
from bot.desk.context import BASE, Desk
from bot.desk.forms import field, row_id
from bot.desk.notices import leader
from bot.desk.pages import Pages
from bot.desk.refusals import NotFound
from bot.desk.ticks import reason
from bot.reading.numbers import mask
from bot.storage.tables import Agent, Case, Conversation, DeliveryAlarm, Message, Outbox, OutboxState

SHOWN = 100
LONGEST_CODE = 100
MOST_AT_ONCE = 500
"""Messages sent again by one click; a click more takes the next ones."""
FAILED = (OutboxState.DEAD, OutboxState.UNKNOWN)


@dataclass(frozen=True)
class DeadLetter:
    """One message that did not go out, or may not have.

    Personal numbers are masked in `text` and in `file`, a file's name or "".
    """

    id: int
    state: str
    channel: str
    text: str
    file: str
    reason: str
    code: str
    attempts: int
    at: datetime
    case: str | None
    branch: str | None


@dataclass(frozen=True)
class Cause:
    """Dead letters that failed alike."""

    code: str
    reason: str
    count: int


@dataclass(frozen=True)
class Alarm:
    """What an operator has to put right at a provider."""

    channel: str
    code: str
    reason: str
    times: int
    last_at: datetime


def add(routes: APIRouter, desk: Desk, pages: Pages) -> None:
    """Add the pages."""

    @routes.get("/dead-letters")
    async def listed(request: Request) -> Response:
        agent = leader(request)
        async with desk.database.sessions() as session:
            shown = {
                "letters": await dead_letters(desk, session, agent),
                "causes": await causes(session, agent),
                "alarms": await alarms(session),
                "zone_at": desk.zone,
            }
        template = "dead_letters_list.html" if "hx-request" in request.headers else "dead_letters.html"
        return pages.render(request, template, shown)

    @routes.post("/dead-letters/resend")
    async def resend_all(request: Request) -> Response:
        agent, code = leader(request), field(await request.form(), "code")[:LONGEST_CODE]
        dead = (Outbox.state == OutboxState.DEAD, Outbox.error_code == code)
        async with desk.database.sessions.begin() as session:
            rows = (
                await session.execute(_seen_by(agent).where(*dead).order_by(Outbox.id).limit(MOST_AT_ONCE))
            ).all()
            await _send_again(desk, session, agent, rows)
        return RedirectResponse(f"{BASE}/dead-letters?done={'resent_all' if rows else 'not_resent'}", 303)

    @routes.post("/dead-letters/alarms/done")
    async def put_right(request: Request) -> Response:
        leader(request)
        form = await request.form()
        these = DeliveryAlarm.channel == field(form, "channel"), DeliveryAlarm.code == field(form, "code")
        async with desk.database.sessions.begin() as session:
            await session.execute(delete(DeliveryAlarm).where(*these))
        return RedirectResponse(f"{BASE}/dead-letters", 303)

    @routes.post("/dead-letters/{outbox_id}/resend")
    async def resend(request: Request, outbox_id: str) -> Response:
        agent, wanted = leader(request), row_id(outbox_id)
        async with desk.database.sessions.begin() as session:
            found = (await session.execute(_seen_by(agent).where(Outbox.id == wanted))).first()
            if found is None:
                raise NotFound(outbox_id)
            sent = await _send_again(desk, session, agent, [found])
        return RedirectResponse(f"{BASE}/dead-letters?done={'resent' if sent else 'not_resent'}", 303)


async def _send_again(
    desk: Desk, session: AsyncSession, agent: Agent, rows: Sequence[Row[Outbox, Conversation, Case]]
) -> bool:
    """Queue these again and write down who did; whether any of them still was a dead letter."""
    now = desk.clock()
    wanted = [row.id for row, _, _ in rows]
    ids = set(await outbox.resend(session, Outbox.id.in_(wanted), now=now)) if wanted else set()
    for row, _, case in rows:
        if row.id in ids:
            subject = ("case", case.id) if case else ("message", row.message_id)
            record(session, subject, "resent", Actor("agent", agent.id), now, outbox=row.id)
    return bool(ids)


async def causes(session: AsyncSession, agent: Agent) -> list[Cause]:
    """Why messages are dead letters, the most frequent cause first; doubtful ones are not among them."""
    dead = _seen_by(agent).where(Outbox.state == OutboxState.DEAD, Outbox.error_code.is_not(None))
    code, count = Outbox.error_code, func.count(Outbox.id.distinct())
    found = await session.execute(
        dead.with_only_columns(code, count).group_by(code).order_by(count.desc(), code)
    )
    return [Cause(code, reason(code), count) for code, count in found if code]


async def alarms(session: AsyncSession) -> list[Alarm]:
    """What has to be put right, the newest first. Accounts belong to all branches, so every supervisor sees them."""
    found = await session.scalars(select(DeliveryAlarm).order_by(DeliveryAlarm.last_at.desc()))
    return [Alarm(one.channel, one.code, reason(one.code), one.times, one.last_at) for one in found]


async def dead_letters(desk: Desk, session: AsyncSession, agent: Agent) -> list[DeadLetter]:
    """The newest that an agent may see: those of their branch, or of none."""
    found = await session.execute(
        _seen_by(agent).where(Outbox.state.in_(FAILED)).order_by(Outbox.id.desc()).limit(SHOWN)
    )
    return [_letter(desk, row, talk, case) for row, talk, case in found]


def _letter(desk: Desk, row: Outbox, talk: Conversation, case: Case | None) -> DeadLetter:
    said = text_from_json(desk.sealer.open(row.sealed))
    return DeadLetter(
        id=row.id,
        state=row.state.value,
        channel=row.channel,
        text=mask(said.body),
        file=mask(said.enclosure.file_name) if said.enclosure else "",
        reason=reason(row.error_code or ""),
        code=row.error_code or "",
        attempts=row.attempts,
        at=row.created_at,
        case=case.number if case else None,
        branch=(case.branch if case else None) or talk.branch,
    )


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
