"""Server-sent events: "look again", and who else has a case open. They carry no data; pages fetch what they may see."""

import asyncio
import math
import time
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from fastapi import APIRouter
from markupsafe import escape
from sqlalchemy import select
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from bot.desk import sessions
from bot.desk.case_view import found
from bot.desk.context import Desk
from bot.desk.guard import COOKIE
from bot.desk.pages import Pages
from bot.live import TICK, LiveEvent
from bot.storage.engine import UNAVAILABLE
from bot.storage.tables import Agent

HEARTBEAT = 10.0
"""Seconds of silence after which a sign of life goes out and the session is looked at again."""
GATHER = 0.15
"""Seconds in which what happens at once becomes one event."""
PRESENT_FOR = timedelta(seconds=2.5 * HEARTBEAT)


def add(routes: APIRouter, desk: Desk, pages: Pages) -> None:
    """Add the streams."""

    @routes.get("/events")
    async def inbox_events(request: Request) -> Response:
        return _answer(_Stream(desk, request.cookies[COOKIE], ("desk",)))

    @routes.get("/cases/{number}/events")
    async def case_events(request: Request, number: str) -> Response:
        agent = request.state.visit.agent
        async with desk.database.sessions() as session:
            case = await found(session, agent, number)
        viewers = _Viewers(
            desk, f"viewers:{case.id}", agent.id, pages.say(request, "case.viewers", names="{}")
        )
        topics = (f"conversation:{case.conversation_id}", viewers.topic)
        return _answer(_Stream(desk, request.cookies[COOKIE], topics, viewers))


def _answer(stream: "_Stream") -> Response:
    # X-Accel-Buffering: nginx would hold events back.
    return StreamingResponse(
        stream.events(), media_type="text/event-stream", headers={"X-Accel-Buffering": "no"}
    )


@dataclass
class _Viewers:
    """Who else has a case open. Everybody says so every few seconds; who falls silent is gone."""

    desk: Desk
    topic: str
    me: UUID
    sentence: str
    """With ``{}`` for the names."""
    seen: dict[UUID, datetime] = field(default_factory=dict)
    shown: frozenset[UUID] = frozenset()
    said_at: float = -math.inf

    async def here(self, *, anew: bool = False) -> None:
        """Say that we are here, unless that was just said; `anew`: say it all the same."""
        if anew or time.monotonic() - self.said_at >= HEARTBEAT:
            self.said_at = time.monotonic()
            await self.desk.live.publish(self.topic, agent=str(self.me))

    async def note(self, event: LiveEvent) -> None:
        """Somebody said so; a newcomer is answered at once."""
        other = UUID(event.data["agent"])
        if other == self.me:
            return
        new = other not in self.seen
        self.seen[other] = self.desk.clock()
        if new:
            await self.here(anew=True)

    async def changed(self) -> str | None:
        """The names as they are to be shown now; None if that is what is shown already."""
        now = self.desk.clock()
        self.seen = {other: at for other, at in self.seen.items() if now - at < PRESENT_FOR}
        if self.shown == self.seen.keys():
            return None
        self.shown = frozenset(self.seen)
        async with self.desk.database.sessions() as session:
            names = await session.scalars(
                select(Agent.name).where(Agent.id.in_(self.shown)).order_by(Agent.name)
            )
        listed = ", ".join(names)
        return f"<span>{escape(self.sentence.format(listed))}</span>" if listed else "<span></span>"


@dataclass
class _Stream:
    """One open page."""

    desk: Desk
    cookie: str
    topics: tuple[str, ...]
    viewers: _Viewers | None = None

    async def events(self) -> AsyncIterator[str]:
        """Events until the browser goes away or its session is over."""
        heard: asyncio.Queue[LiveEvent] = asyncio.Queue()
        tasks = [asyncio.create_task(job(heard)) for job in (self._listen, self._wake_at_the_end)]
        try:
            yield "retry: 2000\n\n"
            while await self._welcome() and not self.desk.stopping.is_set():
                changed = await self._next(heard)
                yield "event: changed\ndata: 1\n\n" if changed else ": here\n\n"
                names = await self.viewers.changed() if self.viewers else None
                if names is not None:
                    yield f"event: viewers\ndata: {names}\n\n"
        except UNAVAILABLE:
            return  # the browser comes back by itself
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _listen(self, heard: asyncio.Queue[LiveEvent]) -> None:
        async with aclosing(self.desk.live.subscribe(*self.topics)) as events:
            async for event in events:
                heard.put_nowait(event)

    async def _wake_at_the_end(self, heard: asyncio.Queue[LiveEvent]) -> None:
        await self.desk.stopping.wait()
        heard.put_nowait(LiveEvent(TICK))

    async def _welcome(self) -> bool:
        """Whether the session still holds: somebody who signed out, or was removed, sees nothing more."""
        if self.viewers:
            await self.viewers.here()
        return await sessions.visit(self.desk.database, self.cookie, self.desk.clock()) is not None

    async def _next(self, heard: asyncio.Queue[LiveEvent]) -> bool:
        """Wait for something to happen, HEARTBEAT seconds at most; whether pages have to look again."""
        try:
            events = [await asyncio.wait_for(heard.get(), HEARTBEAT)]
        except TimeoutError:
            return False
        await asyncio.sleep(GATHER)
        while not heard.empty():
            events.append(heard.get_nowait())
        for event in events:
            if self.viewers and event.topic == self.viewers.topic:
                await self.viewers.note(event)
        return any(self.viewers is None or event.topic != self.viewers.topic for event in events)
