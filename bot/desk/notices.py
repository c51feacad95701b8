"""Notices: what participants are told of closures and outages. Supervisors write them, agents read them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from fastapi import APIRouter
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import FormData
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
    routes.get("/notices")(page.listed)
    routes.get("/notices/new")(page.new)
    routes.post("/notices/new")(page.publish)
    routes.get("/notices/{notice_id}")(page.get)
    routes.get("/notices/{notice_id}/edit")(page.edit)
    routes.post("/notices/{notice_id}/edit")(page.change)
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

    async def get(self, request: Request, notice_id: str) -> Response:
        return await self._show(request, notice_id)

    async def _show(self, request: Request, notice_id: str, *, status: int = 200, **shown: Any) -> Response:
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

    async def new(self, request: Request) -> Response:
        agent = leader(request)
        return self._form(request, notice_form.blank(self.desk.config, agent, self.desk.clock()))

    async def edit(self, request: Request, notice_id: str) -> Response:
        leader(request)
        async with self.desk.database.sessions() as session:
            notice = await one(session, notice_id)
        return self._form(request, notice_form.of(self.desk.config, notice), notice)

    def _form(
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
            "version": _version(notice) if notice else "",
            "kinds": list(NoticeKind),
            "form_zone": notice_form.zone_of(self.desk.config, entered.scope),
            "preview": None,
            "wrong": {},
        }
        return self.pages.render(request, "notice_form.html", values | shown, status)

    async def publish(self, request: Request) -> Response:
        """First the preview, then, with the same entries, the notice."""
        agent, form = leader(request), await request.form()
        entered = notice_form.read(form)
        try:
            new = notice_form.meant(self.desk.config, entered)
            if not _to_publish(form, entered):
                return await self._previewed(request, entered, new)
            async with self.desk.database.sessions.begin() as session:
                notice = await self._same(session, new, agent) or await self.desk.publisher.publish(
                    session, new, agent, self.desk.clock()
                )
        except (BadForm, BadNotice) as error:
            return self._form(request, entered, status=422, wrong=self._wrong(request, error))
        return await self._done(notice, "published")

    async def change(self, request: Request, notice_id: str) -> Response:
        """The same for a notice that there is."""
        agent, form = leader(request), await request.form()
        entered, version = notice_form.read(form), field(form, "version")
        async with self.desk.database.sessions() as session:
            notice = await one(session, notice_id)
        try:
            new = notice_form.meant(self.desk.config, entered)
            if version != _version(notice):
                raise BadForm({"form": "wrong.changed_meanwhile"})
            if not _to_publish(form, entered):
                return await self._previewed(request, entered, new, notice)
            notice = await self._changed(notice_id, version, new, agent)
        except (BadForm, BadNotice) as error:
            return self._form(request, entered, notice, status=422, wrong=self._wrong(request, error))
        return await self._done(notice, "changed")

    async def _changed(self, notice_id: str, version: str, new: NewNotice, agent: Agent) -> Notice:
        """Store what differs.

        Raises:
            BadForm: somebody else changed the notice since the form was opened.
            BadNotice: it makes no sense.
        """
        async with self.desk.database.sessions.begin() as session:
            notice = await one(session, notice_id, lock=True)
            if version != _version(notice):
                raise BadForm({"form": "wrong.changed_meanwhile"})
            changes = {name: value for name, value in vars(new).items() if getattr(notice, name) != value}
            if changes:
                await self.desk.publisher.change(session, notice, changes, agent, self.desk.clock())
        return notice

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
        return await self._done(notice, "updated")

    async def end(self, request: Request, notice_id: str) -> Response:
        """End it now. One that has not begun is called off: it is over before it was."""
        agent, now = leader(request), self.desk.clock()
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
        return self._form(request, entered, notice, preview=shown)

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


def _to_publish(form: FormData, entered: Entered) -> bool:
    """Whether this very text was previewed and is now to be made known."""
    return field(form, "step") == "publish" and field(form, "previewed") == entered.fingerprint


def _version(notice: Notice) -> str:
    return notice.changed_at.isoformat()


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
