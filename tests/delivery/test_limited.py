"""Senders at the limit: nothing is refused, replies overtake a broadcast, one slow person holds up nobody."""

import asyncio
import time
from collections.abc import AsyncIterator
from itertools import pairwise

import pytest

from bot.app import clock as real_clock
from bot.channels.telegram import Telegram, TelegramAccount
from bot.delivery.limits import Limit
from bot.delivery.pace import Pace
from bot.errors import ChannelError
from bot.storage.engine import Database
from bot.storage.sealing import Sealer
from bot.storage.tables import OutboxState, Priority
from tests.delivery.post import Post
from tests.delivery.recording import Recording
from tests.standins import TelegramStandIn, running_telegram

RATE = 10
ALLOWED = {"telegram": Limit(RATE, ((2, 1),))}


@pytest.fixture
async def telegram() -> AsyncIterator[TelegramStandIn]:
    async with running_telegram() as standin:
        yield standin


@pytest.fixture
async def post(database: Database, sealer: Sealer, telegram: TelegramStandIn) -> AsyncIterator[Post]:
    bot = TelegramAccount(token=telegram.token, secret=telegram.secret, api_base=telegram.url)
    channel = Telegram(bot)
    yield Post(database, sealer, real_clock, channel)  # type: ignore[arg-type]
    await channel.close()


async def test_two_senders_are_never_told_that_they_are_too_fast(
    post: Post, telegram: TelegramStandIn, redis_url: str
) -> None:
    # Turns are exact, but on a busy machine requests bunch on their way; without turns all would come in one second.
    telegram.per_second, telegram.per_person = 2 * RATE, (2, 0.7)
    for n in range(25):
        await post.queue(f"tutup {n}", to=f"telegram:{n}", priority=Priority.NOTICE)
    for n in range(4):
        await post.queue(f"jawaban {n}", to="telegram:1000")
    paces = [Pace(ALLOWED, redis_url), Pace(ALLOWED, redis_url)]
    stopping = asyncio.Event()
    begun = time.monotonic()
    async with asyncio.timeout(60), asyncio.TaskGroup() as group:
        for pace in paces:
            group.create_task(post.sender(pace=pace).run(stopping))
        while len(telegram.sent) < 29:
            await asyncio.sleep(0.05)
        took = time.monotonic() - begun
        await asyncio.sleep(0.2)
        stopping.set()
    for pace in paces:
        await pace.close()
    assert len(telegram.arrived) == len(telegram.sent) == 29  # none was refused
    assert {row.state for row in await post.rows()} == {OutboxState.SENT}
    texts = [one["shown"] for one in telegram.sent]
    assert [text for text in texts if text.startswith("jawaban")] == [f"jawaban {n}" for n in range(4)]
    assert took >= 28 / RATE


async def test_a_reply_overtakes_a_broadcast_at_the_limit(post: Post, telegram: TelegramStandIn) -> None:
    for n in range(30):
        await post.queue(f"tutup {n}", to=f"telegram:{n}", priority=Priority.NOTICE)
    async with asyncio.timeout(60), post.sending(pace=Pace(ALLOWED)):
        while len(telegram.sent) < 5:
            await asyncio.sleep(0.02)
        await post.queue("jawaban", to="telegram:1000")
        before = len(telegram.sent)
        while not any(one["shown"] == "jawaban" for one in telegram.sent):
            await asyncio.sleep(0.02)
    place = [one["shown"] for one in telegram.sent].index("jawaban")
    assert place - before <= 7  # those that were on their way already, six at most


async def test_who_has_to_wait_keeps_no_place(post: Post, telegram: TelegramStandIn) -> None:
    for n in range(6):
        await post.queue(f"satu {n}", to="telegram:1")
    for n in range(5):
        await post.queue("dua", to=f"telegram:{10 + n}")
    slow = Pace({"telegram": Limit(100, ((1, 2),))})
    async with asyncio.timeout(60), post.sending(pace=slow, in_flight=1):
        begun = time.monotonic()
        while sum(one["shown"] == "dua" for one in telegram.sent) < 5:
            await asyncio.sleep(0.02)
        assert time.monotonic() - begun < 2
        while sum(one["chat_id"] == 1 for one in telegram.sent) < 3:
            await asyncio.sleep(0.02)
    assert [one["shown"] for one in telegram.sent if one["chat_id"] == 1] == ["satu 0", "satu 1", "satu 2"]
    to_them = [at for at, to in telegram.arrived if to == "1"]
    assert all(later - sooner > 1.95 for sooner, later in pairwise(to_them))


async def test_a_pause_that_one_sender_is_told_holds_for_the_other(
    database: Database, sealer: Sealer, redis_url: str
) -> None:
    first, second = Recording("telegram"), Recording("telegram")
    told, other = (Post(database, sealer, real_clock, one) for one in (first, second))
    paces = [Pace(ALLOWED, redis_url), Pace(ALLOWED, redis_url)]
    first.failures.append(ChannelError("http_429", retry=True, after=2))
    await told.queue("satu")
    async with asyncio.timeout(20):
        async with told.sending(pace=paces[0]):
            while first.failures:
                await asyncio.sleep(0.01)
            await asyncio.sleep(0.2)
        begun = time.monotonic()
        await other.queue("dua", to="telegram:2")
        async with other.sending(pace=paces[1]):
            while len(second.sent) < 2:
                await asyncio.sleep(0.01)
    assert time.monotonic() - begun > 1.5
    for pace in paces:
        await pace.close()
