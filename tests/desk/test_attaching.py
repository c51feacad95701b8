"""A file that an agent sends along with a reply, without scripts: what is refused, what is shown, what is kept."""

import asyncio
import re
from typing import Any

import httpx
import pytest
from sqlalchemy import select, update

from bot.desk.guard import LARGEST_WITH_FILE
from bot.media import enclosing
from bot.media.enclosing import UNSENT
from bot.media.stores import StoreAway
from bot.messages import Enclosure
from bot.storage.tables import (
    Attachment,
    Case,
    ChannelAddress,
    Conversation,
    MediaFile,
    MediaState,
    Message,
    Outbox,
    OutboxState,
    Role,
)
from tests.desk.scene import NIK, Browser, Scene
from tests.media.files import HOSTILE, PDF, REASONS, VOICE, padded, picture

SAID = {
    "page": "halaman web atau gambar SVG",
    "program": "program atau aplikasi",
    "bomb": "terlalu besar saat dibuka",
    "empty": "Berkas ini kosong",
    "kind": "Jenis berkas ini tidak dapat dikirim",
}


async def claimed(scene: Scene, browser: Any, name: str = "Ani") -> tuple[Case, Browser]:
    case = await scene.case()
    ani = await browser(name)
    await ani.get(f"/desk/cases/{case.number}")
    await ani.post(f"/desk/cases/{case.number}/claim")
    return case, ani


async def reply(
    who: Browser, case: Case, body: str, content: bytes | None, name: str = "surat.pdf", **fields: str
) -> httpx.Response:
    """The form as a browser sends it: also without a file it has a field for one."""
    data = {"csrf": who.csrf, "body": body, "once": once(who)} | fields
    files = {"file": (name if content is not None else "", content or b"", "text/html")}
    who.page = await who.http.post(f"/desk/cases/{case.number}/reply", data=data, files=files)
    return who.page


def once(who: Browser) -> str:
    assert who.page is not None
    found = re.search(r'name="once" value="([^"]+)"', who.page.text)
    return found[1] if found else ""


async def sent(scene: Scene) -> list[dict[str, Any]]:
    """What agents said, as the outbox has it."""
    rows = await scene.rows(select(Outbox).order_by(Outbox.id))
    return [form for form in (scene.desk.sealer.open(row.sealed) for row in rows) if "Ani" in form["body"]]


async def files(scene: Scene, state: MediaState) -> list[MediaFile]:
    return await scene.rows(select(MediaFile).where(MediaFile.state == state))


async def test_a_photo_goes_out_and_is_shown_to_everybody(scene: Scene, browser) -> None:
    case, ani = await claimed(scene, browser)
    content = picture()
    page = await reply(ani, case, "Ini lokasinya.", content, "peta.jpg")
    assert page.status_code == 200
    assert "Balasan disimpan" in page.text
    [form] = [form for form in await sent(scene) if "enclosure" in form]
    assert form["body"] == "*Ani:*\nIni lokasinya."
    assert "occasion" not in form
    assert (form["enclosure"]["kind"], form["enclosure"]["file_name"]) == ("image", "peta.jpg")
    budi = await browser("Budi")
    page = await budi.get(f"/desk/cases/{case.number}")
    assert "Ini lokasinya." in page.text
    assert 'alt="Gambar dari kami"' in page.text
    [source] = re.findall(r'<img src="([^"]+)"', page.text)
    shown = await budi.get(source)
    assert (shown.content, shown.headers["content-type"]) == (content, "image/jpeg")
    assert shown.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert "replied" in await scene.history(case)


async def test_a_file_needs_no_words_and_words_need_no_file(scene: Scene, browser) -> None:
    case, ani = await claimed(scene, browser)
    assert (await reply(ani, case, "", PDF)).status_code == 200
    assert (await reply(ani, case, "Baik.", None)).status_code == 200
    with_file, without = (await sent(scene))[-2:]
    assert with_file["body"] == "*Ani* mengirimkan berkas."
    assert "enclosure" not in without
    page = await reply(ani, case, "", None)
    assert page.status_code == 422
    assert "Tulis balasan, atau lampirkan berkas." in page.text


async def test_a_voice_note_is_played_at_the_desk(scene: Scene, browser) -> None:
    case, ani = await claimed(scene, browser)
    page = await reply(ani, case, "", VOICE, "suara.ogg")
    assert "<audio controls" in page.text


