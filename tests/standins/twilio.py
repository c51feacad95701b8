"""A stand-in for Twilio: Messages, Media, Content and typing, and webhooks signed as Twilio signs them."""

import asyncio
import base64
import re
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from urllib.parse import urlencode

import httpx
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route
from twilio.request_validator import RequestValidator

from tests.standins.server import StandIn, listening
from tests.standins.twilio_content import Refused, check_definition, error_body, filled_content
from tests.standins.twilio_media import Fetched, check_media_urls, fetch, reached

__all__ = ["TwilioStandIn", "error_body", "running_twilio"]

ACCOUNT = "AC00000000000000000000000000005167"
TOKEN = "standin-auth-token"
NUMBER = "whatsapp:+6281100001500"
WHATSAPP_ADDRESS = re.compile(r"whatsapp:(\+[1-9]\d{6,14}|[A-Z]{2}\.[A-Za-z0-9]{1,128})")
PAGE = 50


def new_sid(prefix: str) -> str:
    return prefix + secrets.token_hex(16)


class TwilioStandIn(StandIn):
    """Twilio for one account with one WhatsApp number.

    `sent` holds what was accepted, as the form fields that came; `shown` the same as the participant sees it
    (``to``, ``body``, ``buttons``, and ``media`` once a file was fetched); `refused` the errors given; `typing` the
    message SIDs of typing indicators.
    """

    def __init__(self, sid: str = ACCOUNT, token: str = TOKEN, number: str = NUMBER) -> None:
        super().__init__()
        self.sid, self.token, self.number = sid, token, number
        self.reset()

    def reset(self) -> None:
        """Forget everything, as for another test."""
        self.faults.clear()
        self.arrived.clear()
        self.taken.clear()
        self.sent: list[dict[str, str]] = []
        self.shown: list[dict] = []
        self.refused: list[int] = []
        self.typing: list[str] = []
        self.messages: dict[str, dict] = {}
        self.contents: dict[str, dict] = {}
        self.media: dict[str, tuple[str, bytes]] = {}
        self.media_of: dict[str, list[str]] = {}
        self.cdn_authorizations: list[str | None] = []
        self.hosts: dict[str, str] = {}
        """What public addresses lead to: ``https://siaga.example`` -> ``http://127.0.0.1:...``."""
        self.fetching: set[asyncio.Task[None]] = set()
        self.clock = lambda: datetime.now(UTC)
        """What time it is at Twilio."""
        self.answers: dict[str, tuple[int, int]] = {}
        """Addresses that are refused: address -> (HTTP status, code)."""

    def routes(self) -> list[Route]:
        account = f"/2010-04-01/Accounts/{self.sid}"
        table = [
            (f"{account}/Messages.json", ["POST"], self._create_message),
            (f"{account}/Messages.json", ["GET"], self._list_messages),
            (f"{account}/Messages/{{sid}}.json", ["GET", "POST", "DELETE"], self._one_message),
            (f"{account}/Messages/{{sid}}/Media.json", ["GET"], self._list_media),
            (f"{account}/Messages/{{sid}}/Media/{{media}}.json", ["DELETE"], self._delete_media),
            (f"{account}/Messages/{{sid}}/Media/{{media}}", ["GET"], self._media),
            ("/v1/Content", ["POST"], self._create_content),
            ("/v1/Content", ["GET"], self._list_contents),
            ("/v1/Content/{sid}", ["GET", "DELETE"], self._one_content),
            ("/v1/Content/{sid}/ApprovalRequests/whatsapp", ["POST"], self._approve),
            ("/v1/Content/{sid}/ApprovalRequests", ["GET"], self._approval),
            ("/v2/Indicators/Typing.json", ["POST"], self._typing),
        ]
        guarded = [
            Route(path, self.faulty(self._guarded(handler)), methods=methods)
            for path, methods, handler in table
        ]
        missing = Route(
            "/{path:path}", self._guarded(self._missing), methods=["GET", "POST", "PUT", "DELETE"]
        )
        return [Route("/cdn/{media}", self._cdn), *guarded, missing]

    # What Twilio's customers call

    def _guarded(self, handler):
        async def answer(request: Request) -> Response:
            try:
                self._check_credentials(request)
                return await handler(request)
            except Refused as refused:
                self.refused.append(refused.code)
                return refused.response()

        return answer

    def _check_credentials(self, request: Request) -> None:
        right = base64.b64encode(f"{self.sid}:{self.token}".encode()).decode()
        if request.headers.get("authorization") != f"Basic {right}":
            raise Refused(401, 20003, "Authenticate")

    async def _missing(self, request: Request) -> Response:
        raise Refused(404, 20404, f"The requested resource {request.url.path} was not found")

    async def _create_message(self, request: Request) -> Response:
        given = await request.form()
        form = {name: str(value) for name, value in given.items()}
        self._check_addresses(form)
        if "MediaUrl" in form:
            check_media_urls([str(url) for url in given.getlist("MediaUrl")])
        if self.too_fast(form["To"]):
            raise Refused(429, 20429, "Too Many Requests")
        body, buttons, error = self._filled(form)
        message = self._keep(form["To"], form["From"], body, direction="outbound-api")
        self.take(request, message["sid"])
        if error:
            message |= {"status": "undelivered", "error_code": error}
        self.sent.append(form | {"MessageSid": message["sid"]})
        shown = {"to": form["To"], "body": body, "buttons": buttons, "sid": message["sid"]}
        if "MediaUrl" in form:
            message["num_media"] = "1"
            task = asyncio.create_task(self._fetch(form, message, shown))
            self.fetching.add(task)
            task.add_done_callback(self.fetching.discard)
        else:
            self.shown.append(shown)
        return JSONResponse(message, 201)

    async def _fetch(self, form: dict[str, str], message: dict, shown: dict) -> None:
        """Show the file to the participant, or report why not. WhatsApp shows words under pictures only."""
        found = await fetch(form["MediaUrl"], self.hosts)
        if isinstance(found, Fetched):
            words = shown["body"] if found.content_type.startswith("image/") else ""
            self.shown.append(shown | {"body": words, "media": found})
            return
        message |= {"status": "undelivered", "error_code": found}
        callback = form.get("StatusCallback", "")
        if reached(callback, self.hosts) != callback:
            report = self.status(message["sid"], "undelivered", found)
            await self.deliver(reached(callback, self.hosts), report, callback)

    def _check_addresses(self, form: dict[str, str]) -> None:
        to, sender = form.get("To", ""), form.get("From", "")
        if not to:
            raise Refused(400, 21604, "A 'To' phone number is required.")
        if not sender:
            raise Refused(400, 21603, "A 'From' phone number is required.")
        if to.startswith("whatsapp:") != sender.startswith("whatsapp:"):
            raise Refused(400, 21910, "Invalid From and To pair: different channels")
        if not WHATSAPP_ADDRESS.fullmatch(to):
            raise Refused(400, 21211, f"The 'To' number {to} is not a valid phone number.")
        if sender != self.number:
            raise Refused(
                400, 63007, f"Twilio could not find a Channel with the specified From address {sender}"
            )
        if to == sender:
            raise Refused(400, 63031, "Message cannot have the same To and From")
        if to in self.answers:
            status, code = self.answers[to]
            raise Refused(status, code, "refused as ordered")

    def _filled(self, form: dict[str, str]) -> tuple[str, list[dict[str, str]], int | None]:
        """Body and buttons as the participant gets them, and the code of a failure that shows only later."""
        if "ContentSid" in form:
            if form["ContentSid"] not in self.contents:
                raise Refused(400, 21655, f"The ContentSid {form['ContentSid']} is invalid.")
            return filled_content(self.contents[form["ContentSid"]], form.get("ContentVariables", "{}"))
        body = form.get("Body", "")
        if not body.strip() and "MediaUrl" not in form:
            raise Refused(400, 21619, "A text message body or media urls must be specified.")
        if len(body) > 1600:
            raise Refused(400, 21617, "The concatenated message body exceeds the 1600 character limit.")
        return body, [], None

    def _keep(self, to: str, sender: str, body: str, direction: str, sid: str | None = None) -> dict:
        now = format_datetime(self.clock())
        sid = sid or new_sid("SM")
        self.messages[sid] = {
            "sid": sid,
            "account_sid": self.sid,
            "api_version": "2010-04-01",
            "to": to,
            "from": sender,
            "body": body,
            "direction": direction,
            "status": "received" if direction == "inbound" else "queued",
            "date_created": now,
            "date_sent": now,
            "date_updated": now,
            "error_code": None,
            "error_message": None,
            "num_media": "0",
            "num_segments": "1",
            "uri": f"/2010-04-01/Accounts/{self.sid}/Messages/{sid}.json",
        }
        return self.messages[sid]

    async def _list_messages(self, request: Request) -> Response:
        query = request.query_params
        found = [
            message
            for message in reversed(self.messages.values())
            if query.get("To", message["to"]) == message["to"]
            and query.get("From", message["from"]) == message["from"]
            and _sent_within(message, query)
        ]
        size = int(query.get("PageSize", PAGE))
        page = int(query.get("Page", 0))
        rest = found[page * size :]
        following = (
            f"{request.url.path}?{urlencode({**query, 'Page': page + 1})}" if len(rest) > size else None
        )
        return JSONResponse(
            {"messages": rest[:size], "page": page, "page_size": size, "next_page_uri": following}
        )

    async def _one_message(self, request: Request) -> Response:
        sid = request.path_params["sid"]
        if sid not in self.messages:
            raise Refused(404, 20404, f"The requested resource Messages/{sid} was not found")
        if request.method == "DELETE":
            del self.messages[sid]
            return Response(status_code=204)
        if request.method == "POST" and (await request.form()).get("Body") == "":
            self.messages[sid]["body"] = ""
        return JSONResponse(self.messages[sid])

    def put_media(self, content_type: str, content: bytes, message_sid: str | None = None) -> str:
        """Keep a file as Twilio does for an inbound message; the address that the webhook would hold."""
        media = new_sid("ME")
        self.media[media] = (content_type, content)
        sid = message_sid or new_sid("MM")
        self.media_of.setdefault(sid, []).append(media)
        return f"https://api.twilio.com/2010-04-01/Accounts/{self.sid}/Messages/{sid}/Media/{media}"

    async def _list_media(self, request: Request) -> Response:
        sid = request.path_params["sid"]
        account = f"/2010-04-01/Accounts/{self.sid}"
        files = [
            {"sid": media, "parent_sid": sid, "account_sid": self.sid, "content_type": self.media[media][0]}
            | {"uri": f"{account}/Messages/{sid}/Media/{media}.json"}
            for media in self.media_of.get(sid, [])
            if media in self.media
        ]
        return JSONResponse({"media_list": files, "page": 0, "page_size": PAGE, "next_page_uri": None})

    async def _media(self, request: Request) -> Response:
        if request.path_params["media"] not in self.media:
            raise Refused(404, 20404, "The requested resource was not found")
        return RedirectResponse(f"{self.url}/cdn/{request.path_params['media']}", 307)

    async def _delete_media(self, request: Request) -> Response:
        if self.media.pop(request.path_params["media"], None) is None:
            raise Refused(404, 20404, "The requested resource was not found")
        return Response(status_code=204)

    async def _cdn(self, request: Request) -> Response:
        self.cdn_authorizations.append(request.headers.get("authorization"))
        if request.path_params["media"] not in self.media:
            return Response(status_code=404)
        content_type, content = self.media[request.path_params["media"]]
        return Response(content, media_type=content_type)

    async def _create_content(self, request: Request) -> Response:
        try:
            definition = await request.json()
        except ValueError:
            raise Refused(400, 20001, "The request body is not JSON") from None
        check_definition(definition)
        sid, now = new_sid("HX"), datetime.now(UTC).isoformat().replace("+00:00", "Z")
        types = {kind: shape for kind, shape in definition["types"].items() if shape}
        kept = {
            "sid": sid,
            "account_sid": self.sid,
            "friendly_name": definition["friendly_name"],
            "language": definition["language"],
            "variables": definition.get("variables") or {},
            "types": types,
            "url": f"https://content.twilio.com/v1/Content/{sid}",
            "date_created": now,
            "date_updated": now,
            "links": {},
        }
        self.contents[sid] = kept
        return JSONResponse(kept, 201)

    async def _list_contents(self, request: Request) -> Response:
        size, page = int(request.query_params.get("PageSize", PAGE)), int(request.query_params.get("Page", 0))
        rest = list(self.contents.values())[page * size :]
        base = "https://content.twilio.com/v1/Content"
        following = f"{base}?PageSize={size}&Page={page + 1}" if len(rest) > size else None
        meta = {"page": page, "page_size": size, "key": "contents", "next_page_url": following, "url": base}
        return JSONResponse({"contents": rest[:size], "meta": meta})

    def _content(self, request: Request) -> dict:
        sid = request.path_params["sid"]
        if sid not in self.contents:
            raise Refused(404, 20404, f"The requested resource /v1/Content/{sid} was not found")
        return self.contents[sid]

    async def _one_content(self, request: Request) -> Response:
        content = self._content(request)
        if request.method == "DELETE":
            del self.contents[content["sid"]]
            return Response(status_code=204)
        return JSONResponse(content)

    async def _approve(self, request: Request) -> Response:
        content, asked = self._content(request), await request.json()
        if not re.fullmatch("[a-z0-9_]+", asked.get("name", "")):
            raise Refused(400, 20001, "name: lowercase letters, digits and underscores")
        if "twilio/list-picker" in content["types"]:
            raise Refused(400, 20001, "twilio/list-picker cannot be approved")
        content["approval"] = {"name": asked["name"], "category": asked.get("category"), "status": "received"}
        return JSONResponse(content["approval"], 201)

    async def _approval(self, request: Request) -> Response:
        content = self._content(request)
        return JSONResponse(
            {"sid": content["sid"], "whatsapp": content.get("approval", {"status": "unsubmitted"})}
        )

    async def _typing(self, request: Request) -> Response:
        form = await request.form()
        if form.get("channel") != "whatsapp" or not form.get("messageId"):
            raise Refused(400, 20001, "channel and messageId are required")
        self.typing.append(str(form["messageId"]))
        return JSONResponse({"success": True})

    # What Twilio calls: the customer's webhooks

    def signed(self, url: str, form: dict[str, str]) -> dict[str, str]:
        """The headers of a webhook to `url`; a fragment (connection overrides) is not part of the signature."""
        signature = RequestValidator(self.token).compute_signature(url.partition("#")[0], form)
        return {
            "X-Twilio-Signature": signature,
            "I-Twilio-Idempotency-Token": secrets.token_hex(16),
            "User-Agent": "TwilioProxy/1.1",
            "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
        }

    def inbound(self, sender: str, body: str = "", **fields: str) -> dict[str, str]:
        """The form of a message from `sender` (``whatsapp:+62...`` or ``whatsapp:ID....``)."""
        phone = sender.removeprefix("whatsapp:")
        sid = fields.get("MessageSid") or new_sid("MM" if fields.get("NumMedia", "0") != "0" else "SM")
        form = {
            "SmsMessageSid": sid,
            "MessageSid": sid,
            "SmsSid": sid,
            "AccountSid": self.sid,
            "ApiVersion": "2010-04-01",
            "SmsStatus": "received",
            "From": sender,
            "To": self.number,
            "NumMedia": "0",
            "NumSegments": "1",
            "MessageType": "text",
            "ProfileName": "Peserta Contoh",
            "Body": body,
        }
        form |= {"WaId": phone[1:]} if phone.startswith("+") else {"ExternalUserId": sender}
        return form | fields

    def tap(self, sender: str, button: dict[str, str], sent: str, **fields: str) -> dict[str, str]:
        """The form of a tap on a button or list row of `shown`, under our message `sent`."""
        listed = len(next((one["buttons"] for one in self.shown if one["sid"] == sent), [])) > 3
        names = ("ListTitle", "ListId") if listed else ("ButtonText", "ButtonPayload")
        reply = {names[0]: button["title"], names[1]: button["id"], "MessageType": "interactive"}
        context = {"OriginalRepliedMessageSid": sent, "OriginalRepliedMessageSender": self.number}
        return self.inbound(sender, button["title"], **(reply | context | fields))

    def status(self, sid: str, state: str, error: int | None = None) -> dict[str, str]:
        """The form of a status callback for our message `sid`."""
        to = self.messages.get(sid, {}).get("to", "whatsapp:+6281200000001")
        form = {"MessageSid": sid, "SmsSid": sid, "MessageStatus": state, "SmsStatus": state}
        form |= {"AccountSid": self.sid, "From": self.number, "To": to, "ApiVersion": "2010-04-01"}
        return form | ({"ErrorCode": str(error)} if error else {}) | {"ChannelPrefix": "whatsapp"}

    def receive(self, form: dict[str, str]) -> None:
        """Keep a message of a participant in the list, delivered or not. A repeat changes nothing."""
        if form["MessageSid"] not in self.messages:
            body, sid = form.get("Body", ""), form["MessageSid"]
            kept = self._keep(form["To"], form["From"], body, "inbound", sid)
            kept["num_media"] = form.get("NumMedia", "0")

    async def deliver(self, url: str, form: dict[str, str], signed_url: str | None = None) -> httpx.Response:
        """Post a form to `url` as Twilio does, once. `signed_url`: the address as Twilio knows it, behind a proxy."""
        if "MessageStatus" not in form:
            self.receive(form)
        async with httpx.AsyncClient(timeout=15) as http:
            return await http.post(
                url.partition("#")[0], data=form, headers=self.signed(signed_url or url, form)
            )


def _sent_within(message: dict, query) -> bool:
    sent = parsedate_to_datetime(message["date_sent"])
    after, before = query.get("DateSent>"), query.get("DateSent<")
    if after and sent < datetime.fromisoformat(after.replace("Z", "+00:00")) - timedelta(seconds=1):
        return False
    return not (before and sent > datetime.fromisoformat(before.replace("Z", "+00:00")))


@asynccontextmanager
async def running_twilio(
    sid: str = ACCOUNT, token: str = TOKEN, number: str = NUMBER, port: int = 0
) -> AsyncIterator[TwilioStandIn]:
    """A Twilio on loopback; its `url` is what SIAGA_TWILIO_API_BASE takes."""
    standin = TwilioStandIn(sid, token, number)
    async with listening(standin, port):
        yield standin
