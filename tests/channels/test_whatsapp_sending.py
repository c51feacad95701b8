"""Neutral texts in, exact requests at Twilio's stand-in out, through Twilio's own SDK."""

import asyncio
import json
import logging
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import urlencode

import pytest

from bot.channels import whatsapp_api, whatsapp_media
from bot.channels.channel import Webhook
from bot.channels.failures import Act
from bot.channels.whatsapp import WhatsApp
from bot.channels.whatsapp_contents import DEFINITIONS
from bot.channels.whatsapp_errors import TABLE, failure
from bot.errors import ChannelError
from bot.messages import Call, Incoming, Media, MediaKind, Option, Text
from tests.channels.conftest import PUBLIC_URL, KeptContents
from tests.standins.twilio import error_body

TO = "whatsapp:+6281399000401"
COMMON = {
    "To": TO,
    "From": "whatsapp:+6281100001500",
    "StatusCallback": "https://siaga.example/webhooks/whatsapp/status",
}


def question(*titles, body="Benar begitu?", description=""):
    named = (
        Option(id=f"12:q:{number}", title=title, description=description)
        for number, title in enumerate(titles)
    )
    return Text(body=body, options=tuple(named))


async def say(channel, text, to=TO):
    return [await channel.send(to, call) for call in channel.render(to, text)]


def without_sid(sent):
    return [{name: value for name, value in form.items() if name != "MessageSid"} for form in sent]


async def test_a_text(whatsapp, twilio):
    sids = await say(whatsapp, Text(body="Kantor *tutup* hari ini.\nTerima kasih."))
    assert without_sid(twilio.sent) == [COMMON | {"Body": "Kantor *tutup* hari ini.\nTerima kasih."}]
    assert sids == [twilio.sent[0]["MessageSid"]]


async def test_a_person_without_a_number(whatsapp, twilio):
    await say(whatsapp, Text(body="Halo"), to="whatsapp:ID.880000000000011")
    assert twilio.sent[0]["To"] == "whatsapp:ID.880000000000011"


async def test_a_long_text_comes_in_order(whatsapp, twilio):
    await say(whatsapp, Text(body="\n\n".join(f"Alinea {number}. " + "kata " * 100 for number in range(8))))
    assert len(twilio.sent) == 4
    assert [word for form in twilio.sent for word in form["Body"].split() if word[0].isdigit()] == [
        f"{number}." for number in range(8)
    ]


async def test_two_buttons(whatsapp, twilio, contents):
    await say(whatsapp, question("Ya, benar", "Ubah"))
    variables = {"1": "Benar begitu?", "2": "Ya, benar", "3": "12:q:0", "4": "Ubah", "5": "12:q:1"}
    [form] = without_sid(twilio.sent)
    assert json.loads(form.pop("ContentVariables")) == variables
    assert form == COMMON | {"ContentSid": contents["siaga_buttons_2_v1"]}
    content = twilio.contents[form["ContentSid"]]
    assert content["language"] == "id"
    assert content["types"] == {
        "twilio/quick-reply": {
            "body": "{{1}}",
            "actions": [
                {"type": "QUICK_REPLY", "title": "{{2}}", "id": "{{3}}"},
                {"type": "QUICK_REPLY", "title": "{{4}}", "id": "{{5}}"},
            ],
        }
    }


async def test_a_list(whatsapp, twilio):
    await say(whatsapp, question("Loket", "VClaim", "PCare", "Mobile JKN", description="Sejak kapan saja"))
    [shown] = twilio.shown
    assert shown["body"] == "Benar begitu?"
    assert shown["buttons"][3] == {"title": "Mobile JKN", "id": "12:q:3", "description": "Sejak kapan saja"}
    [content] = twilio.contents.values()
    assert content["types"]["twilio/list-picker"]["button"] == "Pilihan / Options"


async def test_more_options_than_a_list_holds_are_numbered(whatsapp, twilio):
    await say(whatsapp, question(*(f"Kota {number}" for number in range(11))))
    assert twilio.sent[0]["Body"].endswith("\n10. Kota 9\n11. Kota 10")
    assert not twilio.contents


