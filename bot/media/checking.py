"""Whether a file is kept, and as what. Nothing is unpacked or rendered; of a picture only the head is read."""

import io
from dataclasses import dataclass

import structlog
from PIL import Image

from bot.media.cards import read_card
from bot.media.kinds import PICTURES, UNKNOWN, NotKept, content_type
from bot.messages import Contact, Media

log = structlog.get_logger()

LARGEST = 20 * 1024 * 1024
"""Bytes: the most that Telegram gives to a bot; Twilio gives 16 MB."""
MOST_PIXELS = 50_000_000
"""A picture takes four bytes a pixel where it is shown, however small its file is."""

_FORMATS = ("JPEG", "PNG", "GIF", "WEBP")


@dataclass(frozen=True, slots=True)
class Checked:
    """What a file turned out to be; `card` what is in a contact card."""

    content_type: str
    card: Contact | None = None


def check(content: bytes, media: Media, largest: int = LARGEST) -> Checked:
    """Look at a file. Takes time: not for the event loop.

    Args:
        content: the whole file.
        media: what was said of it.
        largest: bytes that it may have.

    Raises:
        NotKept: ``media_empty``, ``media_too_large``, ``media_program``, ``media_page``, ``media_bomb``.
    """
    if not content:
        raise NotKept("media_empty")
    if len(content) > largest:
        raise NotKept("media_too_large")
    kind = content_type(content, media.file_name, media.content_type)
    if kind in PICTURES and not _is_picture(content):
        return Checked(UNKNOWN)  # kept for whoever can make something of it, but never shown
    return Checked(kind, read_card(content) if kind == "text/vcard" else None)


def _is_picture(content: bytes) -> bool:
    """Whether the bytes are a picture from head to end.

    Raises:
        NotKept: it would fill the memory of whoever opens it.
    """
    try:
        with Image.open(io.BytesIO(content), formats=_FORMATS) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                raise NotKept("media_bomb")
            picture.verify()
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise NotKept("media_bomb") from None
    except NotKept:
        raise
    except Exception as error:  # the library raises whatever its decoders do
        log.info("media.picture_broken", error=type(error).__name__)
        return False
    return True
