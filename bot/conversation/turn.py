"""One turn of a conversation: read what is pending, interpret, advance, store, queue, commit."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from bot import metrics, tracing
from bot.answers.index import Index, no_questions
from bot.cases import lifecycle
from bot.config import Config
from bot.conversation import consent, flood, lateness
from bot.conversation.carrying.documents import awaited_words
from bot.conversation.carrying.means import Means
from bot.conversation.noting import note_down
from bot.conversation.on_call import OnCall
from bot.conversation.reading import Read, Reader, open_dialogue
from bot.conversation.shell import carry_out
from bot.conversation.speaking import Saying, merge, say
from bot.delivery import inbox
from bot.delivery.claiming import Claimed
from bot.dialogue import shelf
from bot.dialogue.commands import Commands
from bot.dialogue.engine import Reply, Turn
from bot.dialogue.flow import Flows
from bot.dialogue.requests import Consult, Effect, LookUp
from bot.dialogue.state import Dialogue, Said, dump
from bot.dialogue.talk import World
from bot.live import Live, LiveEvent
from bot.messages import Address, Incoming, Text
from bot.nlu.interpreter import Interpreter
from bot.nlu.normalising import Normaliser
from bot.notices import subscriptions
from bot.retention import FOREVER, Kept
from bot.review.keeping import Keeping
from bot.storage.engine import Database
from bot.storage.sealing import Sealer
from bot.storage.tables import Conversation, Owner, Participant
from bot.texts import Texts
from bot.tracing import span

log = structlog.get_logger()


class _Asks(Exception):
    """A flow has a question to another server: it is asked once the turn's transaction is left."""

    def __init__(self, request: Consult[Any]) -> None:
        self.request = request
        super().__init__(type(request).__name__)


class _Alone(Exception):
    """A turn does more than talk: it is taken in a transaction of its own."""


