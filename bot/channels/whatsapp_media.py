"""Files on WhatsApp: those of participants, as Twilio keeps them, and what it takes of ours.

Source of the limits: Twilio, "Guidance on WhatsApp Media Messages" and "Accepted Content Types for Media".
"""

import re
from urllib.parse import SplitResult, urljoin, urlsplit

import httpx

from bot.channels.channel import Takes
from bot.channels.whatsapp_api import TwilioAccount
from bot.errors import ChannelError
from bot.messages import Media, MediaKind

_PHOTO, _OTHER = 5_000_000, 16_000_000
"""Bytes: 5 and 16 MB, counted in the way that gives fewer."""
FILES = (
    Takes("image/jpeg", MediaKind.IMAGE, _PHOTO),
    Takes("image/png", MediaKind.IMAGE, _PHOTO),
    Takes("application/pdf", MediaKind.DOCUMENT, _OTHER),
    Takes("audio/ogg", MediaKind.VOICE, _OTHER),
)
"""What goes to participants. WebP is not among them: it would be shown as a sticker."""
CAPTIONS = {MediaKind.IMAGE: 1024}
"""Words under anything else are dropped by WhatsApp."""
LARGEST_FILE = 16 * 1024 * 1024
MOST_REDIRECTS = 3
AS_IT_IS = {"Accept-Encoding": "identity"}
"""Nothing is packed on the way, so nothing can blow up here."""
HOST = re.compile(r"(?:[a-z0-9-]+\.)+[a-z]{2,}")
"""A host by its full name, on the usual port: no address in numbers, nothing that only our own network knows."""


async def download(http: httpx.AsyncClient, account: TwilioAccount, media: Media) -> tuple[str, bytes]:
    """Content type and bytes of `media`. `http` must not follow redirects by itself.

    The address came in a request, so only our own account's media at Twilio are fetched. Twilio answers with an
    address of its content network, which must not see our credentials.

    Raises:
        ChannelError: ``media_foreign``, ``media_too_large``, ``media_unavailable``, or Twilio's HTTP status.
    """
    url = _at_twilio(account, media.reference)
    auth: httpx.BasicAuth | None = httpx.BasicAuth(account.sid, account.token)
    try:
        for _ in range(MOST_REDIRECTS + 1):
            async with http.stream("GET", url, auth=auth, headers=AS_IT_IS) as response:
                if not response.has_redirect_location:
                    return await _content(response)
                url, auth = _following(account, url, response.headers["location"]), None
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise ChannelError("media_unavailable", retry=isinstance(error, httpx.TransportError)) from None
    raise ChannelError("media_unavailable")


async def delete_copy(http: httpx.AsyncClient, account: TwilioAccount, media: Media) -> None:
    """Have Twilio delete its copy of `media`. That it is gone already is no failure.

    Raises:
        ChannelError: ``media_foreign``; else Twilio's HTTP status: it may have to be tried again, since a message that
            is still being processed cannot be deleted.
    """
    url = _at_twilio(account, media.reference)
    try:
        response = await http.delete(f"{url}.json", auth=httpx.BasicAuth(account.sid, account.token))
    except (httpx.HTTPError, httpx.InvalidURL):
        raise ChannelError("media_unavailable", retry=True) from None
    if response.status_code not in (204, 404):
        raise ChannelError(f"http_{response.status_code}", retry=True)


def _at_twilio(account: TwilioAccount, reference: str) -> str:
    """Where to fetch `reference`, if it is one of our account's media."""
    parts = _parts(reference)
    home = parts.scheme == "https" and parts.netloc == "api.twilio.com"
    at_base = account.api_base is not None and reference.startswith(account.api_base.rstrip("/") + "/")
    ours = parts.path.startswith(f"/2010-04-01/Accounts/{account.sid}/Messages/") and ".." not in parts.path
    if not (ours and (home or at_base)):
        raise ChannelError("media_foreign")
    return account.at_base(reference)


def _following(account: TwilioAccount, url: str, location: str) -> str:
    following = urljoin(url, location)
    parts = _parts(following)
    at_base = account.api_base is not None and following.startswith(account.api_base.rstrip("/") + "/")
    if not at_base and (parts.scheme != "https" or not HOST.fullmatch(parts.netloc.lower())):
        raise ChannelError("media_foreign")
    return following


def _parts(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError:
        raise ChannelError("media_foreign") from None


async def _content(response: httpx.Response) -> tuple[str, bytes]:
    if response.status_code != 200:
        status = response.status_code
        # 401: an operator has to repair the credentials first
        raise ChannelError(f"http_{status}", retry=status in (401, 429) or status >= 500)
    content = bytearray()
    async for chunk in response.aiter_bytes(64 * 1024):
        content += chunk
        if len(content) > LARGEST_FILE:
            raise ChannelError("media_too_large")
    return response.headers.get("content-type", "application/octet-stream"), bytes(content)
