"""Twilio's forms in, neutral events out."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.channel import Webhook
from bot.channels.whatsapp_events import events, read_form
from bot.errors import BadPayload
from bot.messages import Delivery, Incoming, Location, Media, MediaKind, Receipt
from tests.channels.webhooks import form_webhook, names, payload


def parse(form, now):
    return events(read_form(form_webhook(form)), now)


def plain(form, now):
    """What every message says, read straight from the form."""
    return Incoming(
        channel="whatsapp",
        address=form["From"],
        provider_id=form["MessageSid"],
        sent_at=now,
        text=form["Body"],
        to="whatsapp:+6281155500711",
        profile_name=form["ProfileName"],
        phone="+" + form["WaId"] if "WaId" in form else None,
        external_user_id=form["ExternalUserId"],
    )


def media(form, kind, content_type, file_name=""):
    return (Media(kind=kind, reference=form["MediaUrl0"], content_type=content_type, file_name=file_name),)


SAYS = {
    "text": lambda form: {},
    "referral-ad": lambda form: {},
    "username-only": lambda form: {"phone": None},
    "button-reply": lambda form: {
        "tapped": "31:complaint.summary:yes",
        "text": "Ya, benar",
        "quoted": form["OriginalRepliedMessageSid"],
    },
    "list-reply": lambda form: {
        "tapped": "12:complaint.category:obat_kosong",
        "quoted": form["OriginalRepliedMessageSid"],
    },
    "template-button": lambda form: {
        "tapped": "outage:GG-2611-0002:still",
        "quoted": form["OriginalRepliedMessageSid"],
    },
    "image-caption": lambda form: {"media": media(form, MediaKind.IMAGE, "image/jpeg")},
    "document": lambda form: {
        "text": "",
        "media": media(form, MediaKind.DOCUMENT, "application/pdf", "surat_kontrol_RS.pdf"),
    },
    "document-caption": lambda form: {"media": media(form, MediaKind.DOCUMENT, "application/pdf")},
    "voice": lambda form: {"media": media(form, MediaKind.VOICE, "audio/ogg")},
    "contact-card": lambda form: {"media": media(form, MediaKind.CONTACT, "text/vcard")},
    "sticker": lambda form: {"media": media(form, MediaKind.STICKER, "image/webp")},
    "location": lambda form: {
        "location": Location(
            latitude=-1.265386, longitude=116.8312, name="Puskesmas Contoh, Jl. Contoh Raya No. 3, Balikpapan"
        )
    },
    "reply-forwarded": lambda form: {"quoted": form["OriginalRepliedMessageSid"], "forwarded": True},
    "unsupported": lambda form: {"unsupported": "unsupported"},
}


@pytest.mark.parametrize("name", [name for name in names("twilio") if not name.startswith("status-")])
def test_a_message(name, now):
    form = payload("twilio", name)
    assert parse(form, now) == [replace(plain(form, now), **SAYS[name](form))]


@pytest.mark.parametrize(
    ("name", "state", "error"),
    [
        ("status-queued", Delivery.QUEUED, None),
        ("status-sent", Delivery.SENT, None),
        ("status-delivered", Delivery.DELIVERED, None),
        ("status-read", Delivery.READ, None),
        ("status-undelivered-63016", Delivery.FAILED, "63016"),
        ("status-failed-63024", Delivery.FAILED, "63024"),
    ],
)
def test_a_receipt(name, state, error, now):
    form = payload("twilio", name)
    receipt = Receipt(
        channel="whatsapp", provider_id=form["MessageSid"], state=state, error_code=error, at=now
    )
    assert parse(form, now) == [receipt]


def test_an_unknown_state_says_nothing(now):
    assert parse(payload("twilio", "status-unknown"), now) == []


def test_what_cannot_be_stored_is_taken_out(now):
    form = payload("twilio", "text") | {"Body": "hal\0o", "ProfileName": "\0"}
    [incoming] = parse(form, now)
    assert (incoming.text, incoming.profile_name) == ("halo", "")


def test_bytes_that_are_no_utf_8_are_still_read(now):
    webhook = form_webhook(payload("twilio", "text"))
    [incoming] = events(read_form(replace(webhook, body=webhook.body + b"&Body=x&Label=%ff\xfe")), now)
    assert incoming.text.startswith("min mau tanya")


@pytest.mark.parametrize(
    "change",
    [
        {"MessageSid": ""},
        {"From": "+6281399000201"},
        {"From": ""},
        {"NumMedia": "many"},
        {"NumMedia": "9" * 50},
        {"Latitude": "north", "Longitude": "1"},
        {"Latitude": "nan", "Longitude": "1"},
        {"Latitude": "91", "Longitude": "1"},
    ],
)
def test_a_broken_form(change, now):
    with pytest.raises(BadPayload):
        parse(payload("twilio", "text") | change, now)


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/json", b"{}"),
        ("", b"Body=halo"),
        ("text/plain", b"Body=halo"),
        ("application/x-www-form-urlencoded", b"&".join(b"a%d=1" % number for number in range(600))),
    ],
)
def test_what_is_no_form(content_type, body):
    assert read_form(Webhook("/webhooks/whatsapp", {"content-type": content_type}, body)) is None


@given(st.data())
def test_any_value_gives_events_or_bad_payload(data):
    form = payload("twilio", data.draw(st.sampled_from(names("twilio"))))
    changed = data.draw(st.dictionaries(st.sampled_from(sorted(form)), st.text(max_size=40), max_size=4))
    try:
        found = parse(form | changed, datetime.now(UTC))
    except BadPayload:
        return
    for event in found:
        repr(event).encode()  # nothing that cannot be stored


@given(st.binary(max_size=300))
def test_any_body_is_a_form_or_none(body):
    read_form(Webhook("/", {"content-type": "application/x-www-form-urlencoded"}, body))
