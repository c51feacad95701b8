"""One turn of a conversation: read what is pending, interpret, advance, store, queue, commit."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.cases import lifecycle
from bot.cases.opening import attachment, keep_numbers
from bot.config import Config
from bot.conversation.gathering import gather
from bot.conversation.shell import Shell
from bot.conversation.speaking import merge, say
from bot.delivery import inbox
from bot.delivery.inbox import Claimed
from bot.dialogue.commands import Commands
from bot.dialogue.engine import Reply, Turn
from bot.dialogue.flow import Flows
from bot.dialogue.state import Dialogue, Form, Said, dump, load
from bot.dialogue.talk import World
from bot.live import Live
from bot.messages import NOTHING, Incoming, Interpretation
from bot.nlu.interpreter import Interpreter
from bot.nlu.normalising import Normaliser
from bot.nlu.parts import parts, two_requests
from bot.reading.numbers import mask
from bot.review.keeping import Keeping
from bot.storage.engine import Database
from bot.storage.sealing import Sealer
from bot.storage.tables import (
    Author,
    Conversation,
    Message,
    Owner,
    Participant,
)
from bot.texts import Texts
from bot.tracing import span


@dataclass(frozen=True, kw_only=True)
class Conversations:
    """Everything that a turn needs; made once, in bot.app."""

    database: Database
    sealer: Sealer
    config: Config
    texts: Texts
    interpreter: Interpreter
    flows: Flows
    live: Live
    clock: Callable[[], datetime]
    idle: tuple[timedelta, timedelta] = (timedelta(minutes=15), timedelta(minutes=60))
    """After how long a form left alone is reminded of, and after how much longer it is closed."""
    normaliser: Normaliser = field(default_factory=lambda: Normaliser({}))
    """Makes texts comparable that are kept for review."""

    async def take_turn(self, claimed: Claimed) -> None:
        """Take what a participant wrote as one turn.

        Raises:
            HoldLost: another worker took over; nothing is committed.
        """
        with span("interpret"):
            said = await self._understand(claimed)
        now = self.clock()
        async with self.database.sessions() as session:
            with span("flow"):
                talk = await inbox.retake(session, claimed, now)
                lines = await self._note_down(session, talk, claimed, said, now)
                if talk.owner is Owner.AGENT:
                    talk.nudge_at = None
                    await lifecycle.participant_wrote(session, talk.id)
                else:
                    keeping = Keeping(session, talk, lines, self.normaliser, now)
                    await self._answer(keeping, claimed, said)
                talk.last_message_at = now
                await inbox.finish(session, claimed, now)
            with span("commit"):
                await session.commit()
        await self.live.publish(f"conversation:{claimed.conversation_id}")
        await self.live.publish("desk", conversation=str(claimed.conversation_id))

    async def _understand(self, claimed: Claimed) -> list[Said]:
        """What was said and what it means: before the turn's transaction, so that no lock waits for it."""
        async with self.database.sessions() as session:
            query = select(Conversation).where(Conversation.id == claimed.conversation_id)
            dialogue = self._dialogue((await session.scalars(query)).one())
        messages = gather([message for _, message in claimed.messages], dialogue)
        texts = [_to_read(message) for message in messages]
        meanings = iter(await self.interpreter.interpret([text for group in texts for text in group]))
        return [
            self._said(message, [next(meanings) for _ in group])
            for message, group in zip(messages, texts, strict=True)
        ]

    def _said(self, message: Incoming, read: Sequence[Interpretation]) -> Said:
        """A message with what it means, two requests in it told apart."""
        if not read:
            return Said.of(message, NOTHING)
        first, second = two_requests(read[0], read[1:])
        return replace(Said.of(message, first), second=second)

    @cached_property
    def _commands(self) -> Commands:
        """The words that work everywhere, read from the texts once."""
        return Commands(self.texts)

    def _dialogue(self, talk: Conversation) -> Dialogue:
        return load(self.sealer.open(talk.sealed_dialogue)) if talk.sealed_dialogue else Dialogue()

    async def _note_down(
        self, session: AsyncSession, talk: Conversation, claimed: Claimed, said: Sequence[Said], now: datetime
    ) -> dict[str, int]:
        """Every message as a line of the talk, personal numbers masked, photos and files beside it.

        Gives the lines' ids, by the provider's name for the message.
        """
        lines: dict[str, int] = {}
        meanings = _meanings([message for _, message in claimed.messages], said)
        for inbox_id, message in claimed.messages:
            if message.due:
                continue
            body = message.text or _described(message)
            masked = mask(body)
            line = Message(
                conversation_id=talk.id,
                author=Author.PARTICIPANT,
                body=masked,
                sealed_body=self.sealer.seal(body) if masked != body else None,
                sealed_shared=self._shared(message),
                intent=meanings.get(message.provider_id) or None,
                inbox_id=inbox_id,
                at=now,
            )
            session.add(line)
            await session.flush()
            lines[message.provider_id] = line.id
            session.add_all(
                attachment(self.sealer, talk, media, message_id=line.id) for media in message.media
            )
        await keep_numbers(session, self.sealer, talk, [message.text for _, message in claimed.messages])
        return lines

    def _shared(self, message: Incoming) -> bytes | None:
        """The place or the contact card that came with a message, sealed."""
        shared = {"location": message.location, "card": message.card}
        there = {name: asdict(one) for name, one in shared.items() if one}
        return self.sealer.seal(there) if there else None

    async def _answer(self, keeping: Keeping, claimed: Claimed, said: Sequence[Said]) -> None:
        session, talk, now = keeping.session, keeping.talk, keeping.now
        dialogue = self._dialogue(talk)
        world = World(
            config=self.config,
            texts=self.texts,
            now=now,
            queued=talk.owner is Owner.QUEUE,
            our_branch=self._our_branch(claimed.messages[-1][1]),
        )
        shell = Shell(session, self.sealer, self.config, talk, now)
        replies: list[Reply] = []
        waiting: Form | None = None
        for item in said:
            world = replace(world, queued=talk.owner is Owner.QUEUE)
            turn = Turn(dialogue, self.flows, world, self._commands)
            await _drive(turn, item, shell)
            # A question that the next of several messages answered already is not put any more.
            replies = [reply for reply in replies if not reply.asks] + turn.replies
            waiting = turn.waits_with
            await keeping.note(item, turn)
        for text in merge(replies, self.texts, dialogue.language):
            await say(session, self.sealer, talk, text, now)
        talk.nudge_at = now + (self.idle[1] if waiting.reminded else self.idle[0]) if waiting else None
        talk.branch = dialogue.branch or talk.branch
        talk.sealed_dialogue = self.sealer.seal(dump(dialogue))
        participant = await session.get_one(Participant, talk.participant_id)
        participant.language = dialogue.language

    def _our_branch(self, message: Incoming) -> str | None:
        """The branch whose own number was written to; else the operator's default."""
        ours = _national(message.to)
        for branch in self.config.branches.values():
            if ours and branch.whatsapp and _national(branch.whatsapp) == ours:
                return branch.code
        return self.config.default_branch.code if self.config.default_branch else None


