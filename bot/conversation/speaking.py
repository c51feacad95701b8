"""Putting replies into words, keeping them in the talk, and queueing them to be sent."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from bot import tracing
from bot.conversation.lines import add_lines
from bot.delivery import outbox
from bot.delivery.outbox import Letter
from bot.dialogue.engine import Reply
from bot.media import enclosing
from bot.messages import Address, Enclosure, Text, channel_of
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


@dataclass(frozen=True)
class Saying:
    """Something that is said in a talk.

    Args:
        traceparent: the way on which it is (`bot.tracing`): by default the present one.
    """

    talk: Conversation
    text: Text
    by: Speaker = THE_BOT
    traceparent: str = field(default_factory=tracing.traceparent)


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


async def say(session: AsyncSession, sealer: Sealer, said: Sequence[Saying], now: datetime) -> None:
    """Add lines of ours to their talks and queue them for the participants' channels, in their order.

    Raises:
        NotThere: the file that goes with one was removed meanwhile.
    """
    lines = await add_lines(session, [_line(sealer, saying, now) for saying in said])
    letters = []
    for line_id, saying in zip(lines, said, strict=True):
        talk, text = saying.talk, saying.text
        if text.enclosure:
            await enclosing.settle(session, text.enclosure, talk, now)
            session.add(_attachment(line_id, text.enclosure, talk, now))
        letters.append(
            Letter(
                address=Address(talk.address),
                text=text,
                message_id=line_id,
                traceparent=saying.traceparent,
            )
        )
        talk.last_message_at = now
    await outbox.queue(session, sealer, letters, now)


def _line(sealer: Sealer, saying: Saying, now: datetime) -> dict[str, object]:
    """The line of the talk."""
    text, by = saying.text, saying.by
    masked = mask(text.body)
    options = [{"id": item.id, "title": item.title, "description": item.description} for item in text.options]
    return {
        "conversation_id": saying.talk.id,
        "case_id": by.case_id,
        "author": by.author,
        "agent_id": by.agent_id,
        "body": masked,
        "sealed_body": sealer.seal(text.body) if masked != text.body else None,
        "options": options or None,
        "at": now,
    }


def _attachment(line_id: int, enclosure: Enclosure, talk: Conversation, now: datetime) -> Attachment:
    """The file as the desk shows it beside its line."""
    return Attachment(
        message_id=line_id,
        channel=channel_of(talk.address),
        kind=enclosure.kind,
        content_type=enclosure.content_type,
        file_name=enclosure.file_name,
        size=enclosure.size,
        sealed_reference=b"",
        media_id=enclosure.media_id,
        created_at=now,
    )
