"""What is done to administrative requests in a transcript (see `desk`)."""

import re

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot import staff
from bot.cases.opening import NewCase, open_case
from bot.conversation import paperwork
from bot.storage.tables import (
    Agent,
    Attachment,
    Case,
    CaseKind,
    ChannelAddress,
    Conversation,
    Message,
    Role,
)
from tests.transcripts.house import House

APPLIES = re.compile(r"(\w+) applies for (\w+) at (\w+)")
ASKS = re.compile(r"(\w+) asks for ([\w, ]+) of (\S+): (.+)")
REJECTS = re.compile(r"(\w+) rejects (\S+): (.+)")
PUTS = re.compile(r"(\w+) puts the photo as (\w+) of (\S+)")


async def act(house: House, words: str) -> bool:
    """Do what a ``*`` line says, if it is about requests."""
    async with house.database.sessions.begin() as session:
        if applies := APPLIES.fullmatch(words):
            await _apply(house, session, *applies.groups())
        elif asks := ASKS.fullmatch(words):
            who, codes, number, why = asks.groups()
            agent, case = await _agent(house, session, who), await _case(session, number)
            await paperwork.ask(house.handling, session, case, agent, codes.split(", "), why)
        elif rejects := REJECTS.fullmatch(words):
            who, number, why = rejects.groups()
            agent, case = await _agent(house, session, who), await _case(session, number)
            await paperwork.reject(house.handling, session, case, agent, why)
        elif puts := PUTS.fullmatch(words):
            who, document, number = puts.groups()
            agent, case = await _agent(house, session, who), await _case(session, number)
            photo = await _newest_photo(session, case)
            await paperwork.put(house.handling, session, case, agent, photo, document)
        else:
            return False
    return True


async def _apply(house: House, session: AsyncSession, who: str, service: str, branch: str) -> None:
    rows = await session.execute(
        select(Conversation, ChannelAddress).join(
            ChannelAddress, ChannelAddress.address == Conversation.address
        )
    )
    sealer = house.shared.sealer
    (talk,) = [
        talk
        for talk, known in rows
        if known.sealed_profile_name and sealer.open(known.sealed_profile_name) == who
    ]
    fields = {"service": service, "state": "new"}
    new = NewCase(kind=CaseKind.ADMIN, summary=service, branch=branch, category=service, fields=fields)
    await open_case(session, sealer, house.shared.config, talk, new, house.clock())


async def _agent(house: House, session: AsyncSession, name: str) -> Agent:
    known = await session.scalar(select(Agent).where(Agent.name == name))
    email = f"{name.lower()}@contoh.id"
    return known or await staff.create_agent(session, email, name, Role.AGENT, None, None, house.clock())


async def _case(session: AsyncSession, number: str) -> Case:
    return (await session.scalars(select(Case).where(Case.number == number))).one()


async def _newest_photo(session: AsyncSession, case: Case) -> int:
    of_talk = select(Attachment.id).join(Message, Message.id == Attachment.message_id)
    of_talk = of_talk.where(Message.conversation_id == case.conversation_id)
    return (await session.scalars(of_talk.order_by(Attachment.id.desc()).limit(1))).one()
