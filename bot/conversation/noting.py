"""What participants wrote, as lines of their talks."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from bot.cases.opening import attachment, keep_numbers
from bot.conversation.lines import add_lines
from bot.conversation.reading import Read
from bot.conversation.referring import Arrived
from bot.messages import Incoming
from bot.reading.numbers import mask
from bot.storage.sealing import Sealer
from bot.storage.tables import Author, Conversation


async def note_down(
    session: AsyncSession, sealer: Sealer, written: Sequence[tuple[Conversation, Read]], now: datetime
) -> dict[int, int]:
    """Add every message as a line of its talk, personal numbers masked, photos and files beside it.

    Returns:
        The lines' ids, by the ids of the messages in the inbox.
    """
    every = [
        (talk, meanings, one)
        for talk, read in written
        for meanings in [read.meanings]
        for one in read.arrived
        if not one.message.due
    ]
    ids = await add_lines(session, [_line(sealer, *one) | {"at": now} for one in every])
    for line_id, (talk, _, one) in zip(ids, every, strict=True):
        session.add_all(attachment(sealer, talk, media, message_id=line_id) for media in one.message.media)
    await keep_numbers(session, sealer, [(talk, one.message.text) for talk, _, one in every])
    return {one.inbox_id: line_id for line_id, (_, _, one) in zip(ids, every, strict=True)}


def _line(sealer: Sealer, talk: Conversation, meanings: Mapping[str, str], one: Arrived) -> dict[str, object]:
    message = one.message
    body = message.text or _described(message)
    masked = mask(body)
    return {
        "conversation_id": talk.id,
        "author": Author.PARTICIPANT,
        "body": masked,
        "sealed_body": sealer.seal(body) if masked != body else None,
        "sealed_shared": _shared(sealer, message),
        "intent": meanings.get(message.provider_id) or None,
        "inbox_id": one.inbox_id,
        "refers_to": one.refers_to,
        "edited": one.before is not None,
    }


def _shared(sealer: Sealer, message: Incoming) -> bytes | None:
    """The place or the contact card that came with a message, sealed."""
    shared = {"location": message.location, "card": message.card}
    there = {name: asdict(one) for name, one in shared.items() if one}
    return sealer.seal(there) if there else None


def _described(message: Incoming) -> str:
    """What stands in the talk for a message without words."""
    if message.media:
        return f"[{message.media[0].kind.value}]"
    if message.location:
        return f"[location] {message.location.name}".strip()
    return f"[{message.unsupported or 'empty'}]"
