"""A case's page: the talk, what is known, and everything that can be done."""

from typing import Any

from fastapi import APIRouter
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from bot.cases import queries
from bot.cases.administration import NotAdministration
from bot.cases.history import Actor, record
from bot.cases.lifecycle import CaseTaken, WrongState
from bot.config.papers import document_names
from bot.conversation.handling import Unknown
from bot.desk import attachments
from bot.desk.acting import VERBS, Act, BadEntry, carry_out
from bot.desk.case_view import found, view
from bot.desk.context import BASE, Desk
from bot.desk.forms import field, fields
from bot.desk.guard import with_file
from bot.desk.names import category_name, intent_name, place_name
from bot.desk.pages import Pages
from bot.desk.refusals import NotFound
from bot.desk.sent_files import map_link
from bot.desk.showing import size
from bot.media.enclosing import NotTaken, NotThere, Upload
from bot.media.stores import StoreAway
from bot.messages import Enclosure
from bot.storage.tables import Agent, Conversation

ENTRIES = ("body", "to", "once", "sure", "file", "document")
"""The fields of the forms on a case's page."""


def add(routes: APIRouter, desk: Desk, pages: Pages) -> None:
    """Add the pages."""
    attachments.add(routes, desk)
    page = _CasePage(desk, pages)
    routes.get("/cases/{number}")(page.get)
    routes.post("/cases/{number}/reveal")(page.reveal)
    routes.post("/cases/{number}/reply")(page.reply)
    routes.post("/cases/{number}/{verb}")(page.post)
    routes.get("/cases/{number}/{verb}")(page.back)


