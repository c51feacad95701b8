"""What was not understood: read, labelled and marked by supervisors, so that the next model does understand it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import FormData, QueryParams
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from bot.desk import nlu_view
from bot.desk.context import BASE, Desk
from bot.desk.forms import field, fields, row_id
from bot.desk.names import intent_name
from bot.desk.notices import leader
from bot.desk.pages import Pages
from bot.desk.refusals import NotFound
from bot.nlu.training import Span, unmark
from bot.review import labelling, listing
from bot.review.grouping import OTHERS
from bot.review.labelling import AlreadyDecided, Decision, NoSuchText
from bot.review.marking import BadMarks, on_one_line, read_marks
from bot.storage.tables import Agent, ReviewState, Understanding

ACTS = 25
"""Decisions on a page."""
PAGES = 200


@dataclass(frozen=True)
class Wanted:
    """What is to be listed."""

    state: ReviewState = ReviewState.OPEN
    outcome: str = ""
    page: int = 1

    def link(self, path: str = "", **changes: Any) -> str:
        """An address with these filters; a change of filter starts at the first page."""
        wanted = replace(self, **{"page": 1} | changes)
        kept = {"state": wanted.state.value, "outcome": wanted.outcome, "page": wanted.page}
        usual = {"state": "open", "outcome": "", "page": 1}
        query = urlencode({name: value for name, value in kept.items() if value != usual[name]})
        return f"{BASE}/nlu{path}" + (f"?{query}" if query else "")


@dataclass(frozen=True)
class _Refused:
    """A form that could not be carried out: what was entered, and what to do now."""

    id: int
    marked: str
    label: str
    said: str


def add(routes: APIRouter, desk: Desk, pages: Pages) -> None:
    """Add the pages."""
    page = _Review(desk, pages)
    routes.get("/nlu")(page.get)
    routes.post("/nlu/label")(page.label)
    routes.post("/nlu/undo")(page.undo)


def read(query: QueryParams) -> Wanted:
    """The filters of an address; what makes no sense is passed over."""
    state, outcome, page = (query.get(name, "") for name in ("state", "outcome", "page"))
    return Wanted(
        state=ReviewState(state) if state in list(ReviewState) else ReviewState.OPEN,
        outcome=outcome if outcome in listing.OUTCOMES else "",
        page=min(int(page), PAGES) if page.isascii() and page.isdecimal() and int(page) else 1,
    )


class _Review:
    """Shows the groups, and does what their forms say."""

    def __init__(self, desk: Desk, pages: Pages) -> None:
        self._desk = desk
        self._pages = pages

    async def get(self, request: Request) -> Response:
        return await self._show(request)

    async def label(self, request: Request) -> Response:
        """Label a group, or put it aside."""
        agent, form = leader(request), await request.form()
        id_ = row_id(field(form, "id"))
        useless = field(form, "useless") != ""
        label = field(form, "label") or field(form, "other")
        try:
            async with self._desk.database.sessions.begin() as session:
                decision = await self._read(request, session, form, id_, None if useless else label)
                done = await labelling.decide(
                    session, agent, decision, self._desk.readers.normaliser, self._desk.clock()
                )
        except NoSuchText as error:
            raise NotFound(id_) from error
        except AlreadyDecided as error:
            return await self._taken(request, id_, error)
        except _Wrong as error:
            return await self._refuse(request, _Refused(id_, field(form, "marked"), label, error.said))
        if "hx-request" in request.headers:
            text, *_ = unmark(field(form, "marked"), self._desk.readers.labels)
            values = {"id": id_, "text": text, "label": decision.label, "count": done.count}
            return await self._fragment(request, values | {"act": done.act_id})
        wanted = read(request.query_params)
        what = "nlu_labelled" if decision.label else "nlu_useless"
        return _on(wanted.link(page=wanted.page), what, done.act_id)

    async def undo(self, request: Request) -> Response:
        """Open again what was decided in one act."""
        agent, form = leader(request), await request.form()
        try:
            act = UUID(field(form, "act"))
        except ValueError:
            raise NotFound("act") from None
        wanted = read(request.query_params)
        async with self._desk.database.sessions.begin() as session:
            rows = await labelling.take_back(session, agent, act)
        if "hx-request" in request.headers and not rows:
            return Response(
                headers={"HX-Refresh": "true"}
            )  # somebody else took it back: see what is open now
        if "hx-request" not in request.headers:
            return _on(wanted.link(page=wanted.page), "nlu_undone" if rows else "nlu_undone_before")
        lead = next((row for row in rows if str(row.id) == field(form, "id")), rows[-1])
        return await self._card(request, lead)

    async def _refuse(self, request: Request, refused: _Refused) -> Response:
        """The form once more, with what was entered and what to do."""
        if "hx-request" not in request.headers:
            return await self._show(request, refused=refused, status=422)
        async with self._desk.database.sessions() as session:
            row = await session.get(Understanding, refused.id)
        if row is None:
            raise NotFound(refused.id)
        return await self._card(request, row, refused, 422)

    async def _read(
        self, request: Request, session: AsyncSession, form: FormData, id_: int, label: str | None
    ) -> Decision:
        """The decision that a form holds.

        Raises:
            _Wrong: the label or the marks cannot be used.
        """
        similar = [row_id(value) for value in fields(form, "also")[:OTHERS]]
        if label is None:
            return Decision(id_, None, {other: () for other in similar})
        labels = self._desk.readers.labels
        if labels.problem(label):
            raise _Wrong(self._pages.say(request, "nlu.wrong.label"))
        marks: dict[int, tuple[Span, ...]] = {}
        for other in [id_, *similar]:
            row = await session.get(Understanding, other)
            if row is None:
                raise NoSuchText
            written = field(form, "marked" if other == id_ else f"marked-{other}")
            text = on_one_line(row.text)
            try:
                marks[other] = read_marks(written or text, text, labels)
            except BadMarks as bad:
                said = self._pages.say(request, f"nlu.wrong.{bad.kind}", found=bad.found)
                raise _Wrong(said) from None
        return Decision(id_, label, marks)

    async def _taken(self, request: Request, id_: int, error: AlreadyDecided) -> Response:
        """Somebody else was first: say who, and as what."""
        values = {"id": id_, "label": error.label, "by": error.name, "text": "", "act": None}
        if "hx-request" in request.headers:
            return await self._fragment(request, values)
        label = self._name(request)(error.label) if error.label else self._pages.say(request, "nlu.useless")
        banner = self._pages.say(request, "nlu.taken", name=error.name, label=label)
        return await self._show(request, status=409, banner=banner)

    async def _fragment(self, request: Request, values: Mapping[str, Any]) -> Response:
        """What takes the place of a card that is done, with the counts as they are now."""
        agent, wanted = request.state.visit.agent, read(request.query_params)
        async with self._desk.database.sessions() as session:
            counts = await self._counts(session, agent)
        common = self._names(request) | {"wanted": wanted, "by": "", "count": 0, "oob": True}
        return self._pages.render(request, "nlu_done.html", common | counts | dict(values))

    async def _card(
        self, request: Request, row: Understanding, refused: _Refused | None = None, status: int = 200
    ) -> Response:
        """The card that a message is on, in place of what was there."""
        agent, wanted = request.state.visit.agent, read(request.query_params)
        async with self._desk.database.sessions() as session:
            outcome = wanted.outcome or None
            cards = await nlu_view.card_of(session, self._desk.readers, agent, row, outcome)
            counts = await self._counts(session, agent)
        values = {"cards": cards, "wanted": wanted, "refused": refused, "oob": True}
        return self._pages.render(request, "nlu_cards.html", self._names(request) | counts | values, status)

    async def _show(
        self, request: Request, *, status: int = 200, banner: str = "", refused: _Refused | None = None
    ) -> Response:
        desk, agent = self._desk, leader(request)
        wanted = read(request.query_params)
        values: dict[str, Any] = {"wanted": wanted, "banner": banner, "refused": refused, "oob": False}
        async with desk.database.sessions() as session:
            values |= await self._counts(session, agent)
            if wanted.state is ReviewState.OPEN:
                page = await nlu_view.page(
                    session, desk.readers, agent, number=wanted.page, outcome=wanted.outcome or None
                )
                values |= {
                    "found": page,
                    "cards": page.cards,
                    "more": page.groups > wanted.page * nlu_view.PAGE,
                }
            else:
                acts = await listing.decided(
                    session, agent, wanted.state, page=wanted.page, size=ACTS, outcome=wanted.outcome or None
                )
                values |= {"acts": acts[:ACTS], "more": len(acts) > ACTS}
        act = request.query_params.get("act", "")
        return self._pages.render(request, "nlu.html", self._names(request) | values | {"act": act}, status)

    async def _counts(self, session: AsyncSession, agent: Agent) -> dict[str, Any]:
        return {
            "progress": await listing.progress(session, agent),
            "waiting": await listing.waiting(session, agent),
        }

    def _names(self, request: Request) -> dict[str, Any]:
        labels = self._desk.readers.labels
        name = self._name(request)
        return {
            "name": name,
            "intents": sorted(labels.intents, key=lambda intent: name(intent).lower()),
            "entities": labels.entities,
            "outcomes": listing.OUTCOMES,
            "states": list(ReviewState),
        }

    def _name(self, request: Request) -> Any:
        language = self._pages.language(request)
        return lambda intent: intent_name(self._desk.texts, intent, language)


class _Wrong(Exception):
    """What was entered cannot be used; `said` says what to do."""

    def __init__(self, said: str) -> None:
        self.said = said
        super().__init__("wrong entry")


def _on(target: str, done: str, act: UUID | None = None) -> Response:
    """To a list, which says what was done."""
    query = urlencode({"done": done} | ({"act": str(act)} if act else {}))
    return RedirectResponse(f"{target}{'&' if '?' in target else '?'}{query}", 303)
