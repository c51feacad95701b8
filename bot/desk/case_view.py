"""Everything that a case's page shows, read in a few queries."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.cases import history, queries
from bot.cases.administration import AdminState, state
from bot.cases.lifecycle import OPEN
from bot.channels import windows
from bot.desk.attaching import Choice, choice
from bot.desk.context import Desk
from bot.desk.facts import Fact, facts
from bot.desk.papers import Paper, may_be_paper, papers
from bot.desk.refusals import NotFound
from bot.desk.sent_files import SentFile, evidence, files_of, hidden, shared
from bot.desk.ticks import Tick, ticks
from bot.messages import Contact, Location
from bot.reading.numbers import mask
from bot.review import keeping
from bot.storage.tables import (
    Agent,
    Author,
    Case,
    CaseKind,
    CaseStatus,
    ChannelAddress,
    Conversation,
    History,
    Message,
    Owner,
    Role,
)


@dataclass(frozen=True)
class Quote:
    """The line that a participant quotes, or changes: shown above theirs."""

    line: Message
    body: str
    name: str


@dataclass(frozen=True)
class Bubble:
    """One line of the talk."""

    message: Message
    body: str
    name: str
    tick: Tick | None = None
    quote: Quote | None = None
    files: tuple[SentFile, ...] = ()
    place: Location | None = None
    card: Contact | None = None
    taken_for: str = ""
    """What the bot took a participant's message for; of several that it took together, at the last."""
    meant: str = ""
    """What an agent says that it meant; `meant_by` is their name."""
    meant_by: str = ""

    @property
    def side(self) -> str:
        """``in`` for the participant, ``out`` for us, ``middle`` for what the system said."""
        sides = {Author.PARTICIPANT: "in", Author.SYSTEM: "middle"}
        return sides.get(self.message.author, "out")


@dataclass(frozen=True)
class Step:
    """One entry of the history, with the name of who did it."""

    entry: History
    name: str


@dataclass(frozen=True)
class Reached:
    """Who the participant is, as far as an agent needs to know."""

    channel: str
    name: str
    address: str
    phone: str
    unreachable: bool
    window_closed: bool
    """Whether only an approved template would pass now, or nothing."""
    window_until: datetime | None
    """Until when we may write freely; None where there is no such limit."""
    templated: bool
    """Whether there is a template for an agent's reply."""
    files: Choice
    """The files that can be sent there."""


@dataclass(frozen=True, kw_only=True)
class CaseView:
    """A case as its page shows it."""

    case: Case
    talk: Conversation
    assignee: Agent | None
    reached: Reached
    bubbles: Sequence[Bubble]
    steps: Sequence[Step]
    facts: Sequence[Fact]
    evidence: Sequence[SentFile]
    state: AdminState | None
    """Where an administrative request stands."""
    papers: Sequence[Paper]
    """Its documents."""
    verbs: frozenset[str]
    """What the agent who looks may do now."""
    mine: bool

    def may_file(self, file: SentFile) -> bool:
        """Whether a file of the talk may be taken for one of the documents now."""
        return "put" in self.verbs and may_be_paper(file, self.papers)


async def found(session: AsyncSession, agent: Agent, number: str) -> Case:
    """The case with that number.

    Raises:
        NotFound: there is none, or the agent may not see it.
    """
    case = await queries.by_number(session, agent, number) if number.isprintable() else None
    if case is None:
        raise NotFound(number)
    return case


async def view(
    desk: Desk, session: AsyncSession, agent: Agent, case: Case, *, language: str, revealed: bool = False
) -> CaseView:
    """All about a case; personal numbers are masked unless `revealed`."""
    talk = await session.get_one(Conversation, case.conversation_id)
    lines = await queries.messages(session, case)
    entries = await history.entries(session, "case", case.id)
    meant = await keeping.corrections(session, [line.id for line in lines if line.intent])
    quoted = await _quoted(session, lines)
    names = await _names(session, [*lines, *quoted.values()], entries, [by for _, by in meant.values()])
    assignee = await session.get(Agent, case.assignee_id) if case.assignee_id else None
    files = await evidence(desk, session, case, revealed=revealed)
    bubbles = await _bubbles(desk, session, lines, names, revealed=revealed)
    bubbles = _with_quotes(desk, bubbles, quoted, names, revealed=revealed)
    return CaseView(
        case=case,
        talk=talk,
        assignee=assignee,
        reached=await _reached(desk, session, talk, revealed=revealed),
        bubbles=_with_meanings(bubbles, meant, names),
        steps=[Step(entry, names.get(entry.by_id or "", "")) for entry in entries],
        facts=facts(desk, case, language, revealed=revealed),
        evidence=[file for file in files if not file.document],
        state=state(case) if case.kind is CaseKind.ADMIN else None,
        papers=papers(desk, case, files, entries, language),
        verbs=verbs(case, talk, agent),
        mine=case.assignee_id == agent.id,
    )


