"""Telegram's Bot API."""

import hmac
import html
import json
import logging
import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import anyio._backends._asyncio  # noqa: F401 - else httpx loads it within the first request, while others wait
import httpx
import structlog
from telegram import Bot, InlineKeyboardMarkup, LinkPreviewOptions, Message
from telegram.error import BadRequest, TelegramError
from telegram.request import HTTPXRequest

from bot.channels import telegram_media
from bot.channels.channel import Files, Limits, Webhook, no_files
from bot.channels.rendering import Part, lay_out, units
from bot.channels.telegram_errors import deciding
from bot.channels.telegram_events import ALLOWED_UPDATES, CHANNEL, events
from bot.errors import BadPayload, ChannelError, Forged
from bot.messages import Address, Call, Event, Incoming, Media, Option, Text

log = structlog.get_logger()

LIMITS = Limits(
    text=4000,  # Telegram takes 4096 units
    body=4000,
    buttons=10,
    button_title=30,  # about what a phone shows on one line
    files=telegram_media.FILES,
    captions=telegram_media.CAPTIONS,
)
LONGEST_OPTION_ID = 64
"""Bytes of `callback_data`."""
PATIENCE = 10.0
"""Seconds to wait for an answer."""
_CONNECTIONS = 100
"""To the Bot API at most, opened as they are needed: with too few, messages on their way wait for each other."""
WEBHOOK_PATH = "/webhooks/telegram"
BOLD = re.compile(r"(?<![\w*])\*(\S(?:[^*\n]*\S)?)\*(?![\w*])")


@dataclass(frozen=True, slots=True, kw_only=True)
class TelegramAccount:
    """Whose bot it is.

    Args:
        token: from @BotFather; it is part of every address, so no address may be logged.
        secret: what webhooks must carry; None where updates are polled, and then no webhook is believed.
        api_base: scheme and host of the Bot API.
    """

    token: str = field(repr=False)
    secret: str | None = field(default=None, repr=False)
    api_base: str = "https://api.telegram.org"


