"""/notices/{id}/broadcasts: how far the telling of a notice has come, and stopping it."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path
from fastapi.routing import APIRoute
from pydantic import BaseModel, Field
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.api import repeats
from bot.api.access import Asked, Asking, Supervising
from bot.api.problems import Problem, refusals
from bot.api.values import LARGEST_ID
from bot.notices import broadcasts
from bot.notices.broadcasts import WrongState
from bot.storage.tables import Agent, Broadcast, BroadcastState, Notice

Id = Annotated[int, Path(ge=1, le=LARGEST_ID)]
Verb = Callable[[AsyncSession, Broadcast, Agent, datetime], Awaitable[None]]


class BroadcastPage(BaseModel):
    """One piece of news of a notice on its way to its subscribers. Counts are messages."""

    id: int
    event: str = Field(description="published, update-<id of the update>, or ended.", examples=["published"])
    state: BroadcastState
    audience: int | None = Field(description="How many were to hear it at the start; null: not counted yet.")
    sent: int = Field(description="Taken by the providers; those that arrived are among them.")
    delivered: int
    failed: int = Field(description="Refused, or perhaps not taken.")
    waiting: int = Field(description="Go when their participant writes: WhatsApp's window is closed.")
    cancelled: int
    left: int = Field(description="Still to be sent.")
    eta: datetime | None = Field(description="When the last will have left at the present speed.")
    created_at: datetime
    ended_at: datetime | None
    overtaken_by: int | None = Field(description="The broadcast with newer news that took its place.")


class BroadcastList(BaseModel):
    """The broadcasts of a notice, newest first."""

    items: list[BroadcastPage]
    next: None = Field(default=None, description="There is one page only.")


def routes(guard: type[APIRoute]) -> APIRouter:
    """The addresses of broadcasts."""
    table = APIRouter(prefix="/notices/{id}/broadcasts", tags=["notices"], route_class=guard)
    table.get("", summary="How far the telling has come", responses=refusals(404))(listed)
    change = refusals(403, 404, 409)
    for name, does, summary in (
        ("pause", pause, "Send no more for now"),
        ("resume", resume, "Go on where it was paused"),
        ("cancel", cancel, "Tell nobody more, for good"),
    ):
        table.post(f"/{{broadcast_id}}/{name}", summary=summary, responses=change)(does)
    return table


async def listed(id: Id, asked: Asking) -> BroadcastList:
    """One for each piece of news: the notice itself, its updates, its end."""
    async with asked.api.database.sessions() as session:
        if await session.get(Notice, id) is None:
            raise Problem(404, "There is no notice with this id.")
        found = await broadcasts.listed(session, id)
        told = await broadcasts.progress(session, found, asked.now)
    return BroadcastList(items=[_page(one, told[one.id]) for one in found])


async def pause(id: Id, broadcast_id: Id, asked: Supervising) -> BroadcastPage:
    """What is just on its way arrives. 409 with `state` if it is not running."""
    return await _act(asked, id, broadcast_id, broadcasts.pause)


async def resume(id: Id, broadcast_id: Id, asked: Supervising) -> BroadcastPage:
    """Nobody hears it twice. 409 with `state` if it is not paused."""
    return await _act(asked, id, broadcast_id, broadcasts.resume)


async def cancel(id: Id, broadcast_id: Id, asked: Supervising) -> BroadcastPage:
    """What was sent stays sent. 409 with `state` if it is over."""
    return await _act(asked, id, broadcast_id, broadcasts.cancel)


async def _act(asked: Asked, notice_id: int, broadcast_id: int, verb: Verb) -> BroadcastPage:
    api = asked.api
    wanted = (Broadcast.id == broadcast_id, Broadcast.notice_id == notice_id)
    async with api.database.sessions.begin() as session:
        broadcast = await session.scalar(select(Broadcast).where(*wanted).with_for_update())
        if broadcast is None:
            raise Problem(404, "This notice has no broadcast with this id.")
        if await repeats.earlier(session, asked) is None:
            try:
                await verb(session, broadcast, asked.agent, asked.now)
            except WrongState as wrong:
                state = wrong.state.value
                raise Problem(409, f"The broadcast is {state}.", state=state) from None
            await repeats.remember(session, asked, broadcast.id)
        told = await broadcasts.progress(session, [broadcast], asked.now)
    await api.live.publish("desk", notice=notice_id)
    return _page(broadcast, told[broadcast.id])


def _page(broadcast: Broadcast, told: broadcasts.Progress) -> BroadcastPage:
    own = {
        name: getattr(broadcast if hasattr(broadcast, name) else told, name)
        for name in BroadcastPage.model_fields
    }
    return BroadcastPage(**own)
