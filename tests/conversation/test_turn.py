"""One turn against PostgreSQL: what it reads, what it keeps, what it commits."""

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from bot.conversation.turn import Conversations
from bot.delivery import inbox
from bot.delivery.claiming import Claimed
from bot.delivery.inbox import HoldLost
from bot.flows.registry import FLOWS
from bot.live import Live
from bot.messages import Address, Incoming, Interpretation
from bot.nlu.interpreter import Thresholds
from bot.storage.engine import Database
from bot.storage.sealing import Sealer
from bot.storage.tables import Conversation, Message, Outbox, Participant, Understanding
from tests.claims import claim_one
from tests.conftest import Clock
from tests.dialogue.scene import sample

ADDRESS = Address("simwhatsapp:budi")
NIK = "1671014107900001"


class ByWord:
    """Understands a text by the first word of it that is known."""

    name = "by word"
    thresholds = Thresholds(act=0.6, ask=0.3)

    def __init__(self, **intents: str) -> None:
        self.intents = intents

    async def interpret(self, texts: list[str]) -> list[Interpretation]:
        return [self._read(text) for text in texts]

    def _read(self, text: str) -> Interpretation:
        intent = next(
            (self.intents[word] for word in re.findall(r"\w+", text.lower()) if word in self.intents), ""
        )
        confidence = 0.95 if intent else 0.1
        return Interpretation(
            text=text,
            intent=intent,
            confidence=confidence,
            ranking=((intent, confidence),),
            interpreter=self.name,
            thresholds=self.thresholds,
        )


class Desk:
    """A participant who writes, and the turns that are taken of it."""

    def __init__(self, database: Database, sealer: Sealer, clock: Clock) -> None:
        config, texts = sample()
        interpreter = ByWord(
            mengadu="file_complaint", english="change_language", buka="ask_closure", halo="greet"
        )
        self.database, self.sealer, self.clock = database, sealer, clock
        self.conversations = Conversations(
            database=database,
            sealer=sealer,
            config=config,
            texts=texts,
            interpreter=interpreter,  # type: ignore[arg-type]
            flows=FLOWS,
            live=Live(None),
            clock=clock,
        )

    async def write(self, *texts: str, **fields: Any) -> Claimed:
        """Put messages into the inbox and claim them."""
        events = [
            Incoming(
                channel="simwhatsapp",
                address=ADDRESS,
                provider_id=str(uuid4()),
                sent_at=self.clock(),
                text=text,
                **fields,
            )
            for text in texts
        ]
        await inbox.store(self.database, self.sealer, events, self.clock())
        claimed = await claim_one(self.database, self.sealer, self.clock())
        assert claimed
        return claimed

    async def say(self, *texts: str, **fields: Any) -> list[Message]:
        """Write, have the turn taken, and give the bot's messages of that turn."""
        before = await self.newest()
        await self.conversations.take_turn(await self.write(*texts, **fields))
        async with self.database.sessions() as session:
            query = select(Message).where(Message.id > before, Message.author == "bot").order_by(Message.id)
            return list(await session.scalars(query))

    async def newest(self) -> int:
        async with self.database.sessions() as session:
            return await session.scalar(select(func.coalesce(func.max(Message.id), 0))) or 0

    async def one_talk(self) -> Conversation:
        return await self.one(Conversation)  # type: ignore[no-any-return]

    async def one(self, table: Any) -> Any:
        async with self.database.sessions() as session:
            return (await session.scalars(select(table))).one()


@pytest.fixture
def desk(database: Database, sealer: Sealer, clock: Clock) -> Desk:
    return Desk(database, sealer, clock)


async def test_what_was_not_understood_is_kept_for_review_and_masked(desk: Desk) -> None:
    await desk.say(f"xyz {NIK}")
    kept = await desk.one(Understanding)
    assert kept.outcome == "fell_through"
    assert kept.text == "xyz ************0001"
    assert kept.thought["interpreter"] == "by word"


async def test_a_line_of_the_talk_is_masked_and_can_still_be_opened(desk: Desk, sealer: Sealer) -> None:
    await desk.say(f"mau mengadu, NIK {NIK}")
    async with desk.database.sessions() as session:
        line = (await session.scalars(select(Message).where(Message.author == "participant"))).one()
    assert line.body == "mau mengadu, NIK ************0001"
    assert sealer.open(line.sealed_body) == f"mau mengadu, NIK {NIK}"
    assert line.intent == "file_complaint"


async def test_a_branch_that_is_no_more_leaves_nobody_without_an_answer(desk: Desk) -> None:
    await desk.say("kantor palembang buka?")
    async with desk.database.sessions.begin() as session:
        talk = (await session.scalars(select(Conversation))).one()
        kept = desk.sealer.open(talk.sealed_dialogue or b"")
        assert kept["branch"] == "palembang"
        talk.branch, talk.sealed_dialogue = "kantor_lama", desk.sealer.seal(kept | {"branch": "kantor_lama"})
    assert await desk.say("petugas")
    assert (await desk.one_talk()).branch is None


async def test_questions_that_were_answered_in_the_same_turn_are_not_put(desk: Desk) -> None:
    await desk.say("mau mengadu")
    said = await desk.say("obat kosong", "RS SMC")
    assert [line.body for line in said] == [desk.conversations.texts.say("complaint.story", "id", {})]


async def test_a_turn_whose_hold_is_lost_changes_nothing(desk: Desk) -> None:
    slow = await desk.write("mau mengadu")
    desk.clock.advance(31)
    quick = await claim_one(desk.database, desk.sealer, desk.clock())
    assert quick
    with pytest.raises(HoldLost):
        await desk.conversations.take_turn(slow)
    assert await desk.newest() == 0
    await desk.conversations.take_turn(quick)
    async with desk.database.sessions() as session:
        assert await session.scalar(select(func.count(Outbox.id))) == 1


async def test_a_form_is_to_be_reminded_of_and_nothing_else(desk: Desk) -> None:
    await desk.say("halo")
    assert (await desk.one(Conversation)).nudge_at is None
    await desk.say("mau mengadu")
    assert (await desk.one(Conversation)).nudge_at == desk.clock() + timedelta(minutes=15)
    await desk.say("batal")
    assert (await desk.one(Conversation)).nudge_at is None


async def test_the_language_is_kept_with_the_participant(desk: Desk) -> None:
    await desk.say("english please")
    assert (await desk.one(Participant)).language == "en"


@pytest.mark.parametrize("own", ["0811-0000-1500", "+62 811 0000 1500", "6281100001500"])
async def test_the_branch_whose_own_number_was_written_to_is_meant(desk: Desk, own: str) -> None:
    config = desk.conversations.config
    branches = {
        code: branch.model_copy(update={"whatsapp": own if code == "samarinda" else None})
        for code, branch in config.branches.items()
    }
    desk.conversations = replace(desk.conversations, config=replace(config, branches=branches))
    (said,) = await desk.say("buka ga", to="whatsapp:+6281100001500")
    assert "Kantor Cabang Samarinda" in said.body


async def test_the_branch_that_was_spoken_of_is_noted_on_the_conversation(desk: Desk) -> None:
    await desk.say("buka ga")
    await desk.say("palembang")
    assert (await desk.one(Conversation)).branch == "palembang"
