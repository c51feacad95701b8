"""Photos, each unlike any other."""

import hashlib
import io
from functools import cache

from PIL import Image


def photo(named: str) -> bytes:
    """A JPEG that has its name within."""
    plain, comment = _plain(), named.encode()
    return plain[:2] + b"\xff\xfe" + (len(comment) + 2).to_bytes(2) + comment + plain[2:]


def fingerprint(content: bytes) -> str:
    """What tells a file from every other."""
    return hashlib.sha256(content).hexdigest()[:16]


@cache
def _plain() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (40, 30), "blue").save(file, "JPEG")
    return file.getvalue()
