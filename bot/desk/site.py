"""All pages of the desk on one router."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from bot.desk import (
    answers,
    case,
    dead_letters,
    inbox,
    misread,
    nlu,
    notice_broadcasts,
    notice_writing,
    notices,
    signing_in,
    streams,
)
from bot.desk.context import Desk
from bot.desk.guard import Guard, for_everybody
from bot.desk.pages import Pages
from bot.desk.refusals import NotFound
from bot.desk.static_files import StaticFiles


def router(desk: Desk) -> APIRouter:
    """Every page, to be mounted at /desk."""
    files = StaticFiles()
    pages = Pages(desk, files)
    guard = Guard(desk, pages)
    routes = APIRouter(route_class=guard.route_class(), include_in_schema=False)

    @routes.get("/static/{name:path}")
    @for_everybody
    async def static(request: Request, name: str) -> Response:
        return files.answer(request, name)

    signing_in.add(routes, desk, pages, guard)
    streams.add(routes, desk, pages)
    notice_writing.add(routes, desk, pages)  # before `notices`: "new" is no id
    notices.add(routes, desk, pages)
    notice_broadcasts.add(routes, desk, pages)
    dead_letters.add(routes, desk, pages)
    nlu.add(routes, desk, pages)
    answers.add(routes, desk, pages)
    misread.add(routes, desk, pages)
    case.add(routes, desk, pages)
    inbox.add(routes, desk, pages)

    @routes.get("/{rest:path}")
    async def unknown(rest: str) -> Response:
        raise NotFound(rest)

    return routes
