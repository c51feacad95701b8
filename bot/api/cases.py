"""/cases: what an agent sees and does, by program."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query
from fastapi.routing import APIRoute
from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.api.access import Asked, Asking, with_file
from bot.api.acting import act, wanted_case
from bot.api.case_forms import CaseFilter, CaseList, DocumentsWanted, Remark, Spoken, Transfer, WholeCase
from bot.api.case_pages import case_pages, whole_case
from bot.api.codes import known_branch
from bot.api.problems import BODY, refusals, unfit
from bot.api.replying import BODY as REPLY
from bot.api.replying import Replying, enclosed, known_by
from bot.cases import queries
from bot.cases.queries import Wanted
from bot.conversation import paperwork
from bot.conversation.handling import Target
from bot.storage.tables import Agent

Number = Annotated[str, Path(pattern=r"^[A-Za-z]{3}-[0-9]{4}-[0-9]{5,9}$", examples=["PLB-2611-00042"])]


def routes(guard: type[APIRoute]) -> APIRouter:
    """The addresses of cases."""
    table = APIRouter(prefix="/cases", tags=["cases"], route_class=guard)
    table.get("", summary="Cases, newest first")(listed)
    table.get("/{number}", summary="A case with its talk, history and attachments", responses=refusals(404))(
        one
    )
    for summary, verb in VERBS.items():
        done = refusals(404, 409, *BODY)
        extra = REPLY if verb is reply else None
        add = table.post(f"/{{number}}/{verb.__name__}", summary=summary, responses=done, openapi_extra=extra)
        add(verb)
    return table


async def listed(asked: Asking, wanted: Annotated[CaseFilter, Query()]) -> CaseList:
    """The cases that the token's agent may see: those of its branch and of none, or all."""
    api = asked.api
    async with api.database.sessions() as session:
        query = Wanted(
            status=wanted.status or None,
            state=wanted.state or None,
            kind=wanted.kind,
            branch=known_branch(api.config, wanted.branch),
            assignee=await _assignee(session, asked, wanted.assignee),
            unassigned=wanted.assignee == "none",
            q=wanted.q,
            after=wanted.after,
            limit=wanted.limit,
        )
        found = await queries.listed(session, api.sealer, asked.agent, query)
        shown = found[: wanted.limit]
        items = await case_pages(session, api.sealer, shown)
    return CaseList(items=items, next=str(shown[-1].id) if len(found) > len(shown) else None)


async def one(number: Number, asked: Asking) -> WholeCase:
    """A case, if the token's agent may see it."""
    async with asked.api.database.sessions() as session:
        case = await wanted_case(session, asked, number)
        return await whole_case(session, asked.api.sealer, case)


async def claim(number: Number, asked: Asking) -> WholeCase:
    """Of many who try at once exactly one gets it; the others are told who (409 with `assignee`)."""
    return await act(asked, number, lambda verbs, *case: verbs.claim(*case))


async def release(number: Number, asked: Asking) -> WholeCase:
    """Back into the queue, with the conversation that was held for it."""
    return await act(asked, number, lambda verbs, *case: verbs.release(*case))


async def transfer(number: Number, form: Transfer, asked: Asking) -> WholeCase:
    """Only its assignee (or a supervisor) can give it away."""
    branch = known_branch(asked.api.config, form.branch)
    target = Target(agent=form.agent, team=form.team, branch=branch, reason=form.body or "")
    return await act(asked, number, lambda verbs, *case: verbs.transfer(*case, target))


@with_file
async def reply(number: Number, said: Replying, asked: Asking) -> WholeCase:
    """On their own channel; the bot is silent from now on. Send an `Idempotency-Key` if you may repeat it.

    With a file, send a form (`multipart/form-data`): `file`, and perhaps `text`.
    """
    enclosure = await enclosed(asked, number, said.upload) if said.upload else None
    asked = known_by(asked, said)
    return await act(asked, number, lambda verbs, *case: verbs.reply(*case, said.body, enclosure))


async def note(number: Number, form: Spoken, asked: Asking) -> WholeCase:
    """The participant never sees it. Send an `Idempotency-Key` if you may repeat it."""
    return await act(asked, number, lambda verbs, *case: verbs.note(*case, form.body))


async def resolve(number: Number, asked: Asking, form: Remark | None = None) -> WholeCase:
    """`body`, if any, is sent to the participant as the last word; then the bot answers again.

    Of kind `admin` it says that the request is done.
    """
    return await act(asked, number, lambda verbs, *case: verbs.resolve(*case, _said(form)))


async def ask_document(number: Number, form: DocumentsWanted, asked: Asking) -> WholeCase:
    """Of kind `admin` only. The participant is told which and why; `fields.state` is then `documents_missing`."""
    wanted = list(dict.fromkeys(form.documents))
    return await act(
        asked,
        number,
        lambda verbs, session, case, agent: paperwork.ask(verbs, session, case, agent, wanted, form.body),
    )


async def reject(number: Number, form: Spoken, asked: Asking) -> WholeCase:
    """Of kind `admin` only. The participant is told why, and what they can do; then the bot answers again."""
    return await act(
        asked,
        number,
        lambda verbs, session, case, agent: paperwork.reject(verbs, session, case, agent, form.body),
    )


async def reopen(number: Number, asked: Asking, form: Remark | None = None) -> WholeCase:
    """The token's agent holds it from now on; `body` is for colleagues."""
    return await act(asked, number, lambda verbs, *case: verbs.reopen(*case, _said(form)))


async def close(number: Number, asked: Asking, form: Remark | None = None) -> WholeCase:
    """`body` is for colleagues."""
    return await act(asked, number, lambda verbs, *case: verbs.close(*case, _said(form)))


VERBS: Mapping[str, Callable[..., Awaitable[WholeCase]]] = {
    "Take a case that nobody has": claim,
    "Put a case back into the queue": release,
    "Give a case to an agent, a team or a branch": transfer,
    "Write to the participant": reply,
    "Leave a word for colleagues": note,
    "Settle a case": resolve,
    "Ask the participant of an administrative request for documents": ask_document,
    "Reject an administrative request": reject,
    "Take a settled case up again": reopen,
    "End a case for good": close,
}
"""What can be done to a case, each under its own name."""


def _said(form: Remark | None) -> str:
    return (form.body if form else None) or ""


async def _assignee(session: AsyncSession, asked: Asked, named: str | None) -> UUID | None:
    """The agent whose cases are wanted.

    Raises:
        Problem: 422, there is none of that id, e-mail or name, or several.
    """
    if named is None or named == "none":
        return None
    if named == "me":
        return asked.agent.id
    name = named.lower()
    fits = or_(func.lower(Agent.email) == name, func.lower(Agent.name) == name, Agent.id == _id(named))
    found = list(await session.scalars(select(Agent.id).where(fits).limit(2)))
    if len(found) != 1:
        problem = "several agents have this name: give the id" if found else "no such agent"
        raise unfit({"field": "assignee", "problem": problem})
    return found[0]


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
