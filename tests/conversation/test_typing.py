"""The typing sign, at the provider's stand-in."""

import asyncio
from uuid import uuid4

import pytest

from bot.channels.telegram import Telegram, TelegramAccount
from bot.conversation.typing import typing
from bot.delivery.inbox import Claimed
from bot.messages import Address, Incoming
from tests.conftest import NOON
from tests.standins.telegram import running_telegram

ADDRESS = Address("telegram:4711")
CLAIMED = Claimed(
    conversation_id=uuid4(),
    address=ADDRESS,
    channel="telegram",
    hold=uuid4(),
    messages=[(1, Incoming(channel="telegram", address=ADDRESS, provider_id="1", sent_at=NOON, text="halo"))],
)


@pytest.mark.parametrize(("takes", "shown"), [(0.5, ["sendChatAction"]), (0.0, [])])
async def test_only_a_long_turn_shows_it(takes, shown):
    async with running_telegram() as standin:
        account = TelegramAccount(token=standin.token, secret="s" * 20, api_base=standin.url)
        channel = Telegram(account)
        async with typing({"telegram": channel}, CLAIMED, after=0.05):
            await asyncio.sleep(takes)
        await channel.close()
        assert [method for method, _ in standin.calls if method == "sendChatAction"] == shown


async def test_a_provider_that_fails_disturbs_nothing():
    account = TelegramAccount(token="1:x", secret="s" * 20, api_base="http://127.0.0.1:1")
    channel = Telegram(account)
    async with typing({"telegram": channel}, CLAIMED, after=0.0):
        await asyncio.sleep(0.3)
    await channel.close()
