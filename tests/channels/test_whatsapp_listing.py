"""Twilio's own list of what came in, through Twilio's own SDK."""

from datetime import timedelta

import pytest

from bot.channels import whatsapp_api
from bot.channels.channel import Webhook
from bot.errors import BadPayload, ChannelError
from bot.messages import MediaKind, Text
from tests.standins.twilio import error_body

SARI = "whatsapp:+6281399000501"
NO_NUMBER = "whatsapp:ID.880000000000012"


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    monkeypatch.setattr(whatsapp_api, "LIST_WAITS", (0.0, 0.0))


async def listed(whatsapp, since):
    return [found async for page in whatsapp.received(since) for found in page]


def by_webhook(whatsapp, twilio, form, now):
    """What the channel makes of the same message when its webhook comes."""
    url = "/webhooks/whatsapp"
    body = "&".join(f"{name}={value.replace('+', '%2B')}" for name, value in form.items()).encode()
    headers = {"content-type": "application/x-www-form-urlencoded"}
    [message] = whatsapp.parse(Webhook(path_and_query=url, headers=headers, body=body), now)
    return message


@pytest.mark.parametrize("sender", [SARI, NO_NUMBER])
async def test_a_text_reads_as_its_webhook_would(whatsapp, twilio, now, sender):
    twilio.clock = lambda: now
    form = twilio.inbound(sender, "Kantor buka?")
    twilio.receive(form)
    [found] = await listed(whatsapp, now - timedelta(minutes=5))
    message = await whatsapp.read(found)
    expected = by_webhook(whatsapp, twilio, form, now)
    lacking = {"profile_name", "external_user_id"}
    for name in set(expected.__slots__) - lacking:
        assert getattr(message, name) == getattr(expected, name), name
    assert message.sent_at == now


async def test_a_photo_comes_with_what_is_needed_to_fetch_it(whatsapp, twilio, now):
    twilio.clock = lambda: now
    form = twilio.inbound(SARI, "kartu saya", NumMedia="1")
    address = twilio.put_media("image/jpeg", b"\xff\xd8\xff", form["MessageSid"])
    twilio.receive(form)
    [found] = await listed(whatsapp, now)
    message = await whatsapp.read(found)
    [media] = message.media
    assert (media.kind, media.reference, media.content_type) == (MediaKind.IMAGE, address, "image/jpeg")
    assert message.text == "kartu saya"
    assert await whatsapp.fetch(media) == ("image/jpeg", b"\xff\xd8\xff")


async def test_files_that_are_gone_leave_the_words(whatsapp, twilio, now):
    twilio.receive(twilio.inbound(SARI, "kartu saya", NumMedia="1"))
    [found] = await listed(whatsapp, now)
    message = await whatsapp.read(found)
    assert (message.text, message.media, message.unsupported) == ("kartu saya", (), None)


async def test_what_the_list_has_no_word_of_is_unsupported(whatsapp, twilio, now):
    twilio.receive(twilio.inbound(SARI, Latitude="-0.5", Longitude="117.1", MessageType="location"))
    [found] = await listed(whatsapp, now)
    assert (await whatsapp.read(found)).unsupported == "empty"


async def test_only_what_participants_wrote_to_our_number_page_by_page(whatsapp, twilio, now, monkeypatch):
    monkeypatch.setattr(whatsapp_api, "PAGE", 2)
    at = now
    twilio.clock = lambda: at
    for number in range(5):
        at = now + timedelta(minutes=number)
        twilio.receive(twilio.inbound(SARI, str(number)))
    twilio.receive(twilio.inbound(SARI, "to another number", To="whatsapp:+6281100009999"))
    await whatsapp.send(SARI, whatsapp.render(SARI, Text(body="ours"))[0])
    pages = [page async for page in whatsapp.received(now + timedelta(minutes=1))]
    assert [[found.fields["Body"] for found in page] for page in pages] == [["4", "3"], ["2", "1"]]


async def test_a_page_that_fails_is_asked_for_again(whatsapp, twilio, now):
    twilio.receive(twilio.inbound(SARI, "halo"))
    twilio.fail_next(429, error_body(20429, 429))
    twilio.fail_next(503, {})
    assert len(await listed(whatsapp, now)) == 1


@pytest.mark.parametrize(
    ("status", "code", "retry"), [(401, "http_401", True), (503, "http_503", True), (404, "http_404", False)]
)
async def test_a_list_that_is_not_to_be_had_says_why(whatsapp, twilio, now, status, code, retry):
    twilio.fail_next(status, {}, times=3)
    with pytest.raises(ChannelError) as raised:
        await listed(whatsapp, now)
    assert (raised.value.code, raised.value.retry) == (code, retry)


async def test_a_message_of_another_channel_is_none(whatsapp, twilio, now):
    twilio.receive(twilio.inbound("+6281399000501", "sms"))
    [found] = await listed(whatsapp, now)
    with pytest.raises(BadPayload):
        await whatsapp.read(found)
