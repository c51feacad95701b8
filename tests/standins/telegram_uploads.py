"""Files that bots upload, as the Bot API takes them, and its limits."""

import io
from dataclasses import dataclass

from PIL import Image, UnidentifiedImageError
from starlette.datastructures import UploadFile

PHOTO, OTHER = 10 * 1024 * 1024, 50 * 1024 * 1024
FILES = {"sendphoto": "photo", "senddocument": "document", "sendvoice": "voice"}
"""The methods that upload, and the field with the file."""


@dataclass
class Uploaded:
    """A file as it came."""

    name: str
    content_type: str
    content: bytes


async def read(value: object) -> object:
    """A field of a form, a file with its bytes."""
    if isinstance(value, UploadFile):
        return Uploaded(value.filename or "", value.content_type or "", await value.read())
    return value


def problem(method: str, file: object) -> str | None:
    """Why Telegram does not take it, in its own words."""
    if not isinstance(file, Uploaded):
        return f"there is no {FILES[method]} in the request"
    if not file.content:
        return "file must be non-empty"
    if len(file.content) > (PHOTO if method == "sendphoto" else OTHER):
        return "file is too big"
    return _no_photo(file.content) if method == "sendphoto" else None


def described(method: str, file: Uploaded) -> dict:
    """The file in the message that the method answers with."""
    one = {"file_id": f"F{abs(hash(file.content))}", "file_unique_id": "U", "file_size": len(file.content)}
    if method == "sendphoto":
        return {"photo": [one | {"width": 90, "height": 60}]}
    if method == "sendvoice":
        return {"voice": one | {"duration": 3, "mime_type": "audio/ogg"}}
    return {"document": one | {"file_name": file.name, "mime_type": file.content_type}}


def _no_photo(content: bytes) -> str | None:
    try:
        with Image.open(io.BytesIO(content)) as picture:
            width, height = picture.size
    except UnidentifiedImageError:
        return "IMAGE_PROCESS_FAILED"
    fits = width + height <= 10_000 and max(width, height) <= 20 * min(width, height)
    return None if fits else "PHOTO_INVALID_DIMENSIONS"
