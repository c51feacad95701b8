"""What a file is by its bytes. What the sender or the provider says of it is a hint at most.

A table of our own: it is short, and it has to know what is *not* taken (programs, pages) as well as what is.
"""

import re

from bot.errors import SiagaError

PICTURES = frozenset({"image/jpeg", "image/png", "image/webp", "image/gif"})
"""What the desk shows as a picture."""
SOUNDS = frozenset({"audio/ogg", "audio/mpeg", "audio/mp4", "audio/aac", "audio/amr"})
"""What the desk plays."""
ENDINGS = {
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/webp": ".webp",
    "image/gif": ".gif",
    "image/heic": ".heic",
    "application/pdf": ".pdf",
    "application/msword": ".doc",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": ".pptx",
    "application/zip": ".zip",
    "audio/ogg": ".ogg",
    "audio/mpeg": ".mp3",
    "audio/mp4": ".m4a",
    "audio/aac": ".aac",
    "audio/amr": ".amr",
    "video/mp4": ".mp4",
    "video/3gpp": ".3gp",
    "video/webm": ".webm",
    "text/vcard": ".vcf",
    "text/plain": ".txt",
}
"""How the name of a file ends that came without one."""
UNKNOWN = "application/octet-stream"

PROGRAM = "media_program"
PAGE = "media_page"

_MAGIC = (
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (8, b"WEBP", "image/webp"),
    (0, b"OggS", "audio/ogg"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"\xff\xfb", "audio/mpeg"),
    (0, b"\xff\xf3", "audio/mpeg"),
    (0, b"\xff\xf2", "audio/mpeg"),
    (0, b"\xff\xf1", "audio/aac"),
    (0, b"\xff\xf9", "audio/aac"),
    (0, b"#!AMR", "audio/amr"),
    (0, b"\x1aE\xdf\xa3", "video/webm"),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/msword"),  # also Excel's and PowerPoint's old form
)
_BRANDS = {b"M4A": "audio/mp4", b"M4B": "audio/mp4", b"3gp": "video/3gpp", b"hei": "image/heic"}
"""The first letters of the brand of an ISO media file ("ftyp")."""
_OFFICE = {
    b"word/document": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    b"xl/workbook": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    b"ppt/presentation": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
}
_PROGRAMS = (
    b"\x7fELF",
    b"\xfe\xed\xfa\xce",
    b"\xfe\xed\xfa\xcf",
    b"\xce\xfa\xed\xfe",
    b"\xcf\xfa\xed\xfe",
    b"\xca\xfe\xba\xbe",
    b"dex\n",
    b"L\x00\x00\x00\x01\x14\x02\x00",  # a Windows shortcut
    b"!<arch>",
    b"#!/",
    b"#! /",
)
_IN_PROGRAMS = (b"AndroidManifest.xml", b"META-INF/MANIFEST.MF", b"classes.dex", b"vbaProject.bin")
"""Names in an archive that is an app, a Java program, or an Office file with macros."""
_PROGRAM_ENDINGS = frozenset(
    {
        "apk",
        "app",
        "bat",
        "cmd",
        "com",
        "cpl",
        "dll",
        "exe",
        "hta",
        "ipa",
        "jar",
        "js",
        "jse",
        "lnk",
        "mjs",
        "msi",
    }
    | {"ps1", "reg", "scr", "sh", "vbe", "vbs", "wsf", "xapk"}
)
_PAGE_ENDINGS = frozenset({"htm", "html", "mht", "mhtml", "shtml", "svg", "svgz", "xht", "xhtml"})
_MARKUP = re.compile(rb"<(!doctype\s+html|html|head|body|script|iframe|object|embed|svg)\b", re.IGNORECASE)
_LOOKED_AT = 4096  # bytes: no browser looks further for markup


class NotKept(SiagaError):
    """A file that we do not keep, whoever sent it; `reason` says why."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


def content_type(content: bytes, file_name: str = "", declared: str = "") -> str:
    """What `content` is; `UNKNOWN` where it is nothing that we know.

    Args:
        content: the whole file.
        file_name: as the sender called it; a name that a computer would run is believed.
        declared: the type that came with it; only tells sound from film where the bytes leave it open.

    Raises:
        NotKept: it is a program (also one in an archive), or a page that a browser would run.
    """
    _refuse_by_name(file_name)
    if _is_program(content):
        raise NotKept(PROGRAM)
    return _by_magic(content, declared) or _as_text(content)


def _refuse_by_name(file_name: str) -> None:
    # "surat.pdf.exe " and "surat.exe." are run by Windows all the same.
    ending = file_name.strip(" .").rpartition(".")[2].strip().lower()
    if ending in _PROGRAM_ENDINGS:
        raise NotKept(PROGRAM)
    if ending in _PAGE_ENDINGS:
        raise NotKept(PAGE)


def _by_magic(content: bytes, declared: str) -> str | None:
    if content.startswith(b"PK\x03\x04"):
        return _archive(content)
    if content[4:8] == b"ftyp":
        return _sound_or_film(_BRANDS.get(content[8:11], "video/mp4"), declared)
    for at, magic, kind in _MAGIC:
        if content.startswith(magic, at) and (kind != "image/webp" or content.startswith(b"RIFF")):
            return _sound_or_film(kind, declared)
    return _pdf(content)


def _pdf(content: bytes) -> str | None:
    """Readers of PDF take its sign anywhere in the first kilobyte; before it may stand a page for a browser."""
    before, found, _ = content[:1024].partition(b"%PDF-")
    if found and _MARKUP.search(before.replace(b"\0", b"")):
        raise NotKept(PAGE)
    return "application/pdf" if found else None


def _sound_or_film(found: str, declared: str) -> str:
    """A container that may hold either is sound only if that was said."""
    return "audio/mp4" if found == "video/mp4" and declared.startswith("audio/") else found


def _archive(content: bytes) -> str:
    """By the names in it, which stand in the clear: nothing is unpacked, so nothing can blow up."""
    if any(name in content for name in _IN_PROGRAMS):
        raise NotKept(PROGRAM)
    if b"[Content_Types].xml" in content:
        return next((kind for name, kind in _OFFICE.items() if name in content), "application/zip")
    return "application/zip"


def _is_program(content: bytes) -> bool:
    windows = content.startswith(b"MZ") and b"\0" in content[:64]
    return windows or content.startswith(_PROGRAMS)


def _as_text(content: bytes) -> str:
    if _MARKUP.search(content[:_LOOKED_AT].replace(b"\0", b"")):  # without NUL, UTF-16 reads as ASCII
        raise NotKept(PAGE)
    if content.lstrip()[:11].upper() == b"BEGIN:VCARD":
        return "text/vcard"
    try:
        return UNKNOWN if "\0" in content.decode() else "text/plain"
    except UnicodeDecodeError:
        return UNKNOWN
