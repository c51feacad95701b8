"""What a file is taken for, whatever was said of it."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from bot.media.cards import read_card
from bot.media.checking import LARGEST, check
from bot.media.kinds import PICTURES, SOUNDS, UNKNOWN, NotKept, content_type
from bot.messages import Contact, Media, MediaKind
from tests.media.files import archive, picture, png_of


def media(**more: str) -> Media:
    return Media(kind=MediaKind.DOCUMENT, reference="x", **more)  # type: ignore[arg-type]


DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (picture("JPEG"), "image/jpeg"),
        (picture("PNG"), "image/png"),
        (picture("WEBP"), "image/webp"),
        (picture("GIF"), "image/gif"),
        (b"%PDF-1.7\n...", "application/pdf"),
        (b"OggS\0\2", "audio/ogg"),
        (b"ID3\4\0", "audio/mpeg"),
        (b"\xff\xfb\x90\x00", "audio/mpeg"),
        (b"\0\0\0\x1cftypM4A \0\0", "audio/mp4"),
        (b"\0\0\0\x1cftypisom\0\0", "video/mp4"),
        (b"\0\0\0\x1cftypheic\0\0", "image/heic"),
        (b"\0\0\0\x1cftyp3gp4\0\0", "video/3gpp"),
        (b"#!AMR\n\x3c", "audio/amr"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0", "application/msword"),
        (archive("[Content_Types].xml", "word/document.xml"), DOCX),
        (archive("kwitansi.pdf"), "application/zip"),
        (b"BEGIN:VCARD\r\nFN:Sari\r\nEND:VCARD", "text/vcard"),
        ("Rincian biaya é".encode(), "text/plain"),
        (b"MZ saya mau tanya", "text/plain"),
        (b"RIFF\0\0\0\0WAVEfmt ", UNKNOWN),
        (b"\x00\x01\x02", UNKNOWN),
        (b"\x89PNG\r\n\x1a\n and then nothing of a picture", UNKNOWN),
        (b"\xff\xd8\xff cut short", UNKNOWN),
    ],
)
def test_by_its_bytes(content: bytes, found: str) -> None:
    assert check(content, media(content_type="text/html", file_name="foto.jpg")).content_type == found


def test_what_was_said_only_tells_sound_from_film() -> None:
    content = b"\0\0\0\x1cftypmp42\0\0"
    assert content_type(content, declared="audio/mp4") == "audio/mp4"
    assert content_type(content, declared="image/png") == "video/mp4"


@pytest.mark.parametrize(
    ("content", "name", "reason"),
    [
        (b"", "", "media_empty"),
        (b"%PDF-" + b"x" * LARGEST, "", "media_too_large"),
        (b"MZ\x90\0\3\0", "", "media_program"),
        (b"MZ\x90\0\3\0 %PDF-1.7", "", "media_program"),
        (b"\x7fELF\2", "", "media_program"),
        (b"#!/bin/sh\nrm -rf /", "", "media_program"),
        (archive("AndroidManifest.xml", "classes.dex"), "undangan.pdf", "media_program"),
        (archive("META-INF/MANIFEST.MF"), "", "media_program"),
        (archive("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"), "", "media_program"),
        (b"%PDF-1.7", "Surat Undangan.APK", "media_program"),
        (b"%PDF-1.7", "surat.pdf.exe. ", "media_program"),
        (b"halo", "a.html", "media_page"),
        (b"halo", "a.svg", "media_page"),
        (b"<!DOCTYPE html><p>", "", "media_page"),
        (b"\xef\xbb\xbf  <SVG onload=alert(1)>", "foto.jpg", "media_page"),
        (b'<?xml version="1.0"?><!-- x --><svg xmlns="x"/>', "", "media_page"),
        ("<html>".encode("utf-16"), "", "media_page"),
        (b"GIF <script>alert(1)</script>", "foto.gif", "media_page"),
        (png_of(20_000, 20_000), "", "media_bomb"),
        (png_of(8_000, 7_000), "", "media_bomb"),
        (png_of(9_500, 9_500), "", "media_bomb"),
    ],
)
def test_what_is_not_kept(content: bytes, name: str, reason: str) -> None:
    with pytest.raises(NotKept) as refused:
        check(content, media(file_name=name, content_type="image/jpeg"))
    assert refused.value.reason == reason


@given(
    st.one_of(
        st.binary(max_size=300),
        st.builds(
            lambda head, rest: head + rest,
            st.sampled_from(
                [
                    b"\xff\xd8\xff",
                    b"\x89PNG\r\n\x1a\n",
                    b"GIF89a",
                    b"PK\x03\x04",
                    b"RIFF\0\0\0\0WEBP",
                    b"\0\0\0\x1cftyp",
                ]
            ),
            st.binary(max_size=300),
        ),
    ),
    st.text(max_size=30),
    st.sampled_from(["", "image/png", "text/html", "audio/mp4"]),
)
def test_anything_is_kept_as_something_or_refused(content: bytes, name: str, declared: str) -> None:
    try:
        found = check(content, media(file_name=name, content_type=declared)).content_type
    except NotKept:
        return
    assert "html" not in found
    assert "svg" not in found
    if found in PICTURES:
        with Image.open(io.BytesIO(content)) as opened:
            assert Image.MIME[str(opened.format)] == found
    assert found in SOUNDS or "/" in found


@pytest.mark.parametrize(
    ("content", "card"),
    [
        (
            b"BEGIN:VCARD\r\nVERSION:3.0\r\nN:Wulandari;Sari;;;\r\nFN:Sari Wulandari\r\n"
            b"item1.TEL;waid=6281200000001:+62 812-0000-0001\r\nTEL;TYPE=HOME:0711 1\r\nEND:VCARD\r\n"
            b"BEGIN:VCARD\r\nFN:Another\r\nEND:VCARD",
            Contact(name="Sari Wulandari", phones=("+62 812-0000-0001", "0711 1")),
        ),
        (
            b"BEGIN:VCARD\nN:Wulandari;Sari\nTEL:tel:+62812\nEND:VCARD",
            Contact(name="Sari Wulandari", phones=("+62812",)),
        ),
        (
            b"BEGIN:VCARD\nFN;ENCODING=QUOTED-PRINTABLE:Caf=C3=A9\nNOTE:a\n b\nEND:VCARD",
            Contact(name="Caf\xe9"),
        ),
        (b"BEGIN:VCARD\nFN:Dr. Ani\\, Sp.A\nTEL:\nEND:VCARD", Contact(name="Dr. Ani, Sp.A")),
        (b"BEGIN:VCARD", Contact()),
    ],
)
def test_contact_cards(content: bytes, card: Contact) -> None:
    assert read_card(content) == card


@given(st.binary(max_size=300))
def test_no_card_breaks_the_reader(content: bytes) -> None:
    read_card(b"BEGIN:VCARD\n" + content)
