"""The desk in a real browser: two agents, one conversation, and what scripts must never break."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, ConsoleMessage, Page, expect
from sqlalchemy import select

from bot.storage.tables import Agent, CaseStatus, Outbox
from tests.desk.scene import PASSWORD, Scene
from tests.desk.serving import chromium, serving

pytestmark = pytest.mark.browser


@pytest.fixture
def scene(live_scene: Scene) -> Scene:
    return live_scene


class Windows:
    """Browser windows of signed-in agents; what the browser complains of is kept."""

    def __init__(self, browser: Browser, url: str) -> None:
        self._browser = browser
        self.url = url
        self.complaints: list[str] = []
        self.deaf = False
        """The test has cut the live events off: that they are missing is then no complaint."""

    async def open(self, agent: Agent, width: int = 1280) -> Page:
        context = await self._browser.new_context(viewport={"width": width, "height": 800}, locale="id-ID")
        page = await context.new_page()
        page.set_default_timeout(10_000)
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        await page.goto(f"{self.url}/desk/sign-in")
        await page.fill("#email", agent.email or "")
        await page.fill("#password", PASSWORD)
        await page.press("#password", "Enter")
        await expect(page.locator("body.scripted #cases")).to_be_visible()
        return page

    def _heard(self, message: ConsoleMessage) -> None:
        # What the browser notes of its own: somebody lost a race, a form was refused.
        expected = ["status of 409", "status of 422"]
        expected += ["EventSource", "[object Event]"] if self.deaf else []
        if message.type in ("error", "warning") and not any(part in message.text for part in expected):
            self.complaints.append(message.text)


@pytest.fixture
async def windows(scene: Scene) -> AsyncIterator[Windows]:
    async with serving(scene) as url, chromium() as browser:
        windows = Windows(browser, url)
        yield windows
    assert windows.complaints == []


async def test_two_agents_and_one_conversation(scene: Scene, windows: Windows) -> None:
    ani, budi = [await windows.open(await scene.agent(name)) for name in ("Ani", "Budi")]
    for page in (ani, budi):
        await expect(page.locator("#cases")).to_contain_text("Tidak ada yang menunggu")
    case = await scene.case("mau bicara petugas", branch="samarinda")
    await scene.desk.handling.announce(case)
    for page in (ani, budi):  # without a reload
        await expect(page.locator(f"#case-{case.number}")).to_contain_text("mau bicara petugas")
        await expect(page).to_have_title("(1) Kotak masuk · SIAGA")
        await page.click(f"#case-{case.number} .row-link")
        await expect(page.locator("#talk")).to_contain_text("mau bicara petugas")
    await expect(ani.locator("#viewers")).to_contain_text("Budi")

    await ani.click("#case-head .claim button")
    await expect(ani.locator(".holder")).to_contain_text("Anda yang menangani")
    await expect(budi.locator(".holder")).to_contain_text("Ani yang menangani kasus ini")
    assert await budi.locator("#case-head .claim button").count() == 0

    await ani.fill("#reply", "Selamat siang, ada yang bisa kami bantu?")
    await ani.press("#reply", "Control+Enter")
    await expect(ani.locator("#talk .bubble.agent")).to_contain_text("ada yang bisa kami bantu?")
    await expect(ani.locator("#reply")).to_have_value("")
    await expect(budi.locator("#talk .bubble.agent")).to_contain_text("ada yang bisa kami bantu?")

    await ani.click("summary:text-is('Selesaikan')")
    await ani.fill("#last-word", "Terima kasih.")
    await ani.click("text=Selesaikan kasus")
    await expect(ani.locator(".mark.status")).to_have_text("Selesai")
    await expect(budi.locator(".mark.status")).to_have_text("Selesai")
    assert (await scene.again(case)).status is CaseStatus.RESOLVED
    bodies = [scene.desk.sealer.open(row.sealed)["body"] for row in await scene.rows(select(Outbox))]
    assert sum("ada yang bisa kami bantu?" in body for body in bodies) == 1


async def test_who_comes_second_is_told_who_has_it(scene: Scene, windows: Windows) -> None:
    case = await scene.case()
    ani, budi = [await windows.open(await scene.agent(name)) for name in ("Ani", "Budi")]
    windows.deaf = True
    for page in (ani, budi):
        await page.route("**/events", lambda route: route.fulfill(status=204))  # neither hears of the other
        await page.goto(f"{windows.url}/desk/cases/{case.number}")
    await ani.click("#case-head .claim button")
    await expect(ani.locator(".holder")).to_contain_text("Anda yang menangani")
    await budi.click("#case-head .claim button")
    await expect(budi.locator("[role=alert]")).to_contain_text("Ani sudah menangani kasus ini")


async def test_a_draft_outlives_everything(scene: Scene, windows: Windows) -> None:
    case = await scene.case()
    agent = await scene.agent("Ani")
    page = await windows.open(agent)
    await page.goto(f"{windows.url}/desk/cases/{case.number}")
    await page.keyboard.press("c")
    await expect(page.locator("#reply")).to_be_visible()
    await page.keyboard.press("r")
    await page.keyboard.type("Baik, kami cek dulu r j c ? /")
    await scene.participant_says(case, "halo? masih ada?")
    await expect(page.locator("#talk")).to_contain_text("masih ada?")
    await expect(page.locator("#reply")).to_have_value("Baik, kami cek dulu r j c ? /")
    await expect(page.locator("#reply")).to_be_focused()
    await page.click("summary:text-is('Catatan')")
    await page.fill("#note", "catatan")
    await page.click("text=Simpan catatan")
    await expect(page.locator("#history")).to_contain_text("catatan")
    await expect(page.locator("#reply")).to_have_value("Baik, kami cek dulu r j c ? /")
    await page.click("text=Kirim balasan")
    await expect(page.locator("#talk .bubble.agent")).to_contain_text("kami cek dulu")
    await expect(page.locator("#reply")).to_have_value("")
    await page.reload()
    await expect(page.locator("#reply")).to_have_value("")


async def test_reading_above_is_not_torn_away(scene: Scene, windows: Windows) -> None:
    case = await scene.case()
    for number in range(40):
        await scene.participant_says(case, f"baris {number}")
    page = await windows.open(await scene.agent("Ani"))
    await page.goto(f"{windows.url}/desk/cases/{case.number}")
    talk = page.locator("#talk")
    assert await talk.evaluate("t => t.scrollHeight - t.scrollTop - t.clientHeight") < 5
    await page.wait_for_timeout(300)
    await scene.participant_says(case, "di bawah, terlihat")
    await expect(page.get_by_text("di bawah, terlihat")).to_be_in_viewport()
    await talk.evaluate("t => { t.scrollTop = 0 }")
    await expect(page.locator("#new-below")).to_be_hidden()
    await scene.participant_says(case, "di bawah, tak terlihat")
    await expect(page.locator("#new-below")).to_be_visible()
    assert await talk.evaluate("t => t.scrollTop") == 0
    await page.click("#new-below")
    await expect(page.get_by_text("di bawah, tak terlihat")).to_be_in_viewport()
    await expect(page.locator("#new-below")).to_be_hidden()


async def test_the_list_renews_itself_under_the_keys(scene: Scene, windows: Windows, clock) -> None:
    first = await scene.case("satu", name="A")
    clock.advance(60)
    second = await scene.case("dua", name="B")
    page = await windows.open(await scene.agent("Ani"))
    await page.keyboard.press("j")
    await page.keyboard.press("j")
    await expect(page.locator(f"#case-{second.number} .row-link")).to_be_focused()
    clock.advance(60)
    third = await scene.case("tiga", name="C")
    await scene.desk.handling.announce(third)
    await expect(page.locator(f"#case-{third.number}")).to_be_visible()
    await expect(page.locator(f"#case-{second.number}")).to_contain_text("menunggu 1 mnt")
    await expect(page.locator(f"#case-{second.number} .row-link")).to_be_focused()
    await page.keyboard.press("k")
    await page.keyboard.press("Enter")
    await expect(page.locator("h1")).to_have_text(first.number)
    await page.keyboard.press("?")
    await expect(page.locator("#keys")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.locator("#keys")).to_be_hidden()


@pytest.mark.parametrize("width", [375, 1280])
async def test_nothing_sticks_out_at_any_width(scene: Scene, windows: Windows, width: int) -> None:
    case = await scene.case("x" * 300 + " https://contoh.example/" + "y" * 200, branch="samarinda")
    agent = await scene.agent("Anindyaningrum-Kusumawardhani-Sastrowardoyo")
    page = await windows.open(agent, width)
    for path in ("", f"/cases/{case.number}", "/notices", "/password"):
        await page.goto(f"{windows.url}/desk{path}")
        assert await page.evaluate("document.documentElement.scrollWidth") <= width, path
