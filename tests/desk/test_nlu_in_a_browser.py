"""Marking and keys in a real browser."""

from collections.abc import AsyncIterator, Callable
from datetime import datetime

import pytest
from playwright.async_api import ConsoleMessage, Page, expect
from sqlalchemy import select, update

from bot.live import Live
from bot.storage.engine import Database
from bot.storage.sealing import Sealer
from bot.storage.tables import Message, ReviewState, Role, Understanding
from tests.desk.reviewing import keep, readers
from tests.desk.scene import PASSWORD, Scene, make_scene
from tests.desk.serving import chromium, serving

pytestmark = pytest.mark.browser


@pytest.fixture
async def scene(database: Database, sealer: Sealer, clock: Callable[[], datetime]) -> Scene:
    return make_scene(database, sealer, Live(None), clock, readers=readers())


@pytest.fixture
async def page(scene: Scene) -> AsyncIterator[Page]:
    """A supervisor's window; what the browser complains of fails the test."""
    agent = await scene.agent("Citra", Role.SUPERVISOR)
    complaints: list[str] = []

    def heard(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and "status of 422" not in message.text:
            complaints.append(message.text)

    async with serving(scene) as url, chromium() as browser:
        context = await browser.new_context(viewport={"width": 1280, "height": 900}, base_url=url)
        page = await context.new_page()
        page.set_default_timeout(10_000)
        page.on("console", heard)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        await page.goto("/desk/sign-in")
        await page.fill("#email", agent.email or "")
        await page.fill("#password", PASSWORD)
        await page.press("#password", "Enter")
        await expect(page.locator("#cases")).to_be_visible()
        yield page
    assert complaints == []


async def states(scene: Scene) -> dict[str, ReviewState]:
    return {row.text: row.state for row in await scene.rows(select(Understanding))}


async def test_words_are_marked_by_tapping_and_by_drawing_over_them(scene: Scene, page: Page) -> None:
    (id_,) = await keep(scene, "apa kantor cabang palembang buka hari senin depan?")
    await page.goto("/desk/nlu")
    card = page.locator(f"#group-{id_}")
    field = card.locator("textarea")
    await expect(card.locator("mark")).to_have_text("palembang")  # the interpreter's suggestion
    await card.locator("mark").click()
    await expect(field).to_have_value("apa kantor cabang palembang buka hari senin depan?")

    await card.get_by_text("cabang", exact=True).click()
    await card.get_by_text("palembang", exact=True).click()
    await expect(card.locator(".picked")).to_have_count(2)
    await card.get_by_role("button", name="fasilitas").click()
    await expect(card.locator("mark.facility")).to_have_text("cabang palembang")

    await page.evaluate(
        """([from, to]) => {
            const words = [...document.querySelectorAll(".marking .w")];
            const range = document.createRange();
            range.setStart(words.find((word) => word.textContent === from).firstChild, 2);
            range.setEnd(words.find((word) => word.textContent === to).firstChild, 3);
            getSelection().removeAllRanges();
            getSelection().addRange(range);
        }""",
        ["senin", "depan?"],
    )
    await card.get_by_role("button", name="waktu").click()
    marked = "apa kantor [cabang palembang](facility) buka hari [senin depan](when)?"
    await expect(field).to_have_value(marked)  # whole words, without the sign at their end

    await card.locator("summary").click()
    await field.fill(marked + "!")
    await card.locator(".one-tap").first.click()
    await expect(card.locator("[role=alert]")).to_contain_text("Kata-katanya berubah")
    await field.fill(marked)
    await card.locator(".one-tap").first.click()
    await expect(page.locator(".group.done")).to_contain_text("Alamat & jam kantor")
    (row,) = await scene.rows(select(Understanding))
    assert (row.label, [span["entity"] for span in row.entities or []]) == (
        "ask_office",
        ["facility", "when"],
    )


async def test_a_week_is_reviewed_by_keyboard(scene: Scene, page: Page) -> None:
    await keep(scene, "wkwkwkwkwk")
    await keep(scene, "kartu hilang", "kartu hilang")
    await keep(scene, *["otp ga masuk"] * 3)
    await page.goto("/desk/nlu")
    await page.keyboard.press("j")
    await expect(page.locator(".group.current .marking")).to_have_text("otp ga masuk")
    await page.keyboard.press("j")
    await page.keyboard.press("k")
    await page.keyboard.press("2")
    await expect(page.locator(".group.done")).to_contain_text("Kantor buka/tutup")
    await expect(page.locator("#nlu-waiting")).to_have_text("3")
    await expect(page.locator(".group.current .marking")).to_have_text("kartu hilang")

    await page.keyboard.press("z")  # that was the wrong key
    await expect(page.locator(".group.current .marking")).to_have_text("otp ga masuk")
    await expect(page.locator("#nlu-waiting")).to_have_text("6")
    await page.keyboard.press("3")
    await expect(page.locator(".group.done")).to_contain_text("Gangguan sistem")
    await page.keyboard.press("1")
    await expect(page.locator(".group.done")).to_have_count(2)
    await expect(page.locator(".group.current .marking")).to_have_text("wkwkwkwkwk")
    await page.keyboard.press("u")
    await expect(page.locator(".group.done")).to_have_count(3)
    await expect(page.locator("#nlu-again")).to_be_focused()
    await expect(page.locator("#nlu-tabs")).to_contain_text("Sudah berlabel 5")
    assert await states(scene) == {
        "wkwkwkwkwk": ReviewState.USELESS,
        "kartu hilang": ReviewState.LABELLED,
        "otp ga masuk": ReviewState.LABELLED,
    }


async def test_a_small_screen_has_no_sideways_scrolling(scene: Scene, page: Page) -> None:
    await page.set_viewport_size({"width": 390, "height": 844})
    await keep(
        scene, "tolong dong min " + "x" * 200, "kantor palembang buka ga ya hari ini kak mohon infonya segera"
    )
    await page.goto("/desk/nlu")
    await page.keyboard.press("j")
    await page.keyboard.press("1")
    await expect(page.locator(".group.done")).to_have_count(1)
    assert await page.evaluate("document.documentElement.scrollWidth") == 390


async def test_a_misunderstanding_is_told_beside_the_talk(scene: Scene, page: Page) -> None:
    case = await scene.case("kantor gmn")
    async with scene.database.sessions.begin() as session:
        await session.execute(update(Message).values(intent="ask_office"))
    await page.goto(f"/desk/cases/{case.number}")
    await page.get_by_role("link", name="salah dipahami?").click()
    await expect(page.locator("#misread #meant")).to_be_focused()
    assert page.url.endswith(case.number)  # still on the case
    await page.select_option("#meant", "ask_closure")
    await page.get_by_role("button", name="Simpan koreksi").click()
    await expect(page.locator("#talk")).to_contain_text("sebenarnya Kantor buka/tutup (Citra)")