class Telegram:
    """Participants on Telegram, in private chats with one bot; `files` gives the bytes of what is sent along."""

    name = CHANNEL
    limits = LIMITS

    def __init__(self, account: TelegramAccount, files: Files = no_files) -> None:
        for name in ("telegram", "httpx", "httpcore"):
            # Their lines hold the token (in every address) or what participants wrote; failures are logged here.
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)
        self._secret = account.secret
        self._files = files
        self._sending = HTTPXRequest(
            connection_pool_size=_CONNECTIONS, pool_timeout=30, read_timeout=PATIENCE
        )
        self._polling = HTTPXRequest(connection_pool_size=1, pool_timeout=30)
        self._http = httpx.AsyncClient(timeout=PATIENCE, follow_redirects=False)
        base = account.api_base.rstrip("/")
        self._bot = Bot(
            account.token,
            base_url=f"{base}/bot",
            base_file_url=f"{base}/file/bot",
            request=self._sending,
            get_updates_request=self._polling,
        )

    def verify(self, webhook: Webhook) -> None:
        """Compare the secret token, the whole of Telegram's proof; see `Channel.verify`."""
        given = webhook.headers.get("x-telegram-bot-api-secret-token", "")
        if not self._secret or not hmac.compare_digest(
            given.encode("utf-8", "replace"), self._secret.encode()
        ):
            raise Forged("secret")

    def parse(self, webhook: Webhook, now: datetime) -> list[Event]:
        """One update; see `Channel.parse`."""
        try:
            update = json.loads(webhook.body)
        except (ValueError, RecursionError):
            raise BadPayload("no JSON") from None
        return events(update, now)

    def render(self, to: Address, text: Text) -> list[Call]:
        """Messages in HTML, the last one with buttons if `text` has options; see `Channel.render`.

        Raises:
            ValueError: an option's id is over 64 bytes, which Telegram does not carry.
        """
        return [_message(part) for part in lay_out(text, LIMITS)]

    async def send(self, to: Address, call: Call) -> str:
        """Send and return ``chat id:message id``; see `Channel.send`."""
        chat = chat_of(to)
        words = str(call.fields["caption" if call.enclosure else "text"])
        content = await self._files(call.enclosure) if call.enclosure else b""
        with deciding():
            try:
                message = await self._send(chat, call, content, words, "HTML")
            except BadRequest as error:
                if "parse entities" not in error.message:
                    raise
                log.error("telegram.markup_refused")
                message = await self._send(chat, call, content, _without_markup(words), None)
        return f"{chat}:{message.message_id}"

    async def _send(
        self, chat: int, call: Call, content: bytes, words: str, parse_mode: str | None
    ) -> Message:
        if call.enclosure:
            return await telegram_media.upload(
                self._bot, chat, call.enclosure, content, caption=words or None, parse_mode=parse_mode
            )
        keyboard = call.fields.get("reply_markup")
        return await self._bot.send_message(
            chat,
            words,
            parse_mode=parse_mode,
            reply_markup=InlineKeyboardMarkup.de_json(keyboard, self._bot)
            if isinstance(keyboard, dict)
            else None,
            link_preview_options=LinkPreviewOptions(is_disabled=True),
        )

    async def acknowledge(self, incoming: Incoming) -> None:
        """Stop the tapped button from spinning. Too late (150 seconds) or twice is no failure."""
        if incoming.acknowledge is None:
            return
        try:
            await self._bot.answer_callback_query(incoming.acknowledge)
        except TelegramError as error:
            log.info("telegram.tap_not_acknowledged", error=type(error).__name__)

    async def typing(self, to: Address, incoming: Incoming) -> None:
        """Show "typing" for 5 seconds or until our next message."""
        try:
            await self._bot.send_chat_action(chat_of(to), "typing")
        except (TelegramError, ChannelError) as error:
            log.info("telegram.typing_refused", error=type(error).__name__)

    async def fetch(self, media: Media) -> tuple[str, bytes]:
        """Download by file id, at most 20 MB (the most that Telegram gives to bots); see `Channel.fetch`."""
        with deciding():
            file = await self._bot.get_file(media.reference)
        if (file.file_size or 0) > telegram_media.LARGEST_FILE:
            raise ChannelError("media_too_large")
        home = f"{self._bot.base_file_url}/"
        return await telegram_media.download(self._http, home, file.file_path or "", media)

    async def forget(self, media: Media) -> None:
        """Nothing to do: what Telegram keeps for its users is not ours to delete."""

    async def set_webhook(self, public_url: str) -> None:
        """Have Telegram post updates to us from now on. What is waiting there is kept.

        Raises:
            ChannelError: Telegram refused, for instance an address without https.
        """
        url = public_url.rstrip("/") + WEBHOOK_PATH
        with deciding():
            await self._bot.set_webhook(url, secret_token=self._secret, allowed_updates=ALLOWED_UPDATES)

    async def delete_webhook(self) -> None:
        """Have Telegram keep updates for polling. Raises `ChannelError`."""
        with deciding():
            await self._bot.delete_webhook()

    async def updates(self, offset: int | None, wait: timedelta) -> list[dict[str, object]]:
        """Updates from `offset` on, which confirms all before it; waits for the first one at most `wait`.

        Raises:
            ChannelError: Telegram refused (``http_409``: someone else polls, or a webhook is set) or failed.
        """
        with deciding():
            found = await self._bot.get_updates(offset, timeout=wait, allowed_updates=ALLOWED_UPDATES)
        return [update.to_dict() for update in found]

    async def close(self) -> None:
        """Close the connections to Telegram."""
        await self._sending.shutdown()
        await self._polling.shutdown()
        await self._http.aclose()


def chat_of(to: Address) -> int:
    """The chat behind one of our addresses.

    Raises:
        ChannelError: it is no address of this channel.
    """
    channel, _, chat = to.partition(":")
    if channel != CHANNEL or not chat.removeprefix("-").isdecimal():
        raise ChannelError("bad_address", unreachable=True)
    return int(chat)


def _message(part: Part) -> Call:
    if part.enclosure:
        under: dict[str, object] = {"caption": _html(part.body), "parse_mode": "HTML"}
        return Call(
            method=telegram_media.METHODS[part.enclosure.kind], fields=under, enclosure=part.enclosure
        )
    fields: dict[str, object] = {"text": _html(part.body), "parse_mode": "HTML"}
    if part.options:
        fields["reply_markup"] = {"inline_keyboard": _rows(part.options)}
    return Call(method="sendMessage", fields=fields)


def _html(text: str) -> str:
    """Everything escaped, then our own ``*bold*`` as HTML. A participant's star is at worst bold, never broken."""
    return BOLD.sub(r"<b>\1</b>", html.escape(text, quote=False))


def _without_markup(text: str) -> str:
    return html.unescape(re.sub("</?b>", "", text))


def _rows(options: tuple[Option, ...]) -> list[list[dict[str, str]]]:
    """Few short titles in one row, short ones in pairs, else one a row."""
    for option in options:
        if len(option.id.encode()) > LONGEST_OPTION_ID:
            raise ValueError(f"option id over {LONGEST_OPTION_ID} bytes: {option.id!r}")
    buttons = [{"text": option.title, "callback_data": option.id} for option in options]
    lengths = [units(option.title) for option in options]
    in_pairs = 2 if max(lengths) <= 14 else 1
    width = len(options) if len(options) <= 5 and sum(lengths) <= 24 else in_pairs
    return [buttons[start : start + width] for start in range(0, len(buttons), width)]
