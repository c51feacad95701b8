"""Forms that were left, on a real database: sealed, kept for a week, gone after it although nobody writes."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.conversation.handling import Handling
from bot.conversation.idle import stir
from bot.dialogue.shelf import KEPT
from bot.dialogue.state import Dialogue, load
from bot.live import Live
from bot.storage.engine import Database
from bot.storage.sealing import Sealer
from bot.storage.tables import Case, Conversation, Message, Owner
from tests.claims import claim_one
from tests.conftest import Clock
from tests.conversation.test_turn import ByWord, Desk
from tests.dialogue.scene import sample

NAME = "Siti Aminah Wulandari"


@pytest.fixture
async def desk(database: Database, sealer: Sealer, clock: Clock) -> Desk:
    """A participant who gave a branch, a name, and left."""
    desk = Desk(database, sealer, clock)
    interpreter = desk.conversations.interpreter
    assert isinstance(interpreter, ByWord)
    interpreter.intents["dobel"] = "admin_fix_duplicate"
    for said in ("nik saya dobel", "ya", "setuju", "palembang", "1", NAME):
        await desk.say(said)
    return desk


async def dialogue(desk: Desk) -> Dialogue:
    """What is kept of the talk."""
    sealed = (await desk.one_talk()).sealed_dialogue
    assert sealed
    assert NAME.encode() not in sealed
    return load(desk.sealer.open(sealed))


async def test_it_is_looked_at_when_its_week_is_over(desk: Desk, clock: Clock) -> None:
    left_at = clock()
    [said] = await desk.say("batal")
    assert "lanjutkan" in said.body
    assert (await desk.one_talk()).nudge_at == left_at + KEPT
    assert len((await dialogue(desk)).shelf) == 1

    clock.advance(KEPT.total_seconds() - 1)
    assert await stir(desk.database, desk.sealer, clock()) == 0
    clock.advance(1)
    assert await stir(desk.database, desk.sealer, clock()) == 1
    before = await desk.newest()
    claimed = await claim_one(desk.database, desk.sealer, clock())
    assert claimed
    await desk.conversations.take_turn(claimed)
    assert (await dialogue(desk)).shelf == []
    assert (await desk.one_talk()).nudge_at is None
    assert await desk.newest() == before  # and not a word is said


async def test_a_form_that_waits_comes_first(desk: Desk, clock: Clock) -> None:
    await desk.say("batal")
    await desk.say("saya mau mengadu")
    assert (await desk.one_talk()).nudge_at == clock() + timedelta(minutes=15)


async def test_it_outlives_an_agent(desk: Desk, clock: Clock) -> None:
    """The bot starts afresh after an agent; what was left before is still offered."""
    config, texts = sample()
    handling = Handling(sealer=desk.sealer, config=config, texts=texts, live=Live(None), clock=clock)
    await desk.say("petugas")
    async with desk.database.sessions.begin() as session:
        talk = (await session.scalars(select(Conversation))).one()
        talk.owner = Owner.AGENT
        case = (await session.scalars(select(Case))).one()
        assert case.number
        handling.to_bot(talk)
        assert talk.nudge_at == clock() + KEPT
    assert len((await dialogue(desk)).shelf) == 1
    bodies = [line.body for line in await desk.say("lanjutkan")]
    assert "Kita lanjutkan" in bodies[0]


async def test_the_form_on_top_is_put_aside_when_an_agent_took_over(desk: Desk, clock: Clock) -> None:
    config, texts = sample()
    handling = Handling(sealer=desk.sealer, config=config, texts=texts, live=Live(None), clock=clock)
    async with desk.database.sessions.begin() as session:
        talk = (await session.scalars(select(Conversation))).one()
        talk.owner = Owner.AGENT
        handling.to_bot(talk)
    kept = await dialogue(desk)
    assert [one.form.answers["name"] for one in kept.shelf] == [NAME]
    assert not kept.forms


async def test_no_line_of_ours_holds_a_number_in_the_open(desk: Desk) -> None:
    await desk.say("1671014107900001")
    async with desk.database.sessions() as session:
        bodies = list(await session.scalars(select(Message.body)))
        options = list(await session.scalars(select(Message.options)))
    assert not any("1671014107900001" in body for body in bodies)
    assert "1671014107900001" not in str(options)
