"""Twilio's signature, behind every sort of proxy."""

from dataclasses import replace
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.channel import Webhook
from bot.channels.whatsapp import WhatsApp
from bot.channels.whatsapp_api import TwilioAccount
from bot.errors import BadPayload, Forged
from tests.channels.webhooks import form_webhook, signed_webhook
from tests.standins import TwilioStandIn

STANDIN = TwilioStandIn()


@cache
def channel(public_url="https://siaga.example"):
    account = TwilioAccount(
        sid=STANDIN.sid, token=STANDIN.token, number=STANDIN.number, public_url=public_url
    )
    return WhatsApp(account, contents=None)


def form(**fields):
    return STANDIN.inbound("whatsapp:+6281399000301", "halo min +%& ä", **fields)


@pytest.mark.parametrize(
    ("public_url", "path", "signed_url"),
    [
        ("https://siaga.example", "/webhooks/whatsapp", "https://siaga.example/webhooks/whatsapp"),
        ("https://siaga.example/", "/webhooks/whatsapp", "https://siaga.example/webhooks/whatsapp"),
        ("https://siaga.example:8443", "/webhooks/whatsapp", "https://siaga.example:8443/webhooks/whatsapp"),
        ("https://siaga.example", "/webhooks/whatsapp", "https://siaga.example:443/webhooks/whatsapp"),
        ("http://127.0.0.1:8000", "/webhooks/whatsapp", "http://127.0.0.1:8000/webhooks/whatsapp"),
        (
            "https://siaga.example",
            "/webhooks/whatsapp?b=a%20b&x=",
            "https://siaga.example/webhooks/whatsapp?b=a%20b&x=",
        ),
        (
            "https://siaga.example",
            "/webhooks/whatsapp",
            "https://siaga.example/webhooks/whatsapp#rc=5&rp=all",
        ),
        ("https://kota.example/siaga", "/webhooks/whatsapp", "https://kota.example/siaga/webhooks/whatsapp"),
    ],
)
def test_what_twilio_signed_is_accepted(public_url, path, signed_url):
    channel(public_url).verify(signed_webhook(form(), signed_url, path, STANDIN))


@pytest.mark.parametrize(
    "signed_url",
    [
        "http://siaga.example/webhooks/whatsapp",  # TLS ended at a proxy and somebody signed what the app saw
        "https://other.example/webhooks/whatsapp",
        "https://siaga.example/webhooks/whatsapp/",
        "https://siaga.example/webhooks/whatsapp/status",
        "https://siaga.example/webhooks/whatsapp?extra=1",
    ],
)
def test_another_address_is_refused(signed_url):
    with pytest.raises(Forged):
        channel().verify(signed_webhook(form(), signed_url, "/webhooks/whatsapp", STANDIN))


def good():
    return signed_webhook(form(), "https://siaga.example/webhooks/whatsapp", "/webhooks/whatsapp", STANDIN)


def test_the_host_that_a_proxy_names_does_not_matter():
    webhook = good()
    headers = dict(webhook.headers) | {"host": "10.0.0.7:8000", "x-forwarded-host": "evil.example"}
    channel().verify(replace(webhook, headers=headers))


@pytest.mark.parametrize("signature", ["", "x", "AAAAAAAAAAAAAAAAAAAAAAAAAAA=", "é" * 28])
def test_a_wrong_signature_is_refused(signature):
    webhook = good()
    with pytest.raises(Forged):
        channel().verify(replace(webhook, headers=dict(webhook.headers) | {"x-twilio-signature": signature}))


def test_no_signature_is_refused():
    with pytest.raises(Forged):
        channel().verify(form_webhook(form()))


@pytest.mark.parametrize("change", [b"&Extra=1", b"&Body=other", b"&Empty="])
def test_a_changed_body_is_refused(change):
    webhook = good()
    with pytest.raises(Forged):
        channel().verify(replace(webhook, body=webhook.body + change))


def test_empty_and_unknown_fields_are_signed_too():
    url = "https://siaga.example/webhooks/whatsapp"
    channel().verify(signed_webhook(form(Empty="", Invented="yes"), url, "/webhooks/whatsapp", STANDIN))


def test_another_account_is_refused():
    url = "https://siaga.example/webhooks/whatsapp"
    other = form(AccountSid="AC" + "9" * 32)
    with pytest.raises(Forged):
        channel().verify(signed_webhook(other, url, "/webhooks/whatsapp", STANDIN))


def test_a_signed_body_that_is_no_form_is_a_bad_payload(now):
    webhook = replace(signed_webhook({}, "https://siaga.example/x", "/x", STANDIN), body=b'{"Body": "halo"}')
    webhook = replace(webhook, headers=dict(webhook.headers) | {"content-type": "application/json"})
    channel().verify(webhook)
    with pytest.raises(BadPayload):
        channel().parse(webhook, now)


@given(
    st.text(max_size=30),
    st.text(max_size=30),
    st.sampled_from(["application/x-www-form-urlencoded", ""]),
    st.binary(),
)
def test_anything_else_is_forged(path, signature, content_type, body):
    webhook = Webhook(path, {"x-twilio-signature": signature, "content-type": content_type}, body)
    with pytest.raises(Forged):
        channel().verify(webhook)


def test_the_token_is_not_shown():
    account = TwilioAccount(
        sid=STANDIN.sid, token="very-secret", number=STANDIN.number, public_url="https://x.example"
    )
    assert "very-secret" not in repr(account)
