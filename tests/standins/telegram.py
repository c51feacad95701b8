"""A stand-in for Telegram's Bot API, and for Telegram when it posts or hands out updates."""

import asyncio
import itertools
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from html.parser import HTMLParser

import httpx
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.standins import telegram_uploads
from tests.standins.server import StandIn, listening

TOKEN = "7000000001:standin-token"
SECRET = "standin-secret"
TAGS = {"b", "strong", "i", "em", "u", "ins", "s", "strike", "del", "code", "pre", "a", "blockquote", "span"}
BOT = {"id": 7000000001, "is_bot": True, "first_name": "SIAGA", "username": "siaga_stub_bot"}
JSON_FIELDS = ("reply_markup", "link_preview_options", "allowed_updates", "entities")


class Refused(Exception):
    """An error answer of the Bot API."""

    def __init__(self, status: int, description: str, **parameters: object) -> None:
        self.status, self.description, self.parameters = status, description, parameters

    def response(self) -> Response:
        return JSONResponse(error_body(self.status, self.description, **self.parameters), self.status)


def error_body(status: int, description: str, **parameters: object) -> dict:
    """An error as Telegram writes it, for `fail_next`: ``error_body(429, "Too Many Requests", retry_after=3)``."""
    body = {"ok": False, "error_code": status, "description": description}
    return body | ({"parameters": parameters} if parameters else {})


