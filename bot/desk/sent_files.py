"""What participants sent besides words, as the desk shows it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypedDict

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from bot.desk.context import Desk
from bot.media.kinds import PICTURES, SOUNDS
from bot.messages import Contact, Location
from bot.reading.numbers import mask
from bot.storage.tables import Attachment, Case, MediaFile, MediaState, Message

MAP = "https://www.openstreetmap.org/?mlat={0}&mlon={1}#map=17/{0}/{1}"


@dataclass(frozen=True)
class SentFile:
    """One file. `state` is ``waiting``, ``later`` (it did not come and is tried again), ``stored``, ``failed``,
    ``refused`` or ``removed``; `shown_as` is ``picture``, ``sound`` or ``download``."""

    id: int
    kind: str
    name: str
    state: str
    reason: str
    shown_as: str
    card: Contact | None
    at: datetime
    document: str = ""
    """The code of the document that it was taken for, of those that an administrative request asks for."""
    media_id: int | None = None


class Shared(TypedDict):
    """What came with a message and is no file."""

    place: Location | None
    card: Contact | None


async def evidence(desk: Desk, session: AsyncSession, case: Case, *, revealed: bool) -> list[SentFile]:
    """The files that a form took down for a case."""
    query = _with_media().where(Attachment.case_id == case.id)
    return [_file(desk, one, revealed=revealed) for one in await session.scalars(query)]


async def files_of(
    desk: Desk, session: AsyncSession, message_ids: Sequence[int], *, revealed: bool
) -> dict[int, list[SentFile]]:
    """The files of lines of a talk, by the line."""
    files: dict[int, list[SentFile]] = {}
    for one in await session.scalars(_with_media().where(Attachment.message_id.in_(message_ids))):
        assert one.message_id is not None
        files.setdefault(one.message_id, []).append(_file(desk, one, revealed=revealed))
    return files


def shared(desk: Desk, line: Message, *, revealed: bool) -> Shared:
    """The place or the contact card of a line."""
    there: dict[str, Any] = desk.sealer.open(line.sealed_shared) if line.sealed_shared else {}
    place, card = there.get("location"), there.get("card")
    return Shared(
        place=Location(**place) if place else None,
        card=_card(card, revealed=revealed) if card else None,
    )


def map_link(place: Location) -> str:
    """Where a map shows a place. The map learns of it only when somebody follows the link."""
    return MAP.format(f"{place.latitude:.6f}", f"{place.longitude:.6f}")


def hidden(address: str) -> str:
    """An address with all but its last three characters starred, whatever it is made of."""
    return "*" * max(len(address) - 3, 0) + address[-3:] if len(address) > 6 else address


def shown_as(media: MediaFile) -> str:
    """How a stored file is shown: by what its bytes are, whatever was said of it."""
    if media.content_type in PICTURES:
        return "picture"
    return "sound" if media.content_type in SOUNDS else "download"


def _with_media() -> Any:
    return select(Attachment).options(joinedload(Attachment.media)).order_by(Attachment.id)


def _file(desk: Desk, one: Attachment, *, revealed: bool) -> SentFile:
    media = one.media
    state = _state(media)
    sealed = media.sealed_card if media and state == MediaState.STORED else None
    return SentFile(
        id=one.id,
        kind=one.kind,
        name=one.file_name if revealed else mask(one.file_name),
        state=state,
        reason=(media.reason if media else None) or "",
        shown_as=shown_as(media) if media else "download",
        card=_card(desk.sealer.open(sealed), revealed=revealed) if sealed else None,
        at=one.created_at,
        document=one.document or "",
        media_id=one.media_id,
    )


def _state(media: MediaFile | None) -> str:
    if media is None:
        return MediaState.WAITING
    if media.state is MediaState.REMOVING:
        return MediaState.REMOVED
    return "later" if media.state is MediaState.WAITING and media.attempts else media.state


def _card(card: dict[str, Any], *, revealed: bool) -> Contact:
    name, phones = str(card["name"]), tuple(map(str, card["phones"]))
    if revealed:
        return Contact(name=name, phones=phones)
    return Contact(name=mask(name), phones=tuple(map(hidden, phones)))