def verbs(case: Case, talk: Conversation, agent: Agent) -> frozenset[str]:
    """What an agent may do to a case now. The verbs check for themselves; this decides which buttons there are."""
    mine = case.assignee_id == agent.id
    leads = agent.role is not Role.AGENT
    may = {"note"}
    if case.status in OPEN and case.assignee_id is None:
        may.add("claim")
    elif case.status in OPEN and (mine or leads):
        may |= {"release", "transfer", "resolve", "close"}
        may |= {"reply"} if mine else {"take_over"}
        may |= {"return"} if talk.owner is Owner.AGENT else set()
        if case.kind is CaseKind.ADMIN:  # it ends with a word to its participant
            may = may - {"close"} | {"ask_document", "reject", "put"}
    elif case.status not in OPEN and (mine or leads):
        may |= {"reopen"} | ({"close"} if case.status is CaseStatus.RESOLVED else set())
    return frozenset(may)


async def _names(
    session: AsyncSession, lines: Iterable[Message], entries: Iterable[History], others: Iterable[UUID]
) -> dict[str, str]:
    """The names of every agent who appears, by id."""
    ids = {*others, *(line.agent_id for line in lines if line.agent_id)}
    ids |= {UUID(entry.by_id) for entry in entries if entry.by_kind == "agent" and entry.by_id}
    named = await session.execute(select(Agent.id, Agent.name).where(Agent.id.in_(ids)))
    return {str(id_): name for id_, name in named}


async def _bubbles(
    desk: Desk, session: AsyncSession, lines: Sequence[Message], names: dict[str, str], *, revealed: bool
) -> list[Bubble]:
    ids = [line.id for line in lines]
    known = await ticks(session, ids)
    files = await files_of(desk, session, ids, revealed=revealed)
    return [
        Bubble(
            message=line,
            body=_body(desk, line, revealed=revealed),
            name=names.get(str(line.agent_id), ""),
            tick=known.get(line.id),
            files=tuple(files.get(line.id, ())),
            **shared(desk, line, revealed=revealed),
        )
        for line in lines
    ]


async def _quoted(session: AsyncSession, lines: Sequence[Message]) -> dict[int, Message]:
    """The lines that others refer to, by id; they may be older than all that are shown."""
    ids = {line.refers_to for line in lines if line.refers_to}
    if not ids:
        return {}
    return {line.id: line for line in await session.scalars(select(Message).where(Message.id.in_(ids)))}


def _with_quotes(
    desk: Desk,
    bubbles: Sequence[Bubble],
    quoted: Mapping[int, Message],
    names: Mapping[str, str],
    *,
    revealed: bool,
) -> list[Bubble]:
    """The same lines, each with the one that it refers to."""
    shown: list[Bubble] = []
    for bubble in bubbles:
        line = quoted.get(bubble.message.refers_to or 0)
        if line is None:
            shown.append(bubble)
            continue
        quote = Quote(line, _body(desk, line, revealed=revealed), names.get(str(line.agent_id), ""))
        shown.append(replace(bubble, quote=quote))
    return shown


def _with_meanings(
    bubbles: Sequence[Bubble], meant: Mapping[int, tuple[str, UUID]], names: Mapping[str, str]
) -> list[Bubble]:
    """The same lines, with what the bot and an agent say of them."""
    shown: list[Bubble] = []
    for bubble, following in zip(bubbles, [*bubbles[1:], None], strict=True):
        line, after = bubble.message, following.message if following else None
        together = after is not None and after.author == line.author
        goes_on = together and after is not None and (after.at, after.intent) == (line.at, line.intent)
        intent, by = meant.get(line.id, ("", None))
        if line.author is Author.PARTICIPANT and line.intent and not goes_on:
            by_name = names.get(str(by), "")
            shown.append(replace(bubble, taken_for=line.intent, meant=intent, meant_by=by_name))
        else:
            shown.append(bubble)
    return shown


def _body(desk: Desk, line: Message, *, revealed: bool) -> str:
    if revealed and line.sealed_body:
        return str(desk.sealer.open(line.sealed_body))
    return mask(line.body)


async def _reached(desk: Desk, session: AsyncSession, talk: Conversation, *, revealed: bool) -> Reached:
    known = await session.get(ChannelAddress, talk.address)
    channel, _, own = talk.address.partition(":")
    heard = (known.last_inbound_at, known.window_closed_at) if known else (None, None)
    reached = Reached(
        channel=channel,
        name=str(desk.sealer.open(known.sealed_profile_name)) if known and known.sealed_profile_name else "",
        address=own,
        phone=str(desk.sealer.open(known.sealed_phone)) if known and known.sealed_phone else "",
        unreachable=bool(known and known.unreachable_since),
        window_closed=not windows.is_open(channel, *heard, desk.clock()),
        window_until=windows.open_until(channel, *heard),
        templated=any(template.purpose == "agent_reply" for template in desk.config.templates),
        files=choice(desk.enclosing.takes(talk.address)),
    )
    if revealed:
        return reached
    return replace(
        reached, name=mask(reached.name), address=hidden(reached.address), phone=hidden(reached.phone)
    )
