"""WhatsApp through Twilio."""

import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import httpx
import structlog
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from bot.channels.channel import Limits, LinkTo, Listed, Webhook
from bot.channels.rendering import Part, lay_out, split
from bot.channels.whatsapp_api import PATIENCE, TwilioAccount, TwilioApi
from bot.channels.whatsapp_contents import BODY_VARIABLE, Contents, ContentStore, question
from bot.channels.whatsapp_errors import CONTENT_REFUSED, UNKNOWN_CONTENT
from bot.channels.whatsapp_events import CHANNEL, Form, events, read_form
from bot.channels.whatsapp_listing import has_files, incoming, listed
from bot.channels.whatsapp_media import CAPTIONS, FILES, delete_copy, download
from bot.channels.whatsapp_templates import template_call
from bot.config.templates import Template
from bot.errors import BadPayload, ChannelError, Forged
from bot.messages import Address, Call, Event, Incoming, Media, Occasion, Text
from bot.tracing import on_its_way

log = structlog.get_logger()

LIMITS = Limits(
    text=1500,  # Twilio takes 1600 (21617)
    body=1024,  # with buttons or a list
    buttons=3,
    button_title=20,
    rows=10,
    row_title=24,
    row_description=72,
    files=FILES,
    captions=CAPTIONS,
)
CLOCKS = timedelta(seconds=2)
"""How far our clock and Twilio's, which counts whole seconds, may differ."""
STATUS_PATH = "/webhooks/whatsapp/status"


