"""A desk and browsers for its tests."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime

import pytest
from argon2 import PasswordHasher

from bot import staff
from bot.live import Live
from bot.storage.engine import Database
from bot.storage.sealing import Sealer
from bot.storage.tables import Role
from tests.desk.scene import Browser, Scene, make_scene


@pytest.fixture(autouse=True)
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same argon2id, at a price that tests can pay often."""
    cheap = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    monkeypatch.setattr(staff, "_HASHER", cheap)
    monkeypatch.setattr(staff, "_NOBODY", cheap.hash("nobody's password"))


@pytest.fixture
async def scene(database: Database, sealer: Sealer, clock: Callable[[], datetime]) -> Scene:
    return make_scene(database, sealer, Live(None), clock)


@pytest.fixture
async def live_scene(
    database: Database, sealer: Sealer, clock: Callable[[], datetime], redis_url: str
) -> AsyncIterator[Scene]:
    """With Redis, so that pages hear of what happens."""
    live = Live(redis_url)
    yield make_scene(database, sealer, live, clock)
    await live.close()


@pytest.fixture
async def browser(scene: Scene) -> AsyncIterator[Callable[..., Awaitable[Browser]]]:
    """Opens browsers: ``await browser("Ani")`` is signed in as a new agent, ``await browser()`` is not."""
    opened: list[Browser] = []
    app = scene.app

    async def open_(
        name: str | None = None,
        role: Role = Role.AGENT,
        branch: str | None = None,
        *,
        address: str = "203.0.113.7",
    ) -> Browser:
        browser = Browser(app, address)
        opened.append(browser)
        if name:
            await browser.sign_in(await scene.agent(name, role, branch))
        return browser

    yield open_
    for browser in opened:
        await browser.http.aclose()