@pytest.mark.parametrize("what", HOSTILE)
async def test_what_is_hostile_is_refused_in_words_and_the_text_is_kept(
    what: str, scene: Scene, browser
) -> None:
    case, ani = await claimed(scene, browser)
    name, content = HOSTILE[what]
    page = await reply(ani, case, "Tulisan yang panjang sekali.", content, name)
    assert page.status_code == 422
    assert SAID[REASONS.get(what, "kind")] in page.text
    assert ">Tulisan yang panjang sekali.</textarea>" in page.text
    assert await scene.rows(select(MediaFile)) == []
    assert list(scene.folder.rglob("*.*")) == []


async def test_a_file_over_the_channels_limit_says_how_large_it_may_be(scene: Scene, browser) -> None:
    case, ani = await claimed(scene, browser)
    page = await reply(ani, case, "Ini berkasnya.", padded(PDF, 22_340_000))
    assert page.status_code == 422
    assert "Berkas ini 22,4 MB; saluran ini menerima paling besar 16 MB" in page.text
    assert ">Ini berkasnya.</textarea>" in page.text
    page = await reply(ani, case, "", padded(picture(), 5_000_001), "foto.jpg")
    assert "Berkas ini 5,1 MB; saluran ini menerima paling besar 5 MB" in page.text


async def test_more_than_any_channel_takes_is_not_even_read(scene: Scene, browser) -> None:
    case, ani = await claimed(scene, browser)
    read = 0

    async def endless():
        nonlocal read
        while True:
            read += 1
            yield b"x" * 1000

    headers = {
        "content-type": "multipart/form-data; boundary=x",
        "content-length": str(LARGEST_WITH_FILE + 1),
    }
    answer = await ani.http.post(f"/desk/cases/{case.number}/reply", content=endless(), headers=headers)
    assert (answer.status_code, read) == (413, 0)
    assert "50 MB" in answer.text
    for verb in ("note", "resolve"):  # no other form takes a file
        answer = await ani.http.post(
            f"/desk/cases/{case.number}/{verb}",
            data={"csrf": ani.csrf, "body": "x"},
            files={"file": ("a.pdf", PDF)},
        )
        assert answer.status_code == 400


async def test_without_the_secret_of_the_session_nothing_is_taken(scene: Scene, browser) -> None:
    case, ani = await claimed(scene, browser)
    page = await reply(ani, case, "halo", PDF, csrf="forged")
    assert page.status_code == 403
    assert await scene.rows(select(MediaFile)) == []
    stranger = await browser()
    answer = await stranger.http.post(
        f"/desk/cases/{case.number}/reply", files={"file": ("a.pdf", PDF)}, follow_redirects=False
    )
    assert (answer.status_code, answer.headers["location"][:13]) == (303, "/desk/sign-in")


async def test_who_does_not_hold_the_case_sends_nothing(scene: Scene, browser) -> None:
    case, _ = await claimed(scene, browser)
    budi = await browser("Budi", Role.SUPERVISOR)
    await budi.get(f"/desk/cases/{case.number}")
    page = await reply(budi, case, "halo", PDF)
    assert page.status_code == 409
    assert await scene.rows(select(MediaFile)) == []


async def test_the_same_form_twice_is_one_reply_and_one_file(scene: Scene, browser) -> None:
    case, ani = await claimed(scene, browser)
    key = once(ani)
    for _ in range(2):
        assert (await reply(ani, case, "Ini.", PDF, once=key)).status_code == 200
    assert len([form for form in await sent(scene) if "enclosure" in form]) == 1
    assert len(await files(scene, MediaState.STORED)) == 1
    await reply(ani, case, "Ini.", PDF + b"another", once=key)  # after "back", with another file
    assert len([form for form in await sent(scene) if "enclosure" in form]) == 2
    scene.keeper._clock = lambda: scene.desk.clock() + UNSENT  # type: ignore[method-assign]
    await scene.keeper.round()
    assert len(await files(scene, MediaState.REMOVED)) == 1


