"""Files to and from simulated phones."""

from uuid import UUID, uuid4

from fastapi import HTTPException, UploadFile
from sqlalchemy import select
from starlette.responses import Response

from bot.errors import ChannelError
from bot.media.kinds import PICTURES
from bot.media.names import disposition, safe
from bot.media.stores import Missing, StoreAway
from bot.media.vault import Vault
from bot.messages import Address, Enclosure, Media, MediaKind
from bot.storage.engine import Database
from bot.storage.sealing import Sealer, Unreadable
from bot.storage.tables import (
    Attachment,
    Author,
    Conversation,
    MediaFile,
    MediaState,
    Message,
    SimulatorFile,
)

LARGEST = 8 * 1024 * 1024
HEADERS = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'; sandbox"}


async def taken(database: Database, sealer: Sealer, kind: str, file: UploadFile | None) -> tuple[Media, ...]:
    """A picture or document of the visitor's, or a stand-in for a voice note or a sticker."""
    if kind in (MediaKind.VOICE, MediaKind.STICKER):
        return (Media(kind=MediaKind(kind), reference=""),)
    content = await file.read(LARGEST + 1) if file and file.filename else b""
    if not content or file is None:
        return ()
    if len(content) > LARGEST:
        raise HTTPException(413, "at most 8 MB")
    kept = SimulatorFile(
        id=uuid4(),
        content_type=file.content_type or "application/octet-stream",
        file_name=file.filename or "file",
        sealed=sealer.seal(content.hex()),
    )
    async with database.sessions.begin() as session:
        session.add(kept)
    image = kept.content_type.startswith("image/")
    return (
        Media(
            kind=MediaKind.IMAGE if image else MediaKind.DOCUMENT,
            reference=str(kept.id),
            content_type=kept.content_type,
            file_name=kept.file_name,
            size=len(content),
        ),
    )


async def read_file(database: Database, sealer: Sealer, reference: str) -> tuple[str, bytes]:
    """Content type and bytes of a file that was sent from the simulator. Raises `ChannelError`."""
    async with database.sessions() as session:
        kept = await session.get(SimulatorFile, UUID(reference))
    if kept is None:
        raise ChannelError("media_unavailable")
    return kept.content_type, bytes.fromhex(sealer.open(kept.sealed))


async def received(database: Database, address: Address) -> dict[int, Enclosure]:
    """What agents sent to a phone, by the line of the talk."""
    query = (
        select(Attachment, MediaFile)
        .join(MediaFile, MediaFile.id == Attachment.media_id)
        .join(Message, Message.id == Attachment.message_id)
        .join(Conversation, Conversation.id == Message.conversation_id)
        .where(
            Conversation.address == address,
            Message.author == Author.AGENT,
            MediaFile.state == MediaState.STORED,
        )
    )
    async with database.sessions() as session:
        rows = (await session.execute(query)).all()
    return {
        sent.message_id: Enclosure(
            media_id=media.id,
            name=media.name,
            kind=MediaKind(media.kind),
            content_type=media.content_type or "",
            file_name=sent.file_name,
            size=media.size or 0,
        )
        for sent, media in rows
        if sent.message_id is not None
    }


async def opened(database: Database, vault: Vault, address: Address, media_id: int) -> Response:
    """One of them, as the phone would have it; 404 if there is none."""
    there = (await received(database, address)).values()
    try:
        [file] = [one for one in there if one.media_id == media_id]
        content = await vault.get(file.name)
    except (ValueError, StoreAway, Missing, Unreadable):
        raise HTTPException(404, "no such file") from None
    download = (
        {} if file.content_type in PICTURES else {"Content-Disposition": disposition(safe(file.file_name))}
    )
    return Response(content, media_type=file.content_type, headers=HEADERS | download)
