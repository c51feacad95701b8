"""What holds for every channel."""

import json

import pytest

from bot.channels.channel import Channel, Webhook
from bot.errors import BadPayload, Forged
from bot.messages import Call, Incoming, Option, Text
from tests.channels.webhooks import form_webhook, json_webhook

EMPTY = Webhook("/", {}, b"")
LONG = "Kalimat yang panjang sekali. " * 4000
HOSTILE = [
    "",
    " \n ",
    "\0\x01\x02",
    "😀" * 3000,
    "\u202eterbalik\u202c مرحبا",
    LONG,
    "<b>&amp;*_~`",
    "{{1}} {name}",
]


@pytest.fixture(params=["whatsapp", "telegram"])
def channel(request, whatsapp, telegram) -> Channel:
    return {"whatsapp": whatsapp, "telegram": telegram}[request.param]


@pytest.fixture
def to(channel):
    return {"whatsapp": "whatsapp:+6281399000601", "telegram": "telegram:880000601"}[channel.name]


@pytest.fixture
def sent(channel, twilio, telegram_api):
    """What the provider's stand-in accepted."""
    return {"whatsapp": twilio.sent, "telegram": telegram_api.sent}[channel.name]


def test_an_empty_request_is_forged(channel):
    with pytest.raises(Forged):
        channel.verify(EMPTY)


@pytest.mark.parametrize("body", [b"", b"{}", b"null", b"\xff" * 50])
def test_a_body_of_another_form_is_a_bad_payload(channel, body, now):
    with pytest.raises(BadPayload):
        channel.parse(Webhook("/", {"content-type": "application/octet-stream"}, body), now)


@pytest.mark.parametrize("body", HOSTILE)
@pytest.mark.parametrize("count", [0, 1, 3, 4, 10, 11])
async def test_whatever_has_to_be_said_is_taken(body, count, channel, to, sent, twilio):
    titles = (f"{body[:30]}{number}" for number in range(count))
    options = tuple(Option(id=f"12:q:{number}", title=title) for number, title in enumerate(titles))
    calls = channel.render(to, Text(body=body, options=options))
    for call in calls[-3:]:
        assert await channel.send(to, call)
    assert len(sent) == len(calls[-3:])
    assert not [message for message in twilio.messages.values() if message["error_code"]]


def test_rendering_twice_gives_the_same(channel, to):
    text = Text(body=LONG, options=(Option(id="1:q:a", title="Ya"),))
    assert channel.render(to, text) == channel.render(to, text)


def test_calls_can_be_kept_as_json(channel, to):
    text = Text(body="Benar?", options=(Option(id="1:q:a", title="Ya"), Option(id="1:q:b", title="Tidak")))
    for call in channel.render(to, text):
        assert Call(**json.loads(json.dumps({"method": call.method, "fields": call.fields}))) == call


def test_a_repeated_webhook_has_the_same_id(channel, twilio, telegram_api, now):
    webhook = {
        "whatsapp": form_webhook(twilio.inbound("whatsapp:+6281399000601", "halo")),
        "telegram": json_webhook(telegram_api.message(880000601, "halo")),
    }[channel.name]
    [first], [second] = channel.parse(webhook, now), channel.parse(webhook, now)
    assert isinstance(first, Incoming)
    assert first == second
    assert first.channel == channel.name
    assert first.address.startswith(f"{channel.name}:")
    assert first.sent_at.tzinfo is not None
