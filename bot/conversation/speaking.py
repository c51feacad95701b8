"""Putting replies into words, keeping them in the talk, and queueing them to be sent."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from bot.conversation.lines import add_line
from bot.delivery import outbox
from bot.dialogue.engine import Reply
from bot.media import enclosing
from bot.messages import Address, Enclosure, Text
from bot.reading.numbers import mask
from bot.storage.sealing import Sealer
from bot.storage.tables import Attachment, Author, Conversation
from bot.texts import Texts

LONGEST = 1500
"""Characters of one message: the per-person pace is slow, so replies are merged, but never into a wall."""


@dataclass(frozen=True)
class Speaker:
    """Who says something, and for which case."""

    author: Author = Author.BOT
    agent_id: UUID | None = None
    case_id: int | None = None


THE_BOT = Speaker()


def merge(replies: Sequence[Reply], texts: Texts, language: str) -> list[Text]:
    """The replies of a turn as few messages as read well; options end a message."""
    merged: list[Text] = []
    parts: list[str] = []
    for reply in replies:
        body = texts.say(reply.key, language, reply.values)
        if parts and len("\n\n".join([*parts, body])) > LONGEST:
            merged.append(Text(body="\n\n".join(parts)))
            parts = []
        parts.append(body)
        if reply.options:
            merged.append(Text(body="\n\n".join(parts), options=reply.options))
            parts = []
    if parts:
        merged.append(Text(body="\n\n".join(parts)))
    return merged


async def say(
    session: AsyncSession,
    sealer: Sealer,
    talk: Conversation,
    text: Text,
    now: datetime,
    by: Speaker = THE_BOT,
) -> None:
    """Add one line of ours to a talk and queue it for the participant's channel.

    Raises:
        NotThere: the file that goes with it was removed meanwhile.
    """
    masked = mask(text.body)
    line_id = await add_line(
        session,
        conversation_id=talk.id,
        case_id=by.case_id,
        author=by.author,
        agent_id=by.agent_id,
        body=masked,
        sealed_body=sealer.seal(text.body) if masked != text.body else None,
        options=[
            {"id": item.id, "title": item.title, "description": item.description} for item in text.options
        ]
        or None,
        at=now,
    )
    if text.enclosure:
        await enclosing.settle(session, text.enclosure, talk, now)
        session.add(_attachment(line_id, text.enclosure, talk, now))
    await outbox.queue(
        session,
        sealer,
        channel=talk.address.partition(":")[0],
        address=Address(talk.address),
        text=text,
        message_id=line_id,
        now=now,
    )
    talk.last_message_at = now


def _attachment(line_id: int, enclosure: Enclosure, talk: Conversation, now: datetime) -> Attachment:
    """The file as the desk shows it beside its line."""
    return Attachment(
        message_id=line_id,
        channel=talk.address.partition(":")[0],
        kind=enclosure.kind,
        content_type=enclosure.content_type,
        file_name=enclosure.file_name,
        size=enclosure.size,
        sealed_reference=b"",
        media_id=enclosure.media_id,
        created_at=now,
    )
