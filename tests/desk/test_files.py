"""What participants sent: given as downloads, shown or played only when its bytes are that."""

import io
import re
import shutil

import pytest
from PIL import Image
from sqlalchemy import select

from bot.desk.attachments import ranged
from bot.messages import Media, MediaKind
from bot.storage.tables import Attachment, MediaFile, MediaState
from tests.desk.scene import Scene


def png(width: int = 4, height: int = 3) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (width, height)).save(file, "PNG")
    return file.getvalue()


PNG = png()
OGG = b"OggS" + b"\0" * 60


def image(reference: str) -> Media:
    return Media(kind=MediaKind.IMAGE, reference=reference, content_type="image/png")


def file_ids(page: str) -> list[str]:
    return list(dict.fromkeys(re.findall(r"/files/(\d+)", page)))


async def test_files_are_downloads_and_pictures_only_when_they_are(scene: Scene, browser) -> None:
    case = await scene.case()
    scene.files |= {
        "photo": ("image/png", PNG),
        "fake": ("image/png", b"%PDF-1.7 whatever was said of it"),
        "letter": ("text/html", b"%PDF-1.7"),
    }
    await scene.participant_says(
        case,
        "ini fotonya",
        image("photo"),
        image("fake"),
        Media(
            kind=MediaKind.DOCUMENT,
            reference="letter",
            content_type="text/html",
            file_name='../../surat "rujukan"\r\nSet-Cookie: x=1 é.pdf',
        ),
    )
    await scene.keeper.round()
    other = await scene.case("lain", name="Lain")
    ani = await browser("Ani")
    page = await ani.get(f"/desk/cases/{case.number}")
    ids = file_ids(page.text)
    assert len(ids) == 3
    assert page.text.count("<img") == 1
    files = f"/desk/cases/{case.number}/files"
    for file_id in ids:
        answer = await ani.get(f"{files}/{file_id}")
        assert answer.headers["content-type"] == "application/octet-stream"
        assert answer.headers["content-disposition"].startswith("attachment; ")
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "set-cookie" not in answer.headers
        assert "/" not in answer.headers["content-disposition"]
    assert f"image-{ids[1]}.pdf" in (await ani.get(f"{files}/{ids[1]}")).headers["content-disposition"]
    picture = await ani.get(f"{files}/{ids[0]}/picture")
    assert (picture.content, picture.headers["content-type"]) == (PNG, "image/png")
    assert picture.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert picture.headers["x-content-type-options"] == "nosniff"
    for wrong in (f"{ids[1]}/picture", f"{ids[2]}/picture", f"{ids[0]}/sound", str(10**30)):
        assert (await ani.get(f"{files}/{wrong}")).status_code == 404
    assert (await ani.get(f"/desk/cases/{other.number}/files/{ids[0]}")).status_code == 404


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("undangan.apk", b"PK\x03\x04 AndroidManifest.xml", "program atau aplikasi"),
        ("foto.svg", b"<svg onload=alert(1)>", "halaman web atau gambar SVG"),
        ("foto.jpg", b"<script>alert(1)</script>", "halaman web atau gambar SVG"),
        ("kosong.pdf", b"", "kosong"),
    ],
)
async def test_what_is_not_kept_is_said_in_words(
    name: str, content: bytes, said: str, scene: Scene, browser
) -> None:
    case = await scene.case()
    scene.files["it"] = ("image/jpeg", content)
    await scene.participant_says(
        case, "", Media(kind=MediaKind.DOCUMENT, reference="it", file_name=name, content_type="image/jpeg")
    )
    await scene.keeper.round()
    ani = await browser("Ani")
    page = await ani.get(f"/desk/cases/{case.number}")
    assert said in page.text
    assert "download>" not in page.text
    [file] = await scene.rows(MediaFile.__table__.select().with_only_columns(MediaFile.id))
    assert (await ani.get(f"/desk/cases/{case.number}/files/{file}")).status_code == 410


async def test_a_file_on_its_way_then_there_then_given_up(scene: Scene, browser) -> None:
    case = await scene.case()
    await scene.participant_says(case, "", image("photo"))
    ani = await browser("Ani")
    page = await ani.get(f"/desk/cases/{case.number}")
    assert "sedang diambil" in page.text
    scene.files["photo"] = ("image/png", PNG)
    await scene.keeper.round()
    [file_id] = file_ids((await ani.get(f"/desk/cases/{case.number}")).text)
    assert (await ani.get(f"/desk/cases/{case.number}/files/{file_id}/picture")).status_code == 200


