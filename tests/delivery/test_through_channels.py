"""There and back through the real channels: webhook, inbox, worker, outbox, sender, provider, status callback."""

import asyncio
from collections.abc import AsyncIterator, Callable

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import select

from bot.channels.telegram import Telegram, TelegramAccount
from bot.channels.whatsapp import WhatsApp
from bot.channels.whatsapp_api import TwilioAccount
from bot.delivery import inbox, outbox
from bot.delivery.claiming import Claimed
from bot.delivery.outbox import Letter
from bot.delivery.sender import Sender
from bot.messages import Delivery, Option, Text
from bot.storage.engine import Database
from bot.storage.sealing import Sealer
from bot.storage.tables import DeliveryReceipt, Outbox, OutboxState
from bot.webhooks import Intake, routes
from bot.worker import Turns, Worker
from tests.conftest import Clock
from tests.delivery.contents import Contents
from tests.standins import TelegramStandIn, TwilioStandIn

PUBLIC_URL = "https://siaga.example"
PHONE = "whatsapp:+6281234567890"


@pytest.fixture
async def siaga(
    database: Database, sealer: Sealer, clock: Clock, twilio: TwilioStandIn, telegram: TelegramStandIn
) -> AsyncIterator[httpx.AsyncClient]:
    """A service that repeats what it hears, with a button under it."""
    account = TwilioAccount(
        sid=twilio.sid, token=twilio.token, number=twilio.number, public_url=PUBLIC_URL, api_base=twilio.url
    )
    bot = TelegramAccount(token=telegram.token, secret=telegram.secret, api_base=telegram.url)
    channels = {"whatsapp": WhatsApp(account, Contents()), "telegram": Telegram(bot)}

    async def repeat(claimed: Claimed) -> None:
        heard = " + ".join(incoming.text for _, incoming in claimed.messages)
        async with database.sessions.begin() as session:
            await inbox.retake(session, claimed)
            letter = Letter(
                address=claimed.address,
                text=Text(body=f"Anda: {heard}", options=(Option(id="1:ya", title="Ya"),)),
            )
            await outbox.queue(session, sealer, [letter], clock())
            await inbox.finish(session, [claimed], clock())

    app = FastAPI()
    app.router.routes += routes(Intake(database=database, sealer=sealer, channels=channels, clock=clock))
    stopping = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(Worker(database, sealer, Turns(repeat), clock).run(stopping))
        group.create_task(Sender(database, sealer, channels, clock).run(stopping))
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=PUBLIC_URL) as client:
            yield client
        stopping.set()
    for channel in channels.values():
        await channel.close()


async def eventually(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(15):
        while not true():
            await asyncio.sleep(0.01)


async def only_row(database: Database) -> Outbox:
    async with asyncio.timeout(10):
        while True:
            async with database.sessions() as session:
                row = (await session.scalars(select(Outbox))).one()
            if row.state is not OutboxState.QUEUED:
                return row
            await asyncio.sleep(0.01)


async def test_whatsapp(siaga: httpx.AsyncClient, twilio: TwilioStandIn, database: Database) -> None:
    async def post(path: str, form: dict[str, str]) -> int:
        headers = twilio.signed(PUBLIC_URL + path, form)
        return (await siaga.post(path, data=form, headers=headers)).status_code

    form = twilio.inbound(PHONE, "kantor buka?")
    assert [await post("/webhooks/whatsapp", form) for _ in range(5)] == [204] * 5
    await eventually(lambda: bool(twilio.shown))
    row = await only_row(database)
    [shown] = twilio.shown
    assert (shown["to"], shown["body"]) == (PHONE, "Anda: kantor buka?")
    assert (row.state, row.provider_id) == (OutboxState.SENT, shown["sid"])
    for state in ("read", "sent", "delivered"):
        assert await post("/webhooks/whatsapp/status", twilio.status(shown["sid"], state)) == 204
    async with database.sessions() as session:
        receipt = await session.get_one(DeliveryReceipt, ("whatsapp", shown["sid"]))
    assert receipt.state is Delivery.READ


async def test_telegram(siaga: httpx.AsyncClient, telegram: TelegramStandIn, database: Database) -> None:
    async def post(update: dict[str, object]) -> int:
        headers = {"X-Telegram-Bot-Api-Secret-Token": telegram.secret}
        return (await siaga.post("/webhooks/telegram", json=update, headers=headers)).status_code

    update = telegram.message(4711, "kantor buka?")
    assert [await post(update) for _ in range(5)] == [200] * 5
    await eventually(lambda: bool(telegram.sent))
    assert (await only_row(database)).provider_id == f"4711:{telegram.sent[0]['message_id']}"
    assert await post(telegram.tap(4711, "1:ya")) == 200
    await eventually(lambda: len(telegram.sent) == 2)
    assert [sent["chat_id"] for sent in telegram.sent] == [4711, 4711]
    assert len(telegram.answered) == 1
