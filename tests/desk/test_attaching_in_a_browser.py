"""A file that goes along with a reply, in a real browser: chosen, pasted, dropped, taken away, refused, sent."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Page, expect
from sqlalchemy import select

from bot.storage.tables import Case, Outbox
from tests.desk.scene import Scene
from tests.desk.serving import chromium, serving
from tests.desk.test_in_a_browser import Windows
from tests.media.files import PDF, padded, picture

pytestmark = pytest.mark.browser

NAME = "Surat-keterangan-" + "panjang-" * 8 + "sekali.pdf"
GIVE = """([selector, kind, name, bytes, type]) => {
  const files = new DataTransfer();
  files.items.add(new File([new Uint8Array(bytes)], name, { type }));
  const said = { bubbles: true, cancelable: true };
  document.querySelector(selector).dispatchEvent(kind === "paste"
    ? new ClipboardEvent("paste", { ...said, clipboardData: files })
    : new DragEvent(kind, { ...said, dataTransfer: files }));
}"""
"""What the browser does when somebody pastes or drops a file."""

HELD = (
    """document.querySelector("form.reply").addEventListener("submit", (event) => event.preventDefault())"""
)
"""The form stays where it is, as while a slow line takes a large file."""


@pytest.fixture
def scene(live_scene: Scene) -> Scene:
    return live_scene


@pytest.fixture
async def windows(scene: Scene) -> AsyncIterator[Windows]:
    async with serving(scene) as url, chromium() as browser:
        windows = Windows(browser, url)
        yield windows
    assert windows.complaints == []


async def at_the_case(scene: Scene, windows: Windows, width: int = 1280) -> tuple[Page, Case]:
    """The page of a case that its agent has just claimed."""
    case = await scene.case("boleh minta formulirnya?")
    page = await windows.open(await scene.agent("Ani"), width)
    await page.goto(f"{windows.url}/desk/cases/{case.number}")
    await page.click("#case-head .claim button")
    await expect(page.locator("#reply")).to_be_visible()
    return page, case


async def enclosed(scene: Scene) -> list[str]:
    """The names of the files that were queued to be sent."""
    rows = await scene.rows(select(Outbox).order_by(Outbox.id))
    forms = [scene.desk.sealer.open(row.sealed) for row in rows]
    return [form["enclosure"]["file_name"] for form in forms if "enclosure" in form]


@pytest.mark.parametrize("width", [390, 1280])
async def test_chosen_shown_and_sent(scene: Scene, windows: Windows, width: int) -> None:
    page, _ = await at_the_case(scene, windows, width)
    await page.locator("#reply").focus()
    await page.keyboard.press("Tab")
    await expect(page.locator("#file")).to_be_focused()
    async with page.expect_file_chooser() as chooser:
        await page.click("text=Lampirkan berkas")
    file = {"name": "lokasi.jpg", "mimeType": "image/jpeg", "buffer": picture(size=(600, 400))}
    await (await chooser.value).set_files([file])
    await expect(page.locator(".chosen")).to_contain_text("lokasi.jpg (")
    await expect(page.locator(".chosen canvas")).to_be_visible()
    await page.fill("#reply", "Ini lokasinya.")
    assert await page.evaluate("document.documentElement.scrollWidth") <= width
    await page.press("#reply", "Control+Enter")
    bubble = page.locator("#talk .bubble.agent")
    await expect(bubble).to_contain_text("Ini lokasinya.")
    await expect(bubble.locator("img")).to_be_visible()
    await expect(page.locator("#reply")).to_have_value("")
    await expect(page.locator(".chosen")).to_be_hidden()
    assert await page.evaluate("document.documentElement.scrollWidth") <= width
    assert await enclosed(scene) == ["lokasi.jpg"]


@pytest.mark.parametrize("width", [390, 1280])
async def test_a_long_name_does_not_stick_out_and_can_be_taken_away(
    scene: Scene, windows: Windows, width: int
) -> None:
    page, _ = await at_the_case(scene, windows, width)
    await page.set_input_files("#file", [{"name": NAME, "mimeType": "application/pdf", "buffer": PDF}])
    await expect(page.locator(".chosen")).to_contain_text("sekali.pdf (1 KB)")
    assert await page.evaluate("document.documentElement.scrollWidth") <= width
    await page.click("text=Buang")
    await expect(page.locator(".chosen")).to_be_hidden()
    await expect(page.locator("#file")).to_be_focused()
    await page.click("text=Kirim balasan")  # nothing to send: the browser asks for words
    await expect(page.locator("#talk .bubble.agent")).to_have_count(0)
    await page.fill("#reply", "Tanpa berkas.")
    await page.click("text=Kirim balasan")
    await expect(page.locator("#talk .bubble.agent")).to_contain_text("Tanpa berkas.")
    assert await enclosed(scene) == []


@pytest.mark.parametrize(
    ("name", "kind", "content", "said"),
    [
        (
            "besar.pdf",
            "application/pdf",
            padded(PDF, 22_340_000),
            "22,4 MB; saluran ini menerima paling besar 16 MB",
        ),
        ("halaman.html", "text/html", b"<html>", "Jenis berkas ini tidak dapat dikirim"),
        ("kosong.pdf", "application/pdf", b"", "Berkas ini kosong"),
    ],
)
async def test_what_cannot_be_sent_is_said_before_it_is(  # noqa: PLR0917 (a case of the table)
    scene: Scene, windows: Windows, name: str, kind: str, content: bytes, said: str, tmp_path: Path
) -> None:
    page, _ = await at_the_case(scene, windows)
    (tmp_path / name).write_bytes(content)
    await page.fill("#reply", "Tulisan saya.")
    await page.set_input_files("#file", tmp_path / name)
    await expect(page.locator("#wrong-file")).to_contain_text(said)
    await expect(page.locator(".chosen")).to_be_hidden()
    await expect(page.locator("#reply")).to_have_value("Tulisan saya.")


async def test_what_only_the_service_finds_out_keeps_the_words(scene: Scene, windows: Windows) -> None:
    page, _ = await at_the_case(scene, windows)
    await page.fill("#reply", "Tulisan saya.")
    await page.set_input_files(
        "#file", [{"name": "a.pdf", "mimeType": "application/pdf", "buffer": b"<html><script>"}]
    )
    await page.click("text=Kirim balasan")
    await expect(page.locator("#wrong-file")).to_contain_text("halaman web atau gambar SVG")
    await expect(page.locator("#reply")).to_have_value("Tulisan saya.")
    await page.fill("#reply", "Tulisan saya, tanpa berkas.")
    await page.click("text=Kirim balasan")
    await expect(page.locator("#talk .bubble.agent")).to_contain_text("tanpa berkas")
    assert await enclosed(scene) == []


async def test_pasted_and_dropped(scene: Scene, windows: Windows) -> None:
    page, _ = await at_the_case(scene, windows)
    content = list(picture("PNG"))
    await page.evaluate(GIVE, ["#reply", "paste", "image.png", content, "image/png"])
    await expect(page.locator(".chosen")).to_contain_text("image.png")
    await page.evaluate(GIVE, ["form.reply", "dragover", "surat.pdf", list(PDF), "application/pdf"])
    await expect(page.locator("form.reply.over")).to_be_visible()
    await page.evaluate(GIVE, ["form.reply", "drop", "surat.pdf", list(PDF), "application/pdf"])
    await expect(page.locator(".chosen")).to_contain_text("surat.pdf")
    await expect(page.locator("form.reply.over")).to_have_count(0)
    await page.click("text=Kirim balasan")
    await expect(page.locator("#talk .bubble.agent")).to_contain_text("surat.pdf")
    assert await enclosed(scene) == ["surat.pdf"]


async def test_while_it_is_sent_the_page_says_so_and_takes_no_second_click(
    scene: Scene, windows: Windows
) -> None:
    page, _ = await at_the_case(scene, windows)
    await page.evaluate(HELD)
    await page.set_input_files("#file", [{"name": "a.pdf", "mimeType": "application/pdf", "buffer": PDF}])
    button = page.locator("form.reply button.main")
    await button.click()
    await expect(button).to_have_text("Mengirim berkas …")
    await expect(button).to_be_disabled()


@pytest.mark.parametrize("width", [390, 1280])
async def test_without_scripts_the_plain_form_does_it(scene: Scene, windows: Windows, width: int) -> None:
    case, agent = await scene.case(), await scene.agent("Ani")
    signed_in = await windows.open(agent, width)
    state = await signed_in.context.storage_state()
    browser = signed_in.context.browser
    assert browser is not None
    context = await browser.new_context(
        java_script_enabled=False, storage_state=state, viewport={"width": width, "height": 800}
    )
    page = await context.new_page()
    await page.goto(f"{windows.url}/desk/cases/{case.number}")
    await page.click("#case-head .claim button")
    await expect(page.locator("#file")).to_be_visible()
    await page.set_input_files("#file", [{"name": "a.pdf", "mimeType": "application/pdf", "buffer": PDF}])
    await page.click("text=Kirim balasan")
    await expect(page.locator("#talk .bubble.agent")).to_contain_text("a.pdf")
    assert await enclosed(scene) == ["a.pdf"]


async def test_a_colleague_who_looks_sees_it_at_once(scene: Scene, windows: Windows) -> None:
    page, case = await at_the_case(scene, windows)
    budi = await windows.open(await scene.agent("Budi"))
    await budi.goto(f"{windows.url}/desk/cases/{case.number}")
    await page.set_input_files(
        "#file", [{"name": "foto.png", "mimeType": "image/png", "buffer": picture("PNG")}]
    )
    await page.click("text=Kirim balasan")
    await expect(budi.locator("#talk .bubble.agent img")).to_be_visible()
