"""Photos, documents and voice notes of participants, from our own store.

What strangers send is never shown as a page: it is given as a download; as a picture or a sound only when its bytes
are one, and then so that a browser takes it for nothing else.
"""

import re

import structlog
from fastapi import APIRouter
from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from bot.desk.case_view import found
from bot.desk.context import BASE, Desk
from bot.desk.forms import row_id
from bot.desk.refusals import NotFound, Refused
from bot.desk.sent_files import shown_as
from bot.media import jobs
from bot.media.kinds import ENDINGS
from bot.media.names import disposition, safe
from bot.media.stores import Missing, StoreAway
from bot.storage.sealing import Unreadable
from bot.storage.tables import Agent, Attachment, MediaFile, MediaState, Message

log = structlog.get_logger()

HEADERS = {
    # Opened by itself, a picture runs nothing, loads nothing and belongs to no site.
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
    # Kept for a while, so that a page that renews itself does not fetch and decrypt it again.
    "Cache-Control": "private, max-age=600",
}
_RANGE = re.compile(r"bytes=(\d{1,12})-(\d{0,12})")


class NotYet(Refused):
    """The file is still on its way from the provider."""

    status = 409
    said = "error.file_waiting"


class FileGone(Refused):
    """The provider did not give the file, or we do not keep such, or it was deleted."""

    status = 410
    said = "error.file_gone"


class StoreSilent(Refused):
    """Our own store does not give the file just now."""

    status = 503
    said = "error.file_store"


def add(routes: APIRouter, desk: Desk) -> None:
    """Add the addresses of files."""

    @routes.get("/cases/{number}/files/{file_id}")
    async def download(request: Request, number: str, file_id: str) -> Response:
        file, media = await _stored(desk, request.state.visit.agent, number, row_id(file_id))
        if media.sealed_card:  # its number would be out without a word of it in the history
            raise NotFound(f"file {file_id} is a contact card")
        return Response(
            await _content(desk, media),
            media_type="application/octet-stream",
            headers={"Content-Disposition": disposition(_name(file, media))},
        )

    @routes.get("/cases/{number}/files/{file_id}/picture")
    async def picture(request: Request, number: str, file_id: str) -> Response:
        return await _shown(desk, request, number, file_id, "picture")

    @routes.get("/cases/{number}/files/{file_id}/sound")
    async def sound(request: Request, number: str, file_id: str) -> Response:
        return await _shown(desk, request, number, file_id, "sound")

    @routes.post("/cases/{number}/files/{file_id}/again")
    async def again(request: Request, number: str, file_id: str) -> Response:
        """Have a file that was given up fetched once more."""
        async with desk.database.sessions.begin() as session:
            file = await _of_case(session, request.state.visit.agent, number, row_id(file_id))
            if file.media_id is not None:
                await jobs.try_again(session, file.media_id, desk.clock())
        return RedirectResponse(f"{BASE}/cases/{number}", 303)


async def _shown(desk: Desk, request: Request, number: str, file_id: str, wanted: str) -> Response:
    _, media = await _stored(desk, request.state.visit.agent, number, row_id(file_id))
    if shown_as(media) != wanted:
        raise NotFound(f"file {file_id} is no {wanted}")
    content = await _content(desk, media)
    return ranged(content, media.content_type or "", request.headers.get("range", ""))


def ranged(content: bytes, content_type: str, wanted: str) -> Response:
    """`content`, or the part of it that a player asked for: some play nothing that they cannot ask for in parts."""
    headers = HEADERS | {"Accept-Ranges": "bytes"}
    asked = _RANGE.fullmatch(wanted)
    if asked is None:
        return Response(content, media_type=content_type, headers=headers)
    first, last = int(asked[1]), int(asked[2] or len(content) - 1)
    if first >= len(content) or last < first:
        return Response(status_code=416, headers=headers | {"Content-Range": f"bytes */{len(content)}"})
    part = content[first : last + 1]
    headers["Content-Range"] = f"bytes {first}-{first + len(part) - 1}/{len(content)}"
    return Response(part, 206, headers, content_type)


async def _of_case(session: AsyncSession, agent: Agent, number: str, file_id: int) -> Attachment:
    """A file of a case or of its talk.

    Raises:
        NotFound: it is not of a case that this agent may see.
    """
    case = await found(session, agent, number)
    of_talk = select(Message.id).where(Message.conversation_id == case.conversation_id)
    file = await session.scalar(
        select(Attachment)
        .options(joinedload(Attachment.media))
        .where(
            Attachment.id == file_id,
            or_(Attachment.case_id == case.id, Attachment.message_id.in_(of_talk)),
        )
    )
    if file is None:
        raise NotFound(f"file {file_id}")
    return file


async def _stored(desk: Desk, agent: Agent, number: str, file_id: int) -> tuple[Attachment, MediaFile]:
    """A file that is here.

    Raises:
        NotFound: it is not of a case that this agent may see.
        NotYet, FileGone: it is not here.
    """
    async with desk.database.sessions() as session:
        file = await _of_case(session, agent, number, file_id)
    if file.media is None or file.media.state is MediaState.WAITING:
        raise NotYet
    if file.media.state is not MediaState.STORED:
        raise FileGone
    return file, file.media


async def _content(desk: Desk, media: MediaFile) -> bytes:
    try:
        return await desk.vault.get(media.name)
    except (StoreAway, Missing, Unreadable) as error:
        log.error("desk.file_not_read", media=media.id, error=type(error).__name__)
        raise StoreSilent from None


def _name(file: Attachment, media: MediaFile) -> str:
    return safe(file.file_name) or f"{file.kind}-{file.id}{ENDINGS.get(media.content_type or '', '')}"
