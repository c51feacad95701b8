"""Notices: what participants are told of closures and outages. Supervisors write them, agents read them."""

from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from bot.cases import history
from bot.desk.context import BASE, Desk
from bot.desk.forms import LONGEST, field, row_id
from bot.desk.names import place_name
from bot.desk.pages import Pages
from bot.desk.refusals import Forbidden, NotFound
from bot.notices import broadcasts, queries
from bot.notices.standing import State, standing
from bot.notices.telling import STARTED
from bot.storage.tables import Agent, Notice, Role, UpdateStatus

OVER_SHOWN = 30


def add(routes: APIRouter, desk: Desk, pages: Pages) -> None:
    """Add the pages."""
    page = _NoticePages(desk, pages)
    routes.get("/notices")(page.listed)
    routes.get("/notices/{notice_id}")(page.get)
    routes.post("/notices/{notice_id}/updates")(page.update)
    routes.post("/notices/{notice_id}/end")(page.end)


def leader(request: Request) -> Agent:
    """The agent who asks, if they may write notices.

    Raises:
        Forbidden: they are no supervisor.
    """
    agent: Agent = request.state.visit.agent
    if agent.role is Role.AGENT:
        raise Forbidden(agent.role)
    return agent


async def one(session: AsyncSession, notice_id: str, *, lock: bool = False) -> Notice:
    """A notice by its id.

    Raises:
        NotFound: there is none.
    """
    notice = await session.get(Notice, row_id(notice_id), with_for_update=lock)
    if notice is None:
        raise NotFound(notice_id)
    return notice


async def broadcasts_of(desk: Desk, session: AsyncSession, notice: Notice) -> dict[str, Any]:
    """What the templates show of a notice's broadcasts."""
    found = await broadcasts.listed(session, notice.id)
    return {
        "broadcasts": found,
        "told": await broadcasts.progress(session, found, desk.clock()),
        "under_way": any(broadcast.state in STARTED for broadcast in found),
    }


@dataclass(frozen=True)
class _NoticePages:
    """Shows notices, and does what their forms say."""

    desk: Desk
    pages: Pages

    async def listed(self, request: Request) -> Response:
        now = self.desk.clock()
        over = (Notice.ends_at.is_not(None)) & (Notice.ends_at <= now)
        async with self.desk.database.sessions() as session:
            current = list(
                await session.scalars(select(Notice).where(~over).order_by(Notice.starts_at.desc()))
            )
            past = select(Notice).where(over).order_by(Notice.ends_at.desc()).limit(OVER_SHOWN)
            notices = current + list(await session.scalars(past))
            latest = await queries.latest_updates(session, notices)
        groups = {state.value: [item for item in notices if standing(item, now) is state] for state in State}
        return self.pages.render(
            request, "notices.html", names(self.desk) | {"groups": groups, "latest": latest}
        )

    async def get(self, request: Request, notice_id: str) -> Response:
        return await self._show(request, notice_id)

    async def _show(self, request: Request, notice_id: str, *, status: int = 200, **shown: Any) -> Response:
        async with self.desk.database.sessions() as session:
            notice = await one(session, notice_id)
            entries = await history.entries(session, "notice", notice.id)
            people = {str(id_): name for id_, name in await session.execute(select(Agent.id, Agent.name))}
            updates = await queries.updates(session, notice.id)
            told = await broadcasts_of(self.desk, session, notice)
        values = names(self.desk) | told
        values |= {
            "notice": notice,
            "updates": updates,
            "steps": [(entry, people.get(entry.by_id or "", "")) for entry in entries],
            "standing": standing(notice, self.desk.clock()),
            "zone": self.desk.config.zone_of_scope(notice.scope),
            "update_statuses": list(UpdateStatus),
            "entered": {"status": "", "body": ""},
            "wrong": {},
        }
        return self.pages.render(request, "notice.html", values | shown, status)

    async def update(self, request: Request, notice_id: str) -> Response:
        """What became known."""
        agent, form = leader(request), await request.form()
        entered = {"status": field(form, "status"), "body": field(form, "body")}
        wrong = _update_wrong(entered)
        if wrong:
            said = {name: self.pages.say(request, key) for name, key in wrong.items()}
            return await self._show(request, notice_id, status=422, entered=entered, wrong=said)
        async with self.desk.database.sessions.begin() as session:
            notice = await one(session, notice_id, lock=True)
            last = (await queries.latest_updates(session, [notice])).get(notice.id)
            status, body = UpdateStatus(entered["status"]), entered["body"]
            if not (last and (last.status, last.body, last.by) == (status, body, agent.id)):
                await self.desk.publisher.add(session, notice, status, body, agent, self.desk.clock())
        return await published(self.desk, notice, "updated")

    async def end(self, request: Request, notice_id: str) -> Response:
        """End it now. One that has not begun is called off: it is over before it was."""
        agent, now = leader(request), self.desk.clock()
        async with self.desk.database.sessions.begin() as session:
            notice = await one(session, notice_id, lock=True)
            if standing(notice, now) is not State.OVER:
                changes = {"ends_at": now, "starts_at": min(notice.starts_at, now)}
                await self.desk.publisher.change(session, notice, changes, agent, now)
        return await published(self.desk, notice, "ended")


async def published(desk: Desk, notice: Notice, what: str) -> Response:
    """After a change: open pages look again, and the notice is shown."""
    await desk.live.publish("desk", notice=notice.id)
    return RedirectResponse(f"{BASE}/notices/{notice.id}?done=notice_{what}", 303)


def names(desk: Desk) -> dict[str, Any]:
    """What templates need to name places and to tell the time of a notice."""
    return {
        "config": desk.config,
        "place_name": lambda code: place_name(desk.config, code),
        "zone_of": desk.config.zone_of_scope,
    }


def _update_wrong(entered: dict[str, str]) -> dict[str, str]:
    wrong = {}
    if entered["status"] not in list(UpdateStatus):
        wrong["status"] = "wrong.choose"
    if not entered["body"]:
        wrong["body"] = "wrong.empty"
    elif len(entered["body"]) > LONGEST:
        wrong["body"] = "wrong.too_long"
    return wrong
