"""What agents send along: checked like what comes in, kept in the same store, sent by reference.

A file is kept before the reply is written down, since a transaction cannot hold it; until that reply is committed its
row says that it is to be removed, so whatever dies in between leaves nothing behind (`bot.media.keeping`).
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from bot.channels.channel import Files, Takes
from bot.errors import ChannelError, SiagaError
from bot.media.checking import check
from bot.media.kinds import NotKept
from bot.media.names import fitting
from bot.media.stores import Missing, StoreAway, new_name
from bot.media.vault import Vault
from bot.messages import Enclosure, Media, MediaKind, channel_of
from bot.storage.engine import Database
from bot.storage.sealing import Sealer, Unreadable
from bot.storage.tables import Conversation, MediaFile, MediaState

LARGEST = 50_000_000
"""Bytes: the most that any channel takes."""
UNSENT = timedelta(hours=1)
"""After so long a file that belongs to no reply is removed. Storing it and writing the reply down takes seconds."""
AT_ONCE = 2
"""Files that one process looks at and seals at the same time; each may take some 150 MB of memory."""
_SPOKEN = b"OpusHead"
"""Ogg may hold film; with this in its first page it is speech, as phones make and play it."""


class NotTaken(SiagaError):
    """A file that does not go to a participant.

    Args:
        reason: ``empty``, ``too_large``, ``kind``, ``program``, ``page``, ``bomb``; ``no_files`` where the channel
            takes none from us.
        size: of the file, in bytes.
        most: with ``too_large``: bytes that the channel takes of this type.
    """

    def __init__(self, reason: str, size: int, most: int = LARGEST) -> None:
        self.reason = reason
        self.size = size
        self.most = most
        super().__init__(reason)


class NotThere(SiagaError):
    """A file was removed before the reply that it goes with was written down: it has to be sent anew."""


@dataclass(frozen=True)
class Upload:
    """A file as somebody gave it: nothing that is said of it is believed."""

    content: bytes
    file_name: str


class Enclosing:
    """Takes files for replies.

    Args:
        takes: what each channel takes, by its name.
        clock: the present time, aware.
    """

    def __init__(
        self,
        database: Database,
        sealer: Sealer,
        vault: Vault,
        takes: Mapping[str, tuple[Takes, ...]],
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._sealer = sealer
        self._vault = vault
        self._takes = takes
        self._clock = clock
        self._room = asyncio.Semaphore(AT_ONCE)

    def takes(self, address: str) -> tuple[Takes, ...]:
        """What can be sent to `address`; nothing where its channel takes no files from us."""
        return self._takes.get(channel_of(address), ())

    async def keep(self, conversation_id: UUID, address: str, upload: Upload) -> Enclosure:
        """Check a file and keep it, to go with a reply to `address`.

        Raises:
            NotTaken: it cannot go there.
            StoreAway: it cannot be kept just now.
        """
        async with self._room:
            content_type, kind = await asyncio.to_thread(accepted, self.takes(address), upload)
            digest = await asyncio.to_thread(self._sealer.digest, upload.content)
            enclosure = Enclosure(
                media_id=0,
                name=new_name(),
                kind=kind,
                content_type=content_type,
                file_name=fitting(upload.file_name, content_type, "berkas"),
                size=len(upload.content),
            )
            media_id = await self._note(conversation_id, address, enclosure, digest)
            await self._vault.put(enclosure.name, upload.content)
        return replace(enclosure, media_id=media_id)

    async def _note(self, talk: UUID, address: str, enclosure: Enclosure, digest: bytes) -> int:
        now = self._clock()
        row = insert(MediaFile).values(
            conversation_id=talk,
            channel=channel_of(address),
            kind=enclosure.kind,
            declared_type=enclosure.content_type,
            sealed_reference=b"",
            reference_digest=self._sealer.digest(f"ours {enclosure.name}"),
            state=MediaState.REMOVING,
            next_try_at=now + UNSENT,
            name=enclosure.name,
            content_type=enclosure.content_type,
            size=enclosure.size,
            content_digest=digest,
            at_provider=False,
            created_at=now,
        )
        async with self._database.engine.begin() as connection:
            return int((await connection.execute(row.returning(MediaFile.id))).scalar_one())


async def settle(session: AsyncSession, enclosure: Enclosure, talk: Conversation, now: datetime) -> None:
    """In the transaction that writes the reply down: from now on the file stays.

    Raises:
        NotThere: it is gone already.
    """
    stays = await session.execute(
        update(MediaFile)
        .where(
            MediaFile.id == enclosure.media_id,
            MediaFile.name == enclosure.name,
            MediaFile.conversation_id == talk.id,
            MediaFile.state == MediaState.REMOVING,
            MediaFile.hold.is_(None),
        )
        .values(state=MediaState.STORED, next_try_at=None, stored_at=now)
        .returning(MediaFile.id),
        execution_options={"synchronize_session": False},
    )
    if stays.scalar_one_or_none() is None:
        raise NotThere


def accepted(takes: tuple[Takes, ...], upload: Upload) -> tuple[str, MediaKind]:
    """The type of a file by its bytes, and as what it will be shown. Takes time: not for the event loop.

    Raises:
        NotTaken: it is nothing that is sent to participants, or not on this channel.
    """
    size = len(upload.content)
    if not takes:
        raise NotTaken("no_files", size)
    try:
        said = Media(kind=MediaKind.DOCUMENT, reference="", file_name=upload.file_name)
        found = check(upload.content, said, LARGEST).content_type
    except NotKept as refused:
        raise NotTaken(refused.reason.removeprefix("media_"), size) from None
    fits = [one for one in takes if one.content_type == found]
    if not fits or (found == "audio/ogg" and _SPOKEN not in upload.content[:128]):
        raise NotTaken("kind", size)
    for one in fits:
        if size <= one.most:
            return found, one.kind
    raise NotTaken("too_large", size, max(one.most for one in fits))


def files(vault: Vault) -> Files:
    """Where channels get the bytes of what they upload: `bot.channels.channel.Files`."""

    async def content(enclosure: Enclosure) -> bytes:
        try:
            return await vault.get(enclosure.name)
        except StoreAway:
            raise ChannelError("file_store", retry=True) from None
        except (Missing, Unreadable):
            raise ChannelError("file_gone") from None

    return content
