"""Story 4 as people live it: a phone in one window, two agents in two others, the whole service behind them."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page, expect

from bot import staff
from bot.app import clock
from bot.storage.tables import Role
from tests.desk.serving import chromium
from tests.running import environment, running_service

PASSWORD = "sandi-uji-yang-panjang"
pytestmark = pytest.mark.browser


@pytest.fixture
async def service(database, database_url, redis_url, tmp_path) -> AsyncIterator[str]:
    """The service with a simulator and two agents; gives its address."""
    async with database.sessions.begin() as session:
        for email, name in (("rina@contoh.id", "Rina"), ("dewi@contoh.id", "Dewi")):
            await staff.create_agent(session, email, name, Role.AGENT, None, PASSWORD, clock())
    env = environment(database_url, redis_url=redis_url, simulator=True)
    with running_service(env, tmp_path) as base:
        yield base


class Phone:
    """The WhatsApp phone of the simulator."""

    def __init__(self, page: Page) -> None:
        self._phone = page.locator("section.simwhatsapp")

    async def says(self, text: str) -> None:
        await self._phone.get_by_role("textbox").fill(text)
        await self._phone.get_by_role("button", name="Kirim").click()

    async def shows(self, text: str) -> None:
        await expect(self._phone.locator(".theirs").last).to_contain_text(text, timeout=15_000)

    async def last(self) -> str:
        return await self._phone.locator(".theirs").last.inner_text()


async def at_the_desk(browser: Browser, service: str, email: str) -> Page:
    context = await browser.new_context(viewport={"width": 1280, "height": 900})
    page = await context.new_page()
    await page.goto(f"{service}/desk")
    await page.locator("input[name=email]").fill(email)
    await page.locator("input[type=password]").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("Kotak masuk").first).to_be_visible()
    return page


async def test_two_agents_and_a_participant(service: str):
    async with chromium() as browser:
        await the_story(browser, service)


async def the_story(browser: Browser, service: str) -> None:
    window = await browser.new_page()
    await window.goto(f"{service}/simulator")
    phone = Phone(window)
    rina = await at_the_desk(browser, service, "rina@contoh.id")
    dewi = await at_the_desk(browser, service, "dewi@contoh.id")

    await phone.says("mau bicara petugas")
    await phone.shows("ntrean ke-1")
    for page in (rina, dewi):  # it appears without a reload
        await expect(page.get_by_text("NAS-").first).to_be_visible(timeout=15_000)
        await page.get_by_text("NAS-").first.click()
        await expect(page.get_by_role("button", name="Ambil").first).to_be_visible()

    # Both at once. The slower one may find the button gone already, since the page follows what happens.
    takes = [page.get_by_role("button", name="Ambil").first.click(timeout=3_000) for page in (rina, dewi)]
    await asyncio.gather(*takes, return_exceptions=True)
    await phone.shows("dari kantor sekarang membaca percakapan ini")
    name, winner, loser = "Rina", rina, dewi
    if "Dewi dari kantor" in await phone.last():
        name, winner, loser = "Dewi", dewi, rina
    await expect(loser.get_by_text(name).first).to_be_visible(timeout=15_000)
    await expect(loser.locator("textarea[name=body]:visible")).to_have_count(0)

    await phone.says("kartu anak saya belum jadi, kantor buka jam berapa")
    await expect(winner.get_by_text("kartu anak saya belum jadi").first).to_be_visible(timeout=15_000)
    await winner.locator("textarea[name=body]").first.fill(
        "Kartunya sudah bisa diambil besok pukul 09.00, Bu."
    )
    await winner.get_by_role("button", name="Kirim").first.click()
    await phone.shows("Kartunya sudah bisa diambil besok")  # and the bot has said nothing in between

    await winner.locator("summary", has_text="Selesai").click()
    await winner.locator("form[action$='/resolve'] button").click()
    await phone.shows("Percakapan dengan petugas sudah selesai")
    await phone.says("ini robot?")
    await phone.shows("mesin penjawab")
