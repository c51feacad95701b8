"""Twilio's REST API through Twilio's SDK: the calls that we make, and their failures as `ChannelError`."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import urlsplit

import aiohttp
import twilio.rest.api.v2010  # type: ignore[import-untyped] # noqa: F401 - else loaded within the first request
from twilio.base.exceptions import (  # type: ignore[import-untyped]
    TwilioException,
    TwilioRestException,
    TwilioServiceException,
)
from twilio.http.async_http_client import AsyncTwilioHttpClient  # type: ignore[import-untyped]
from twilio.http.http_client import TwilioHttpClient  # type: ignore[import-untyped]
from twilio.http.response import Response  # type: ignore[import-untyped]
from twilio.rest import Client
from twilio.rest.content.v1.content import ContentList  # type: ignore[import-untyped]

from bot.channels.whatsapp_errors import failure
from bot.errors import ChannelError

T = TypeVar("T")

PATIENCE = 10.0
"""Seconds for one request. The SDK's asynchronous client ignores a limit of its own, so it is set here."""
PAGE = 1000
"""Messages on a page of a list: the most that Twilio gives."""
LIST_WAITS = (1.0, 4.0, 16.0)
"""Seconds before a page of a list is asked for again: one that fails must not cost those before it."""
LIST_WAITS_MOST = 30.0
"""Who wants to be left alone for longer is asked another time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TwilioAccount:
    """Whose WhatsApp number it is, and where both sides are reached.

    Args:
        sid: ``AC...``.
        token: the account's primary auth token, which also signs webhooks.
        number: our sender, ``whatsapp:+62...``.
        public_url: our own address as Twilio knows it, with scheme, without a path of ours.
        api_base: another scheme and host for all of Twilio's REST APIs, or None for Twilio's own.
    """

    sid: str
    token: str = field(repr=False)
    number: str
    public_url: str
    api_base: str | None = None

    def at_base(self, url: str) -> str:
        """`url` at the other address, where one is set. Twilio's products share no path, so one is enough."""
        if not self.api_base:
            return url
        parts = urlsplit(url)
        return self.api_base.rstrip("/") + parts.path + (f"?{parts.query}" if parts.query else "")


class _AsyncHttp(AsyncTwilioHttpClient):  # type: ignore[misc]
    """The SDK has no setting for another host: the address is changed on the way out."""

    def __init__(self, account: TwilioAccount) -> None:
        super().__init__()
        self._account = account

    async def request(self, method: str, url: str, *args: object, **kwargs: object) -> Response:
        return await super().request(method, self._account.at_base(url), *args, **kwargs)


class _Http(TwilioHttpClient):  # type: ignore[misc]
    def __init__(self, account: TwilioAccount) -> None:
        super().__init__(timeout=PATIENCE)
        self._account = account

    def request(self, method: str, url: str, *args: object, **kwargs: object) -> Response:
        return super().request(method, self._account.at_base(url), *args, **kwargs)


@contextmanager
def deciding() -> Iterator[None]:
    """Turn whatever the SDK and its HTTP libraries raise into a `ChannelError`.

    Nothing is chained: the originals quote addresses and phone numbers.
    """
    try:
        yield
    except (TwilioRestException, TwilioServiceException) as error:
        raise failure(error.code or error.status, error.status) from None
    except TwilioException as error:
        raise _of_a_list(error) from None
    except aiohttp.ClientConnectorError:
        raise ChannelError("no_connection", retry=True) from None
    except TimeoutError:
        raise ChannelError("timeout", retry=True, unknown=True) from None
    except (aiohttp.ClientError, OSError, ValueError, LookupError):
        # The connection broke, or the answer was none of Twilio's: it may have been accepted.
        raise ChannelError("broken_answer", retry=True, unknown=True) from None


