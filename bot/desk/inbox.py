"""The inbox: who waits, for how long, and who sees to it."""

from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response

from bot.cases.administration import AdminState
from bot.desk.context import BASE, Desk
from bot.desk.forms import field
from bot.desk.listing import ANY, OPEN_ONES, REQUEST, VIEWS, Wanted, listed
from bot.desk.names import category_name
from bot.desk.pages import Pages
from bot.storage.tables import CaseKind, CaseStatus

LONGEST_SEARCH = 200
STATUSES = (OPEN_ONES, *CaseStatus, ANY)
STATES = tuple(f"{REQUEST}{state}" for state in AdminState)


def add(routes: APIRouter, desk: Desk, pages: Pages) -> None:
    """Add the pages."""

    @routes.get("")
    async def inbox(request: Request) -> Response:
        wanted = read(request.query_params, desk)
        template = "inbox_list.html" if "hx-request" in request.headers else "inbox.html"
        return pages.render(request, template, await _values(desk, pages, request, wanted))

    @routes.post("/search")
    async def search(request: Request) -> Response:
        """By POST: what is searched for may be somebody's NIK, and addresses end up in logs."""
        words = field(await request.form(), "words")[:LONGEST_SEARCH]
        wanted = Wanted(view="all", status=ANY, words=words)
        return pages.render(request, "inbox.html", await _values(desk, pages, request, wanted))


def read(query: QueryParams, desk: Desk) -> Wanted:
    """The filters of an address; what makes no sense is passed over."""
    view, kind, status, branch, page = (
        query.get(name, "") for name in ("view", "kind", "status", "branch", "page")
    )
    return Wanted(
        view=view if view in VIEWS else VIEWS[0],
        kind=CaseKind(kind) if kind in list(CaseKind) else None,
        status=status if status in STATUSES + STATES else OPEN_ONES,
        branch=branch if branch in desk.config.branches else None,
        page=min(int(page), 10_000) if page.isascii() and page.isdecimal() and page != "0" else 1,
    )


async def _values(desk: Desk, pages: Pages, request: Request, wanted: Wanted) -> dict[str, Any]:
    agent = request.state.visit.agent
    language = pages.language(request)
    async with desk.database.sessions() as session:
        found = await listed(session, desk.sealer, agent, wanted)
    return {
        "wanted": wanted,
        "found": found,
        "kinds": list(CaseKind),
        "statuses": STATUSES,
        "states": STATES,
        "views": VIEWS,
        "branches": desk.config.branches.values(),
        "branch_name": lambda code: desk.config.branches[code].name if code in desk.config.branches else code,
        "category": lambda case: category_name(desk.config, case, language),
        "zone_of": desk.zone,
        "link": lambda **changes: _link(wanted, **changes),
    }


def _link(wanted: Wanted, **changes: Any) -> str:
    """The address of the inbox with other filters; a change of filter starts at its first page."""
    filters = {
        "view": wanted.view,
        "kind": wanted.kind,
        "branch": wanted.branch,
        "status": wanted.status,
        "page": 1,
    }
    usual = {"view": VIEWS[0], "status": OPEN_ONES, "page": 1}
    kept = {name: value for name, value in (filters | changes).items() if value and value != usual.get(name)}
    return f"{BASE}?{urlencode(kept)}" if kept else BASE
