"""Live pages: told to look again, told who else looks, and no longer told once the session is over."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime

import httpx
import pytest

from bot.desk import streams
from bot.desk.guard import COOKIE
from bot.live import Live
from bot.storage.engine import Database
from bot.storage.sealing import Sealer
from tests.desk.scene import Browser, Scene, make_scene
from tests.desk.serving import serving


@pytest.fixture
def scene(live_scene: Scene) -> Scene:
    return live_scene


class Events:
    """The events of an open stream, as (name, data); "here" for signs of life."""

    def __init__(self, lines: AsyncIterator[str]) -> None:
        self._lines = lines

    async def next(self) -> tuple[str, str]:
        name = ""
        async with asyncio.timeout(5):
            async for line in self._lines:
                if line.startswith("event: "):
                    name = line.removeprefix("event: ")
                elif line.startswith("data: "):
                    return name, line.removeprefix("data: ")
                elif line == ": here":
                    return "here", ""
        return "end", ""

    async def until(self, name: str) -> str:
        for _ in range(20):
            found, data = await self.next()
            assert found != "end", f"the stream ended before {name}"
            if found == name:
                return data
        raise AssertionError(f"no {name}")


@asynccontextmanager
async def listening(url: str, browser: Browser, path: str) -> AsyncIterator[Events]:
    cookies = {COOKIE: browser.http.cookies[COOKIE]}
    async with (
        httpx.AsyncClient(base_url=url, cookies=cookies, timeout=10) as http,
        http.stream("GET", path, headers={"Accept": "text/event-stream"}) as answer,
    ):
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.headers["cache-control"] == "no-store"
        yield Events(answer.aiter_lines())


async def test_the_inbox_is_told_when_something_changes(scene: Scene, browser) -> None:
    ani = await browser("Ani")
    async with serving(scene) as url, listening(url, ani, "/desk/events") as events:
        await events.until("changed")  # it listens from now on
        case = await scene.case()
        await scene.desk.handling.announce(case)
        assert await events.until("changed") == "1"  # and says nothing of what


async def test_a_case_is_told_of_its_own_talk_only(scene: Scene, browser, monkeypatch) -> None:
    monkeypatch.setattr(streams, "HEARTBEAT", 0.5)
    ani = await browser("Ani")
    case, other = await scene.case(name="A"), await scene.case(name="B")
    async with (
        serving(scene) as url,
        listening(url, ani, f"/desk/cases/{case.number}/events") as events,
    ):
        await events.until("changed")
        await scene.participant_says(other, "halo")
        while (event := await events.next())[0] != "here":
            assert event[0] != "changed"
        await scene.participant_says(case, "halo")
        await events.until("changed")


async def test_viewers_see_each_other_come_and_go(scene: Scene, browser, clock) -> None:
    ani, budi = await browser("Ani"), await browser("Budi")
    case = await scene.case()
    path = f"/desk/cases/{case.number}/events"
    async with serving(scene) as url, listening(url, ani, path) as hers:
        await hers.until("changed")
        async with listening(url, budi, path) as his:
            assert await hers.until("viewers") == "<span>Juga dibuka oleh: Budi</span>"
            assert await his.until("viewers") == "<span>Juga dibuka oleh: Ani</span>"
        await scene.participant_says(case, "halo")
        await hers.until("changed")  # by now she has also heard his answer to her being there
        clock.advance(streams.PRESENT_FOR.total_seconds() + 1)
        await scene.participant_says(case, "masih di sana?")
        assert await hers.until("viewers") == "<span></span>"


async def test_who_signed_out_is_told_nothing_more(scene: Scene, browser) -> None:
    ani = await browser("Ani")
    async with serving(scene) as url, listening(url, ani, "/desk/events") as events:
        await events.until("changed")
        await ani.get("/desk")
        await ani.http.post("/desk/sign-out", data={"csrf": ani.csrf}, follow_redirects=False)
        await scene.desk.live.publish("desk")
        await events.until("changed")  # this one was under way
        assert await events.next() == ("end", "")


async def test_without_redis_pages_look_again_by_themselves(
    database: Database, sealer: Sealer, clock: Callable[[], datetime], browser
) -> None:
    scene = make_scene(database, sealer, Live(None, tick_seconds=0.2), clock)
    ani = Browser(scene.app)
    await ani.sign_in(await scene.agent("Ani"))
    async with serving(scene) as url, listening(url, ani, "/desk/events") as events:
        for _ in range(3):
            await events.until("changed")
    await ani.http.aclose()


async def test_open_streams_do_not_hold_up_the_end(scene: Scene, browser) -> None:
    ani = await browser("Ani")
    async with serving(scene) as url, listening(url, ani, "/desk/events") as events:
        await events.until("changed")
        scene.desk.stopping.set()
        while (await events.next())[0] != "end":
            pass