async def test_a_file_that_was_given_up_is_fetched_again_by_hand(scene: Scene, browser) -> None:
    case = await scene.case()
    await scene.participant_says(case, "", image("photo"))
    await scene.keeper.round()
    async with scene.database.sessions.begin() as session:
        await session.execute(
            MediaFile.__table__.update().values(state=MediaState.FAILED, reason="http_404", next_try_at=None)
        )
    ani = await browser("Ani")
    page = await ani.get(f"/desk/cases/{case.number}")
    assert "penyedia tidak memilikinya lagi" in page.text
    [again] = re.findall(r'action="([^"]+/again)"', page.text)
    scene.files["photo"] = ("image/png", PNG)
    page = await ani.post(again)
    assert "sedang diambil" in page.text
    await scene.keeper.round()
    page = await ani.get(f"/desk/cases/{case.number}")
    assert "<img" in page.text
    await ani.post(again)  # there is nothing to do any more
    assert "<img" in (await ani.get(f"/desk/cases/{case.number}")).text


async def test_a_voice_note_is_played(scene: Scene, browser) -> None:
    case = await scene.case()
    scene.files["voice"] = ("audio/ogg", OGG)
    await scene.participant_says(
        case, "", Media(kind=MediaKind.VOICE, reference="voice", content_type="audio/ogg")
    )
    await scene.keeper.round()
    ani = await browser("Ani")
    page = await ani.get(f"/desk/cases/{case.number}")
    [source] = re.findall(r'<audio controls preload="none" src="([^"]+)"', page.text)
    assert "media-src 'self'" in page.headers["content-security-policy"]
    sound = await ani.get(source)
    assert (sound.content, sound.headers["content-type"]) == (OGG, "audio/ogg")
    part = await ani.http.get(source, headers={"Range": "bytes=4-9"})
    assert (part.status_code, part.content, part.headers["content-range"]) == (206, OGG[4:10], "bytes 4-9/64")


@pytest.mark.parametrize(
    ("wanted", "status", "content"),
    [
        ("", 200, b"0123456789"),
        ("bytes=0-", 206, b"0123456789"),
        ("bytes=8-100", 206, b"89"),
        ("bytes=9-9", 206, b"9"),
        ("bytes=10-", 416, b""),
        ("bytes=5-4", 416, b""),
        ("bytes=-3", 200, b"0123456789"),
        ("bytes=0-1,3-4", 200, b"0123456789"),
        ("lines=1-2", 200, b"0123456789"),
    ],
)
def test_parts_of_a_file(wanted: str, status: int, content: bytes) -> None:
    answer = ranged(b"0123456789", "audio/ogg", wanted)
    assert (answer.status_code, answer.body) == (status, content)


async def test_a_contact_card_is_shown_with_its_number_hidden(scene: Scene, browser) -> None:
    case = await scene.case()
    card = b"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Bidan Sari\r\nTEL;TYPE=CELL:+62 812-1111-2222\r\nEND:VCARD\r\n"
    scene.files["card"] = ("text/vcard", card)
    await scene.participant_says(case, "", Media(kind=MediaKind.CONTACT, reference="card"))
    await scene.keeper.round()
    ani = await browser("Ani")
    page = await ani.get(f"/desk/cases/{case.number}")
    assert "Bidan Sari" in page.text
    assert "1111" not in page.text
    assert "222" in page.text
    assert file_ids(page.text) == []
    [file] = await scene.rows(select(Attachment))
    assert (await ani.get(f"/desk/cases/{case.number}/files/{file.id}")).status_code == 404
    page = await ani.get(f"/desk/cases/{case.number}")
    page = await ani.post(f"/desk/cases/{case.number}/reveal")
    assert "+62 812-1111-2222" in page.text


async def test_a_place_is_a_link_to_a_map(scene: Scene, browser) -> None:
    case = await scene.case()
    line = await scene.participant_says(case, "[location] RS <b>AWS</b>")
    sealed = scene.desk.sealer.seal(
        {"location": {"latitude": -0.4823, "longitude": 117.1512, "name": "RS <b>AWS</b>"}}
    )
    async with scene.database.sessions.begin() as session:
        (await session.merge(line)).sealed_shared = sealed
    page = await (await browser("Ani")).get(f"/desk/cases/{case.number}")
    assert "mlat=-0.482300&amp;mlon=117.151200" in page.text
    assert "RS &lt;b&gt;AWS&lt;/b&gt;" in page.text
    assert 'rel="noreferrer noopener"' in page.text


async def test_a_store_that_does_not_answer_is_said_to_be(scene: Scene, browser) -> None:
    case = await scene.case()
    scene.files["photo"] = ("image/png", PNG)
    await scene.participant_says(case, "", image("photo"))
    await scene.keeper.round()
    ani = await browser("Ani")
    [file_id] = file_ids((await ani.get(f"/desk/cases/{case.number}")).text)
    shutil.rmtree(scene.folder)
    page = await ani.get(f"/desk/cases/{case.number}/files/{file_id}")
    assert page.status_code == 503
    assert "tidak dapat dibaca" in page.text