class _CasePage:
    """Shows a case, and does what its forms say."""

    def __init__(self, desk: Desk, pages: Pages) -> None:
        self._desk = desk
        self._pages = pages

    async def get(self, request: Request, number: str) -> Response:
        return await self._show(request, number)

    async def reveal(self, request: Request, number: str) -> Response:
        """The case once with its personal numbers; that somebody looked is kept for ever."""
        agent = request.state.visit.agent
        async with self._desk.database.sessions.begin() as session:
            case = await found(session, agent, number)
            record(session, ("case", case.id), "revealed", Actor("agent", agent.id), self._desk.clock())
        await self._desk.handling.announce(case)
        return await self._show(request, number, revealed=True)

    @with_file
    async def reply(self, request: Request, number: str) -> Response:
        """Write to the participant, perhaps with a file."""
        return await self.post(request, number, "reply")

    async def post(self, request: Request, number: str, verb: str) -> Response:
        if verb not in VERBS:
            raise NotFound(verb)
        form = await request.form()
        entered = {name: field(form, name) for name in ENTRIES}
        entered["documents"] = ",".join(fields(form, "documents"))
        refused: dict[str, Any] = {"verb": verb, "entered": entered}
        try:
            enclosure = await self._kept(request, number, form) if verb == "reply" else None
            return await self._act(request, number, verb, entered, enclosure)
        except (CaseTaken, WrongState, NotAdministration) as error:
            banner = self._conflict(request, error)
            return await self._show(request, number, status=409, banner=banner, **refused)
        except (BadEntry, Unknown) as error:
            key = error.key if isinstance(error, BadEntry) else "wrong.no_target"
            wrong = {verb: self._pages.say(request, key)}
            return await self._show(request, number, status=422, wrong=wrong, **refused)
        except (NotTaken, NotThere, StoreAway) as error:
            wrong = {"file": self._no_file(request, error)}
            status = 503 if isinstance(error, StoreAway) else 422
            return await self._show(request, number, status=status, wrong=wrong, **refused)

    async def back(self, number: str, verb: str) -> Response:
        """Where a form was sent to, opened as an address: the case itself."""
        if verb not in VERBS and verb != "reveal":
            raise NotFound(verb)
        return RedirectResponse(f"{BASE}/cases/{number}", 303)

    async def _show(
        self, request: Request, number: str, *, status: int = 200, revealed: bool = False, **shown: Any
    ) -> Response:
        """The whole page, or what changes of it. `shown`: the entries of a form that was refused, and why."""
        desk, agent = self._desk, request.state.visit.agent
        language = self._pages.language(request)
        whole = "hx-request" not in request.headers
        async with desk.database.sessions() as session:
            case = await found(session, agent, number)
            seen = await view(desk, session, agent, case, language=language, revealed=revealed)
            colleagues = await _colleagues(session, agent) if whole else []
        values = {
            "seen": seen,
            "case": case,
            "revealed": revealed,
            "colleagues": colleagues,
            "branches": desk.config.branches.values(),
            "category": category_name(desk.config, case, language),
            "branch_name": place_name(desk.config, case.branch),
            "intent_name": lambda intent: intent_name(desk.texts, intent, language),
            "place_name": lambda code: place_name(desk.config, code),
            "zone": desk.zone(case.branch or agent.branch),
            "paper_names": lambda codes: ", ".join(
                document_names(desk.config, case.category, codes, language)
            ),
            "map_link": map_link,
            "verb": "",
            "entered": {},
            "wrong": {},
            "banner": "",
        }
        return self._pages.render(request, "case.html" if whole else "case_live.html", values | shown, status)

    async def _kept(self, request: Request, number: str, form: FormData) -> Enclosure | None:
        """The file of a form, checked and kept; None where there is none, or they may not reply anyway.

        Raises:
            NotTaken, StoreAway: it cannot go along.
        """
        desk, upload = self._desk, form.get("file")
        if not isinstance(upload, UploadFile) or not (upload.filename or upload.size):
            return None
        async with desk.database.sessions() as session:
            case = await found(session, request.state.visit.agent, number)
            talk = await session.get_one(Conversation, case.conversation_id)
        if case.assignee_id != request.state.visit.agent.id:
            return None
        file = Upload(await upload.read(), upload.filename or "")
        return await desk.enclosing.keep(talk.id, talk.address, file)

    async def _act(
        self,
        request: Request,
        number: str,
        verb: str,
        entered: dict[str, str],
        enclosure: Enclosure | None,
    ) -> Response:
        """Do it, tell everybody who looks, and go on to the case, or to the inbox once it is out of sight.

        Raises:
            BadEntry, CaseTaken, WrongState, NotAdministration, Unknown, NotThere: nothing was done.
        """
        desk, agent = self._desk, request.state.visit.agent
        async with desk.database.sessions.begin() as session:
            case = await found(session, agent, number)
            await carry_out(verb, Act(desk, session, case, agent, entered, enclosure))
        await desk.handling.announce(case)
        async with desk.database.sessions() as session:
            still_seen = await queries.by_number(session, agent, case.number)
        target = f"{BASE}/cases/{case.number}" if still_seen else BASE
        return RedirectResponse(f"{target}?done={verb}", 303)

    def _conflict(self, request: Request, error: CaseTaken | WrongState | NotAdministration) -> str:
        """Why something could not be done, in words."""
        if isinstance(error, NotAdministration):
            return self._pages.say(request, "conflict.no_request")
        if isinstance(error, WrongState):
            return self._pages.say(request, f"conflict.{error.status}")
        if error.assignee is None:
            return self._pages.say(request, "conflict.nobody")
        if error.assignee.id == request.state.visit.agent.id:
            return self._pages.say(request, "conflict.talk")
        return self._pages.say(request, "conflict.taken", name=error.assignee.name)

    def _no_file(self, request: Request, error: NotTaken | NotThere | StoreAway) -> str:
        """Why a file did not go along, and what to do about it."""
        if isinstance(error, StoreAway):
            return self._pages.say(request, "attach.store")
        if isinstance(error, NotThere):
            return self._pages.say(request, "attach.again")
        language = self._pages.language(request)
        sizes = {"size": size(error.size, language=language), "most": size(error.most, language=language)}
        return self._pages.say(request, f"attach.why.{error.reason}", **sizes)


async def _colleagues(session: AsyncSession, agent: Agent) -> list[Agent]:
    """To whom a case can be given: people, not tokens; those of the same branch first."""
    query = select(Agent).where(Agent.active.is_(True), Agent.email.is_not(None), Agent.id != agent.id)
    people = await session.scalars(query.order_by(Agent.name))
    return sorted(people, key=lambda person: person.branch != agent.branch)
