"""A case as it is answered: put together from its tables, with every personal number masked."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.api.case_forms import (
    AttachmentPage,
    By,
    CasePage,
    Entry,
    MessagePage,
    ParticipantPage,
    Someone,
    WholeCase,
)
from bot.cases import history, queries
from bot.messages import channel_of
from bot.reading.numbers import mask
from bot.storage.sealing import Sealer
from bot.storage.tables import (
    Agent,
    Attachment,
    Case,
    ChannelAddress,
    Conversation,
    History,
    Message,
    Participant,
)


@dataclass(frozen=True, slots=True)
class People:
    """Who the cases are about (by conversation) and who works on them (by id)."""

    participants: dict[UUID, ParticipantPage]
    agents: dict[UUID, Someone]

    def agent(self, agent_id: UUID | str | None) -> Someone | None:
        """The agent with that id."""
        return self.agents.get(UUID(str(agent_id))) if agent_id else None


async def case_pages(session: AsyncSession, sealer: Sealer, cases: Sequence[Case]) -> list[CasePage]:
    """Cases as a list shows them."""
    people = await _people(session, sealer, cases, [case.assignee_id for case in cases])
    return [_page(case, people) for case in cases]


async def whole_case(session: AsyncSession, sealer: Sealer, case: Case) -> WholeCase:
    """A case as it is shown one by one."""
    talk = await queries.messages(session, case)
    steps = await history.entries(session, "case", case.id)
    files = await queries.attachments(session, case)
    with_lines = await queries.attachments_of(session, talk)
    agents = [case.assignee_id, *(line.agent_id for line in talk), *(step.by_id for step in steps)]
    people = await _people(session, sealer, [case], agents)
    return WholeCase(
        **dict(_page(case, people)),
        messages=[_message(line, people, with_lines.get(line.id, ())) for line in talk],
        history=[_entry(step, people) for step in steps],
        attachments=[_attachment(file) for file in files],
    )


def masked(value: Any) -> Any:
    """A JSON value without personal numbers, however deep they are in it."""
    match value:
        case str():
            return mask(value)
        case bool() | None:
            return value
        case int():
            return value if mask(str(value)) == str(value) else mask(str(value))
        case dict():
            return {name: masked(inner) for name, inner in value.items()}
        case list():
            return [masked(inner) for inner in value]
    return value


def masked_address(address: str) -> str:
    """An address by which nobody can be written to: its channel, and at most the last three characters."""
    channel, _, opaque = address.partition(":")
    kept = opaque[-3:] if len(opaque) >= 8 else ""
    return f"{channel}:{'*' * (len(opaque) - len(kept))}{kept}"


async def _people(
    session: AsyncSession, sealer: Sealer, cases: Sequence[Case], agents: Iterable[UUID | str | None]
) -> People:
    known = (
        select(Conversation.id, Conversation.address, Participant, ChannelAddress.sealed_profile_name)
        .join(Participant, Participant.id == Conversation.participant_id)
        .outerjoin(ChannelAddress, ChannelAddress.address == Conversation.address)
        .where(Conversation.id.in_({case.conversation_id for case in cases}))
    )
    participants = {
        talk: _participant(person, address, sealer.open(name) if name else None)
        for talk, address, person, name in await session.execute(known)
    }
    ids = {UUID(str(agent_id)) for agent_id in agents if agent_id}
    named = await session.execute(select(Agent.id, Agent.name).where(Agent.id.in_(ids)))
    return People(participants, {agent_id: Someone(id=agent_id, name=name) for agent_id, name in named})


def _participant(person: Participant, address: str, name: str | None) -> ParticipantPage:
    return ParticipantPage(
        id=person.id,
        channel=channel_of(address),
        address=masked_address(address),
        name=mask(name) if name else None,
        language=person.language,
    )


def _page(case: Case, people: People) -> CasePage:
    return CasePage(
        number=case.number,
        kind=case.kind,
        status=case.status,
        priority=case.priority,
        branch=case.branch,
        category=case.category,
        summary=mask(case.summary),
        fields=masked(case.fields),
        participant=people.participants[case.conversation_id],
        assignee=people.agent(case.assignee_id),
        opened_at=case.opened_at,
        due_at=case.due_at,
    )


def _message(line: Message, people: People, files: Sequence[Attachment]) -> MessagePage:
    return MessagePage(
        id=line.id,
        author=line.author,
        agent=people.agent(line.agent_id),
        body=mask(line.body),
        options=[option["title"] for option in line.options or ()],
        attachments=[_attachment(file) for file in files],
        refers_to=line.refers_to,
        edited=line.edited,
        at=line.at,
    )


def _entry(step: History, people: People) -> Entry:
    # Only agents are in a history by id.
    who = people.agent(step.by_id) if step.by_kind == "agent" else None
    by = By(kind=step.by_kind, id=who.id if who else None, name=who.name if who else None)
    return Entry(what=step.what, by=by, at=step.at, public=step.public, detail=masked(step.detail))


def _attachment(file: Attachment) -> AttachmentPage:
    return AttachmentPage(
        id=file.id,
        kind=file.kind,
        content_type=file.content_type,
        file_name=mask(file.file_name),
        size=file.size,
        document=file.document,
        created_at=file.created_at,
    )