class TelegramStandIn(StandIn):
    """The Bot API for one bot.

    `sent` holds the accepted messages, as the fields that came (JSON ones decoded) with `message_id`, and with
    `method` and `file` where one was uploaded; `calls` every
    call as (method, fields); `answered` the ids of answered callback queries; `webhook` what setWebhook was given.
    """

    def __init__(self, token: str = TOKEN, secret: str = SECRET) -> None:
        super().__init__()
        self.token, self.secret = token, secret
        self._update_ids, self._message_ids = itertools.count(710000101), itertools.count(11)
        self._poller = 0
        self.reset()

    def reset(self) -> None:
        """Forget everything but the numbers given out, as for another test."""
        self.faults.clear()
        self.arrived.clear()
        self.taken.clear()
        self.clock = lambda: datetime.now(UTC)
        """What time it is at Telegram."""
        self.calls: list[tuple[str, dict]] = []
        self.sent: list[dict] = []
        self.answered: list[str] = []
        self.webhook: dict | None = None
        self.pending: list[dict] = []
        self.blocked: set[int] = set()
        self.unknown_chats: set[int] = set()
        self.files: dict[str, tuple[str, bytes]] = {}
        self._open_queries: set[str] = set()

    def routes(self) -> list[Route]:
        return [
            Route("/bot{token}/{method}", self.faulty(self._call), methods=["GET", "POST"]),
            Route("/file/bot{token}/{path:path}", self._download),
            Route("/{path:path}", self._missing, methods=["GET", "POST"]),
        ]

    # What bots call

    async def _call(self, request: Request) -> Response:
        try:
            self._check_token(request)
            method, fields = request.path_params["method"], await _fields(request)
            self.calls.append((method, fields))
            handler = getattr(self, f"_do_{method.lower()}", None)
            if method.lower() in telegram_uploads.FILES:
                result = await self._upload(method.lower(), fields)
            elif handler is None:
                raise Refused(404, "Not Found: method not found")
            else:
                result = await handler(fields)
            if method.lower() in ("sendmessage", *telegram_uploads.FILES):
                self.take(request, f"{result['chat']['id']}:{result['message_id']}")
            return JSONResponse({"ok": True, "result": result})
        except Refused as refused:
            return refused.response()

    async def _missing(self, request: Request) -> Response:
        return Refused(404, "Not Found").response()

    def _check_token(self, request: Request) -> None:
        given = request.path_params["token"]
        if given != self.token:
            raise Refused(401, "Unauthorized") if ":" in given else Refused(404, "Not Found")

    def _chat(self, fields: dict) -> int:
        chat = str(fields.get("chat_id", ""))
        if not chat.removeprefix("-").isdecimal() or int(chat) in self.unknown_chats:
            raise Refused(400, "Bad Request: chat not found")
        if int(chat) in self.blocked:
            raise Refused(403, "Forbidden: bot was blocked by the user")
        return int(chat)

    async def _do_getme(self, fields: dict) -> dict:
        return BOT | {
            "can_join_groups": False,
            "can_read_all_group_messages": False,
            "supports_inline_queries": False,
        }

    async def _upload(self, method: str, fields: dict) -> dict:
        chat = self._paced_chat(fields)
        file = fields.get(telegram_uploads.FILES[method])
        if refused := telegram_uploads.problem(method, file):
            raise Refused(400, f"Bad Request: {refused}")
        caption = _shown(fields, "caption")
        if len(caption.encode("utf-16-le")) // 2 > 1024:
            raise Refused(400, "Bad Request: message caption is too long")
        message = self._accepted(chat, fields | {"method": method, "file": file}, caption)
        return message | ({"caption": caption} if caption else {}) | telegram_uploads.described(method, file)

    def _paced_chat(self, fields: dict) -> int:
        chat = self._chat(fields)
        if self.too_fast(str(chat)):
            raise Refused(429, "Too Many Requests: retry after 1", retry_after=1)
        return chat

    async def _do_sendmessage(self, fields: dict) -> dict:
        chat = self._paced_chat(fields)
        text = _shown(fields, "text")
        if not text.strip():
            raise Refused(400, "Bad Request: message text is empty")
        if len(text.encode("utf-16-le")) // 2 > 4096:
            raise Refused(400, "Bad Request: message is too long")
        _check_keyboard(fields.get("reply_markup"))
        message = self._accepted(chat, fields, text)
        markup = {"reply_markup": fields["reply_markup"]} if fields.get("reply_markup") else {}
        return message | {"text": text} | markup

    def _accepted(self, chat: int, fields: dict, shown: str) -> dict:
        message_id = next(self._message_ids)
        self.sent.append(fields | {"chat_id": chat, "message_id": message_id, "shown": shown})
        private = {"id": chat, "type": "private"}
        return {"message_id": message_id, "from": BOT, "chat": private, "date": self._now()}

    async def _do_sendchataction(self, fields: dict) -> bool:
        self._chat(fields)
        return True

    async def _do_answercallbackquery(self, fields: dict) -> bool:
        query = str(fields.get("callback_query_id", ""))
        if query not in self._open_queries:
            raise Refused(
                400, "Bad Request: query is too old and response timeout expired or query ID is invalid"
            )
        self._open_queries.remove(query)
        self.answered.append(query)
        return True

    async def _do_setwebhook(self, fields: dict) -> bool:
        if not fields.get("url", "").startswith("https://"):
            raise Refused(400, "Bad Request: bad webhook: An HTTPS URL must be provided for webhook")
        self.webhook = fields
        return True

    async def _do_deletewebhook(self, fields: dict) -> bool:
        self.webhook = None
        return True

    async def _do_getwebhookinfo(self, fields: dict) -> dict:
        url = self.webhook["url"] if self.webhook else ""
        return {"url": url, "has_custom_certificate": False, "pending_update_count": len(self.pending)}

    async def _do_getupdates(self, fields: dict) -> list[dict]:
        if self.webhook:
            raise Refused(409, "Conflict: can't use getUpdates method while webhook is active")
        self._poller = poller = self._poller + 1
        offset = int(fields.get("offset") or 0)
        self.pending = [update for update in self.pending if update["update_id"] >= offset]
        until = time.monotonic() + min(float(fields.get("timeout") or 0), 50)
        while not self.pending and time.monotonic() < until:
            await asyncio.sleep(0.01)
            if self._poller != poller:
                raise Refused(409, "Conflict: terminated by other getUpdates request")
        return self.pending[: int(fields.get("limit") or 100)]

    async def _do_getfile(self, fields: dict) -> dict:
        file_id = str(fields.get("file_id", ""))
        if file_id not in self.files:
            raise Refused(400, "Bad Request: wrong file_id or the file is temporarily unavailable")
        path, content = self.files[file_id]
        if len(content) > 20 * 1024 * 1024:
            raise Refused(400, "Bad Request: file is too big")
        return {
            "file_id": file_id,
            "file_unique_id": "u" + file_id,
            "file_size": len(content),
            "file_path": path,
        }

    async def _download(self, request: Request) -> Response:
        if request.path_params["token"] != self.token:
            return Refused(401, "Unauthorized").response()
        contents = {path: content for path, content in self.files.values()}
        if request.path_params["path"] not in contents:
            return Refused(404, "Not Found").response()
        return Response(contents[request.path_params["path"]], media_type="application/octet-stream")

    # What Telegram sends

    def message(
        self, user: int, text: str | None = None, first_name: str = "Peserta", **fields: object
    ) -> dict:
        """An update: a private message of `user`, with `text` or whatever else is given as `fields`."""
        sender = {"id": user, "is_bot": False, "first_name": first_name, "language_code": "id"}
        chat = {"id": user, "first_name": first_name, "type": "private"}
        message = {"message_id": next(self._message_ids), "from": sender, "chat": chat, "date": self._now()}
        message |= {"text": text} if text is not None else {}
        return {"update_id": next(self._update_ids), "message": message | fields}

    def tap(self, user: int, data: str, message_id: int | None = None, first_name: str = "Peserta") -> dict:
        """An update: `user` taps the button with `data` (under our message `message_id`, else the newest to them)."""
        sent = next(
            one
            for one in reversed(self.sent)
            if one["chat_id"] == user and message_id in (None, one["message_id"]) and one.get("reply_markup")
        )
        chat = {"id": user, "first_name": first_name, "type": "private"}
        update_id = next(self._update_ids)
        query = f"38654705660{update_id}"
        self._open_queries.add(query)
        below = {
            "message_id": sent["message_id"],
            "from": BOT,
            "chat": chat,
            "date": self._now(),
            "text": sent["shown"],
        }
        tap = {
            "id": query,
            "from": {"id": user, "is_bot": False, "first_name": first_name, "language_code": "id"},
            "message": below | {"reply_markup": sent["reply_markup"]},
            "chat_instance": "-4210000000000000103",
            "data": data,
        }
        return {"update_id": update_id, "callback_query": tap}

    def push(self, update: dict) -> None:
        """Keep an update for getUpdates."""
        self.pending.append(update)

    def _now(self) -> int:
        return int(self.clock().timestamp())

    async def deliver(
        self, url: str, update: dict, *, tries: int = 5, pause: float = 0.05, secret: str | None = None
    ) -> list[int]:
        """Post an update to `url` until it is accepted; the HTTP status of each try.

        As Telegram: the second try at once, then after a growing pause (here shorter), or after the
        ``Retry-After`` that was asked for (here at most a second).
        """
        given = secret if secret is not None else (self.webhook or {}).get("secret_token", self.secret)
        headers = {"X-Telegram-Bot-Api-Secret-Token": given}
        statuses: list[int] = []
        async with httpx.AsyncClient(timeout=60) as http:
            for attempt in range(tries):
                response = await http.post(url, json=update, headers=headers)
                statuses.append(response.status_code)
                if response.is_success:
                    break
                asked = response.headers.get("retry-after")
                await asyncio.sleep(min(float(asked), 1.0) if asked else pause * attempt)
        return statuses


