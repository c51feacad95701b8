"""Notices: what participants are told of closures and outages. Supervisors write them, agents read them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from fastapi import APIRouter
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from bot.cases import history
from bot.desk import notice_form
from bot.desk.context import BASE, Desk
from bot.desk.forms import LONGEST, field, row_id
from bot.desk.names import place_name
from bot.desk.notice_form import BadForm, Entered
from bot.desk.pages import Pages
from bot.desk.preview import preview
from bot.desk.refusals import Forbidden, NotFound
from bot.notices import queries
from bot.notices.publishing import BadNotice, NewNotice
from bot.storage.tables import Agent, Notice, NoticeKind, Role, UpdateStatus

OVER_SHOWN = 30
REPEAT = timedelta(minutes=10)
"""The same notice by the same person within this time is the same form, sent again."""


def add(routes: APIRouter, desk: Desk, pages: Pages) -> None:
    """Add the pages."""
    page = _NoticePages(desk, pages)

    @routes.get("/notices")
    async def listed(request: Request) -> Response:
        return await page.listed(request)

    @routes.get("/notices/new")
    async def new(request: Request) -> Response:
        leader(request)
        return page.form(request, notice_form.blank(desk.config, request.state.visit.agent, desk.clock()))

    @routes.post("/notices/new")
    async def publish(request: Request) -> Response:
        return await page.publish(request, leader(request))

    @routes.get("/notices/{notice_id}")
    async def show(request: Request, notice_id: str) -> Response:
        return await page.show(request, notice_id)

    @routes.get("/notices/{notice_id}/edit")
    async def edit(request: Request, notice_id: str) -> Response:
        leader(request)
        async with desk.database.sessions() as session:
            notice = await one(session, notice_id)
        return page.form(request, notice_form.of(desk.config, notice), notice)

    @routes.post("/notices/{notice_id}/edit")
    async def change(request: Request, notice_id: str) -> Response:
        return await page.change(request, leader(request), notice_id)

    @routes.post("/notices/{notice_id}/updates")
    async def update(request: Request, notice_id: str) -> Response:
        return await page.update(request, leader(request), notice_id)

    @routes.post("/notices/{notice_id}/end")
    async def end(request: Request, notice_id: str) -> Response:
        return await page.end(request, leader(request), notice_id)


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


def standing(notice: Notice, now: datetime) -> str:
    """``planned``, ``active`` or ``over``."""
    if notice.ends_at is not None and notice.ends_at <= now:
        return "over"
    return "planned" if notice.starts_at > now else "active"


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
        groups = {name: [item for item in notices if standing(item, now) == name] for name in _STANDINGS}
        return self.pages.render(
            request, "notices.html", self._shown() | {"groups": groups, "latest": latest}
        )

    async def show(self, request: Request, notice_id: str, *, status: int = 200, **shown: Any) -> Response:
        async with self.desk.database.sessions() as session:
            notice = await one(session, notice_id)
            entries = await history.entries(session, "notice", notice.id)
            names = {str(id_): name for id_, name in await session.execute(select(Agent.id, Agent.name))}
            updates = await queries.updates(session, notice.id)
        values = self._shown() | {
            "notice": notice,
            "updates": updates,
            "steps": [(entry, names.get(entry.by_id or "", "")) for entry in entries],
            "standing": standing(notice, self.desk.clock()),
            "zone": notice_form.zone_of(self.desk.config, notice.scope),
            "update_statuses": list(UpdateStatus),
            "entered": {"status": "", "body": ""},
            "wrong": {},
        }
        return self.pages.render(request, "notice.html", values | shown, status)

    def form(
        self,
        request: Request,
        entered: Entered,
        notice: Notice | None = None,
        *,
        status: int = 200,
        **shown: Any,
    ) -> Response:
        values = self._shown() | {
            "entered": entered,
            "notice": notice,
            "version": notice.changed_at.isoformat() if notice else "",
            "kinds": list(NoticeKind),
            "form_zone": notice_form.zone_of(self.desk.config, entered.scope),
            "preview": None,
            "wrong": {},
        }
        return self.pages.render(request, "notice_form.html", values | shown, status)

    async def publish(self, request: Request, agent: Agent) -> Response:
        form = await request.form()
        entered = notice_form.read(form)
        try:
            new = notice_form.meant(self.desk.config, entered)
            if field(form, "step") != "publish":
                return await self._previewed(request, entered, new)
            async with self.desk.database.sessions.begin() as session:
                notice = await self._same(session, new, agent) or await self.desk.publisher.publish(
                    session, new, agent, self.desk.clock()
                )
        except (BadForm, BadNotice) as error:
            return self.form(request, entered, status=422, wrong=self._wrong(request, error))
        return await self._done(notice, "published")

    async def change(self, request: Request, agent: Agent, notice_id: str) -> Response:
        form = await request.form()
        entered = notice_form.read(form)
        async with self.desk.database.sessions.begin() as session:
            notice = await one(session, notice_id, lock=True)
            try:
                if field(form, "version") != notice.changed_at.isoformat():
                    raise BadForm({"form": "wrong.changed_meanwhile"})
                new = notice_form.meant(self.desk.config, entered)
                if field(form, "step") != "publish":
                    await session.rollback()
                    return await self._previewed(request, entered, new, notice)
                changes = {name: value for name, value in vars(new).items() if getattr(notice, name) != value}
                if changes:
                    await self.desk.publisher.change(session, notice, changes, agent, self.desk.clock())
            except (BadForm, BadNotice) as error:
                await session.rollback()
                return self.form(request, entered, notice, status=422, wrong=self._wrong(request, error))
        return await self._done(notice, "changed")

    async def update(self, request: Request, agent: Agent, notice_id: str) -> Response:
        form = await request.form()
        entered = {"status": field(form, "status"), "body": field(form, "body")}
        wrong = _update_wrong(entered)
        if wrong:
            said = {name: self.pages.say(request, key) for name, key in wrong.items()}
            return await self.show(request, notice_id, status=422, entered=entered, wrong=said)
        async with self.desk.database.sessions.begin() as session:
            notice = await one(session, notice_id, lock=True)
            last = (await queries.latest_updates(session, [notice])).get(notice.id)
            status, body = UpdateStatus(entered["status"]), entered["body"]
            if not (last and (last.status, last.body, last.by) == (status, body, agent.id)):
                await self.desk.publisher.add(session, notice, status, body, agent, self.desk.clock())
        return await self._done(notice, "updated")

    async def end(self, request: Request, agent: Agent, notice_id: str) -> Response:
        """End it now. One that has not begun is called off: it is over before it was."""
        now = self.desk.clock()
        async with self.desk.database.sessions.begin() as session:
            notice = await one(session, notice_id, lock=True)
            if standing(notice, now) != "over":
                changes = {"ends_at": now, "starts_at": min(notice.starts_at, now)}
                await self.desk.publisher.change(session, notice, changes, agent, now)
        return await self._done(notice, "ended")

    async def _previewed(
        self, request: Request, entered: Entered, new: NewNotice, notice: Notice | None = None
    ) -> Response:
        async with self.desk.database.sessions() as session:
            shown = await preview(self.desk, session, new, request.state.visit.agent)
        return self.form(request, entered, notice, preview=shown)

    @staticmethod
    async def _same(session: AsyncSession, new: NewNotice, agent: Agent) -> Notice | None:
        """The notice that this form made already, when it was sent twice. One publishes at a time meanwhile."""
        await session.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"notice by {agent.id}"))))
        query = select(Notice).where(
            Notice.created_by == agent.id,
            Notice.kind == new.kind,
            Notice.title == new.title,
            Notice.body == new.body,
            Notice.starts_at == new.starts_at,
            Notice.created_at > func.now() - REPEAT,
        )
        candidates = await session.scalars(query)
        return next((item for item in candidates if item.scope == new.scope), None)

    async def _done(self, notice: Notice, what: str) -> Response:
        await self.desk.live.publish("desk", notice=notice.id)
        return RedirectResponse(f"{BASE}/notices/{notice.id}?done=notice_{what}", 303)

    def _wrong(self, request: Request, error: BadForm | BadNotice) -> dict[str, str]:
        if isinstance(error, BadForm):
            return {name: self.pages.say(request, key) for name, key in error.wrong.items()}
        places = {"scope": "reach"}
        return {places.get(name, name): self.pages.say(request, "wrong.choose") for name in error.problems}

    def _shown(self) -> dict[str, Any]:
        return {
            "config": self.desk.config,
            "place_name": lambda code: place_name(self.desk.config, code),
            "zone_of": lambda scope: notice_form.zone_of(self.desk.config, scope),
        }


_STANDINGS = ("active", "planned", "over")


def _update_wrong(entered: dict[str, str]) -> dict[str, str]:
    wrong = {}
    if entered["status"] not in list(UpdateStatus):
        wrong["status"] = "wrong.choose"
    if not entered["body"]:
        wrong["body"] = "wrong.empty"
    elif len(entered["body"]) > LONGEST:
        wrong["body"] = "wrong.too_long"
    return wrong
