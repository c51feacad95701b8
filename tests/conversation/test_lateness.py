"""Messages that reach us long after they were sent."""

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select

from bot.delivery import inbox
from bot.messages import Incoming
from bot.storage.engine import Database
from bot.storage.sealing import Sealer
from bot.storage.tables import ChannelAddress, Inbox, Message
from tests.claims import claim_one
from tests.conftest import Clock
from tests.conversation.test_turn import ADDRESS, Desk

SORRY = "baru dapat kami jawab"


@pytest.fixture
def desk(database: Database, sealer: Sealer, clock: Clock) -> Desk:
    return Desk(database, sealer, clock)


async def answers(desk: Desk, **sent: timedelta) -> list[str]:
    """What the bot says to messages that arrive now and were sent so long ago, taken as one turn."""
    now = desk.clock()
    messages = [
        Incoming(
            channel="simwhatsapp", address=ADDRESS, provider_id=str(uuid4()), sent_at=now - ago, text=text
        )
        for text, ago in sent.items()
    ]
    await inbox.store(desk.database, desk.sealer, messages, now)
    claimed = await claim_one(desk.database, desk.sealer, now)
    assert claimed
    await desk.conversations.take_turn(claimed)
    async with desk.database.sessions() as session:
        said = select(Message.body).where(Message.author == "bot").order_by(Message.id)
        return list(await session.scalars(said))


async def test_an_answer_that_comes_late_says_so_first_with_the_time_of_the_place(desk: Desk) -> None:
    [answer, *_] = await answers(desk, halo=timedelta(minutes=10))
    assert SORRY in answer.splitlines()[0]
    assert "11.50 WIB" in answer.splitlines()[0]
    assert len(answer.splitlines()) > 2


async def test_one_in_time_does_not(desk: Desk) -> None:
    assert SORRY not in "".join(await answers(desk, halo=timedelta(minutes=9, seconds=59)))


async def test_it_is_said_once_for_all_that_are_answered_together_of_the_oldest(desk: Desk) -> None:
    said = "\n".join(await answers(desk, halo=timedelta(hours=2), buka=timedelta(minutes=1)))
    assert said.count(SORRY) == 1
    assert "10.00 WIB" in said


async def test_after_a_day_it_is_written_down_and_not_answered(desk: Desk) -> None:
    assert await answers(desk, halo=timedelta(hours=24)) == []
    async with desk.database.sessions() as session:
        assert (await session.scalars(select(Message.body))).all() == ["halo"]
        assert (await session.scalars(select(Inbox.state))).all() == ["done"]


async def test_but_it_is_answered_together_with_something_newer(desk: Desk) -> None:
    assert await answers(desk, halo=timedelta(hours=30), buka=timedelta(minutes=1))


async def test_a_late_message_opens_the_window_from_when_it_was_written(desk: Desk) -> None:
    await answers(desk, halo=timedelta(hours=3))
    async with desk.database.sessions() as session:
        last = (await session.scalars(select(ChannelAddress.last_inbound_at))).one()
    assert last == desk.clock() - timedelta(hours=3)