async def test_two_equal_forms_at_the_same_moment(scene: Scene, browser) -> None:
    case, ani = await claimed(scene, browser)
    key, csrf = once(ani), ani.csrf

    async def post() -> int:
        data = {"csrf": csrf, "body": "Ini.", "once": key}
        answer = await ani.http.post(
            f"/desk/cases/{case.number}/reply", data=data, files={"file": ("a.pdf", PDF)}
        )
        return answer.status_code

    assert set(await asyncio.gather(post(), post(), post())) == {200}
    assert len([form for form in await sent(scene) if "enclosure" in form]) == 1


async def test_a_store_that_is_away_costs_no_words(scene: Scene, browser, monkeypatch) -> None:
    async def away(*_: object) -> None:
        raise StoreAway

    case, ani = await claimed(scene, browser)
    monkeypatch.setattr(scene.desk.vault, "put", away)
    page = await reply(ani, case, "Tulisan saya.", PDF)
    assert page.status_code == 503
    assert "penyimpanan berkas sedang tidak menjawab" in page.text
    assert ">Tulisan saya.</textarea>" in page.text
    assert await sent(scene) == [form for form in await sent(scene) if "enclosure" not in form]


async def test_a_reply_that_fails_takes_its_file_back(scene: Scene, browser, monkeypatch) -> None:
    """As when the process dies after the file was stored and before the reply was committed."""

    async def broken(*_: object) -> None:
        raise RuntimeError

    case, ani = await claimed(scene, browser)
    with monkeypatch.context() as patched:
        patched.setattr(enclosing, "settle", broken)
        assert (await reply(ani, case, "halo", PDF)).status_code == 500
    assert await scene.rows(select(Attachment)) == []
    scene.keeper._clock = lambda: scene.desk.clock() + UNSENT  # type: ignore[method-assign]
    await scene.keeper.round()
    assert [path for path in scene.folder.rglob("*") if path.is_file()] == []


async def test_where_no_file_can_go_the_desk_says_why(scene: Scene, browser) -> None:
    case, ani = await claimed(scene, browser)
    assert 'type="file"' in (await ani.get(f"/desk/cases/{case.number}")).text
    async with scene.database.sessions.begin() as session:
        await session.execute(
            update(Conversation)
            .where(Conversation.id == case.conversation_id)
            .values(address="whatsapp:+628123456789")
        )
    page = await ani.get(f"/desk/cases/{case.number}")
    assert 'type="file"' not in page.text
    assert "SIAGA_PUBLIC_URL" in page.text
    page = await reply(ani, case, "halo", PDF)
    assert page.status_code == 422
    assert "tidak dapat dikirim lewat saluran ini" in page.text


async def test_outside_the_window_it_is_said_that_the_file_waits(scene: Scene, browser, clock) -> None:
    case, ani = await claimed(scene, browser)
    assert "menunggu sampai peserta menulis" not in (await ani.get(f"/desk/cases/{case.number}")).text
    async with scene.database.sessions.begin() as session:
        await session.execute(update(ChannelAddress).values(window_closed_at=clock()))
    page = await ani.get(f"/desk/cases/{case.number}")
    assert "Balasan akan menunggu" in page.text
    await reply(ani, case, "Ini.", PDF)
    assert "occasion" not in (await sent(scene))[-1]


async def test_a_dead_letter_names_its_file_with_numbers_masked(scene: Scene, browser) -> None:
    case, ani = await claimed(scene, browser)
    await reply(ani, case, "Ini.", PDF, f"KTP {NIK}.pdf")
    async with scene.database.sessions.begin() as session:
        await session.execute(update(Outbox).values(state=OutboxState.DEAD, error_code="63019"))
    sari = await browser("Sari", Role.SUPERVISOR)
    page = await sari.get("/desk/dead-letters")
    assert "📎 KTP" in page.text
    assert NIK not in page.text
    assert "tidak dapat mengambil berkasnya" in page.text


async def test_a_name_with_folders_is_a_name_only(scene: Scene, browser) -> None:
    case, ani = await claimed(scene, browser)
    await reply(ani, case, "Ini.", PDF, "..\\..\\C:\\rahasia\\surat.pdf")
    [attachment] = await scene.rows(select(Attachment))
    assert attachment.file_name == "surat.pdf"
    [line] = await scene.rows(select(Message).where(Message.id == attachment.message_id))
    assert line.agent_id is not None
    [row] = await scene.rows(select(Outbox).where(Outbox.message_id == line.id))
    assert Enclosure(**scene.desk.sealer.open(row.sealed)["enclosure"]).file_name == "surat.pdf"
