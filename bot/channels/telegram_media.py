"""Files on Telegram: those of participants, kept there for an hour after they were asked for, at most 20 MB; and ours.

Source of the limits of what bots upload: Telegram Bot API, "Sending files".
"""

import asyncio
import mimetypes

import httpx
import structlog
from telegram import Bot, InputFile, Message
from telegram.error import BadRequest

from bot.channels.channel import Takes
from bot.errors import ChannelError
from bot.messages import Enclosure, Media, MediaKind

log = structlog.get_logger()

LARGEST_FILE = 20 * 1024 * 1024
CHUNK = 64 * 1024  # bytes
_PHOTO, _OTHER = 10_000_000, 50_000_000
"""Bytes: 10 and 50 MB, counted in the way that gives fewer."""
FILES = (
    Takes("image/jpeg", MediaKind.IMAGE, _PHOTO),
    Takes("image/png", MediaKind.IMAGE, _PHOTO),
    Takes("image/jpeg", MediaKind.DOCUMENT, _OTHER),
    Takes("image/png", MediaKind.DOCUMENT, _OTHER),
    Takes("image/webp", MediaKind.DOCUMENT, _OTHER),
    Takes("application/pdf", MediaKind.DOCUMENT, _OTHER),
    Takes("audio/ogg", MediaKind.VOICE, _OTHER),
)
"""What goes to participants. What is too large for a photo goes as a document."""
CAPTIONS = dict.fromkeys((MediaKind.IMAGE, MediaKind.DOCUMENT, MediaKind.VOICE), 1024)
UPLOAD_PATIENCE = 120.0
"""Seconds for a file to get there: 50 MB at 3.5 Mbit/s."""
METHODS = {MediaKind.IMAGE: "sendPhoto", MediaKind.DOCUMENT: "sendDocument", MediaKind.VOICE: "sendVoice"}
_NO_PHOTO = ("photo_invalid_dimensions", "image_process_failed", "photo_save_file_invalid")
"""A picture that is none for Telegram: its sides are over 10,000 together, or one is twenty times the other."""


async def upload(bot: Bot, chat: int, file: Enclosure, content: bytes, **words: str | None) -> Message:
    """Send a file of ours; `words` are ``caption`` and ``parse_mode``.

    Raises:
        ChannelError: it took too long: it may have arrived.
        TelegramError: as the library raises them.
    """
    try:
        async with asyncio.timeout(UPLOAD_PATIENCE):
            return await _uploaded(bot, chat, file, content, **words)
    except TimeoutError:
        raise ChannelError("timeout", retry=True, unknown=True) from None


async def _uploaded(bot: Bot, chat: int, file: Enclosure, content: bytes, **words: str | None) -> Message:
    upload = InputFile(content, filename=file.file_name)
    # Telegram answers when it has looked at the whole of it.
    how = {**words, "read_timeout": UPLOAD_PATIENCE, "write_timeout": UPLOAD_PATIENCE}
    match file.kind:
        case MediaKind.IMAGE:
            try:
                return await bot.send_photo(chat, upload, **how)  # type: ignore[arg-type]
            except BadRequest as error:
                if not any(sign in error.message.lower() for sign in _NO_PHOTO):
                    raise
                log.info("telegram.photo_as_document")
                return await bot.send_document(chat, upload, **how)  # type: ignore[arg-type]
        case MediaKind.VOICE:
            return await bot.send_voice(chat, upload, **how)  # type: ignore[arg-type]
    return await bot.send_document(chat, upload, **how)  # type: ignore[arg-type]


async def download(http: httpx.AsyncClient, home: str, path: str, media: Media) -> tuple[str, bytes]:
    """Content type and bytes of a file.

    Args:
        http: a client that follows no redirects.
        home: the address that all files of our bot begin with; it has the token in it, so no failure quotes it.
        path: the file's own address, as Telegram gave it; anything outside `home` is not fetched.
        media: what was said of the file.

    Raises:
        ChannelError: ``media_foreign``, ``media_too_large``, ``media_unavailable``, or an HTTP status.
    """
    if not path.startswith(home) or "/.." in path:
        raise ChannelError("media_foreign")
    content = bytearray()
    try:
        async with http.stream("GET", path, headers={"Accept-Encoding": "identity"}) as response:
            if response.status_code != 200:
                status = response.status_code
                raise ChannelError(f"http_{status}", retry=status == 429 or status >= 500)
            async for chunk in response.aiter_bytes(CHUNK):
                content += chunk
                if len(content) > LARGEST_FILE:
                    raise ChannelError("media_too_large")
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise ChannelError("media_unavailable", retry=isinstance(error, httpx.TransportError)) from None
    guessed, _ = mimetypes.guess_type(path)
    return media.content_type or guessed or "application/octet-stream", bytes(content)