@pytest.mark.parametrize("count", range(1, 11))
@pytest.mark.parametrize("description", ["", "Keterangan"])
async def test_every_content_is_accepted(count, description, whatsapp, twilio):
    await say(
        whatsapp, question(*(f"Pilihan yang ke {number}" for number in range(count)), description=description)
    )
    [shown] = twilio.shown
    assert [button["id"] for button in shown["buttons"]] == [f"12:q:{number}" for number in range(count)]
    assert all(message["status"] == "queued" for message in twilio.messages.values())


def test_friendly_names_are_safe_to_keep():
    assert len(DEFINITIONS) == 17
    assert all(name.replace("_", "").isalnum() and name.islower() for name in DEFINITIONS)


async def test_a_content_is_created_once(whatsapp, twilio, contents):
    await asyncio.gather(*(say(whatsapp, question("Ya", "Tidak")) for _ in range(3)))
    assert len(twilio.contents) == 1
    assert len(twilio.sent) == 3
    assert list(contents) == ["siaga_buttons_2_v1"]


async def test_a_content_that_the_account_has_is_used(whatsapp, twilio, twilio_account):
    await say(whatsapp, question("Ya", "Tidak"))
    forgetful = WhatsApp(twilio_account, KeptContents())
    await say(forgetful, question("Ya", "Tidak"))
    await forgetful.close()
    assert len(twilio.contents) == 1


async def test_a_content_that_was_deleted_is_created_again(whatsapp, twilio, contents):
    await say(whatsapp, question("Ya", "Tidak"))
    twilio.contents.clear()
    await say(whatsapp, question("Ya", "Tidak"))
    assert twilio.refused == [21655]
    assert twilio.shown[-1]["buttons"]
    assert list(twilio.contents) == [contents["siaga_buttons_2_v1"]]


async def test_without_content_the_question_is_numbered(whatsapp, twilio):
    twilio.fail_next(403, error_body(20403, 403))
    await say(whatsapp, question("Ya", "Tidak"))
    await say(whatsapp, question("Ya", "Tidak"))  # and Twilio is left alone for a while
    assert [form["Body"] for form in twilio.sent] == ["Benar begitu?\n\n1. Ya\n2. Tidak"] * 2
    assert not twilio.contents


@pytest.mark.parametrize("code", [21656, 63005, 63013, 63021])
async def test_a_question_that_is_refused_is_numbered(code, whatsapp, twilio):
    await say(whatsapp, question("Ya", "Tidak"))
    twilio.fail_next(400, error_body(code, 400))
    await say(whatsapp, question("Ya", "Tidak"))
    assert twilio.sent[-1]["Body"] == "Benar begitu?\n\n1. Ya\n2. Tidak"


async def test_a_question_that_came_too_fast_is_not_asked_twice(whatsapp, twilio):
    await say(whatsapp, question("Ya", "Tidak"))
    twilio.fail_next(429, error_body(20429, 429))
    with pytest.raises(ChannelError) as raised:
        await say(whatsapp, question("Ya", "Tidak"))
    assert (raised.value.code, raised.value.retry, raised.value.unknown) == ("20429", True, False)
    assert len(twilio.sent) == 1


def decision(error):
    return (error.code, error.retry, error.after, error.unreachable, error.unknown)


@pytest.mark.parametrize(
    ("status", "body", "decided"),
    [
        (400, error_body(21211, 400), ("21211", False, None, True, False)),
        (400, error_body(21610, 400), ("21610", False, None, True, False)),
        (400, error_body(21617, 400), ("21617", False, None, False, False)),
        (400, error_body(21611, 400), ("21611", True, 120, False, False)),
        (400, error_body(63007, 400), ("63007", True, 60, False, False)),
        (401, error_body(20003, 401), ("20003", True, 60, False, False)),
        (404, error_body(20404, 404), ("20404", False, None, False, False)),
        (429, error_body(20429, 429), ("20429", True, None, False, False)),
        (429, "slow down", ("http_429", True, None, False, False)),
        (400, "<html>bad</html>", ("http_400", False, None, False, False)),
        (500, error_body(20500, 500), ("20500", True, None, False, True)),
        (503, "<html>down</html>", ("http_503", True, None, False, True)),
        (201, "<html>what?</html>", ("broken_answer", True, None, False, True)),
        (201, {}, ("broken_answer", True, None, False, True)),
        (
            400,
            {"type": "https://x.example/21211", "title": "no", "status": 400, "code": 21211},
            ("21211", False, None, True, False),
        ),
    ],
)
async def test_what_an_answer_means(status, body, decided, whatsapp, twilio):
    twilio.fail_next(status, body)
    with pytest.raises(ChannelError) as raised:
        await say(whatsapp, Text(body="halo"))
    assert decision(raised.value) == decided
    # The SDK's own errors quote phone numbers: none may be shown in a traceback.
    assert raised.value.__context__ is None or raised.value.__suppress_context__
    assert raised.value.__cause__ is None