def _national(number: str) -> str:
    """The digits of an Indonesian number without what leads it: ``+62 811...`` and ``0811...`` are the same."""
    return "".join(filter(str.isdigit, number)).removeprefix("62").lstrip("0")


def _to_read(message: Incoming) -> list[str]:
    """The text that has to be interpreted, and its parts; none of a tap."""
    return [message.text, *parts(message.text)] if message.text and message.tapped is None else []


async def _drive(turn: Turn, said: Said, shell: Shell) -> None:
    """Run a turn of the pure engine, carrying out what comes out of it."""
    steps = turn.take(said)
    try:
        request = next(steps)
        while True:
            request = steps.send(await shell.carry_out(request))
    except StopIteration:
        return


def _described(message: Incoming) -> str:
    """What stands in the talk for a message without words."""
    if message.media:
        return f"[{message.media[0].kind.value}]"
    if message.location:
        return f"[location] {message.location.name}".strip()
    return f"[{message.unsupported or 'empty'}]"


def _meanings(messages: Sequence[Incoming], said: Sequence[Said]) -> dict[str, str]:
    """What each message was taken for, by its name; those that were joined (`gather`) have one meaning."""
    meanings: dict[str, str] = {}
    waiting: list[str] = []
    ends = {item.id: item.interpretation.intent for item in said}
    for message in messages:
        waiting.append(message.provider_id)
        if message.provider_id in ends:
            meanings |= dict.fromkeys(waiting, ends[message.provider_id])
            waiting.clear()
    return meanings
