"""Plain text as a PDF: the one kind of document that every channel takes and every phone opens.

The form is that of PDF 1.4 (ISO 32000-1 describes all that is used): pages of one typeface that every reader has.
"""

import textwrap
from collections.abc import Iterator, Sequence

WIDTH, HEIGHT, MARGIN = 595, 842, 50
"""Points: A4."""
SIZE, LEADING = 9.5, 13
COLUMNS = int((WIDTH - 2 * MARGIN) / (0.6 * SIZE))  # every letter of Courier is 0.6 of its size wide
ROWS = (HEIGHT - 2 * MARGIN) // LEADING


def pdf(lines: Sequence[str]) -> bytes:
    """The lines on as many pages as they take; letters that the typeface has not become question marks."""
    rows = [row for line in lines for row in _wrapped(line)] or [""]
    pages = [rows[at : at + ROWS] for at in range(0, len(rows), ROWS)]
    return _file(list(_objects(pages)))


def _wrapped(line: str) -> list[str]:
    return textwrap.wrap(line, COLUMNS, replace_whitespace=True) or [""]


def _objects(pages: Sequence[Sequence[str]]) -> Iterator[bytes]:
    """Catalogue, list of pages, typeface; then each page and what stands on it."""
    kids = b" ".join(b"%d 0 R" % (4 + 2 * number) for number in range(len(pages)))
    yield b"<< /Type /Catalog /Pages 2 0 R >>"
    yield b"<< /Type /Pages /Kids [%s] /Count %d >>" % (kids, len(pages))
    yield b"<< /Type /Font /Subtype /Type1 /BaseFont /Courier /Encoding /WinAnsiEncoding >>"
    for number, rows in enumerate(pages):
        yield (
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %d %d] /Resources << /Font << /F 3 0 R >> >>"
            b" /Contents %d 0 R >>" % (WIDTH, HEIGHT, 5 + 2 * number)
        )
        shown = b"\n".join(b"(%s) Tj T*" % _literal(row) for row in rows)
        drawn = b"BT /F %.1f Tf %d TL %d %d Td\n%s\nET" % (SIZE, LEADING, MARGIN, HEIGHT - MARGIN, shown)
        yield b"<< /Length %d >>\nstream\n%s\nendstream" % (len(drawn), drawn)


def _literal(row: str) -> bytes:
    plain = row.encode("cp1252", "replace")
    return plain.replace(b"\\", rb"\\").replace(b"(", rb"\(").replace(b")", rb"\)")


def _file(objects: Sequence[bytes]) -> bytes:
    """The objects, and the table of where each of them begins."""
    content = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    starts = []
    for number, one in enumerate(objects, start=1):
        starts.append(len(content))
        content += b"%d 0 obj\n%s\nendobj\n" % (number, one)
    table = b"".join(b"%010d 00000 n \n" % start for start in starts)
    size = len(objects) + 1
    end = b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n"
    return bytes(content) + end % (size, table, size, len(content))
