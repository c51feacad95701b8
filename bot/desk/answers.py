"""How well answers helped: for supervisors, who can better config/faq.yml with it."""

from datetime import timedelta

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from bot.answers.report import Report, report
from bot.desk.context import Desk
from bot.desk.names import intent_name
from bot.desk.notices import leader
from bot.desk.pages import Pages

SPANS = (7, 30, 90)
"""Days that can be looked back."""
USUAL = 30


def add(routes: APIRouter, desk: Desk, pages: Pages) -> None:
    """Add the page."""
    page = _Answers(desk, pages)
    routes.get("/answers")(page.get)


class _Answers:
    """Shows the report of weak answers."""

    def __init__(self, desk: Desk, pages: Pages) -> None:
        self._desk = desk
        self._pages = pages

    async def get(self, request: Request) -> Response:
        agent, asked = leader(request), request.query_params.get("days", "")
        days = next((span for span in SPANS if str(span) == asked), USUAL)
        since = self._desk.clock() - timedelta(days=days)
        async with self._desk.database.sessions() as session:
            found = await report(session, self._desk.readers.normaliser, since, agent.branch)
        titles = self._titles(found, self._pages.language(request))
        values = {"report": found, "titles": titles, "days": days, "spans": SPANS}
        return self._pages.render(request, "answers.html", values)

    def _titles(self, found: Report, language: str) -> dict[str, str]:
        """What each answer is called; the code where the question is no longer in config/faq.yml."""
        codes = {score.code for score in found.answers} | {code for code, _ in found.expired}
        questions = self._desk.config.questions
        return {
            code: questions[code].title.text(language)
            if code in questions
            else intent_name(self._desk.texts, code, language)
            for code in codes
        }