class WhatsApp:
    """Participants on WhatsApp, reached through one Twilio number.

    Args:
        account: whose number it is.
        contents: which content objects there are in that account.
        templates: what Meta approved for the number.
        links: from where Twilio fetches a file of ours; without it none can go out.
    """

    name = CHANNEL

    def __init__(
        self,
        account: TwilioAccount,
        contents: ContentStore,
        templates: Sequence[Template] = (),
        links: LinkTo | None = None,
    ) -> None:
        self.limits = LIMITS if links else replace(LIMITS, files=())
        self._links = links
        self._account = account
        self._templates = templates
        self.own_address = account.number
        self._validator = RequestValidator(account.token)
        self._api = TwilioApi(account)
        self._contents = Contents(self._api, contents)
        self._http = httpx.AsyncClient(timeout=PATIENCE, follow_redirects=False)

    def verify(self, webhook: Webhook) -> None:
        """Check Twilio's signature and that the account is ours; see `Channel.verify`.

        What Twilio signed is the address that it was given, so that is what is checked: our public address and
        the raw path and query, whatever a proxy made of them on the way.
        """
        form = read_form(webhook)
        signature = webhook.headers.get("x-twilio-signature", "")
        url = self._account.public_url.rstrip("/") + webhook.path_and_query
        # The query of a body that is no form holds the body's own hash: the address alone is signed.
        if not webhook.path_and_query.startswith("/") or not self._validator.validate(
            url, form or {}, signature
        ):
            raise Forged("signature")
        if form is not None and form.text("AccountSid") != self._account.sid:
            raise Forged("account")

    def parse(self, webhook: Webhook, now: datetime) -> list[Event]:
        """A message, or a receipt for one of ours; see `Channel.parse`."""
        form: Form | None = read_form(webhook)
        if form is None:
            raise BadPayload("no form")
        return events(form, now)

    def render(self, to: Address, text: Text) -> list[Call]:
        """Plain messages, the last one with buttons or a list if `text` has options; see `Channel.render`."""
        return [_message(part) for part in lay_out(text, LIMITS)]

    def render_template(self, to: Address, occasion: Occasion) -> list[Call]:
        """What passes when the window is closed; see `HasTemplates`."""
        call = template_call(self._templates, occasion)
        return [call] if call else []

    async def send(self, to: Address, call: Call) -> str:
        """Send and return the message's SID; see `Channel.send`.

        A question whose buttons are not to be had, or are refused, goes as numbered text.
        """
        if "ContentSid" in call.fields:
            approved, variables = str(call.fields["ContentSid"]), str(call.fields["ContentVariables"])
            return await self._create(to, content_sid=approved, content_variables=variables)
        if "Content" not in call.fields:
            return await self._create(to, **self._plain(call))
        name = str(call.fields["Content"])
        sid = await self._contents.sid(name)
        if sid and (sent := await self._ask(to, call, sid)):
            return sent
        return await self._in_words(to, str(call.fields["Body"]))

    def _plain(self, call: Call) -> dict[str, str | list[str]]:
        """Words, or a file with the words under it: Twilio fetches it from us within hours, not now."""
        body = str(call.fields["Body"])
        if call.enclosure is None:
            return {"body": body}
        if self._links is None:
            raise ChannelError("no_link")
        return {"media_url": [self._links(call.enclosure)]} | ({"body": body} if body else {})

    async def _ask(self, to: Address, call: Call, sid: str) -> str | None:
        """Send with the content object `sid`, once more with a new one if Twilio does not know it; None if refused."""
        variables = str(call.fields["ContentVariables"])
        try:
            return await self._create(to, content_sid=sid, content_variables=variables)
        except ChannelError as error:
            if error.code not in CONTENT_REFUSED:
                raise
            log.warning("whatsapp.question_refused", content=call.fields["Content"], code=error.code)
            if error.code != UNKNOWN_CONTENT:
                return None
        renewed = await self._contents.renew(str(call.fields["Content"]), stale=sid)
        return await self._ask(to, call, renewed) if renewed and renewed != sid else None

    async def _in_words(self, to: Address, body: str) -> str:
        sent = ""
        for part in split(body, LIMITS.text):
            sent = await self._create(to, body=part)
        return sent

    async def _create(self, to: Address, **fields: str | list[str]) -> str:
        number = self._account.number
        callback = on_its_way(self._account.public_url.rstrip("/") + STATUS_PATH)
        return await self._api.create_message(to=to, from_=number, status_callback=callback, **fields)

    async def taken(self, to: Address, call: Call, since: datetime) -> list[str]:
        """Which messages Twilio has to `to` that say what `call` says; see `bot.delivery.asking`.

        Twilio knows no key against doubles, so it is known by its words: those of the question, or numbered ones. A
        file alone has none, which no other message of ours has.
        """
        body = str(call.fields["Body"])
        shown = {body.strip(), *split(body, LIMITS.text)[-1:]}
        if "Content" in call.fields:
            shown.add(json.loads(str(call.fields["ContentVariables"]))[BODY_VARIABLE].strip())
        return await self._api.find_messages(to, self._account.number, shown, since - CLOCKS)

    async def received(self, since: datetime) -> AsyncIterator[list[Listed]]:
        """Twilio's list of what was written to our number; see `bot.delivery.reconciling`."""
        async for page in self._api.inbound(self._account.number, since):
            yield [listed(message) for message in page]

    async def read(self, found: Listed) -> Incoming:
        """A message of that list, with its files."""
        files = await self._api.media_of(found.provider_id) if has_files(found) else []
        return incoming(found, files)

    async def acknowledge(self, incoming: Incoming) -> None:
        """Nothing to do: WhatsApp expects no answer to a tap."""

    async def typing(self, to: Address, incoming: Incoming) -> None:
        """Show "typing" for 25 seconds or until our next message. It also marks `incoming` as read."""
        try:
            await self._api.show_typing(incoming.provider_id)
        except ChannelError as error:
            log.info("whatsapp.typing_refused", code=error.code)

    async def fetch(self, media: Media) -> tuple[str, bytes]:
        """Download from Twilio, at most 16 MB; see `Channel.fetch`."""
        return await download(self._http, self._account, media)

    async def forget(self, media: Media) -> None:
        """Have Twilio delete its copy; see `Channel.forget`."""
        await delete_copy(self._http, self._account, media)

    async def close(self) -> None:
        """Close the connections to Twilio."""
        await self._api.close()
        await self._http.aclose()


def _message(part: Part) -> Call:
    if part.options:
        return question(part)
    return Call(method="Messages", fields={"Body": part.body}, enclosure=part.enclosure)
