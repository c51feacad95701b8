"""Writing notices: entered, previewed, published; and changed the same way."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from fastapi import APIRouter
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from bot.desk import notice_form
from bot.desk.context import Desk
from bot.desk.forms import field
from bot.desk.notice_form import BadForm, Entered
from bot.desk.notices import leader, names, one, published
from bot.desk.pages import Pages
from bot.desk.preview import preview
from bot.notices.publishing import BadNotice, NewNotice
from bot.storage.tables import Agent, Notice, NoticeKind

REPEAT = timedelta(minutes=10)
"""The same notice by the same person within this time is the same form, sent again."""


def add(routes: APIRouter, desk: Desk, pages: Pages) -> None:
    """Add the pages."""
    page = _NoticeForms(desk, pages)
    routes.get("/notices/new")(page.new)
    routes.post("/notices/new")(page.publish)
    routes.get("/notices/{notice_id}/edit")(page.edit)
    routes.post("/notices/{notice_id}/edit")(page.change)


@dataclass(frozen=True)
class _NoticeForms:
    """Shows the form, and does what it says."""

    desk: Desk
    pages: Pages

    async def new(self, request: Request) -> Response:
        agent = leader(request)
        return self._form(request, notice_form.blank(self.desk.config, agent, self.desk.clock()))

    async def edit(self, request: Request, notice_id: str) -> Response:
        leader(request)
        async with self.desk.database.sessions() as session:
            notice = await one(session, notice_id)
        return self._form(request, notice_form.of(self.desk.config, notice), notice)

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
        return await published(self.desk, notice, "published")

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
        return await published(self.desk, notice, "changed")

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

    def _form(
        self,
        request: Request,
        entered: Entered,
        notice: Notice | None = None,
        *,
        status: int = 200,
        **shown: Any,
    ) -> Response:
        values = names(self.desk) | {
            "entered": entered,
            "notice": notice,
            "version": _version(notice) if notice else "",
            "kinds": list(NoticeKind),
            "form_zone": self.desk.config.zone_of_scope(entered.scope),
            "preview": None,
            "wrong": {},
        }
        return self.pages.render(request, "notice_form.html", values | shown, status)

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

    def _wrong(self, request: Request, error: BadForm | BadNotice) -> dict[str, str]:
        if isinstance(error, BadForm):
            return {name: self.pages.say(request, key) for name, key in error.wrong.items()}
        places = {"scope": "reach"}
        return {places.get(name, name): self.pages.say(request, "wrong.choose") for name in error.problems}


def _to_publish(form: FormData, entered: Entered) -> bool:
    """Whether this very text was previewed and is now to be made known."""
    return field(form, "step") == "publish" and field(form, "previewed") == entered.fingerprint


def _version(notice: Notice) -> str:
    return notice.changed_at.isoformat()
