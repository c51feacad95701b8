"""Photos and documents of participants, fetched from the provider when somebody opens them.

What strangers send is never shown as a page: it is given as a download, and as a picture only when its bytes are one.
"""

from typing import NoReturn
from urllib.parse import quote

import structlog
from fastapi import APIRouter
from sqlalchemy import or_, select
from starlette.requests import Request
from starlette.responses import Response

from bot.desk.case_view import found
from bot.desk.context import Desk
from bot.desk.forms import row_id
from bot.desk.refusals import NotFound, Refused
from bot.errors import ChannelError
from bot.messages import Media, MediaKind
from bot.storage.tables import Agent, Attachment, Message

log = structlog.get_logger()

ENDINGS = {"image/png": ".png", "image/jpeg": ".jpg", "image/webp": ".webp", "application/pdf": ".pdf"}


class FileGone(Refused):
    """The provider does not give the file (any more)."""

    status = 502
    said = "error.file_gone"


def add(routes: APIRouter, desk: Desk) -> None:
    """Add the addresses of files."""

    @routes.get("/cases/{number}/files/{file_id}")
    async def download(request: Request, number: str, file_id: str) -> Response:
        file, content = await _fetched(desk, request.state.visit.agent, number, row_id(file_id))
        return Response(
            content,
            media_type="application/octet-stream",
            headers={"Content-Disposition": _disposition(file, content)},
        )

    @routes.get("/cases/{number}/files/{file_id}/picture")
    async def picture(request: Request, number: str, file_id: str) -> Response:
        _, content = await _fetched(desk, request.state.visit.agent, number, row_id(file_id))
        kind = picture_type(content)
        if kind is None:
            raise NotFound(f"file {file_id} is no picture")
        # Kept for a while, so that a page that renews itself does not ask the provider again.
        return Response(content, media_type=kind, headers={"Cache-Control": "private, max-age=600"})


def picture_type(content: bytes) -> str | None:
    """``image/png``, ``image/jpeg`` or ``image/webp`` if that is what the bytes begin as; else None."""
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if content.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    return None


async def _fetched(desk: Desk, agent: Agent, number: str, file_id: int) -> tuple[Attachment, bytes]:
    """A file of a case or of its talk, from the provider.

    Raises:
        NotFound: it is not of a case that this agent may see.
        FileGone: the provider does not give it.
    """
    async with desk.database.sessions() as session:
        case = await found(session, agent, number)
        of_talk = select(Message.id).where(Message.conversation_id == case.conversation_id)
        file = await session.scalar(
            select(Attachment).where(
                Attachment.id == file_id,
                or_(Attachment.case_id == case.id, Attachment.message_id.in_(of_talk)),
            )
        )
    if file is None:
        raise NotFound(f"file {file_id}")
    media = Media(
        kind=MediaKind(file.kind),
        reference=desk.sealer.open(file.sealed_reference),
        content_type=file.content_type,
        file_name=file.file_name,
        size=file.size,
    )
    channel = desk.channels.get(file.channel)
    if channel is None:
        _gone(file, "no_channel")
    try:
        return file, (await channel.fetch(media))[1]
    except ChannelError as error:
        _gone(file, error.code)


def _gone(file: Attachment, code: str) -> NoReturn:
    log.warning("desk.file_gone", file=file.id, channel=file.channel, code=code)
    raise FileGone(code)


def _disposition(file: Attachment, content: bytes) -> str:
    """Always a download, under a name that no header and no file system stumbles over."""
    name = "".join(char for char in file.file_name if char.isprintable() and char not in '\\/:*?"<>|;%')
    name = name.strip(". ")[-100:]
    if not name:
        kind = picture_type(content) or file.content_type.partition(";")[0].strip()
        name = f"{file.kind}-{file.id}{ENDINGS.get(kind, '')}"
    plain = name.encode("ascii", "replace").decode().replace("?", "_")
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name)}"
