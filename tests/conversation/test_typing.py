"""The typing sign, at the provider's stand-in."""

import asyncio
from uuid import uuid4

import pytest

from bot.channels.telegram import Telegram, TelegramAccount
from bot.conversation.typing import typing
from bot.delivery.claiming import Claimed
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


async def no():
    return False


async def yes():
    return True


@pytest.mark.parametrize(
    ("takes", "crowded", "shown"), [(0.5, False, ["sendChatAction"]), (0.0, False, []), (0.5, True, [])]
)
async def test_only_a_long_turn_shows_it_and_none_when_there_is_too_much_to_do(takes, crowded, shown):
    async with running_telegram() as standin:
        account = TelegramAccount(token=standin.token, secret="s" * 20, api_base=standin.url)
        channel = Telegram(account)
        async with typing({"telegram": channel}, [CLAIMED], no if not crowded else yes, after=0.05):
            await asyncio.sleep(takes)
        await channel.close()
        assert [method for method, _ in standin.calls if method == "sendChatAction"] == shown


async def test_a_provider_that_fails_disturbs_nothing():
    account = TelegramAccount(token="1:x", secret="s" * 20, api_base="http://127.0.0.1:1")
    channel = Telegram(account)
    async with typing({"telegram": channel}, [CLAIMED], no, after=0.0):
        await asyncio.sleep(0.3)
    await channel.close()