@dataclass(frozen=True)
class _Answered:
    """A turn whose flows have run, and what is to be written of it."""

    read: Read
    talk: Conversation
    dialogue: Dialogue
    said: list[Saying]
    notes: list[tuple[Said, Turn]]
    """What each message led to, for the review of what was not understood."""


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
            [read] = await self._reader.read([claimed])
        while True:
            try:
                await self._take(read)
                break
            except _Asks as asks:
                with span("consult"):
                    answer = await self.consulting[type(asks.request)](asks.request, claimed.address)
                read.consulted[asks.request] = answer
        await self._announce([claimed])

    async def take_together(self, together: Sequence[Claimed]) -> list[Claimed]:
        """Take what several participants wrote as a turn each, in one transaction.

        Only where nothing is done but to talk (and `Effect.only_adds`): what opens a case, asks another server or waits
        for a lock is left to `take_turn`, so that no participant waits for what another one's turn takes.

        Returns:
            Those whose turn was taken; the others are as they were.
        """
        with span("interpret"):
            reads = await self._reader.read(together)
        now = self.clock()
        async with self.database.sessions(autoflush=False) as session:
            talks = await inbox.retake_free(session, together)
            looked_up: dict[LookUp[Any], Any] = {}
            answered = [
                one
                for read in reads
                if (talk := talks.get(read.claimed.conversation_id)) and _only_talks(talk, read, now)
                if (one := await self._try(self._means(session, talk, now, looked_up), read))
            ]
            taken = [one.read.claimed for one in answered]
            lines = await note_down(session, self.sealer, [(one.talk, one.read) for one in answered], now)
            await self._speak(session, answered, lines, now)
            await inbox.finish(session, taken, now)
            with span("commit"):
                await session.commit()
        await self._announce(taken)
        return taken

    async def _try(self, means: Means, read: Read) -> _Answered | None:
        """The turn on its own way; None, and nothing is changed, where it does more than talk."""
        others = set(means.session.new)
        with tracing.followed(read.claimed.way), span("flow"):
            try:
                return await self._answer(means, read, alone=False)
            except (_Alone, _Asks):
                for row in (means.talk, *(set(means.session.new) - others)):
                    means.session.expunge(row)
                return None

    async def _take(self, read: Read) -> None:
        """The turn, in one transaction.

        Raises:
            HoldLost: another worker took over; nothing is committed.
            _Asks: a flow asks another server; nothing is committed.
        """
        now, claimed = self.clock(), read.claimed
        async with self.database.sessions() as session:
            with span("flow"):
                talk = await inbox.retake(session, claimed)
                lines = await note_down(session, self.sealer, [(talk, read)], now)
                if talk.owner is Owner.AGENT or read.flooding:
                    written = [one.message.text for one in read.arrived]
                    await consent.honour(session, talk.address, written, self._commands, now)
                if talk.owner is Owner.AGENT:
                    talk.nudge_at = None
                    await lifecycle.participant_wrote(session, talk.id)
                elif _too_late(read, now):
                    log.warning("turn.too_late", conversation=str(talk.id), inbox=claimed.ids)
                elif read.said:
                    answered = await self._answer(self._means(session, talk, now, {}), read, alone=True)
                    await self._speak(session, [answered], lines, now)
                await inbox.finish(session, [claimed], now)
            with span("commit"):
                await session.commit()

    async def _announce(self, taken: Sequence[Claimed]) -> None:
        """Have open pages look again at these talks."""
        talks = [str(claimed.conversation_id) for claimed in taken]
        events = [LiveEvent(f"conversation:{talk}") for talk in talks]
        await self.live.publish_all(events + [LiveEvent("desk", {"conversation": talk}) for talk in talks])

    @cached_property
    def _reader(self) -> Reader:
        return Reader(
            database=self.database,
            sealer=self.sealer,
            interpreter=self.interpreter,
            flood_per_minute=self.flood_per_minute,
        )

    @cached_property
    def _on_call(self) -> OnCall:
        return OnCall(sealer=self.sealer, config=self.config, texts=self.texts, public_url=self.public_url)

    @cached_property
    def _commands(self) -> Commands:
        """The words that work everywhere, read from the texts once."""
        return Commands(self.texts)

    def _means(
        self, session: AsyncSession, talk: Conversation, now: datetime, looked_up: dict[LookUp[Any], Any]
    ) -> Means:
        return Means(
            session, self.sealer, self.config, talk, now, self._on_call, self.answers, self.kept, looked_up
        )

    async def _answer(self, means: Means, read: Read, *, alone: bool) -> _Answered:
        """Run the flows.

        Raises:
            _Alone: the turn does more than talk, and is not `alone`.
            _Asks: a flow asks another server.
        """
        talk, now = means.talk, means.now
        dialogue = open_dialogue(self.sealer, talk.sealed_dialogue)
        talk.branch, dialogue.branch = self._branch(talk.branch), self._branch(dialogue.branch)
        spoken = dialogue.language
        world = World(
            config=self.config,
            texts=self.texts,
            now=now,
            awaited=await self._awaited(means, read),
            our_branch=self._our_branch(read.claimed.written[-1]),
        )
        said = flood.urgent(read.said, dialogue, self._commands) if read.flooding else read.said
        replies: list[Reply] = self._hush(talk, read, now)
        notes: list[tuple[Said, Turn]] = []
        for item in said:
            world = replace(world, queued=talk.owner is Owner.QUEUE)
            turn = Turn(dialogue, self.flows, world, self._commands)
            await _drive(turn, item, means, read.consulted, alone=alone)
            # A question that the next of several messages answered already is not put any more.
            if turn.replies:
                replies = [reply for reply in replies if not reply.asks] + turn.replies
            waiting = turn.waits_with
            idle = now + self.idle[bool(waiting.reminded)] if waiting else None
            talk.nudge_at = idle or shelf.next_end(dialogue)
            notes.append((item, turn))
        if dialogue.language != spoken:
            await self._speak_from_now_on(means, dialogue.language, alone=alone)
        texts = await self._worded(means, read, dialogue, replies)
        return _Answered(read, talk, dialogue, [Saying(talk, text) for text in texts], notes)

    async def _worded(self, means: Means, read: Read, dialogue: Dialogue, replies: list[Reply]) -> list[Text]:
        """What is said in the end."""
        talk, messages = means.talk, read.claimed.written
        nobody_wrote = all(message.due for message in messages)
        if not replies or (nobody_wrote and await subscriptions.opted_out(means.session, talk.address)):
            return []  # a reminder is nothing that they asked for
        zone = ZoneInfo(self.config.office(dialogue.branch or talk.branch).zone)
        return merge(lateness.apology(messages, means.now, zone) + replies, self.texts, dialogue.language)

    @staticmethod
    async def _speak_from_now_on(means: Means, language: str, *, alone: bool) -> None:
        """Keep the language for whoever else writes to this participant."""
        if not alone:
            raise _Alone
        participant = await means.session.get_one(Participant, means.talk.participant_id)
        participant.language = language

    async def _speak(
        self,
        session: AsyncSession,
        answered: Sequence[_Answered],
        lines: Mapping[int, int],
        now: datetime,
    ) -> None:
        """Write down what these turns made of their messages, how the talks stand now, and what is said in them."""
        for one in answered:
            talk, dialogue = one.talk, one.dialogue
            names = {
                said.message.provider_id: lines[said.inbox_id]
                for said in one.read.arrived
                if said.inbox_id in lines
            }
            keeping = Keeping(session, talk, names, self.normaliser, now)
            for item, turn in one.notes:
                await keeping.note(item, turn)
            talk.branch = dialogue.branch or talk.branch
            talk.sealed_dialogue = self.sealer.seal(dump(dialogue))
        await say(session, self.sealer, [saying for one in answered for saying in one.said], now)

    async def _awaited(self, means: Means, read: Read) -> tuple[str, ...]:
        """The documents that are missing somewhere, where a photo or file came that may be one of them."""
        if not any(item.media for item in read.said):
            return ()
        return await awaited_words(means.session, self.config, means.talk)

    @staticmethod
    def _hush(talk: Conversation, read: Read, now: datetime) -> list[Reply]:
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


def _only_talks(talk: Conversation, read: Read, now: datetime) -> bool:
    """Whether nothing but an answer is to be expected of a turn, before its flows are run."""
    written = not any(message.due or message.media for message in read.claimed.written)
    nothing_else = bool(read.said) and not read.flooding and not _too_late(read, now)
    return talk.owner is not Owner.AGENT and written and nothing_else


def _too_late(read: Read, now: datetime) -> bool:
    return lateness.too_late(read.claimed.written, now)


def _national(number: str) -> str:
    """The digits of an Indonesian number without what leads it: ``+62 811...`` and ``0811...`` are the same."""
    return "".join(filter(str.isdigit, number)).removeprefix("62").lstrip("0")


async def _drive(
    turn: Turn, said: Said, means: Means, consulted: Mapping[Consult[Any], Any], *, alone: bool
) -> None:
    """Run a turn of the pure engine, carrying out what comes out of it.

    Raises:
        _Alone: something is to be done that others could wait for, and the turn is not `alone`.
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
            elif isinstance(request, Effect) and not (alone or request.only_adds):
                raise _Alone
            else:
                request = steps.send(await carry_out(means, request))
    except StopIteration:
        return
