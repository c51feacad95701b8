"""Twilio's webhook forms, read into neutral events. Pure.

An inbound message, as Twilio posts it (decoded, shortened)::

    MessageSid=SM...5a0003  AccountSid=AC...  From=whatsapp:+6281200000003  To=whatsapp:+6281100001500
    WaId=6281200000003  ExternalUserId=whatsapp:ID.900000000000003  ProfileName=Rahmat  NumMedia=0
    Body=Ya, benar  ButtonText=Ya, benar  ButtonPayload=12:confirm:yes  OriginalRepliedMessageSid=MM...7c0003

A status callback has ``MessageStatus`` (and ``ErrorCode``) instead of a body.
"""

import math
import re
from collections.abc import Iterator
from datetime import datetime
from urllib.parse import parse_qsl

from bot.channels.channel import Webhook, clean
from bot.errors import BadPayload
from bot.messages import Address, Delivery, Event, Incoming, Location, Media, MediaKind, Receipt

CHANNEL = "whatsapp"
FORM = "application/x-www-form-urlencoded"
MOST_FIELDS = 500
MOST_MEDIA = 10

STATES = {
    "accepted": Delivery.QUEUED,
    "scheduled": Delivery.QUEUED,
    "queued": Delivery.QUEUED,
    "sending": Delivery.SENDING,
    "sent": Delivery.SENT,
    "delivered": Delivery.DELIVERED,
    "read": Delivery.READ,
    "failed": Delivery.FAILED,
    "undelivered": Delivery.FAILED,
    "canceled": Delivery.FAILED,
}
KINDS = {
    "image": MediaKind.IMAGE,
    "audio": MediaKind.AUDIO,
    "video": MediaKind.VIDEO,
}
FILE_NAME = re.compile(r"[^\n/\\]{1,200}\.[A-Za-z0-9]{1,5}")
PHONE = re.compile(r"whatsapp:(\+\d{5,20})")


class Form:
    """The fields of a form. A name may come twice, and the signature covers both values."""

    def __init__(self, pairs: list[tuple[str, str]]) -> None:
        self._values: dict[str, list[str]] = {}
        for name, value in pairs:
            self._values.setdefault(name, []).append(value)

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def getlist(self, name: str) -> list[str]:
        """Every value of `name` (the name of this method is the one that Twilio's validator calls)."""
        return self._values.get(name, [])

    def text(self, name: str) -> str:
        """The first value of `name`, fit to be stored; empty where there is none."""
        return clean(self._values.get(name, [""])[0])


def read_form(webhook: Webhook) -> Form | None:
    """The fields of the body, blank ones too (the signature covers them), or None where it is no form."""
    if webhook.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
        return None
    try:
        pairs = parse_qsl(
            webhook.body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=MOST_FIELDS
        )
    except ValueError:
        return None
    return Form(pairs)


def events(form: Form, now: datetime) -> list[Event]:
    """What the form says: one message, or one receipt, or nothing.

    Raises:
        BadPayload: it lacks what every form of Twilio has.
    """
    if not form.text("MessageSid"):
        raise BadPayload("no MessageSid")
    if form.text("MessageStatus"):
        return _receipts(form, now)
    if not form.text("From").startswith("whatsapp:"):
        raise BadPayload("From is no WhatsApp address")
    return [_incoming(form, now)]


def _receipts(form: Form, now: datetime) -> list[Event]:
    state = STATES.get(form.text("MessageStatus"))
    if state is None:
        return []
    error = form.text("ErrorCode") or None
    return [
        Receipt(channel=CHANNEL, provider_id=form.text("MessageSid"), state=state, error_code=error, at=now)
    ]


def _incoming(form: Form, now: datetime) -> Incoming:
    media, location = _media(form), _location(form)
    tapped = form.text("ButtonPayload") or form.text("ListId") or None
    # Twilio gives a document's own name as its text.
    text = "" if any(one.file_name for one in media) else form.text("Body")
    readable = text.strip() or media or location or tapped
    return Incoming(
        channel=CHANNEL,
        address=Address(form.text("From")),
        provider_id=form.text("MessageSid"),
        sent_at=now,
        text=text,
        tapped=tapped,
        media=media,
        location=location,
        quoted=form.text("OriginalRepliedMessageSid") or None,
        to=form.text("To"),
        profile_name=form.text("ProfileName"),
        phone=_phone(form),
        external_user_id=form.text("ExternalUserId") or None,
        forwarded="true" in (form.text("Forwarded"), form.text("FrequentlyForwarded")),
        unsupported=None if readable else form.text("MessageType") or "empty",
    )


def _phone(form: Form) -> str | None:
    """The number behind the address; people who hide theirs have an id there instead."""
    found = PHONE.fullmatch(form.text("From"))
    return found[1] if found else None


def _media(form: Form) -> tuple[Media, ...]:
    count = form.text("NumMedia") or "0"
    if not (count.isdecimal() and len(count) < 4):
        raise BadPayload("NumMedia is no number")
    files = range(min(int(count), MOST_MEDIA))
    return tuple(_file(form, number) for number in files if form.text(f"MediaUrl{number}"))


def _file(form: Form, number: int) -> Media:
    content_type = form.text(f"MediaContentType{number}").partition(";")[0].strip().lower()
    kind = _kind(content_type, form.text("MessageType"))
    body = form.text("Body").strip()
    named = kind is MediaKind.DOCUMENT and FILE_NAME.fullmatch(body)
    return Media(
        kind=kind,
        reference=form.text(f"MediaUrl{number}"),
        content_type=content_type,
        file_name=body if named else "",
    )


def _kind(content_type: str, message_type: str) -> MediaKind:
    if message_type == "sticker":
        return MediaKind.STICKER
    if content_type == "audio/ogg":  # WhatsApp records voice notes as Ogg and sends nothing else so
        return MediaKind.VOICE
    if content_type in {"text/vcard", "text/x-vcard"}:
        return MediaKind.CONTACT
    return KINDS.get(content_type.partition("/")[0], MediaKind.DOCUMENT)


def _location(form: Form) -> Location | None:
    if not (form.text("Latitude") and form.text("Longitude")):
        return None
    try:
        latitude, longitude = float(form.text("Latitude")), float(form.text("Longitude"))
    except ValueError:
        raise BadPayload("Latitude or Longitude is no number") from None
    if not (math.isfinite(latitude + longitude) and abs(latitude) <= 90 and abs(longitude) <= 180):
        raise BadPayload("Latitude or Longitude is nowhere on Earth")
    name = ", ".join(filter(None, [form.text("Label"), form.text("Address")]))
    return Location(latitude=latitude, longitude=longitude, name=name)
