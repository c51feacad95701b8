"""/status, /status.json and /status.atom: one look at the database serves everybody for some seconds."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import structlog
from fastapi import APIRouter, Response

from bot.config import Config
from bot.status.feed import feed
from bot.status.page import Pages
from bot.status.picture import Picture, look
from bot.status.plain import plain
from bot.storage.engine import UNAVAILABLE, Database

log = structlog.get_logger()

FRESH = timedelta(seconds=5)
"""How long one look serves; in a national outage everybody comes at once."""

_STYLE = Path(__file__).parent / "style.css"
_HEADERS = {
    "Cache-Control": f"public, max-age={int(FRESH.total_seconds())}",
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'self'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
_AWAY = {"Retry-After": str(int(FRESH.total_seconds())), "Cache-Control": "no-store"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """What the page is made of.

    Args:
        clock: the present time, aware.
    """

    database: Database
    config: Config
    clock: Callable[[], datetime]


def router(status: Status) -> APIRouter:
    """The page, its data and its feed, without a prefix."""
    routes = APIRouter(include_in_schema=False)
    latest, pages = _Latest(status), Pages(status.config)

    @routes.get("/status")
    async def page(lang: str = "id") -> Response:
        picture = await latest.picture()
        html = pages.away(lang) if picture is None else pages.status(picture, lang)
        return _answer(html, "text/html", picture)

    @routes.get("/status.json")
    async def data() -> Response:
        picture = await latest.picture()
        return _answer(plain(status.config, picture) if picture else b"{}", "application/json", picture)

    @routes.get("/status.atom")
    async def atom(lang: str = "id") -> Response:
        picture = await latest.picture()
        return _answer(feed(pages, picture, lang) if picture else b"", "application/atom+xml", picture)

    @routes.get("/status.css")
    async def style() -> Response:
        return Response(_STYLE.read_bytes(), media_type="text/css", headers={"Cache-Control": "max-age=3600"})

    return routes


def _answer(body: str | bytes, media_type: str, picture: Picture | None) -> Response:
    headers = _HEADERS | (_AWAY if picture is None else {})
    return Response(body, 503 if picture is None else 200, headers, media_type)


class _Latest:
    """The last look. While PostgreSQL is away it goes on serving, with its own time under it."""

    def __init__(self, status: Status) -> None:
        self._status = status
        self._picture: Picture | None = None
        self._looked_at: datetime | None = None
        self._looking = asyncio.Lock()

    async def picture(self) -> Picture | None:
        """How things stand; None: not known at all."""
        async with self._looking:
            now = self._status.clock()
            if self._looked_at is None or now - self._looked_at >= FRESH:
                self._looked_at = now
                await self._look(now)
        return self._picture

    async def _look(self, now: datetime) -> None:
        try:
            async with self._status.database.sessions() as session:
                self._picture = await look(session, self._status.config, now)
        except UNAVAILABLE as error:
            log.warning("status.unavailable", error=type(error).__name__)
