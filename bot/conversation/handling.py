"""What an agent does, and what the participant hears of it. Used by the desk and by the API alike."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.cases import lifecycle
from bot.cases.history import Actor, record
from bot.cases.lifecycle import CaseTaken
from bot.config import Config
from bot.config.papers import document_names, service_name
from bot.conversation.speaking import Saying, Speaker, say
from bot.dialogue.shelf import next_end, set_aside
from bot.dialogue.state import Dialogue, dump, load
from bot.errors import SiagaError
from bot.live import Live
from bot.messages import Enclosure, Occasion, Text
from bot.people.erasing import NOBODY
from bot.storage.sealing import Sealer
from bot.storage.tables import (
    Agent,
    Author,
    Case,
    CaseKind,
    CaseStatus,
    Conversation,
    Owner,
    Participant,
    Role,
)
from bot.texts import Texts


class Unknown(SiagaError):
    """A transfer names an agent or a branch that is not there."""

    said = "error.unknown_target"


@dataclass(frozen=True, kw_only=True)
class Target:
    """Where a case goes: an agent (e-mail, id or name), or the queue of a team or a branch."""

    agent: str | None = None
    team: str | None = None
    branch: str | None = None
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Handling:
    """The verbs of the desk. Each takes the transaction, the case and who acts; none commits."""

    sealer: Sealer
    config: Config
    texts: Texts
    live: Live
    clock: Callable[[], datetime]

    async def claim(self, session: AsyncSession, case: Case, agent: Agent) -> None:
        """Take a case. A waiting conversation is the agent's from now on, and the participant hears who is there.

        Raises:
            CaseTaken, WrongState: see `lifecycle.claim`.
        """
        talk = await self.locked_talk(session, case)
        mine = case.assignee_id == agent.id
        await lifecycle.claim(session, case, agent, self.clock())
        if case.kind is CaseKind.HANDOVER and not mine:
            self._hold(talk, agent)
            await self.tell(session, case, talk, "agent.joined", name=agent.name)
        elif not mine:
            await self.tell_of_request(session, case, talk, "request.claimed")

    async def release(self, session: AsyncSession, case: Case, agent: Agent) -> None:
        """Give a case back to the queue; a conversation that was held for it waits there too."""
        talk = await self.lock(session, case, agent)
        held = self.held(talk, case)
        lifecycle.release(session, case, agent, self.clock())
        if held:
            await self._let_go(session, case, talk)

    async def transfer(self, session: AsyncSession, case: Case, agent: Agent, target: Target) -> None:
        """Give a case to another agent, a team, or a branch.

        Raises:
            Unknown: there is no such agent or branch.
        """
        talk = await self.lock(session, case, agent)
        colleague = await self._colleague(session, target.agent) if target.agent else None
        if target.branch and target.branch not in self.config.branches:
            raise Unknown(target.branch)
        held = self.held(talk, case)
        move = lifecycle.Move(colleague, target.team, target.branch)
        lifecycle.transfer(session, case, agent, self.clock(), move, target.reason)
        if held and colleague:
            talk.agent_id = colleague.id
            await self.tell(session, case, talk, "agent.joined", name=colleague.name)
        elif held:
            await self._let_go(session, case, talk)

    async def reply(
        self,
        session: AsyncSession,
        case: Case,
        agent: Agent,
        body: str,
        enclosure: Enclosure | None = None,
    ) -> None:
        """Write to the participant on their channel. From now on the talk is the agent's: the bot is silent.

        Args:
            enclosure: a file that goes along (`bot.media.enclosing`); then there need be no words.

        Raises:
            CaseTaken: another agent holds this case or this conversation.
            NotThere: the file was removed meanwhile.
        """
        talk = await self.lock(session, case, agent)
        if talk.owner is Owner.AGENT and talk.agent_id != agent.id and agent.role is Role.AGENT:
            raise CaseTaken(await session.get(Agent, talk.agent_id))
        if case.assignee_id != agent.id:  # a supervisor steps in: then the case is theirs too
            lifecycle.transfer(session, case, agent, self.clock(), lifecycle.Move(agent), "")
        lifecycle.replied(session, case, agent, self.clock())
        self._hold(talk, agent)
        language = await self.language(session, talk)
        key = "agent.reply" if body or enclosure is None else "agent.file"
        said = self.texts.say(key, language, {"name": agent.name, "body": body})
        values = {"name": agent.name, "body": body, "text": said}
        # No template takes a file along: without one, words and file wait together for an open window.
        occasion = None if enclosure else Occasion("agent_reply", language, values)
        text = Text(body=said, occasion=occasion, enclosure=enclosure)
        by = Speaker(Author.AGENT, agent.id, case.id)
        await say(session, self.sealer, [Saying(talk, text, by)], self.clock())

    async def note(self, session: AsyncSession, case: Case, agent: Agent, body: str) -> None:
        """A word for colleagues: the participant never sees it."""
        lifecycle.note(session, case, agent, body, self.clock())

    async def resolve(self, session: AsyncSession, case: Case, agent: Agent, body: str = "") -> None:
        """Settle a case, with a last word if there is one; the bot takes the talk over again."""
        talk = await self.lock(session, case, agent)
        is_request = case.kind is CaseKind.ADMIN
        if body and not is_request:
            await self.reply(session, case, agent, body)
        held = self.held(talk, case)
        lifecycle.resolve(session, case, Actor("agent", agent.id), self.clock())
        if held or case.kind is CaseKind.HANDOVER:
            self.to_bot(talk)
        if is_request:
            await self.tell_of_request(session, case, talk, "request.done", word=body)
        else:
            await self.tell(session, case, talk, "agent.resolved", number=case.number)

    async def return_to_bot(self, session: AsyncSession, case: Case, agent: Agent) -> None:
        """Let the bot answer again while the case stays open."""
        talk = await self.lock(session, case, agent)
        self.to_bot(talk)
        record(session, ("case", case.id), "returned", Actor("agent", agent.id), self.clock(), public=True)
        await self.tell(session, case, talk, "agent.returned")

    async def reopen(self, session: AsyncSession, case: Case, agent: Agent, body: str = "") -> None:
        """Take a settled case up again; `body` is for colleagues.

        Raises:
            WrongState: it is open; or its participant has had everything erased, so that there is nobody to talk to.
        """
        talk = await self.lock(session, case, agent, closed_too=True)
        if talk.address.startswith(NOBODY):
            raise lifecycle.WrongState(case.status)
        lifecycle.reopen(session, case, agent, self.clock())
        await self.tell_of_request(session, case, talk, "request.reopened")
        if body:
            lifecycle.note(session, case, agent, body, self.clock())

    async def close(self, session: AsyncSession, case: Case, agent: Agent, body: str = "") -> None:
        """End a case for good; `body` is for colleagues."""
        talk = await self.lock(session, case, agent, closed_too=True)
        if case.status is CaseStatus.CLOSED:
            raise lifecycle.WrongState(case.status)
        waits = talk.owner is Owner.QUEUE and case.kind is CaseKind.HANDOVER
        if self.held(talk, case) or waits:
            self.to_bot(talk)
        lifecycle.close(session, case, Actor("agent", agent.id), self.clock())
        if body:
            lifecycle.note(session, case, agent, body, self.clock())

    async def announce(self, case: Case) -> None:
        """After the commit: every open page that shows this case is told."""
        await self.live.publish("desk", case=case.number, conversation=str(case.conversation_id))
        await self.live.publish(f"conversation:{case.conversation_id}", case=case.number)

    # -- what the verbs of administrative requests (`bot.conversation.paperwork`) need as well ------------------

    async def lock(
        self, session: AsyncSession, case: Case, agent: Agent, *, closed_too: bool = False
    ) -> Conversation:
        """Lock the conversation and then the case, in the order in which a turn of the bot does.

        Raises:
            CaseTaken, WrongState: see `lifecycle.hold`.
        """
        talk = await self.locked_talk(session, case)
        await lifecycle.hold(session, case, agent, closed_too=closed_too)
        return talk

    @staticmethod
    async def locked_talk(session: AsyncSession, case: Case) -> Conversation:
        """The conversation that a case came from, locked."""
        query = select(Conversation).where(Conversation.id == case.conversation_id).with_for_update()
        return (await session.scalars(query)).one()

    @staticmethod
    def held(talk: Conversation, case: Case) -> bool:
        """Whether the conversation is held by the case's assignee."""
        return talk.owner is Owner.AGENT and talk.agent_id == case.assignee_id

    def to_bot(self, talk: Conversation) -> None:
        """The bot starts afresh: what it had asked before the agent came is over, or lies on the shelf."""
        talk.owner, talk.agent_id, talk.queued_at = Owner.BOT, None, None
        if talk.sealed_dialogue:
            old = load(self.sealer.open(talk.sealed_dialogue))
            set_aside(old, self.clock())
            talk.nudge_at = next_end(old)
            fresh = Dialogue(
                serial=old.serial,
                language=old.language,
                settled=old.settled,
                branch=old.branch,
                shelf=old.shelf,
            )
            talk.sealed_dialogue = self.sealer.seal(dump(fresh))

    async def tell(
        self, session: AsyncSession, case: Case, talk: Conversation, key: str, **values: object
    ) -> None:
        """Say something about a case to its participant, on their channel and in their language."""
        language = await self.language(session, talk)
        said = self.texts.say(key, language, values)
        text = Text(body=said, occasion=Occasion("case_update", language, {"text": said}))
        by = Speaker(Author.SYSTEM, None, case.id)
        await say(session, self.sealer, [Saying(talk, text, by)], self.clock())

    async def tell_of_request(
        self,
        session: AsyncSession,
        case: Case,
        talk: Conversation,
        key: str,
        *,
        documents: Iterable[str] = (),
        **values: object,
    ) -> None:
        """Tell a participant how their administrative request goes on; of a case of another kind, nothing.

        Args:
            documents: codes of the documents that it is about.
        """
        if case.kind is not CaseKind.ADMIN:
            return
        language = await self.language(session, talk)
        about = {
            "number": case.number,
            "service": service_name(self.config, case.category, language),
            "documents": document_names(self.config, case.category, documents, language),
        }
        await self.tell(session, case, talk, key, **about, **values)

    @staticmethod
    async def language(session: AsyncSession, talk: Conversation) -> str:
        """The language that the participant is spoken to in."""
        return (await session.get_one(Participant, talk.participant_id)).language

    # -- parts ------------------------------------------------------------------------------------------------

    async def _let_go(self, session: AsyncSession, case: Case, talk: Conversation) -> None:
        """A conversation that was held waits for another agent, or goes back to the bot."""
        if case.kind is not CaseKind.HANDOVER:
            self.to_bot(talk)
            return
        talk.owner, talk.agent_id, talk.queued_at = Owner.QUEUE, None, self.clock()
        await self.tell(session, case, talk, "agent.released")

    @staticmethod
    def _hold(talk: Conversation, agent: Agent) -> None:
        talk.owner, talk.agent_id, talk.queued_at = Owner.AGENT, agent.id, None

    @staticmethod
    async def _colleague(session: AsyncSession, named: str) -> Agent:
        query = select(Agent).where(Agent.active.is_(True))
        for agent in await session.scalars(query):
            if named.lower() in (str(agent.id), (agent.email or "").lower(), agent.name.lower()):
                return agent
        raise Unknown(named)
