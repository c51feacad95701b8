"""An administrative request in a real browser: asked again, answered, filed, rejected, at both widths."""

import os

import pytest
from playwright.async_api import Page, expect

from bot.messages import Media, MediaKind
from bot.storage.tables import Case
from tests.cases.requests import KK, KTP, SERVICE
from tests.cases.requests import request as new_request
from tests.desk.scene import NIK, Scene
from tests.desk.test_in_a_browser import Windows, scene, windows
from tests.media.files import picture

__all__ = ["scene", "windows"]
pytestmark = pytest.mark.browser


async def shot(page: Page, name: str) -> None:
    """A picture of the page, where a folder for them is given."""
    folder = os.environ.get("SIAGA_TEST_PICTURES")
    if folder:
        await page.screenshot(path=f"{folder}/{name}.png", full_page=True)


async def fits(page: Page, width: int) -> None:
    assert await page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("width", [390, 1280])
async def test_the_whole_way_of_a_request(scene: Scene, windows: Windows, width: int) -> None:
    scene.files |= {name: ("image/jpeg", picture(size=(900, 600))) for name in ("ktp", "kk")}
    ktp = Media(kind=MediaKind.IMAGE, reference="ktp", content_type="image/jpeg", file_name="ktp.jpg")
    fields = {"service": SERVICE, "state": "new", "name": "Budi Santoso", "nik": NIK}
    case = await new_request(scene, fields=fields, documents={KTP: [ktp]})
    await scene.keeper.round()
    page = await windows.open(await scene.agent("Ani"), width)
    await page.goto(f"{windows.url}/desk/cases/{case.number}")
    await page.keyboard.press("c")
    await expect(page.locator(".mark.status")).to_have_text("Dikerjakan")
    await expect(page.locator(f"#paper-{KTP} img")).to_be_visible()
    await _ask(page, width)
    await _put(scene, case, page, width)
    await page.goto(f"{windows.url}/desk?view=mine&status=request:documents_missing")
    await expect(page.locator("#cases .mark.documents_missing")).to_have_text("Menunggu dokumen")
    await fits(page, width)
    await shot(page, f"inbox-{width}")
    await page.goto(f"{windows.url}/desk/cases/{case.number}")
    await _reject(page, width)


async def _ask(page: Page, width: int) -> None:
    await page.click("summary:text-is('Minta dokumen lagi')")
    await page.get_by_label("KTP").check()
    await page.get_by_label("Kartu Keluarga").check()
    await page.fill("#document-reason", "fotonya buram, NIK tidak terbaca")
    await fits(page, width)
    await shot(page, f"asking-{width}")
    await page.click("button:text-is('Minta dokumen')")
    await expect(page.locator(".mark.status")).to_have_text("Menunggu dokumen")
    await expect(page.locator(f"#paper-{KK}")).to_contain_text("diminta")
    await expect(page.locator("#document-reason")).to_have_value("")


async def _put(scene: Scene, case: Case, page: Page, width: int) -> None:
    sent = Media(kind=MediaKind.IMAGE, reference="kk", content_type="image/jpeg", file_name="kk.jpg")
    await scene.participant_says(case, "ini ya bu", sent)
    await scene.keeper.round()
    put = page.locator("form.put")  # without a reload
    await expect(put).to_be_visible(timeout=25_000)
    await put.locator("select").select_option(KK)
    await fits(page, width)
    await shot(page, f"putting-{width}")
    await put.locator("button").click()
    await expect(page.locator(f"#paper-{KK} img")).to_be_visible()
    await expect(page.locator("form.put")).to_have_count(0)


async def _reject(page: Page, width: int) -> None:
    await page.click("summary:text-is('Tolak')")
    await page.fill("#reject-reason", "NIK tidak cocok dengan Kartu Keluarga")
    await page.click("button:text-is('Tolak permintaan')")
    await expect(page.locator(".mark.status")).to_have_text("Menunggu dokumen")  # the browser wants the tick
    await page.get_by_label("Ya, tolak permintaan ini").check()
    await fits(page, width)
    await shot(page, f"rejecting-{width}")
    await page.click("button:text-is('Tolak permintaan')")
    await expect(page.locator(".mark.status")).to_have_text("Ditolak")
    await shot(page, f"rejected-{width}")


async def test_what_comes_while_one_looks_does_not_take_the_words_away(
    scene: Scene, windows: Windows
) -> None:
    case = await new_request(scene)
    page = await windows.open(await scene.agent("Ani"))
    await page.goto(f"{windows.url}/desk/cases/{case.number}")
    await page.keyboard.press("c")
    await page.click("summary:text-is('Minta dokumen lagi')")
    await page.get_by_label("KTP").check()
    await page.fill("#document-reason", "fotonya bu")
    await scene.participant_says(case, "halo bu, sudah?")
    await expect(page.locator("#talk")).to_contain_text("sudah?")
    await expect(page.locator("#document-reason")).to_have_value("fotonya bu")
    await expect(page.get_by_label("KTP")).to_be_checked()
