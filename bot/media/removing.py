"""Deleting files that are old enough: whoever decides how old that is calls this."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.media.jobs import FREE
from bot.storage.tables import Attachment, Conversation, MediaFile, MediaState, Message


async def remove(
    session: AsyncSession,
    before: datetime,
    now: datetime,
    *,
    case_id: int | None = None,
    participant_id: UUID | None = None,
) -> int:
    """Have files deleted, with what the provider still has of them; gives how many.

    They are out of sight with the session's commit. The bytes go a little later, by whoever keeps files, and
    again and again until they are gone.

    Args:
        session: the caller's transaction.
        before: files that came before then.
        now: the present time.
        case_id: only those of this case: its evidence, and what stands in its lines of the talk.
        participant_id: only those of this participant.
    """
    which: list[ColumnElement[bool]] = []
    if case_id is not None:
        lines = select(Message.id).where(Message.case_id == case_id)
        of_case = or_(Attachment.case_id == case_id, Attachment.message_id.in_(lines))
        which.append(MediaFile.id.in_(select(Attachment.media_id).where(of_case)))
    if participant_id is not None:
        talks = select(Conversation.id).where(Conversation.participant_id == participant_id)
        which.append(MediaFile.conversation_id.in_(talks))
    return await _remove(session, _old(before).where(*which), now)


async def remove_some(
    session: AsyncSession, before: datetime, now: datetime, *, spared: Select[UUID], at_most: int
) -> int:
    """The same with files of all cases and participants but those of the conversations `spared`, the oldest first."""
    old = _old(before).where(MediaFile.conversation_id.not_in(spared))
    return await _remove(session, old.order_by(MediaFile.id).limit(at_most), now)


async def remove_those(session: AsyncSession, which: ColumnElement[bool], now: datetime) -> int:
    """The same with the files that a condition on `MediaFile` names, however old they are."""
    return await _remove(session, select(MediaFile.id).where(which, MediaFile.state.not_in(_GONE)), now)


_GONE = (MediaState.REMOVING, MediaState.REMOVED)


def _old(before: datetime) -> Select[int]:
    """Files that came before then and are still there."""
    return select(MediaFile.id).where(MediaFile.created_at < before, MediaFile.state.not_in(_GONE))


async def _remove(session: AsyncSession, files: Select[int], now: datetime) -> int:
    # Whoever is fetching one just now may yet put it into the store: it is deleted when they are done for sure.
    when = func.greatest(now, func.coalesce(MediaFile.held_until, now))
    values = FREE | {"state": MediaState.REMOVING, "reason": None, "attempts": 0, "next_try_at": when}
    removed = await session.scalars(
        update(MediaFile).where(MediaFile.id.in_(files)).values(values).returning(MediaFile.id),
        execution_options={"synchronize_session": False},
    )
    ids = list(removed)
    await session.execute(
        update(Attachment)
        .where(Attachment.media_id.in_(ids))
        .values(file_name="", sealed_reference=b"")
        .execution_options(synchronize_session=False)
    )
    return len(ids)
