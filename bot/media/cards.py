"""Contact cards (vCard, RFC 6350, and the older forms that phones write)."""

import quopri
import re

from bot.messages import Contact

MOST = 64 * 1024
"""Bytes of a card that are read; photos in it come after the names."""
_FOLD = re.compile(r"\r?\n[ \t]")


def read_card(content: bytes) -> Contact:
    """The first card in a file; what cannot be read is left out."""
    name, given, phones = "", "", []
    for line in _FOLD.sub("", content[:MOST].decode("utf-8", "replace")).splitlines():
        label, found, value = line.partition(":")
        field = label.partition(";")[0].rpartition(".")[2].upper()
        if not found or field == "END":
            if field == "END":
                break
            continue
        value = _decoded(value, label)
        match field:
            case "FN":
                name = name or value
            case "N":
                given = " ".join(filter(None, reversed(value.split(";")[:2])))
            case "TEL":
                phones.append(value.removeprefix("tel:"))
    called = tuple(dict.fromkeys(filter(None, phones)))[:5]
    return Contact(name=(name or given).strip()[:200], phones=called)


def _decoded(value: str, label: str) -> str:
    if "QUOTED-PRINTABLE" in label.upper():
        value = quopri.decodestring(value.encode()).decode("utf-8", "replace")
    kept = re.sub(r"\\([,;\\])", r"\1", value)
    return "".join(char for char in kept if char.isprintable()).strip()