@pytest.mark.parametrize("code", sorted(TABLE))
def test_a_callback_means_what_the_answer_means(code):
    """All but what may have been accepted: a callback comes after that."""
    error, meaning = failure(code), TABLE[code]
    assert error.code in (code, f"http_{code}")
    assert error.retry == (meaning.act in (Act.RETRY, Act.REPAIR))
    assert error.unreachable == (meaning.act is Act.MARK)


@pytest.mark.parametrize("code", ["63016", "63049", "30036", "21620", "99999"])
def test_other_codes_mean_not_again(code):
    error = failure(code)
    assert (error.retry, error.unreachable, error.unknown) == (False, False, False)


async def test_wrong_credentials(twilio, twilio_account):
    channel = WhatsApp(replace(twilio_account, token="wrong"), KeptContents())
    with pytest.raises(ChannelError) as raised:
        await say(channel, Text(body="halo"))
    await channel.close()
    assert decision(raised.value) == ("20003", True, 60, False, False)


async def taken(channel, text, since):
    [call] = channel.render(TO, text)
    return await channel.taken(TO, call, since)


@pytest.mark.parametrize("text", [Text(body="halo"), question("Ya", "Tidak"), question("1", "2", "3", "4")])
async def test_a_message_whose_answer_was_lost_is_known_to_twilio(text, whatsapp, twilio):
    await say(whatsapp, text)
    twilio.messages.clear()
    begun = datetime.now(UTC)
    twilio.cut_next()
    with pytest.raises(ChannelError) as raised:
        await say(whatsapp, text)
    assert decision(raised.value) == ("broken_answer", True, None, False, True)
    assert await taken(whatsapp, text, begun) == [twilio.sent[-1]["MessageSid"]]
    assert await taken(whatsapp, Text(body="lain"), begun) == []


async def test_a_question_that_went_as_words_is_known_too(whatsapp, twilio):
    begun = datetime.now(UTC)
    twilio.fail_next(403, error_body(20403, 403))  # no content to be had
    [sid] = await say(whatsapp, question("Ya", "Tidak"))
    assert await taken(whatsapp, question("Ya", "Tidak"), begun) == [sid]


async def test_an_answer_that_comes_late_is_no_answer(whatsapp, twilio, monkeypatch):
    monkeypatch.setattr(whatsapp_api, "PATIENCE", 0.2)
    twilio.hang_next(0.5)
    with pytest.raises(ChannelError) as raised:
        await say(whatsapp, Text(body="halo"))
    assert decision(raised.value) == ("timeout", True, None, False, True)


async def test_an_older_message_with_the_same_words_is_another_one(whatsapp, twilio):
    [older] = await say(whatsapp, Text(body="halo"))
    twilio.messages[older]["date_created"] = "Sat, 21 Nov 2026 01:00:00 +0000"
    begun = datetime.now(UTC)
    twilio.cut_next(after_taking=False)
    with pytest.raises(ChannelError):
        await say(whatsapp, Text(body="halo"))
    assert await taken(whatsapp, Text(body="halo"), begun) == []


async def test_twilio_cannot_always_be_asked(whatsapp, twilio):
    twilio.fail_next(503, "down")
    with pytest.raises(ChannelError) as raised:
        await taken(whatsapp, Text(body="halo"), datetime.now(UTC))
    assert raised.value.retry


async def test_nobody_there(twilio_account):
    channel = WhatsApp(replace(twilio_account, api_base="http://127.0.0.1:1"), KeptContents())
    with pytest.raises(ChannelError) as raised:
        await say(channel, Text(body="halo"))
    await channel.close()
    assert decision(raised.value) == ("no_connection", True, None, False, False)


