"""A participant's message that the bot took for something else: an agent says what was meant."""

from typing import Any

from fastapi import APIRouter
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from bot.desk.case_view import found
from bot.desk.context import BASE, Desk
from bot.desk.forms import field, row_id
from bot.desk.names import intent_name
from bot.desk.pages import Pages
from bot.desk.refusals import NotFound
from bot.reading.numbers import mask
from bot.review import keeping
from bot.storage.tables import Author, Case, Message


def add(routes: APIRouter, desk: Desk, pages: Pages) -> None:
    """Add the pages."""
    page = _Misread(desk, pages)
    routes.get("/cases/{number}/lines/{line_id}/misread")(page.get)
    routes.post("/cases/{number}/lines/{line_id}/misread")(page.post)


class _Misread:
    """Asks what a message meant, and keeps it."""

    def __init__(self, desk: Desk, pages: Pages) -> None:
        self._desk = desk
        self._pages = pages

    async def get(self, request: Request, number: str, line_id: str) -> Response:
        return await self._show(request, number, line_id)

    async def post(self, request: Request, number: str, line_id: str) -> Response:
        agent, intent = request.state.visit.agent, field(await request.form(), "intent")
        readers = self._desk.readers
        if readers.labels.problem(intent):
            wrong = self._pages.say(request, "wrong.choose")
            return await self._show(request, number, line_id, wrong=wrong, status=422)
        async with self._desk.database.sessions.begin() as session:
            case = await found(session, agent, number)
            line = await _interpreted(session, case, line_id)
            await keeping.correct(session, line, intent, agent, readers.normaliser, self._desk.clock())
        await self._desk.handling.announce(case)
        return RedirectResponse(f"{BASE}/cases/{number}?done=misread", 303)

    async def _show(
        self, request: Request, number: str, line_id: str, *, wrong: str = "", status: int = 200
    ) -> Response:
        language = self._pages.language(request)
        async with self._desk.database.sessions() as session:
            case = await found(session, request.state.visit.agent, number)
            line = await _interpreted(session, case, line_id)
            text = "\n".join(mask(part.body) for part in await keeping.run(session, line))
            said = await keeping.corrections(session, [line.id])

        def name(intent: str) -> str:
            return intent_name(self._desk.texts, intent, language)

        values: dict[str, Any] = {
            "case": case,
            "line": line,
            "text": text,
            "meant": said[line.id][0] if line.id in said else "",
            "name": name,
            "intents": sorted(self._desk.readers.labels.intents, key=lambda intent: name(intent).lower()),
            "wrong": wrong,
        }
        whole = "hx-request" not in request.headers
        return self._pages.render(request, "misread.html" if whole else "misread_form.html", values, status)


async def _interpreted(session: AsyncSession, case: Case, line_id: str) -> Message:
    """A line of the case's talk that a participant wrote and the bot took for something.

    Raises:
        NotFound: there is none.
    """
    line = await session.get(Message, row_id(line_id))
    if line is None or line.conversation_id != case.conversation_id:
        raise NotFound(line_id)
    if line.author is not Author.PARTICIPANT or not line.intent:
        raise NotFound(line_id)
    return line
