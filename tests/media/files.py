"""Files as people have them, and as nobody should."""

import io
import struct
import zipfile
import zlib

from PIL import Image

PDF = b"%PDF-1.7\n1 0 obj << /Type /Catalog >> endobj\n%%EOF\n"
VOICE = b"OggS" + b"\0" * 24 + b"OpusHead" + b"\0" * 60


def picture(kind: str = "JPEG", size: tuple[int, int] = (90, 60)) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, "teal").save(file, kind)
    return file.getvalue()


def padded(content: bytes, size: int) -> bytes:
    """The same, made larger behind its end, where no reader looks."""
    return content + b"\0" * (size - len(content))


def archive(*names: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        for name in names:
            made.writestr(name, "x" * 100)
    return file.getvalue()


def png_of(width: int, height: int) -> bytes:
    """A PNG of a few hundred bytes that says it has that many pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"\0" * 1000))
        + chunk(b"IEND", b"")
    )


HOSTILE = {
    "page": ("surat.pdf", b"<html><script>alert(1)</script>"),
    "svg": ("logo.png", b"<svg onload=alert(1)>"),
    "page before PDF": ("a.pdf", b"<script>alert(1)</script>%PDF-1.7"),
    "page by name": ("a.html", PDF),
    "program": ("a.pdf", b"MZ" + b"\0" * 100),
    "script": ("a.png", b"#!/bin/sh\nrm -rf /"),
    "app": ("a.pdf", archive("AndroidManifest.xml")),
    "macros": ("a.pdf", archive("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin")),
    "program by name": ("surat.pdf.exe ", PDF),
    "archive": ("a.zip", archive("a.txt")),
    "film as Ogg": ("a.ogg", b"OggS" + b"\0" * 24 + b"\x80theora"),
    "bomb": ("a.png", png_of(30_000, 30_000)),
    "half a picture": ("a.png", picture("PNG")[:60]),
    "text": ("a.pdf", b"halo"),
    "nothing": ("a.pdf", b""),
}
"""By what it is: its name and bytes. None of these goes to a participant."""
REASONS = {
    "page": "page",
    "svg": "page",
    "page before PDF": "page",
    "page by name": "page",
    "program": "program",
    "script": "program",
    "app": "program",
    "macros": "program",
    "program by name": "program",
    "bomb": "bomb",
    "nothing": "empty",
}
"""Why, where it is not just of the wrong kind."""
