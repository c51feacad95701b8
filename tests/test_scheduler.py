"""What is due by the clock, on a real database."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select

from bot.delivery import inbox
from bot.messages import Address, Incoming
from bot.scheduler import Scheduler
from bot.storage.tables import Conversation, Inbox, Owner

ADDRESS = Address("telegram:4711")


@pytest.fixture
async def left_alone(database, sealer, clock) -> None:
    """A conversation whose form is to be reminded of in a minute."""
    said = Incoming(channel="telegram", address=ADDRESS, provider_id="1", sent_at=clock(), text="halo")
    await inbox.store(database, sealer, [said], clock())
    claimed = await inbox.claim(database, sealer, uuid4(), clock(), 30)
    async with database.sessions.begin() as session:
        talk = await inbox.retake(session, claimed, clock())
        talk.nudge_at = clock() + timedelta(minutes=1)
        await inbox.finish(session, claimed, clock())


async def waiting(database) -> list[Inbox]:
    async with database.sessions() as session:
        return list(await session.scalars(select(Inbox).where(Inbox.state == "pending")))


async def test_nothing_before_its_time(database, sealer, clock, left_alone):
    clock.advance(59)
    assert await Scheduler(database, sealer, clock).round() == 0
    assert await waiting(database) == []


async def test_a_form_left_alone_comes_up_once_whoever_asks(database, sealer, clock, left_alone):
    clock.advance(61)
    rounds = await asyncio.gather(*(Scheduler(database, sealer, clock).round() for _ in range(5)))
    assert sum(rounds) == 1
    [row] = await waiting(database)
    assert (row.address, row.channel) == (ADDRESS, "telegram")
    claimed = await inbox.claim(database, sealer, uuid4(), clock(), 30)
    assert [message.due for _, message in claimed.messages] == ["idle_form"]


async def test_an_agent_is_not_reminded_of_a_form(database, sealer, clock, left_alone):
    async with database.sessions.begin() as session:
        (await session.scalars(select(Conversation))).one().owner = Owner.AGENT
    clock.advance(61)
    assert await Scheduler(database, sealer, clock).round() == 0


async def test_it_stops_when_told(database, sealer, clock):
    stopping = asyncio.Event()
    running = asyncio.create_task(Scheduler(database, sealer, clock).run(stopping))
    await asyncio.sleep(0)
    stopping.set()
    await asyncio.wait_for(running, 10)
