"""What people write in one go is one turn: from the providers' webhooks to the one answer, on a clock of our own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import func, select

from bot import webhooks
from bot.app import make_channels
from bot.conversation.turn import Conversations
from bot.live import Live
from bot.storage.engine import Database
from bot.storage.sealing import Sealer
from bot.storage.tables import Attachment, Message, Outbox
from tests.claims import claim_one
from tests.conftest import Clock
from tests.conversation.test_turn import Desk
from tests.running import settings
from tests.standins import running_telegram, running_twilio
from tests.transcripts.phones import PUBLIC_URL, Phone, TelegramPhone, WhatsAppPhone

QUIET = 0.8


@dataclass
class Line:
    """A participant's phone on one channel, and our end of it."""

    phone: Phone
    database: Database
    sealer: Sealer
    conversations: Conversations
    clock: Clock

    async def write(self, *messages: str, times: int = 1) -> None:
        for words in messages:
            webhook = self.phone.said(words, self.clock())
            for _ in range(times):
                await self.phone.deliver(webhook)
            self.clock.advance(0.3)

    async def turns(self) -> list[list[str]]:
        """The turns that may be taken now, taken."""
        taken = []
        while claimed := await claim_one(self.database, self.sealer, self.clock()):
            await self.conversations.take_turn(claimed)
            taken.append([message.text for _, message in claimed.messages])
        return taken

    async def count(self, column: object) -> int:
        async with self.database.sessions() as session:
            return await session.scalar(select(func.count()).select_from(column)) or 0  # type: ignore[call-overload]


@asynccontextmanager
async def opened(name: str, database: Database, sealer: Sealer, clock: Clock) -> AsyncIterator[Line]:
    async with running_twilio() as twilio, running_telegram() as telegram:
        told = settings("postgresql://unused", twilio, telegram, public_url=PUBLIC_URL)
        channels = make_channels(told, database, sealer, Live(None))
        intake = webhooks.Intake(
            database=database, sealer=sealer, channels=channels, clock=clock, quiet_seconds=QUIET
        )
        app = FastAPI()
        app.router.routes += webhooks.routes(intake)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=PUBLIC_URL) as web:
            phones: dict[str, Phone] = {
                "telegram": TelegramPhone(web, "Sari", telegram, 4711),
                "whatsapp": WhatsAppPhone(web, "Budi", twilio, "whatsapp:+6281270001001"),
            }
            conversations = Desk(database, sealer, clock).conversations
            yield Line(phones[name], database, sealer, conversations, clock)
        for channel in channels.values():
            await channel.close()


@pytest.fixture(params=["telegram", "whatsapp"])
async def line(
    request: pytest.FixtureRequest, database: Database, sealer: Sealer, clock: Clock
) -> AsyncIterator[Line]:
    async with opened(request.param, database, sealer, clock) as line:
        yield line


async def test_three_messages_within_a_second_are_one_turn_with_one_answer(line: Line) -> None:
    await line.write("min", "mau tanya", "kantor palembang buka?")
    assert await line.turns() == []
    line.clock.advance(QUIET - 0.31)
    assert await line.turns() == []
    line.clock.advance(0.01)
    assert await line.turns() == [["min", "mau tanya", "kantor palembang buka?"]]
    assert await line.count(Outbox) == 1
    line.clock.advance(60)
    assert await line.turns() == []


async def test_the_same_words_five_times_are_one_turn(line: Line) -> None:
    await line.write(*["halo"] * 5, times=3)
    line.clock.advance(QUIET)
    assert await line.turns() == [["halo"] * 5]
    assert await line.count(Outbox) == 1


async def test_nobody_waits_for_more_than_two_seconds(line: Line) -> None:
    await line.write(*["halo"] * 6)
    assert await line.turns() == []
    line.clock.advance(0.2)
    assert await line.turns() == [["halo"] * 6]


async def test_an_album_is_one_answer_with_all_its_photos(line: Line) -> None:
    for photo in line.phone.album(4, "halo", line.clock()):
        await line.phone.deliver(photo)
        line.clock.advance(0.1)
    assert await line.turns() == []
    line.clock.advance(QUIET)
    assert await line.turns() == [["halo", "", "", ""]]
    assert (await line.count(Outbox), await line.count(Attachment)) == (1, 4)
    assert await line.count(Message) == 5
