"""Deleting what has been kept long enough, in small batches; what an open case needs stays.

A batch is a transaction of its own and may be done again: whatever dies in the middle, the next run goes on.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import ColumnElement, Select, delete, exists, func, or_, select, update
from sqlalchemy.orm import InstrumentedAttribute

from bot.media.removing import remove_some
from bot.notices.telling import STARTED
from bot.settings import Settings
from bot.storage.engine import Database
from bot.storage.tables import (
    AnswerGiven,
    Attachment,
    Broadcast,
    Case,
    CaseStatus,
    Conversation,
    DeliveryReceipt,
    Inbox,
    InboxState,
    JoinCode,
    JoinTry,
    MediaFile,
    MediaState,
    Message,
    Notice,
    Outbox,
    OutboxState,
    Owner,
    Participant,
    PersonalNumber,
    Understanding,
)

log = structlog.get_logger()

BATCH = 1000
REOPENABLE = timedelta(days=30)
"""What belongs to a resolved case is spared for so long: it may be opened again."""

Time = InstrumentedAttribute[datetime]


@dataclass(frozen=True, kw_only=True)
class Kept:
    """For how many days each thing is kept; None: for ever.

    Args:
        queue: what was dealt with, in the inbox and the outbox. Never None: repeats are known by these rows.
        media: participants' files.
        sealed: personal numbers and places within talks and closed cases, which are masked from then on.
        talks: the lines of talks, and by which numbers their participants are found.
    """

    queue: int
    media: int | None
    sealed: int | None
    talks: int | None


FOREVER = Kept(queue=30, media=None, sealed=None, talks=None)
"""Where nothing is said: until somebody asks to be forgotten."""


def kept(settings: Settings) -> Kept:
    """For how long the settings say that things are kept; 0 days there are for ever."""
    return Kept(
        queue=settings.keep_queue_days,
        media=settings.keep_media_days or None,
        sealed=settings.keep_sealed_days or None,
        talks=settings.keep_talk_days or None,
    )


async def clear(database: Database, kept: Kept, now: datetime) -> dict[str, int]:
    """Delete what is older than `kept` says; how many rows of each kind."""
    spared = _needed(now)
    done = {
        "inbox": await _inbox(database, now - timedelta(days=kept.queue)),
        "outbox": await _outbox(database, now - timedelta(days=kept.queue)),
    }
    if kept.media is not None:
        done["media"] = await _media(database, spared, now - timedelta(days=kept.media), now)
    if kept.sealed is not None:
        done["sealed"] = await _sealed(database, spared, now - timedelta(days=kept.sealed))
    if kept.talks is not None:
        done["talks"] = await _talks(database, spared, now - timedelta(days=kept.talks))
    await _codes(database, now)
    log.info("retention.cleared", **done)
    return done


def _needed(now: datetime) -> Select[UUID]:
    """The conversations of cases that are open, or may well be opened again."""
    over = Case.status.in_((CaseStatus.RESOLVED, CaseStatus.CLOSED))
    lately = func.coalesce(Case.closed_at, Case.resolved_at) > now - REOPENABLE
    return select(Case.conversation_id).where(or_(~over, lately))


async def _old(
    database: Database, at: Time, before: datetime, *which: ColumnElement[bool]
) -> AsyncIterator[list[int]]:
    """The ids of rows from before then, batch by batch.

    Ids rise with time, so only the old end of a table is read, however large it is.
    """
    table: Any = at.class_
    young = select(table.id).where(at >= before).order_by(table.id).limit(1)
    last = 0
    async with database.engine.connect() as connection:
        end = await connection.scalar(young)
    while True:
        wanted = select(table.id).where(table.id > last, at < before, *which).order_by(table.id).limit(BATCH)
        if end is not None:
            wanted = wanted.where(table.id < end)
        async with database.engine.connect() as connection:
            ids = list(await connection.scalars(wanted))
        if not ids:
            return
        yield ids
        last = ids[-1]


async def _inbox(database: Database, before: datetime) -> int:
    """What was dealt with. What nobody could deal with stays as long as the talk that it belongs to."""
    count = 0
    async for ids in _old(database, Inbox.received_at, before, Inbox.state == InboxState.DONE):
        count += await _run(database, delete(Inbox).where(Inbox.id.in_(ids), Inbox.state == InboxState.DONE))
    return count


async def _outbox(database: Database, before: datetime) -> int:
    """What was sent or called off, with the receipts; not of a notice that is not over: by it is known who was told."""
    needed = exists().where(
        Notice.id == Outbox.notice_id, or_(Notice.ends_at.is_(None), Notice.ends_at >= before)
    )
    under_way = exists().where(Broadcast.id == Outbox.broadcast_id, Broadcast.state.in_(STARTED))
    over = Outbox.state.in_((OutboxState.SENT, OutboxState.CANCELLED))
    count = 0
    async for ids in _old(database, Outbox.created_at, before, over, ~needed, ~under_way):
        count += await _run(database, *_rows_with_receipts(ids))
    # What is left: of a long message, every part but the last.
    await _run(database, delete(DeliveryReceipt).where(DeliveryReceipt.at < before))
    return count


def _rows_with_receipts(ids: list[int]) -> tuple[Any, Any]:
    theirs = (
        (DeliveryReceipt.channel == Outbox.channel)
        & (DeliveryReceipt.provider_id == Outbox.provider_id)
        & Outbox.id.in_(ids)
    )
    return delete(DeliveryReceipt).where(theirs), delete(Outbox).where(Outbox.id.in_(ids))


async def _media(database: Database, spared: Select[UUID], before: datetime, now: datetime) -> int:
    """Files are out of sight at once; their bytes go by whoever keeps files (`bot.media.keeping`)."""
    count = 0
    while True:
        async with database.sessions.begin() as session:
            removed = await remove_some(session, before, now, spared=spared, at_most=BATCH)
        count += removed
        if removed < BATCH:
            return count


async def _sealed(database: Database, spared: Select[UUID], before: datetime) -> int:
    """What stands unmasked beside the masked: in talks, in closed cases, and in the state of talks that fell silent."""
    there = or_(Message.sealed_body.is_not(None), Message.sealed_shared.is_not(None))
    count = 0
    async for ids in _old(database, Message.at, before, there, Message.conversation_id.not_in(spared)):
        masked = update(Message).where(Message.id.in_(ids)).values(sealed_body=None, sealed_shared=None)
        count += await _run(database, masked)
    closed = func.coalesce(Case.closed_at, Case.resolved_at) < before
    of_case = Case.conversation_id.not_in(spared) & Case.sealed_fields.is_not(None) & closed
    count += await _run(database, update(Case).where(of_case).values(sealed_fields=None))
    silent = (
        Conversation.sealed_dialogue.is_not(None)
        & (Conversation.last_message_at < before)
        & (Conversation.owner == Owner.BOT)
        & Conversation.hold.is_(None)
        & Conversation.id.not_in(spared)
    )
    forget = update(Conversation).where(silent).values(sealed_dialogue=None, nudge_at=None)
    return count + await _run(database, forget)


async def _talks(database: Database, spared: Select[UUID], before: datetime) -> int:
    """Lines with all that hangs on them, once their files are gone; and the numbers of people long silent."""
    files = (
        exists()
        .where(Attachment.message_id == Message.id, Attachment.media_id == MediaFile.id)
        .where(MediaFile.state != MediaState.REMOVED)
    )
    count = 0
    async for ids in _old(database, Message.at, before, ~files, Message.conversation_id.not_in(spared)):
        lines = Attachment.message_id.in_(ids)
        await _run(
            database,
            delete(DeliveryReceipt).where(
                DeliveryReceipt.channel == Outbox.channel,
                DeliveryReceipt.provider_id == Outbox.provider_id,
                Outbox.message_id.in_(ids),
            ),
            delete(Outbox).where(Outbox.message_id.in_(ids)),
            delete(Attachment).where(lines, Attachment.case_id.is_(None)),
            update(Attachment).where(lines).values(message_id=None),
            delete(Message).where(Message.id.in_(ids)),
        )
        count += len(ids)
    async for ids in _old(database, Inbox.received_at, before, Inbox.state == InboxState.DEAD):
        await _run(database, delete(Inbox).where(Inbox.id.in_(ids)))
    async for ids in _old(database, AnswerGiven.at, before):
        await _run(database, delete(AnswerGiven).where(AnswerGiven.id.in_(ids)))
    async for ids in _old(database, Understanding.at, before):
        await _run(database, delete(Understanding).where(Understanding.id.in_(ids)))
    await _run(database, delete(PersonalNumber).where(_of_the_silent(spared, before)))
    return count


def _of_the_silent(spared: Select[UUID], before: datetime) -> ColumnElement[bool]:
    """Numbers that came long ago of people of whom nothing was heard since."""
    heard = exists().where(
        Conversation.participant_id == Participant.id,
        or_(Conversation.last_message_at >= before, Conversation.id.in_(spared)),
    )
    silent = select(Participant.id).where(~heard)
    return (PersonalNumber.created_at < before) & PersonalNumber.participant_id.in_(silent)


async def _codes(database: Database, now: datetime) -> None:
    """Codes for joining that ran out, and what was typed in vain more than an hour ago."""
    await _run(
        database,
        delete(JoinCode).where(JoinCode.expires_at < now),
        delete(JoinTry).where(JoinTry.at < now - timedelta(hours=1)),
    )


async def _run(database: Database, *statements: Any) -> int:
    """In one transaction; how many rows the last one changed."""
    changed = 0
    async with database.engine.begin() as connection:
        for statement in statements:
            changed = (await connection.execute(statement)).rowcount
    return changed
