"""Who writes too much: told once, kept all the same, heard again when they slow down."""

from dataclasses import replace

import pytest
from sqlalchemy import func, select, update

from bot.storage.engine import Database
from bot.storage.sealing import Sealer
from bot.storage.tables import Author, Conversation, Inbox, InboxState, Message, Owner
from tests.conftest import Clock
from tests.conversation.test_turn import Desk

MOST = 6


@pytest.fixture
def desk(database: Database, sealer: Sealer, clock: Clock) -> Desk:
    desk = Desk(database, sealer, clock)
    desk.conversations = replace(desk.conversations, flood_per_minute=MOST)
    return desk


def slower(desk: Desk) -> str:
    return desk.conversations.texts.say("flood.slower", "id", {})


async def bodies(desk: Desk, *texts: str) -> list[str]:
    return [line.body for line in await desk.say(*texts)]


async def noted(desk: Desk) -> int:
    async with desk.database.sessions() as session:
        said = select(func.count(Message.id)).where(Message.author == Author.PARTICIPANT)
        return await session.scalar(said) or 0


@pytest.mark.parametrize("together", [True, False])
async def test_one_more_than_there_may_be_within_a_minute(desk: Desk, together: bool) -> None:
    if together:
        assert await bodies(desk, *["halo"] * (MOST + 1)) == [slower(desk)]
    else:
        for _ in range(MOST):
            assert slower(desk) not in await bodies(desk, "halo")
            desk.clock.advance(9)
        assert await bodies(desk, "halo") == [slower(desk)]
    assert await bodies(desk, "halo") == []
    assert await noted(desk) == MOST + 2


async def test_as_many_as_there_may_be_are_answered(desk: Desk) -> None:
    for _ in range(3 * MOST):
        assert await bodies(desk, "halo")
        desk.clock.advance(10.1)


async def test_who_goes_on_is_not_answered_until_they_have_slowed_down(desk: Desk) -> None:
    await desk.say(*["halo"] * (MOST + 1))
    for _ in range(5):
        desk.clock.advance(15)  # four a minute: less than there may be, more than half of it
        assert await bodies(desk, "halo") == []
    desk.clock.advance(45)
    assert await bodies(desk, "halo")
    async with desk.database.sessions() as session:
        assert await session.scalar(select(Conversation.hushed_at)) is None
    assert await bodies(desk, *["halo"] * (MOST + 1)) == [slower(desk)]


async def test_messages_that_waited_for_us_are_no_flood(desk: Desk) -> None:
    """It counts when they arrived, not when a worker came to them."""
    claimed = await desk.write(*["halo"] * MOST)
    async with desk.database.sessions.begin() as session:
        await session.execute(
            update(Inbox)
            .where(Inbox.id.in_(claimed.ids))
            .values(received_at=Inbox.received_at - func.make_interval(0, 0, 0, 0, 0, 5))
        )
    await desk.conversations.take_turn(claimed)
    assert slower(desk) not in await bodies(desk, "halo")


async def test_an_agent_who_holds_the_talk_reads_everything(desk: Desk) -> None:
    await desk.say("halo")
    async with desk.database.sessions.begin() as session:
        await session.execute(update(Conversation).values(owner=Owner.AGENT))
    assert await bodies(desk, *["tolong"] * (3 * MOST)) == []
    assert await noted(desk) == 3 * MOST + 1
    async with desk.database.sessions() as session:
        assert set(await session.scalars(select(Inbox.state))) == {InboxState.DONE}


async def test_without_a_limit_there_is_none(desk: Desk) -> None:
    desk.conversations = replace(desk.conversations, flood_per_minute=0)
    assert slower(desk) not in await bodies(desk, *["halo"] * 45)
    assert slower(desk) not in await bodies(desk, "halo")


async def test_a_form_is_not_forgotten_by_it(desk: Desk) -> None:
    await desk.say("mau mengadu")
    before = await desk.one_talk()
    await desk.say(*["p"] * (MOST + 1))
    after = await desk.one_talk()
    assert after.nudge_at == before.nudge_at
    assert after.hushed_at == desk.clock()
