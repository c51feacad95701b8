"""What participants sent: given as downloads, shown only when it is a picture."""

import re

import pytest
from sqlalchemy import update

from bot.desk.attachments import picture_type
from bot.messages import Media, MediaKind
from bot.storage.tables import Attachment
from tests.desk.scene import Scene

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (PNG, "image/png"),
        (b"\xff\xd8\xff\xe0 rest", "image/jpeg"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp"),
        (b"RIFF\x00\x00\x00\x00WAVEfmt ", None),
        (b"GIF89a", None),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", None),
        (b"<!doctype html>", None),
        (b"%PDF-1.7", None),
        (b"", None),
    ],
)
def test_a_picture_is_known_by_its_bytes(content: bytes, kind: str | None) -> None:
    assert picture_type(content) == kind


async def test_files_are_downloads_and_pictures_only_when_they_are(scene: Scene, browser) -> None:
    case = await scene.case()
    scene.files |= {
        "photo": ("image/png", PNG),
        "fake": ("image/png", b"<svg onload=alert(1)>"),
        "page": ("text/html", b"<script>alert(1)</script>"),
    }
    line = await scene.participant_says(
        case,
        "ini fotonya",
        Media(kind=MediaKind.IMAGE, reference="photo", content_type="image/png"),
        Media(kind=MediaKind.IMAGE, reference="fake", content_type="image/png"),
        Media(
            kind=MediaKind.DOCUMENT,
            reference="page",
            content_type="text/html",
            file_name='../../surat "rujukan"\r\nSet-Cookie: x=1 é.html',
        ),
    )
    other = await scene.case("lain", name="Lain")
    ani = await browser("Ani")
    page = await ani.get(f"/desk/cases/{case.number}")
    ids = list(dict.fromkeys(re.findall(r"/files/(\d+)", page.text)))
    assert len(ids) == 3, line
    files = f"/desk/cases/{case.number}/files"
    for file_id in ids:
        answer = await ani.get(f"{files}/{file_id}")
        assert answer.headers["content-type"] == "application/octet-stream"
        assert answer.headers["content-disposition"].startswith("attachment; ")
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "set-cookie" not in answer.headers
        assert "/" not in answer.headers["content-disposition"]
    picture = await ani.get(f"{files}/{ids[0]}/picture")
    assert (picture.content, picture.headers["content-type"]) == (PNG, "image/png")
    assert (await ani.get(f"{files}/{ids[1]}/picture")).status_code == 404
    assert (await ani.get(f"{files}/{ids[2]}/picture")).status_code == 404
    assert (await ani.get(f"/desk/cases/{other.number}/files/{ids[0]}")).status_code == 404
    assert (await ani.get(f"{files}/{10**30}")).status_code == 404


async def test_a_file_that_is_gone_is_said_to_be(scene: Scene, browser) -> None:
    case = await scene.case()
    await scene.participant_says(case, "", Media(kind=MediaKind.DOCUMENT, reference="x", file_name="a.pdf"))
    async with scene.database.sessions.begin() as session:
        await session.execute(update(Attachment).values(channel="telegram"))
    ani = await browser("Ani")
    page = await ani.get(f"/desk/cases/{case.number}")
    found = re.search(r"/files/(\d+)", page.text)
    assert found
    page = await ani.get(f"/desk/cases/{case.number}/files/{found[1]}")
    assert page.status_code == 502
    assert "minta peserta mengirim ulang" in page.text