async def _fields(request: Request) -> dict:
    """The parameters, wherever they are; what the Bot API takes as JSON text is decoded."""
    fields: dict = dict(request.query_params)
    if request.method == "POST":
        if request.headers.get("content-type", "").startswith("application/json"):
            fields |= await request.json()
        else:
            async with request.form() as form:
                fields |= {name: await telegram_uploads.read(value) for name, value in form.items()}
    return {
        name: json.loads(value) if name in JSON_FIELDS and isinstance(value, str) else value
        for name, value in fields.items()
    }


def _shown(fields: dict, name: str) -> str:
    """Words as the participant sees them."""
    text = fields.get(name, "")
    return parsed_html(text) if fields.get("parse_mode") == "HTML" else text


class _Html(HTMLParser):
    """Telegram's HTML: few tags, all closed in order, every other "<" and "&" escaped."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag not in TAGS:
            raise Refused(400, f'Bad Request: can\'t parse entities: Unsupported start tag "{tag}"')
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            raise Refused(400, "Bad Request: can't parse entities: Unexpected end tag")

    def handle_data(self, data: str) -> None:
        self.text += data

    def unknown(self, *_: object) -> None:
        raise Refused(400, "Bad Request: can't parse entities: Unsupported start tag")

    handle_comment = handle_decl = handle_pi = unknown_decl = unknown


def parsed_html(text: str) -> str:
    """The text that a participant sees; refuses what Telegram cannot parse."""
    parser = _Html()
    parser.feed(text)
    parser.close()
    if parser.open:
        raise Refused(400, "Bad Request: can't parse entities: Can't find end tag")
    if "<" in _outside_tags(text):
        raise Refused(400, "Bad Request: can't parse entities: Unsupported start tag")
    return parser.text


def _outside_tags(text: str) -> str:
    for tag in TAGS:
        text = text.replace(f"<{tag}>", "").replace(f"</{tag}>", "")
    return text.replace("<a href=", "").replace("<span class=", "")


def _check_keyboard(markup: dict | None) -> None:
    rows = (markup or {}).get("inline_keyboard", [])
    for button in (button for row in rows for button in row):
        if not 1 <= len(str(button.get("callback_data", "")).encode()) <= 64:
            raise Refused(400, "Bad Request: BUTTON_DATA_INVALID")
        if not str(button.get("text", "")).strip():
            raise Refused(
                400, "Bad Request: can't parse inline keyboard button: Text buttons must be non-empty"
            )
    if sum(len(row) for row in rows) > 100 or any(len(row) > 8 for row in rows):
        raise Refused(400, "Bad Request: reply markup is too long")


@asynccontextmanager
async def running_telegram(
    token: str = TOKEN, secret: str = SECRET, port: int = 0
) -> AsyncIterator[TelegramStandIn]:
    """A Bot API on loopback; its `url` is what SIAGA_TELEGRAM_API_BASE takes."""
    standin = TelegramStandIn(token, secret)
    async with listening(standin, port):
        yield standin
