"""What participants wrote and what it means: read before the turn's transaction, so that no lock waits for it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.conversation import flood
from bot.conversation.gathering import gather
from bot.conversation.referring import Arrived, arrived
from bot.delivery.claiming import Claimed
from bot.dialogue.requests import Consult
from bot.dialogue.state import Dialogue, Said, load
from bot.messages import NOTHING, Entity, Incoming, Interpretation
from bot.nlu.interpreter import Interpreter
from bot.nlu.parts import parts, two_requests
from bot.storage.engine import Database
from bot.storage.sealing import Sealer


@dataclass(frozen=True)
class Read:
    """The messages of a turn, and what was said with them."""

    claimed: Claimed
    arrived: list[Arrived]
    said: list[Said]
    flooding: bool
    """Whether they are too many to be answered."""
    consulted: dict[Consult[Any], Any] = field(default_factory=dict)
    """What other servers said."""

    @property
    def meanings(self) -> dict[str, str]:
        """What each message was taken for, by its name; those that were joined (`gather`) have one meaning."""
        meanings: dict[str, str] = {}
        waiting: list[str] = []
        ends = {item.id: item.interpretation.intent for item in self.said}
        for one in self.arrived:
            waiting.append(one.message.provider_id)
            if waiting[-1] in ends:
                meanings |= dict.fromkeys(waiting, ends[waiting[-1]])
                waiting.clear()
        return meanings


@dataclass(frozen=True, kw_only=True)
class Reader:
    """Reads the messages of turns, of several conversations at once.

    Args:
        flood_per_minute: who sends more messages than that within a minute is answered once more, then not until they
            slow down; 0: nobody writes too much.
    """

    database: Database
    sealer: Sealer
    interpreter: Interpreter
    flood_per_minute: int

    async def read(self, together: Sequence[Claimed]) -> list[Read]:
        """What was said in each of these conversations; the interpreter is asked once for all of them."""
        async with self.database.autocommit.connect() as connection:
            standing = await self._standing(connection, together)
            messages = [await arrived(connection, self.sealer, claimed) for claimed in together]
        pieces: list[tuple[bool, list[Arrived]]] = []
        for claimed, found in zip(together, messages, strict=True):
            stands = standing[claimed.conversation_id]
            # Of a flood only a cry for help is looked for, which must not be buried in the words around it.
            joined = found
            if len(found) > 1 and not stands.flooding:
                joined = gather(found, open_dialogue(self.sealer, stands.sealed_dialogue))
            pieces.append((stands.flooding, joined))
        meanings = await self._interpret([one.message for _, joined in pieces for one in joined])
        return [
            Read(claimed, found, [_said(one, next(meanings)) for one in joined], flooding)
            for claimed, found, (flooding, joined) in zip(together, messages, pieces, strict=True)
        ]

    async def _standing(
        self, connection: AsyncConnection, together: Sequence[Claimed]
    ) -> Mapping[Any, flood.Standing]:
        most = self.flood_per_minute
        standing = await flood.standing(connection, together, most)
        hushed = [one for one in together if standing[one.conversation_id].hushed]
        if not hushed:
            return standing
        return {
            **standing,
            **await flood.standing(connection, hushed, most // 2),
        }  # only half as many are slow enough

    async def _interpret(self, messages: Sequence[Incoming]) -> Iterator[list[Interpretation]]:
        """The meanings of each message and of its parts."""
        texts = [_to_read(message) for message in messages]
        meanings = iter(await self.interpreter.interpret([text for group in texts for text in group]))
        return iter([[next(meanings) for _ in group] for group in texts])


def open_dialogue(sealer: Sealer, sealed: bytes | None) -> Dialogue:
    """The state of a talk as it is kept; a fresh one where nothing is kept yet."""
    return load(sealer.open(sealed)) if sealed else Dialogue()


def _said(one: Arrived, read: Sequence[Interpretation]) -> Said:
    """A message with what it means, two requests in it told apart, and with what it refers to."""
    first, second = two_requests(read[0], read[1:]) if read else (NOTHING, None)
    if one.about and first.first("case_number") is None:
        quoted = Entity(entity="case_number", value=one.about, start=0, end=0)
        first = replace(first, entities=(*first.entities, quoted))
    said = replace(Said.of(one.message, first), second=second, named=one.named, asked=one.asked)
    if one.before is None:
        return said
    return replace(said, instead_of=one.before.provider_id, before=one.before.text.strip())


def _to_read(message: Incoming) -> list[str]:
    """The text that has to be interpreted, and its parts; none of a tap."""
    return [message.text, *parts(message.text)] if message.text and message.tapped is None else []
