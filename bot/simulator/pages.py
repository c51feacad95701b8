"""The simulator's pages. What is said here goes through the same inbox, worker, outbox and sender as the real thing."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit
from uuid import uuid4

from fastapi import APIRouter, File, Form, HTTPException, Request, Response, UploadFile
from fastapi.responses import HTMLResponse, RedirectResponse, StreamingResponse
from fastapi.templating import Jinja2Templates
from markupsafe import Markup, escape
from sqlalchemy import select

from bot.channels.rendering import Part, lay_out
from bot.channels.simulator import LOOKS
from bot.delivery import inbox
from bot.delivery.waking import first_of
from bot.live import Live
from bot.media.vault import Vault
from bot.messages import Address, Enclosure, Incoming, MediaKind, Option, Text
from bot.simulator import files
from bot.storage.engine import Database
from bot.storage.sealing import Sealer
from bot.storage.tables import Author, Conversation, Message

HEARTBEAT = 20.0  # seconds
HERE = Path(__file__).parent
PHONES = (("simwhatsapp", "Budi"), ("simtelegram", "Sari"))
WORDLESS = {
    f"[{MediaKind.IMAGE}]": "📷 Foto",
    f"[{MediaKind.DOCUMENT}]": "📄 Dokumen",
    f"[{MediaKind.VOICE}]": "🎤 Pesan suara",
    f"[{MediaKind.STICKER}]": "🙂 Stiker",
}
"""How a phone shows what was sent without words, by how the talk describes it."""


@dataclass(frozen=True, kw_only=True)
class Simulation:
    """What the pages need."""

    database: Database
    sealer: Sealer
    live: Live
    clock: Callable[[], datetime]
    vault: Vault
    stopping: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(frozen=True)
class Bubble:
    """One message as a phone shows it."""

    mine: bool
    at: datetime
    part: Part


def router(simulation: Simulation) -> APIRouter:
    """Every page of the simulator."""
    routes = APIRouter(prefix="/simulator", include_in_schema=False)
    templates = Jinja2Templates(HERE / "templates")
    templates.env.filters["bold"] = _bold

    @routes.get("", response_class=HTMLResponse)
    async def page(request: Request, one: str = "Budi", two: str = "Sari") -> HTMLResponse:
        phones = [
            await _phone(simulation, look, _name(name))
            for (look, _), name in zip(PHONES, (one, two), strict=True)
        ]
        return templates.TemplateResponse(request, "simulator.html", {"phones": phones})

    @routes.get("/new")
    async def new() -> RedirectResponse:
        """Two people who never wrote before."""
        return RedirectResponse(f"/simulator?one=Budi-{uuid4().hex[:4]}&two=Sari-{uuid4().hex[:4]}", 303)

    @routes.get("/{look}/{name}", response_class=HTMLResponse)
    async def phone(request: Request, look: str, name: str) -> HTMLResponse:
        shown = await _phone(simulation, _look(look), _name(name))
        return templates.TemplateResponse(request, "screen.html", {"phone": shown})

    @routes.post("/{look}/{name}", response_model=None)
    async def say(  # noqa: PLR0913, PLR0917 - the fields of a form
        request: Request,
        look: str,
        name: str,
        text: Annotated[str, Form()] = "",
        tapped: Annotated[str | None, Form()] = None,
        kind: Annotated[str, Form()] = "",
        file: Annotated[UploadFile | None, File()] = None,
    ) -> HTMLResponse | RedirectResponse:
        address = _address(_look(look), _name(name))
        media = await files.taken(simulation.database, simulation.sealer, kind, file)
        if text.strip() or tapped or media:
            said = Incoming(
                channel=look,
                address=address,
                provider_id=f"sim-{uuid4()}",
                sent_at=simulation.clock(),
                text=text.strip(),
                tapped=tapped or None,
                media=media,
                profile_name=name,
            )
            await inbox.store(simulation.database, simulation.sealer, [said], said.sent_at)
        if "hx-request" not in request.headers:
            return RedirectResponse(f"/simulator?{_same_people(request)}", 303)
        shown = await _phone(simulation, look, name)
        return templates.TemplateResponse(request, "screen.html", {"phone": shown})

    @routes.get("/{look}/{name}/events")
    async def events(look: str, name: str) -> StreamingResponse:
        address = _address(_look(look), _name(name))
        return StreamingResponse(_changes(simulation, address), media_type="text/event-stream")

    _add_files(routes, simulation)
    return routes


def _add_files(routes: APIRouter, simulation: Simulation) -> None:
    @routes.get("/{look}/{name}/files/{media_id}")
    async def file(look: str, name: str, media_id: int) -> Response:
        return await files.opened(
            simulation.database, simulation.vault, _address(_look(look), _name(name)), media_id
        )


_BOLD = re.compile(r"(?<![\w*])\*(\S(?:[^*\n]*\S)?)\*(?![\w*])")


def _bold(body: str) -> Markup:
    """The neutral ``*bold*`` as HTML, everything else escaped."""
    return Markup(_BOLD.sub(r"<b>\1</b>", str(escape(body))))  # noqa: S704 - escaped before


def _same_people(request: Request) -> str:
    """The query of the page that a form without scripts was sent from: it names who holds the phones."""
    return urlsplit(request.headers.get("referer", "")).query


def _look(look: str) -> str:
    if look not in LOOKS:
        raise HTTPException(404, "no such phone")
    return look


def _name(name: str) -> str:
    kept = "".join(letter for letter in name if letter.isalnum() or letter == "-")[:24]
    return kept or "Budi"


def _address(look: str, name: str) -> Address:
    return Address(f"{look}:{name.lower()}")


async def _changes(simulation: Simulation, address: Address) -> AsyncIterator[str]:
    """A line whenever the phone has to look again; ends when the service does."""
    news = asyncio.Event()

    async def listen() -> None:
        async with aclosing(simulation.live.subscribe(f"phone:{address}")) as events:
            async for _ in events:
                news.set()

    listening = asyncio.create_task(listen())
    try:
        while not simulation.stopping.is_set():
            news.clear()
            yield "event: changed\ndata: .\n\n"
            await first_of(news, simulation.stopping, seconds=HEARTBEAT)
    finally:
        listening.cancel()


async def _phone(simulation: Simulation, look: str, name: str) -> dict[str, object]:
    address = _address(look, name)
    async with simulation.database.sessions() as session:
        query = (
            select(Message)
            .join(Conversation, Conversation.id == Message.conversation_id)
            .where(Conversation.address == address)
            .order_by(Message.id.desc())
            .limit(80)
        )
        lines = list(await session.scalars(query))[::-1]
    sent = await files.received(simulation.database, address)
    bubbles = [
        bubble for line in lines for bubble in _bubbles(simulation.sealer, look, line, sent.get(line.id))
    ]
    return {"look": look, "name": name, "address": address, "bubbles": bubbles}


def _bubbles(sealer: Sealer, look: str, line: Message, file: Enclosure | None) -> list[Bubble]:
    """The line as the phone shows it; the participant's own screen masks nothing."""
    body = sealer.open(line.sealed_body) if line.sealed_body else line.body
    if line.author is Author.PARTICIPANT:
        return [Bubble(True, line.at, Part(body=WORDLESS.get(body, body)))]
    options = tuple(
        Option(id=item["id"], title=item["title"], description=item.get("description", ""))
        for item in line.options or []
    )
    parts = lay_out(Text(body=body, options=options, enclosure=file), LOOKS[look])
    return [Bubble(False, line.at, part) for part in parts]
