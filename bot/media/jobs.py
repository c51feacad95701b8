"""The rows of `media_files` as a queue: many processes take from it, no two the same."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from bot.media.stores import new_name
from bot.storage.engine import Database
from bot.storage.sealing import Sealer
from bot.storage.tables import Attachment, Case, MediaFile, MediaState, Message

CALL = "siaga_attachments"
"""The notification that wakes who fetches files; inserts of attachments send it by a trigger."""
FREE: dict[str, object] = {"hold": None, "held_until": None}
AT_ONCE = 50


async def take_in(database: Database, sealer: Sealer, now: datetime) -> int:
    """Make a file of each attachment that has none yet; how many there were, at most `AT_ONCE`.

    What is sent with a message and then becomes evidence of a case is one file with two attachments.
    """
    talk = func.coalesce(Message.conversation_id, Case.conversation_id)
    new = (
        select(Attachment, talk)
        .outerjoin(Message, Message.id == Attachment.message_id)
        .outerjoin(Case, Case.id == Attachment.case_id)
        .where(Attachment.media_id.is_(None), talk.is_not(None))
        .order_by(Attachment.id)
        .limit(AT_ONCE)
        .with_for_update(of=Attachment, skip_locked=True)
    )
    async with database.sessions.begin() as session:
        rows = (await session.execute(new)).all()
        for attachment, conversation_id in rows:
            attachment.media_id = await _file_of(session, sealer, attachment, conversation_id, now)
    return len(rows)


async def _file_of(
    session: AsyncSession, sealer: Sealer, attachment: Attachment, conversation_id: UUID, now: datetime
) -> int:
    reference = str(sealer.open(attachment.sealed_reference))
    new = insert(MediaFile).values(
        conversation_id=conversation_id,
        channel=attachment.channel,
        kind=attachment.kind,
        declared_type=attachment.content_type,
        sealed_reference=attachment.sealed_reference,
        reference_digest=sealer.digest(f"{attachment.channel} {reference}"),
        size=attachment.size,
        next_try_at=now,
        name=new_name(),
        created_at=attachment.created_at,
    )
    # Where it is known already this changes nothing, but gives its id.
    known = new.on_conflict_do_update(
        index_elements=["conversation_id", "reference_digest"], set_={"channel": new.excluded.channel}
    )
    return (await session.execute(known.returning(MediaFile.id))).scalar_one()


async def claim(
    database: Database, hold: UUID, now: datetime, lease: timedelta, channels: Sequence[str], most: int
) -> list[MediaFile]:
    """Take files for which something is due, the longest waiting first.

    Args:
        hold: the token of this claim, never used before.
        lease: after this long another process may take them over.
        channels: those that this process can reach.
        most: how many at most.
    """
    due = (
        select(MediaFile.id)
        .where(
            MediaFile.next_try_at <= now,
            or_(MediaFile.hold.is_(None), MediaFile.held_until <= now),
            MediaFile.channel.in_(channels),
        )
        .order_by(MediaFile.next_try_at)
        .limit(most)
        .with_for_update(skip_locked=True)
        .cte("due")
    )
    take = update(MediaFile).where(MediaFile.id == due.c.id).values(hold=hold, held_until=now + lease)
    async with database.sessions.begin() as session:
        taken = await session.scalars(
            take.returning(MediaFile), execution_options={"synchronize_session": False}
        )
        return list(taken)


async def settle(database: Database, file: MediaFile, values: Mapping[str, object]) -> bool:
    """Write down how a file that we hold came on, and let go of it; False if another process has it by now."""
    async with database.engine.begin() as connection:
        changed = await connection.execute(
            update(MediaFile)
            .where(MediaFile.id == file.id, MediaFile.hold == file.hold)
            .values(FREE | dict(values))
            .returning(MediaFile.id)
        )
        return changed.scalar_one_or_none() is not None


async def join_twin(database: Database, file: MediaFile, values: Mapping[str, object]) -> bool:
    """Settle `file` as stored under the name of an equal one of the same conversation, if there is one.

    The twin's row is locked meanwhile, so that it is not removed between being found and being shared.
    """
    equal = (
        select(MediaFile.name)
        .where(
            MediaFile.conversation_id == file.conversation_id,
            MediaFile.content_digest == values["content_digest"],
            MediaFile.state == MediaState.STORED,
            MediaFile.id != file.id,
        )
        .limit(1)
        .with_for_update()
    )
    async with database.sessions.begin() as session:
        name = await session.scalar(equal)
        if name is None:
            return False
        await session.execute(
            update(MediaFile)
            .where(MediaFile.id == file.id, MediaFile.hold == file.hold)
            .values(FREE | dict(values) | {"name": name}),
            execution_options={"synchronize_session": False},
        )
    return True


async def shared(database: Database, file: MediaFile) -> bool:
    """Whether another stored file has the same name, and thus the same bytes."""
    other = select(MediaFile.id).where(
        MediaFile.name == file.name, MediaFile.id != file.id, MediaFile.state == MediaState.STORED
    )
    async with database.sessions() as session:
        return await session.scalar(other.limit(1)) is not None


async def sent_as(database: Database, file: MediaFile) -> str:
    """The name that a file came under, "" where it had none."""
    named = select(Attachment.file_name).where(Attachment.media_id == file.id).order_by(Attachment.id)
    async with database.sessions() as session:
        return await session.scalar(named.limit(1)) or ""


async def try_again(session: AsyncSession, file_id: int, now: datetime) -> bool:
    """Have a file that was given up fetched once more; False if it was not given up."""
    again = await session.execute(
        update(MediaFile)
        .where(MediaFile.id == file_id, MediaFile.state == MediaState.FAILED)
        .values(FREE | {"state": MediaState.WAITING, "reason": None, "attempts": 0, "next_try_at": now})
        .returning(MediaFile.id)
    )
    if again.scalar_one_or_none() is None:
        return False
    await session.execute(select(func.pg_notify(CALL, "")))
    return True
