"""/notices: read by everybody with a token, written by supervisors and admins."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response
from fastapi.routing import APIRoute
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.api import repeats
from bot.api.access import Asked, Asking, Supervising
from bot.api.codes import with_codes
from bot.api.notice_forms import (
    NoticeChanges,
    NoticeFilter,
    NoticeForm,
    NoticeList,
    UpdateForm,
    UpdatePage,
    WholeNotice,
    notice_page,
    update_page,
    whole_notice,
)
from bot.api.problems import BODY, Problem, refusals
from bot.api.values import LARGEST_ID
from bot.notices import queries
from bot.notices.publishing import NewNotice
from bot.storage.tables import Notice, NoticeUpdate

Id = Annotated[int, Path(ge=1, le=LARGEST_ID)]


def routes(guard: type[APIRoute]) -> APIRouter:
    """The addresses of notices."""
    table = APIRouter(prefix="/notices", tags=["notices"], route_class=guard)
    write, one_of_them = refusals(403, *BODY), refusals(404)
    table.post("", status_code=201, summary="Publish a notice", responses=write)(publish)
    table.get("", summary="Notices, newest first")(listed)
    table.get("/{id}", summary="A notice with its updates", responses=one_of_them)(one)
    write |= one_of_them
    table.patch("/{id}", summary="Change or end a notice", responses=write)(change)
    table.post("/{id}/updates", status_code=201, summary="Add what became known", responses=write)(add)
    return table


async def publish(form: NoticeForm, asked: Supervising, response: Response) -> WholeNotice:
    """Make a notice known; with `broadcast` its subscribers are told."""
    api = asked.api
    async with api.database.sessions.begin() as session:
        made = await repeats.earlier(session, asked)
        if made:
            notice = await session.get_one(Notice, int(made))
        else:
            new = NewNotice(**with_codes(api.config, form.model_dump()))
            notice = await api.publisher.publish(session, new, asked.agent, asked.now)
            await repeats.remember(session, asked, notice.id)
        page = await _whole(session, notice, asked.now)
    await _announce(asked, notice)
    response.headers["Location"] = f"{asked.request.url.path}/{notice.id}"
    return page


async def listed(asked: Asking, wanted: Annotated[NoticeFilter, Query()]) -> NoticeList:
    """Notices of the whole country; `state` says whether one is planned, active or over."""
    async with asked.api.database.sessions() as session:
        found = await queries.listed(
            session, active=wanted.active, now=asked.now, after=wanted.after, limit=wanted.limit
        )
        shown = found[: wanted.limit]
        latest = await queries.latest_updates(session, shown)
    items = [notice_page(notice, latest.get(notice.id), asked.now) for notice in shown]
    return NoticeList(items=items, next=str(shown[-1].id) if len(found) > len(shown) else None)


async def one(id: Id, asked: Asking) -> WholeNotice:
    """One notice, with everything that became known of it."""
    async with asked.api.database.sessions() as session:
        return await _whole(session, await _wanted(session, id), asked.now)


async def change(id: Id, changes: NoticeChanges, asked: Supervising) -> WholeNotice:
    """Change any part. An `ends_at` in the past ends the notice, a planned one before it begins."""
    api = asked.api
    async with api.database.sessions.begin() as session:
        notice = await _wanted(session, id, change=True)
        given = with_codes(api.config, changes.model_dump(exclude_unset=True))
        if given:
            await api.publisher.change(
                session, notice, _ended(notice, given, asked.now), asked.agent, asked.now
            )
        page = await _whole(session, notice, asked.now)
    await _announce(asked, notice)
    return page


async def add(id: Id, form: UpdateForm, asked: Supervising) -> UpdatePage:
    """Add what became known; "resolved" ends the notice."""
    api = asked.api
    async with api.database.sessions.begin() as session:
        notice = await _wanted(session, id, change=True)
        made = await repeats.earlier(session, asked)
        if made:
            update = await session.get_one(NoticeUpdate, int(made))
        else:
            said = (form.status, form.body)
            update = await api.publisher.add(session, notice, *said, asked.agent, asked.now)
            await repeats.remember(session, asked, update.id)
    await _announce(asked, notice)
    return update_page(update)


def _ended(notice: Notice, changes: dict[str, Any], now: datetime) -> dict[str, Any]:
    """`changes`, made to fit where they end a notice at a moment before its start: it must not be in force any more.

    One that has begun is then over since its start, and one that was planned never takes place.
    """
    end = changes.get("ends_at")
    if end is None or end > now or end >= notice.starts_at or "starts_at" in changes:
        return changes
    return changes | ({"ends_at": notice.starts_at} if notice.starts_at <= now else {"starts_at": end})


async def _wanted(session: AsyncSession, notice_id: int, *, change: bool = False) -> Notice:
    query = select(Notice).where(Notice.id == notice_id)
    notice = await session.scalar(query.with_for_update() if change else query)
    if notice is None:
        raise Problem(404, "There is no notice with this id.")
    return notice


async def _whole(session: AsyncSession, notice: Notice, now: datetime) -> WholeNotice:
    return whole_notice(notice, await queries.updates(session, notice.id), now)


async def _announce(asked: Asked, notice: Notice) -> None:
    """After the commit: open pages look again."""
    await asked.api.live.publish("desk", notice=notice.id)
