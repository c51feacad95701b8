"""Both channels, each against its provider's stand-in."""

from datetime import UTC, datetime

import pytest

from bot.channels.telegram import Telegram, TelegramAccount
from bot.channels.whatsapp import WhatsApp
from bot.channels.whatsapp_api import TwilioAccount
from tests.standins import running_telegram, running_twilio

PUBLIC_URL = "https://siaga.example"


class KeptContents(dict):
    """A `ContentStore` in memory."""

    async def get(self, friendly_name):
        return dict.get(self, friendly_name)

    async def put(self, friendly_name, sid):
        self[friendly_name] = sid


@pytest.fixture
def now():
    return datetime(2026, 11, 21, 8, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
async def twilio_server():
    async with running_twilio() as standin:
        yield standin


@pytest.fixture
def twilio(twilio_server):
    twilio_server.reset()
    return twilio_server


@pytest.fixture
def contents():
    return KeptContents()


@pytest.fixture
def twilio_account(twilio):
    return TwilioAccount(
        sid=twilio.sid, token=twilio.token, number=twilio.number, public_url=PUBLIC_URL, api_base=twilio.url
    )


@pytest.fixture
async def whatsapp(twilio_account, contents):
    channel = WhatsApp(twilio_account, contents)
    yield channel
    await channel.close()


@pytest.fixture(scope="session")
async def telegram_server():
    async with running_telegram() as standin:
        yield standin


@pytest.fixture
def telegram_api(telegram_server):
    telegram_server.reset()
    return telegram_server


@pytest.fixture(scope="session")
async def telegram_channel(telegram_server):
    account = TelegramAccount(
        token=telegram_server.token, secret=telegram_server.secret, api_base=telegram_server.url
    )
    channel = Telegram(account)
    yield channel
    await channel.close()


@pytest.fixture
def telegram(telegram_channel, telegram_api):
    """The channel keeps nothing between two calls, so one serves every test."""
    return telegram_channel