class TwilioApi:
    """The requests that SIAGA makes of Twilio. Every method raises `ChannelError`."""

    def __init__(self, account: TwilioAccount) -> None:
        self._account = account
        self._clients: tuple[Client, Client] | None = None
        for name in ("twilio.http_client", "twilio.async_http_client"):
            logging.getLogger(name).setLevel(logging.WARNING)  # at INFO they write phone numbers

    def _client(self) -> Client:
        return self._open()[0]

    def _open(self) -> tuple[Client, Client]:
        """The asynchronous and the synchronous client, made on first use since the one needs a running loop."""
        if self._clients is None:
            account = self._account
            self._clients = (
                Client(account.sid, account.token, http_client=_AsyncHttp(account)),
                Client(account.sid, account.token, http_client=_Http(account)),
            )
        return self._clients

    async def create_message(self, **fields: str | list[str]) -> str:
        """Send a message, fields by the SDK's names, and return its SID."""
        with deciding():
            async with asyncio.timeout(PATIENCE):
                message = await self._client().messages.create_async(**fields)
            return _sid(message.sid)

    async def find_messages(
        self, to: str, sender: str, bodies: Collection[str], since: datetime
    ) -> list[str]:
        """The SIDs of messages to `to` with one of those bodies, created since then, oldest first."""
        with deciding():
            async with asyncio.timeout(PATIENCE / 2):
                # Newest first. Not by date of sending: what still waits at Twilio has none.
                messages = await self._client().messages.list_async(to=to, from_=sender, limit=100)
            return [
                str(message.sid)
                for message in reversed(messages)
                if (message.body or "").strip() in bodies and message.date_created >= since
            ]

    async def inbound(self, to: str, since: datetime) -> AsyncIterator[list[Any]]:
        """Messages that participants sent to `to` since then, page by page, newest first; the SDK's own objects."""
        messages = self._client().messages
        page = await _patiently(
            lambda: messages.page_async(to=to, date_sent_after=since, page_size=PAGE)  # "after" includes it
        )
        while page is not None:
            with deciding():
                found = list(page)
            yield [one for one in found if one.direction == "inbound"]
            page = await _patiently(page.next_page_async)

    async def media_of(self, message_sid: str) -> list[Any]:
        """The files of a message, the SDK's own objects."""
        files = self._client().messages(message_sid).media
        return list(await _patiently(files.list_async))

    async def show_typing(self, message_sid: str) -> None:
        """Show that we are writing, under their message `message_sid`; it also marks that message as read."""
        with deciding():
            async with asyncio.timeout(PATIENCE):
                await self._client().messaging.v2.typing_indicator.create_async(
                    channel="whatsapp", message_id=message_sid
                )

    async def find_content(self, friendly_name: str) -> str | None:
        """The SID of the content object of that name, if there is one."""
        with deciding():
            contents = await asyncio.to_thread(self._open()[1].content.v1.contents.list, limit=500)
        return next((str(one.sid) for one in contents if one.friendly_name == friendly_name), None)

    async def create_content(self, definition: dict[str, object]) -> str:
        """Create a content object and return its SID.

        In a thread: the SDK's asynchronous client sends no JSON (it encodes the definition as a form).
        """
        request = ContentList.ContentCreateRequest(definition)
        with deciding():
            content = await asyncio.to_thread(self._open()[1].content.v1.contents.create, request)
            return _sid(content.sid)

    async def close(self) -> None:
        """Close the connections."""
        if self._clients is not None:
            asynchronous, synchronous = self._clients
            self._clients = None
            await asynchronous.http_client.close()
            synchronous.http_client.session.close()


async def _patiently(ask: Callable[[], Awaitable[T]]) -> T:
    """What `ask` gives, a look-up that may be repeated."""
    for wait in (*LIST_WAITS, None):
        try:
            with deciding():
                async with asyncio.timeout(PATIENCE):
                    return await ask()
        except ChannelError as error:
            if wait is None or not error.retry or (error.after or 0) > LIST_WAITS_MOST:
                raise
            await asyncio.sleep(max(wait, error.after or 0))
    raise AssertionError


def _of_a_list(error: TwilioException) -> ChannelError:
    """The SDK raises no code for a page of a list, but keeps the answer."""
    for part in error.args:
        if isinstance(part, Response):
            return failure(part.status_code, part.status_code)
    return ChannelError("broken_answer", retry=True, unknown=True)


def _sid(sid: object) -> str:
    if not isinstance(sid, str):
        raise ValueError("an answer without a SID")
    return sid
