"""Live events: through Valkey when it is there, ticks when it is not, and by itself back again."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import pytest

from bot.live import TICK, Live, LiveEvent
from bot.local import Services, local_services


@pytest.fixture
async def live(redis_url: str) -> AsyncIterator[Live]:
    live = Live(redis_url, tick_seconds=0.1)
    yield live
    await live.close()


@pytest.fixture
def own_services(tmp_path: Path) -> "AsyncIterator[Services]":
    with local_services(tmp_path, durable=False) as services:
        yield services


async def test_what_is_published_reaches_who_listens(live: Live) -> None:
    async with asyncio.timeout(10), aclosing(live.subscribe("desk", "conversation:7")) as events:
        assert await anext(events) == LiveEvent(TICK)
        await live.publish("conversation:8", case="GG-1")
        await live.publish("conversation:7", case="GG-2")
        await live.publish("desk")
        assert await anext(events) == LiveEvent("conversation:7", {"case": "GG-2"})
        assert await anext(events) == LiveEvent("desk", {})


@pytest.mark.parametrize("url", [None, "redis://127.0.0.1:1/0"])
async def test_without_redis_pages_look_again_by_themselves(url: str | None) -> None:
    live = Live(url, tick_seconds=0.01)
    await live.publish("desk", case="GG-1")
    async with asyncio.timeout(10), aclosing(live.subscribe("desk")) as events:
        assert [await anext(events) for _ in range(3)] == [LiveEvent(TICK)] * 3
    await live.close()


async def test_redis_dies_and_comes_back(own_services: Services) -> None:
    live = Live(own_services.redis_url, tick_seconds=0.1)
    async with asyncio.timeout(30), aclosing(live.subscribe("desk")) as events:
        assert await anext(events) == LiveEvent(TICK)
        own_services.redis.kill()
        assert await anext(events) == LiveEvent(TICK)
        await live.publish("desk", case="lost")
        assert await anext(events) == LiveEvent(TICK)
        own_services.redis.start()

        async def keep_publishing() -> None:
            while True:
                await live.publish("desk", case="GG-2")
                await asyncio.sleep(0.1)

        publishing = asyncio.create_task(keep_publishing())
        while (event := await anext(events)) == LiveEvent(TICK):
            pass
        assert event == LiveEvent("desk", {"case": "GG-2"})
        publishing.cancel()
    await live.close()
