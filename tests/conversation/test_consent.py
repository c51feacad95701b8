"""STOP and MULAI: honoured at once, whoever holds the talk, for everything that was not asked for."""

import pytest
from sqlalchemy import select, update

from bot.delivery import outbox
from bot.delivery.outbox import Letter
from bot.messages import Text
from bot.notices import subscriptions
from bot.people import consents
from bot.storage.engine import Database
from bot.storage.sealing import Sealer
from bot.storage.tables import (
    Agent,
    ChannelAddress,
    ConsentGiven,
    Conversation,
    Outbox,
    OutboxState,
    Owner,
    Priority,
    Role,
)
from tests.conftest import Clock
from tests.conversation.test_turn import ADDRESS, Desk


@pytest.fixture
async def desk(database: Database, sealer: Sealer, clock: Clock) -> Desk:
    """Somebody with a subscription, and a notice on its way to them."""
    desk = Desk(database, sealer, clock)
    await desk.say("halo")
    async with database.sessions.begin() as session:
        await subscriptions.subscribe(session, ADDRESS, None, None, clock())
        letter = Letter(
            address=ADDRESS,
            text=Text(body="VClaim gangguan"),
            priority=Priority.NOTICE,
        )
        await outbox.queue(session, sealer, [letter], clock())
    return desk


async def notice(desk: Desk) -> OutboxState:
    async with desk.database.sessions() as session:
        query = select(Outbox.state).where(Outbox.priority == Priority.NOTICE)
        return (await session.scalars(query)).one()


async def opted_out(desk: Desk) -> bool:
    return (await desk.one(ChannelAddress)).opted_out_at is not None


@pytest.mark.parametrize("words", ["STOP", "Berhenti!", "unsubscribe", "jangan kirim lagi ya min", "/stop"])
async def test_stop_and_start(desk: Desk, words: str) -> None:
    [line] = await desk.say(words)
    assert "kabar dan pengingat tidak kami kirim lagi" in line.body
    assert await opted_out(desk)
    assert await notice(desk) is OutboxState.CANCELLED
    lines = await desk.say("MULAI")
    assert "kami kabari lagi" in lines[0].body
    assert not await opted_out(desk)


async def test_stop_while_an_agent_holds_the_talk(desk: Desk) -> None:
    """The bot is silent then; the wish counts all the same."""
    async with desk.database.sessions.begin() as session:
        session.add(agent := Agent(name="Rina", role=Role.AGENT))
        await session.flush()
        await session.execute(update(Conversation).values(owner=Owner.AGENT, agent_id=agent.id))
    assert await desk.say("stop") == []
    assert await opted_out(desk)
    assert await notice(desk) is OutboxState.CANCELLED
    assert await desk.say("mulai") == []
    assert not await opted_out(desk)


async def test_stop_in_a_flood(desk: Desk) -> None:
    await desk.say(*["p"] * 40)
    await desk.say("stop")
    assert await opted_out(desk)


async def test_a_sentence_with_the_word_in_it_is_no_wish(desk: Desk) -> None:
    await desk.say("bus nya stop di depan kantor buka ga")
    assert not await opted_out(desk)


@pytest.mark.parametrize("stopped", [False, True])
async def test_a_form_left_alone_is_reminded_of_unless_they_said_stop(desk: Desk, stopped: bool) -> None:
    await desk.say("mau mengadu")
    if stopped:
        async with desk.database.sessions.begin() as session:
            await subscriptions.opt_out(session, ADDRESS, desk.clock())
    said = await desk.say("", due="idle_form")
    assert bool(said) is not stopped


async def test_asking_to_be_told_is_a_wish_again(desk: Desk) -> None:
    await desk.say("stop")
    async with desk.database.sessions.begin() as session:
        assert await subscriptions.subscribe(session, ADDRESS, "samarinda", None, desk.clock())
    assert not await opted_out(desk)


async def test_what_stop_says_that_it_leaves_it_leaves(desk: Desk) -> None:
    """Consents, and what answers a report: also while nobody wrote."""
    async with desk.database.sessions.begin() as session:
        talk = (await session.scalars(select(Conversation))).one()
        await consents.give(session, talk, "administration", "2026-11", desk.clock())
        letter = Letter(address=ADDRESS, text=Text(body="Laporan sudah selesai"))
        await outbox.queue(session, desk.sealer, [letter], desk.clock())
    [line] = await desk.say("berhenti")
    assert "Data dan persetujuan Bapak/Ibu tetap ada pada kami" in line.body
    assert (await desk.one(ConsentGiven)).withdrawn_at is None
    async with desk.database.sessions() as session:
        replies = await session.scalars(select(Outbox.state).where(Outbox.priority == Priority.REPLY))
        assert OutboxState.CANCELLED not in replies.all()