def incoming(sid="SM" + "a" * 32):
    return Incoming(channel="whatsapp", address=TO, provider_id=sid, sent_at=datetime.now(UTC))


async def test_typing(whatsapp, twilio):
    await whatsapp.typing(TO, incoming())
    assert twilio.typing == ["SM" + "a" * 32]
    twilio.fail_next(500, error_body(20500, 500))
    await whatsapp.typing(TO, incoming())  # a hint: nobody waits for it
    await whatsapp.acknowledge(incoming())


async def test_a_photo_is_fetched_without_showing_credentials_to_others(whatsapp, twilio):
    url = twilio.put_media("image/jpeg", b"\xff\xd8photo")
    media = Media(kind=MediaKind.IMAGE, reference=url)
    assert await whatsapp.fetch(media) == ("image/jpeg", b"\xff\xd8photo")
    assert twilio.cdn_authorizations == [None]


@pytest.mark.parametrize(
    "reference",
    [
        "https://evil.example/2010-04-01/Accounts/{sid}/Messages/MM1/Media/ME1",
        "https://api.twilio.com.evil.example/2010-04-01/Accounts/{sid}/Messages/MM1/Media/ME1",
        "https://api.twilio.com@evil.example/2010-04-01/Accounts/{sid}/Messages/MM1/Media/ME1",
        "http://api.twilio.com/2010-04-01/Accounts/{sid}/Messages/MM1/Media/ME1",
        "https://api.twilio.com/2010-04-01/Accounts/AC999/Messages/MM1/Media/ME1",
        "https://api.twilio.com/2010-04-01/Accounts/{sid}/Messages/../../../secret",
        "https://[evil",
        "file:///etc/passwd",
        "",
    ],
)
async def test_only_our_own_media_are_fetched(reference, whatsapp, twilio):
    with pytest.raises(ChannelError) as raised:
        await whatsapp.fetch(Media(kind=MediaKind.IMAGE, reference=reference.format(sid=twilio.sid)))
    assert raised.value.code == "media_foreign"


async def test_a_file_that_is_gone(whatsapp, twilio):
    url = twilio.put_media("image/jpeg", b"x")
    twilio.media.clear()
    with pytest.raises(ChannelError) as raised:
        await whatsapp.fetch(Media(kind=MediaKind.IMAGE, reference=url))
    assert (raised.value.code, raised.value.retry) == ("http_404", False)


async def test_a_file_that_is_too_large(whatsapp, twilio, monkeypatch):
    monkeypatch.setattr(whatsapp_media, "LARGEST_FILE", 1000)
    url = twilio.put_media("application/pdf", b"x" * 1001)
    with pytest.raises(ChannelError) as raised:
        await whatsapp.fetch(Media(kind=MediaKind.DOCUMENT, reference=url))
    assert (raised.value.code, raised.value.retry) == ("media_too_large", False)


async def test_no_number_is_logged(whatsapp, twilio, caplog):
    with caplog.at_level(logging.INFO):
        await say(whatsapp, question("Ya", "Tidak"))
        await whatsapp.typing(TO, incoming())
    assert not [record for record in caplog.records if record.name.startswith("twilio")]
    assert "6281399000401" not in caplog.text
    assert "Benar begitu" not in caplog.text


async def test_a_tap_comes_back_as_the_option_that_was_sent(whatsapp, twilio, now):
    [sid] = await say(whatsapp, question("Ya", "Tidak"))
    form = twilio.tap(TO, twilio.shown[0]["buttons"][1], sid)
    headers = {
        name.lower(): value for name, value in twilio.signed(f"{PUBLIC_URL}/webhooks/whatsapp", form).items()
    }
    webhook = Webhook("/webhooks/whatsapp", headers, urlencode(form).encode())
    whatsapp.verify(webhook)
    [tap] = whatsapp.parse(webhook, now)
    assert (tap.tapped, tap.text, tap.quoted) == ("12:q:1", "Tidak", sid)


def test_a_call_can_be_kept_as_json(whatsapp):
    for call in whatsapp.render(TO, question("Ya", "Tidak")):
        assert Call(**json.loads(json.dumps({"method": call.method, "fields": call.fields}))) == call
