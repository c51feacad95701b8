"""Putting replies into words, keeping them in the talk, and queueing them to be sent."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from bot.delivery import outbox
from bot.dialogue.engine import Reply
from bot.messages import Address, Text
from bot.reading.numbers import mask
from bot.storage.sealing import Sealer
from bot.storage.tables import Author, Conversation, Message
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
) -> Message:
    """Add one line of ours to a talk and queue it for the participant's channel."""
    masked = mask(text.body)
    line = Message(
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
    session.add(line)
    await session.flush()
    await outbox.queue(
        session,
        sealer,
        channel=talk.address.partition(":")[0],
        address=Address(talk.address),
        text=text,
        message_id=line.id,
        now=now,
    )
    talk.last_message_at = now
    return line
