"""Files that participants sent, as Telegram keeps them: for an hour after they were asked for, at most 20 MB."""

import mimetypes

import httpx

from bot.errors import ChannelError
from bot.messages import Media

LARGEST_FILE = 20 * 1024 * 1024
CHUNK = 64 * 1024  # bytes


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
