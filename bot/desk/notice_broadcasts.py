"""How far the telling of a notice has come, on the notice's page; supervisors pause, resume and cancel it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from bot.desk.context import BASE, Desk
from bot.desk.forms import row_id
from bot.desk.notices import broadcasts_of, leader, one
from bot.desk.pages import Pages
from bot.desk.refusals import NotFound
from bot.notices import broadcasts
from bot.storage.tables import Agent, Broadcast

Verb = Callable[[AsyncSession, Broadcast, Agent, datetime], Awaitable[None]]
VERBS: dict[str, Verb] = {
    "pause": broadcasts.pause,
    "resume": broadcasts.resume,
    "cancel": broadcasts.cancel,
}


def add(routes: APIRouter, desk: Desk, pages: Pages) -> None:
    """Add the pages."""
    page = _BroadcastPages(desk, pages)
    routes.get("/notices/{notice_id}/broadcasts")(page.get)
    routes.post("/notices/{notice_id}/broadcasts/{broadcast_id}/{verb}")(page.act)


@dataclass(frozen=True)
class _BroadcastPages:
    """Shows broadcasts, and does what their buttons say."""

    desk: Desk
    pages: Pages

    async def get(self, request: Request, notice_id: str) -> Response:
        """Only what changes, for an open page."""
        async with self.desk.database.sessions() as session:
            notice = await one(session, notice_id)
            values = await broadcasts_of(self.desk, session, notice)
        zone = self.desk.config.zone_of_scope(notice.scope)
        return self.pages.render(request, "broadcasts_live.html", values | {"notice": notice, "zone": zone})

    async def act(self, request: Request, notice_id: str, broadcast_id: str, verb: str) -> Response:
        agent = leader(request)
        if verb not in VERBS:
            raise NotFound(verb)
        wanted = (Broadcast.id == row_id(broadcast_id), Broadcast.notice_id == row_id(notice_id))
        done = f"broadcast_{verb}"
        async with self.desk.database.sessions.begin() as session:
            broadcast = await session.scalar(select(Broadcast).where(*wanted).with_for_update())
            if broadcast is None:
                raise NotFound(broadcast_id)
            try:
                await VERBS[verb](session, broadcast, agent, self.desk.clock())
            except broadcasts.WrongState as wrong:
                done = f"broadcast_is_{wrong.state}"
        await self.desk.live.publish("desk", notice=broadcast.notice_id)
        return RedirectResponse(f"{BASE}/notices/{broadcast.notice_id}?done={done}#broadcasts", 303)
