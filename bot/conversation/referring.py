"""What a message refers to: a line of the talk that it quotes, or an earlier version of itself."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.delivery.claiming import Claimed
from bot.delivery.forms import incoming_from_json
from bot.messages import Incoming
from bot.reading.choices import read_choice
from bot.reading.numbers import NumberKind, personal_numbers
from bot.storage.sealing import Sealer
from bot.storage.tables import Author, Inbox, Message, Outbox

_RECENT = 50
"""Lines of a participant among which a quoted or edited one of theirs is looked for: older ones hardly matter."""
_FEW = 4  # words that rather name an option than say something else


@dataclass(frozen=True, kw_only=True)
class Arrived:
    """A message of a turn, with what it refers to."""

    inbox_id: int
    message: Incoming
    refers_to: int | None = None
    """The line of the talk that it quotes; of an edited message the line of its earlier version."""
    before: Incoming | None = None
    """Its earlier version, if that was dealt with in another turn."""
    named: str | None = None
    """The id of the option that its words name, of those under the message that it quotes."""
    asked: str | None = None
    """The question that the quoted message put: as the ids of its options begin."""
    about: str | None = None
    """The number of the case that the quoted message is about."""


async def arrived(connection: AsyncConnection, sealer: Sealer, claimed: Claimed) -> list[Arrived]:
    """The messages of a turn in their newest versions; an edit that changes nothing to be read is left out."""
    found: list[Arrived] = []
    for inbox_id, message in newest(claimed.messages):
        one = Arrived(inbox_id=inbox_id, message=message)
        if message.edited:
            newer = await _edited(connection, sealer, claimed.conversation_id, one)
            found += [newer] if newer else []
        elif message.quoted and message.tapped is None:
            found.append(await _quoting(connection, sealer, claimed.conversation_id, one))
        else:
            found.append(one)
    return found


def newest(messages: Sequence[tuple[int, Incoming]]) -> list[tuple[int, Incoming]]:
    """Of each message its last version, in the place of its first: whoever edits in time has said it once.

    Versions may come in any order, and the time of an edit has whole seconds.
    """
    versions: dict[str, list[tuple[int, Incoming]]] = {}
    for inbox_id, message in messages:
        versions.setdefault(message.message_ref or message.provider_id, []).append((inbox_id, message))
    return [_last(of_one) for of_one in versions.values()]


def _last(versions: Sequence[tuple[int, Incoming]]) -> tuple[int, Incoming]:
    inbox_id, message = max(versions, key=lambda one: (one[1].edited, one[1].sent_at, one[0]))
    return inbox_id, replace(message, edited=all(one.edited for _, one in versions))


async def _edited(connection: AsyncConnection, sealer: Sealer, talk: UUID, one: Arrived) -> Arrived | None:
    """What an edit says anew; None for nothing. Where its first version is not to be found, it is the first."""
    message = one.message
    line_id, before = await _own(connection, sealer, talk, message.message_ref)
    if before is None:
        return replace(one, message=replace(message, edited=False))
    known = {file.reference for file in before.media}
    files = tuple(file for file in message.media if file.reference not in known)
    text = message.text if message.text != before.text else ""
    if not (text or files):
        return None
    return replace(one, message=replace(message, text=text, media=files), refers_to=line_id, before=before)


async def _quoting(connection: AsyncConnection, sealer: Sealer, talk: UUID, one: Arrived) -> Arrived:
    """A reply to an earlier message: an old question that is quoted is answered, whatever was asked since."""
    message = one.message
    line = (await connection.execute(_ours(talk, message))).one_or_none()
    if line is None:
        line_id, _ = await _own(connection, sealer, talk, message.quoted)
        return replace(one, refers_to=line_id)
    cases = {item.value for item in personal_numbers(line.body) if item.kind is NumberKind.CASE}
    options = line.options or []
    few = len(message.text.split()) <= _FEW
    chosen = read_choice(message.text, [(item["title"],) for item in options]) if few else None
    return replace(
        one,
        refers_to=line.id,
        asked=":".join(options[0]["id"].split(":")[:2]) if options else None,
        named=None if chosen is None else options[chosen]["id"],
        about=cases.pop() if len(cases) == 1 else None,
    )


def _ours(talk: UUID, message: Incoming) -> Select[int, str, list[dict[str, str]] | None]:
    """The line that we sent under that name."""
    sent = select(Outbox.message_id).where(
        Outbox.channel == message.channel, Outbox.provider_id == message.quoted
    )
    line = select(Message.id, Message.body, Message.options)
    return line.where(Message.id.in_(sent), Message.conversation_id == talk).limit(1)


async def _own(
    connection: AsyncConnection, sealer: Sealer, talk: UUID, name: str | None
) -> tuple[int | None, Incoming | None]:
    """The participant's own message of that name, and its line; the newest version of it."""
    recent = (
        select(Message.id, Inbox.sealed)
        .join(Inbox, Inbox.id == Message.inbox_id)
        .where(Message.conversation_id == talk, Message.author == Author.PARTICIPANT)
        .order_by(Message.id.desc())
        .limit(_RECENT)
    )
    for line_id, sealed in await connection.execute(recent):
        said = incoming_from_json(sealer.open(sealed))
        if name in (said.message_ref, said.provider_id):
            return line_id, said
    return None, None
