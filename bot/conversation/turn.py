"""One turn of a conversation: read what is pending, interpret, advance, store, queue, commit."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache, cached_property
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import Select, bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot import metrics
from bot.answers.index import Index, no_questions
from bot.cases import lifecycle
from bot.cases.opening import attachment, keep_numbers
from bot.config import Config
from bot.conversation import consent, flood, lateness
from bot.conversation.carrying.documents import awaited_words
from bot.conversation.carrying.means import Means
from bot.conversation.gathering import gather
from bot.conversation.lines import add_line
from bot.conversation.on_call import OnCall
from bot.conversation.referring import Arrived, arrived
from bot.conversation.shell import carry_out
from bot.conversation.speaking import merge, say
from bot.delivery import inbox
from bot.delivery.claiming import Claimed
from bot.dialogue import shelf
from bot.dialogue.commands import Commands
from bot.dialogue.engine import Reply, Turn
from bot.dialogue.flow import Flows
from bot.dialogue.requests import Consult
from bot.dialogue.state import Dialogue, Said, dump, load
from bot.dialogue.talk import World
from bot.live import Live
from bot.messages import NOTHING, Address, Entity, Incoming, Interpretation
from bot.nlu.interpreter import Interpreter
from bot.nlu.normalising import Normaliser
from bot.nlu.parts import parts, two_requests
from bot.notices import subscriptions
from bot.reading.numbers import mask
from bot.retention import FOREVER, Kept
from bot.review.keeping import Keeping
from bot.storage.engine import Database
from bot.storage.sealing import Sealer
from bot.storage.tables import (
    Author,
    Conversation,
    Owner,
    Participant,
)
from bot.texts import Texts
from bot.tracing import span

log = structlog.get_logger()


@dataclass(frozen=True)
class _Read:
    """The messages of a turn, and what was said with them."""

    arrived: list[Arrived]
    said: list[Said]
    flooding: bool
    """Whether they are too many to be answered."""
    consulted: dict[Consult[Any], Any] = field(default_factory=dict)
    """What other servers said (`_Asks`)."""


class _Asks(Exception):
    """A flow has a question to another server: it is asked once the turn's transaction is left."""

    def __init__(self, request: Consult[Any]) -> None:
        self.request = request
        super().__init__(type(request).__name__)


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
    flood_per_minute: int = 30
    """Who sends more messages than that within a minute is answered once more, then not until they slow down."""
    kept: Kept = FOREVER
    """For how long things are kept, for whoever asks."""
    public_url: str = ""
    """Where the desk is reached, for our own people."""
    answers: Index = field(default_factory=no_questions)
    """Which question of config/faq.yml a text asks."""
    consulting: Mapping[type, Callable[[Any, Address], Awaitable[Any]]] = field(default_factory=dict)
    """Who asks other servers, by the type of the request (a `Consult`), and for whom."""

    async def take_turn(self, claimed: Claimed) -> None:
        """Take what a participant wrote as one turn.

        Raises:
            HoldLost: another worker took over; nothing is committed.
        """
        with span("interpret"):
            read = await self._read(claimed)
        while True:
            try:
                await self._take(claimed, read)
                break
            except _Asks as asks:
                with span("consult"):
                    answer = await self.consulting[type(asks.request)](asks.request, claimed.address)
                read.consulted[asks.request] = answer
        await self.live.publish(f"conversation:{claimed.conversation_id}")
        await self.live.publish("desk", conversation=str(claimed.conversation_id))

    async def _take(self, claimed: Claimed, read: _Read) -> None:
        """The turn, in one transaction.

        Raises:
            HoldLost: another worker took over; nothing is committed.
            _Asks: a flow asks another server; nothing is committed.
        """
        now = self.clock()
        async with self.database.sessions() as session:
            with span("flow"):
                talk = await inbox.retake(session, claimed)
                lines = await self._note_down(session, talk, read, now)
                if talk.owner is Owner.AGENT or read.flooding:
                    written = [one.message.text for one in read.arrived]
                    await consent.honour(session, talk.address, written, self._commands, now)
                if talk.owner is Owner.AGENT:
                    talk.nudge_at = None
                    await lifecycle.participant_wrote(session, talk.id)
                elif lateness.too_late([message for _, message in claimed.messages], now):
                    log.warning("turn.too_late", conversation=str(talk.id), inbox=claimed.ids)
                elif read.said:
                    keeping = Keeping(session, talk, lines, self.normaliser, now)
                    await self._answer(keeping, claimed, read)
                await inbox.finish(session, claimed, now)
            with span("commit"):
                await session.commit()

    async def _read(self, claimed: Claimed) -> _Read:
        """What was said and what it means: before the turn's transaction, so that no lock waits for it."""
        most = self.flood_per_minute
        async with self.database.alone.connect() as connection:
            talk = (await connection.execute(_as_it_stands(), flood.counting(claimed, most))).one()
            if talk.hushed_at:  # only half as many are slow enough
                talk = (await connection.execute(_as_it_stands(), flood.counting(claimed, most // 2))).one()
            messages = await arrived(connection, self.sealer, claimed)
        flooding = talk.took is not None and talk.took < flood.WITHIN
        # Of a flood only a cry for help is looked for, which must not be buried in the words around it.
        one_by_one = messages if flooding else gather(messages, self._dialogue(talk.sealed_dialogue))
        texts = [_to_read(one.message) for one in one_by_one]
        meanings = iter(await self.interpreter.interpret([text for group in texts for text in group]))
        said = [
            _said(one, [next(meanings) for _ in group]) for one, group in zip(one_by_one, texts, strict=True)
        ]
        return _Read(messages, said, flooding)

    @cached_property
    def _on_call(self) -> OnCall:
        return OnCall(sealer=self.sealer, config=self.config, texts=self.texts, public_url=self.public_url)

    @cached_property
    def _commands(self) -> Commands:
        """The words that work everywhere, read from the texts once."""
        return Commands(self.texts)

    def _dialogue(self, sealed: bytes | None) -> Dialogue:
        return load(self.sealer.open(sealed)) if sealed else Dialogue()

    async def _note_down(
        self, session: AsyncSession, talk: Conversation, read: _Read, now: datetime
    ) -> dict[str, int]:
        """Every message as a line of the talk, personal numbers masked, photos and files beside it.

        Gives the lines' ids, by the provider's name for the message.
        """
        lines: dict[str, int] = {}
        meanings = _meanings(read)
        for one in read.arrived:
            message = one.message
            if message.due:
                continue
            body = message.text or _described(message)
            masked = mask(body)
            line_id = lines[message.provider_id] = await add_line(
                session,
                conversation_id=talk.id,
                author=Author.PARTICIPANT,
                body=masked,
                sealed_body=self.sealer.seal(body) if masked != body else None,
                sealed_shared=self._shared(message),
                intent=meanings.get(message.provider_id) or None,
                inbox_id=one.inbox_id,
                refers_to=one.refers_to,
                edited=one.before is not None,
                at=now,
            )
            session.add_all(
                attachment(self.sealer, talk, media, message_id=line_id) for media in message.media
            )
        await keep_numbers(session, self.sealer, talk, [one.message.text for one in read.arrived])
        return lines

    def _shared(self, message: Incoming) -> bytes | None:
        """The place or the contact card that came with a message, sealed."""
        shared = {"location": message.location, "card": message.card}
        there = {name: asdict(one) for name, one in shared.items() if one}
        return self.sealer.seal(there) if there else None

    async def _answer(self, keeping: Keeping, claimed: Claimed, read: _Read) -> None:
        session, talk, now = keeping.session, keeping.talk, keeping.now
        dialogue = self._dialogue(talk.sealed_dialogue)
        talk.branch, dialogue.branch = self._branch(talk.branch), self._branch(dialogue.branch)
        spoken = dialogue.language
        world = World(
            config=self.config,
            texts=self.texts,
            now=now,
            queued=talk.owner is Owner.QUEUE,
            awaited=await self._awaited(session, talk, read),
            our_branch=self._our_branch(claimed.messages[-1][1]),
        )
        means = Means(session, self.sealer, self.config, talk, now, self._on_call, self.answers, self.kept)
        said = flood.urgent(read.said, dialogue, self._commands) if read.flooding else read.said
        replies: list[Reply] = self._hush(talk, read, now)
        for item in said:
            world = replace(world, queued=talk.owner is Owner.QUEUE)
            turn = Turn(dialogue, self.flows, world, self._commands)
            await _drive(turn, item, means, read.consulted)
            # A question that the next of several messages answered already is not put any more.
            if turn.replies:
                replies = [reply for reply in replies if not reply.asks] + turn.replies
            waiting = turn.waits_with
            idle = now + self.idle[bool(waiting.reminded)] if waiting else None
            talk.nudge_at = idle or shelf.next_end(dialogue)
            await keeping.note(item, turn)
        nobody_wrote = all(message.due for _, message in claimed.messages)
        if nobody_wrote and await subscriptions.opted_out(session, talk.address):
            replies = []  # a reminder is nothing that they asked for
        if replies:
            zone = ZoneInfo(self.config.office(dialogue.branch or talk.branch).zone)
            replies = lateness.apology([message for _, message in claimed.messages], now, zone) + replies
        for text in merge(replies, self.texts, dialogue.language):
            await say(session, self.sealer, talk, text, now)
        talk.branch = dialogue.branch or talk.branch
        talk.sealed_dialogue = self.sealer.seal(dump(dialogue))
        if dialogue.language != spoken:
            participant = await session.get_one(Participant, talk.participant_id)
            participant.language = dialogue.language

    async def _awaited(self, session: AsyncSession, talk: Conversation, read: _Read) -> tuple[str, ...]:
        """The documents that are missing somewhere, where a photo or file came that may be one of them."""
        if not any(item.media for item in read.said):
            return ()
        return await awaited_words(session, self.config, talk)

    @staticmethod
    def _hush(talk: Conversation, read: _Read, now: datetime) -> list[Reply]:
        """The one word about it to who begins to write too much."""
        if not read.flooding:
            talk.hushed_at = None
            return []
        metrics.FLOODS.labels("silent" if talk.hushed_at else "told").inc()
        if talk.hushed_at:
            return []
        talk.hushed_at = now
        return [Reply("flood.slower")]

    def _branch(self, code: str | None) -> str | None:
        """A branch that a talk is about, unless branches.yml has it no more."""
        return code if code in self.config.branches else None

    def _our_branch(self, message: Incoming) -> str | None:
        """The branch whose own number was written to; else the operator's default."""
        ours = _national(message.to)
        for branch in self.config.branches.values():
            if ours and branch.whatsapp and _national(branch.whatsapp) == ours:
                return branch.code
        return self.config.default_branch.code if self.config.default_branch else None


@cache
def _as_it_stands() -> Select[bytes | None, datetime | None, timedelta | None]:
    """What has to be known of a conversation before its turn: `flood.counting` gives the values."""
    columns = (Conversation.sealed_dialogue, Conversation.hushed_at, flood.span().label("took"))
    return select(*columns).where(Conversation.id == bindparam("whose"))


def _national(number: str) -> str:
    """The digits of an Indonesian number without what leads it: ``+62 811...`` and ``0811...`` are the same."""
    return "".join(filter(str.isdigit, number)).removeprefix("62").lstrip("0")


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


async def _drive(turn: Turn, said: Said, means: Means, consulted: Mapping[Consult[Any], Any]) -> None:
    """Run a turn of the pure engine, carrying out what comes out of it.

    Raises:
        _Asks: another server has to be asked first.
    """
    steps = turn.take(said)
    try:
        request = next(steps)
        while True:
            if isinstance(request, Consult):
                if request not in consulted:
                    raise _Asks(request)
                request = steps.send(consulted[request])
            else:
                request = steps.send(await carry_out(means, request))
    except StopIteration:
        return


def _described(message: Incoming) -> str:
    """What stands in the talk for a message without words."""
    if message.media:
        return f"[{message.media[0].kind.value}]"
    if message.location:
        return f"[location] {message.location.name}".strip()
    return f"[{message.unsupported or 'empty'}]"


def _meanings(read: _Read) -> dict[str, str]:
    """What each message was taken for, by its name; those that were joined (`gather`) have one meaning."""
    meanings: dict[str, str] = {}
    waiting: list[str] = []
    ends = {item.id: item.interpretation.intent for item in read.said}
    for one in read.arrived:
        waiting.append(one.message.provider_id)
        if waiting[-1] in ends:
            meanings |= dict.fromkeys(waiting, ends[waiting[-1]])
            waiting.clear()
    return meanings
