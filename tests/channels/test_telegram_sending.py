"""Neutral texts in, exact requests at Telegram's stand-in out, through python-telegram-bot."""

import logging
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels import telegram as module
from bot.channels import telegram_media
from bot.channels.channel import Webhook
from bot.channels.telegram import Telegram, TelegramAccount
from bot.errors import BadPayload, ChannelError, Forged
from bot.messages import Call, Media, MediaKind, Option, Text
from tests.channels.webhooks import json_webhook, payload
from tests.standins.telegram import error_body, parsed_html

USER = 880000501
TO = f"telegram:{USER}"
COMMON = {"chat_id": USER, "parse_mode": "HTML", "link_preview_options": {"is_disabled": True}}
QUIET = Telegram(TelegramAccount(token="7:render-only", secret="s3cret"))


def question(*titles, body="Benar begitu?"):
    return Text(
        body=body, options=tuple(Option(id=f"12:q:{n}", title=title) for n, title in enumerate(titles))
    )


async def say(channel, text, to=TO):
    return [await channel.send(to, call) for call in channel.render(to, text)]


def sent(api):
    return [
        {name: value for name, value in one.items() if name not in {"message_id", "shown"}}
        for one in api.sent
    ]


async def test_a_text(telegram, telegram_api):
    [provider_id] = await say(telegram, Text(body="Kantor *tutup* hari ini, jam < 08.00 & > 15.00."))
    html = "Kantor <b>tutup</b> hari ini, jam &lt; 08.00 &amp; &gt; 15.00."
    assert sent(telegram_api) == [COMMON | {"text": html}]
    assert provider_id == f"{USER}:{telegram_api.sent[0]['message_id']}"


async def test_two_buttons_side_by_side(telegram, telegram_api):
    await say(telegram, question("Ya, benar", "Ubah"))
    row = [{"text": "Ya, benar", "callback_data": "12:q:0"}, {"text": "Ubah", "callback_data": "12:q:1"}]
    assert sent(telegram_api) == [
        COMMON | {"text": "Benar begitu?", "reply_markup": {"inline_keyboard": [row]}}
    ]


@pytest.mark.parametrize(
    ("titles", "rows"),
    [
        (["1", "2", "3", "4", "5"], [5]),
        (["Loket", "VClaim", "PCare", "Mobile JKN"], [2, 2]),
        (["Ya, data saya sudah benar", "Ubah"], [1, 1]),
        (["Tidak ada obat"] * 3 + ["Lainnya"], [1, 1, 1, 1]),
    ],
)
async def test_rows(titles, rows, telegram, telegram_api):
    await say(telegram, question(*titles))
    keyboard = telegram_api.sent[0]["reply_markup"]["inline_keyboard"]
    assert [len(row) for row in keyboard] == rows


async def test_a_long_text_carries_its_buttons_at_the_end(telegram, telegram_api):
    await say(telegram, question("Ya", "Tidak", body="Kalimat panjang 😀. " * 300))
    assert len(telegram_api.sent) == 2
    assert ["reply_markup" in one for one in telegram_api.sent] == [False, True]


def test_an_option_id_that_is_too_long_is_our_mistake():
    with pytest.raises(ValueError, match="64 bytes"):
        QUIET.render(TO, Text(body="?", options=(Option(id="é" * 33, title="Ya"),)))


@given(st.text(alphabet="ab *<>&\n_é\"'/", max_size=60))
def test_any_text_is_html_that_telegram_can_read(body):
    for call in QUIET.render(TO, Text(body=body)):
        shown = parsed_html(call.fields["text"])
        assert shown.replace("*", "") == body.strip().replace("*", "")


@pytest.mark.parametrize(
    ("body", "html"),
    [
        ("*tebal*", "<b>tebal</b>"),
        ("a *dua kata* b", "a <b>dua kata</b> b"),
        ("3*4*5", "3*4*5"),
        ("* butir\n* butir", "* butir\n* butir"),
        ("*tidak\ntebal*", "*tidak\ntebal*"),
        ("**", "**"),
        ("*<b>*", "<b>&lt;b&gt;</b>"),
    ],
)
def test_bold(body, html):
    [call] = QUIET.render(TO, Text(body=body))
    assert call.fields["text"] == html


async def test_markup_that_telegram_refuses_is_sent_without(telegram, telegram_api):
    await telegram.send(
        TO, Call(method="sendMessage", fields={"text": "<b>Halo &amp; salam", "parse_mode": "HTML"})
    )
    assert [one["text"] for one in telegram_api.sent] == ["Halo & salam"]
    assert "parse_mode" not in telegram_api.sent[0]


def decision(error):
    return (error.code, error.retry, error.after, error.unreachable, error.unknown)


@pytest.mark.parametrize(
    ("status", "body", "decided"),
    [
        (429, error_body(429, "Too Many Requests", retry_after=7), ("http_429", True, 7.0, False, False)),
        (
            400,
            error_body(400, "Bad Request: message is too long"),
            ("message_too_long", False, None, False, False),
        ),
        (400, error_body(400, "Bad Request: chat not found"), ("chat_not_found", False, None, True, False)),
        (
            400,
            error_body(400, "Bad Request: group chat was upgraded", migrate_to_chat_id=-1005),
            ("chat_migrated", False, None, True, False),
        ),
        (
            403,
            error_body(403, "Forbidden: user is deactivated"),
            ("user_deactivated", False, None, True, False),
        ),
        (401, error_body(401, "Unauthorized"), ("http_401", True, 60.0, False, False)),
        (404, error_body(404, "Not Found"), ("http_401", True, 60.0, False, False)),
        (409, error_body(409, "Conflict"), ("http_409", True, 30.0, False, False)),
        (500, error_body(500, "Internal Server Error"), ("broken_answer", True, None, False, True)),
        (502, "<html>Bad Gateway</html>", ("broken_answer", True, None, False, True)),
        (200, "<html>what?</html>", ("broken_answer", True, None, False, True)),
    ],
)
async def test_what_an_answer_means(status, body, decided, telegram, telegram_api):
    telegram_api.fail_next(status, body)
    with pytest.raises(ChannelError) as raised:
        await say(telegram, Text(body="halo"))
    assert decision(raised.value) == decided
    assert raised.value.__suppress_context__  # the library's own errors may quote the token


async def test_a_participant_who_blocked_us(telegram, telegram_api):
    telegram_api.blocked.add(USER)
    with pytest.raises(ChannelError) as raised:
        await say(telegram, Text(body="halo"))
    assert decision(raised.value) == ("http_403", False, None, True, False)


async def test_a_participant_who_never_wrote(telegram, telegram_api):
    telegram_api.unknown_chats.add(USER)
    with pytest.raises(ChannelError) as raised:
        await say(telegram, Text(body="halo"))
    assert raised.value.unreachable


async def test_an_address_of_another_channel(telegram):
    with pytest.raises(ChannelError) as raised:
        await say(telegram, Text(body="halo"), to="whatsapp:+6281399000401")
    assert decision(raised.value) == ("bad_address", False, None, True, False)


async def test_a_cut_connection(telegram, telegram_api):
    telegram_api.cut_next()
    with pytest.raises(ChannelError) as raised:
        await say(telegram, Text(body="halo"))
    assert decision(raised.value) == ("broken_answer", True, None, False, True)
    assert len(telegram_api.sent) == 1  # it did arrive, which nobody can know here


async def test_no_answer_in_time(telegram_api, monkeypatch):
    monkeypatch.setattr(module, "PATIENCE", 0.1)
    account = TelegramAccount(token=telegram_api.token, api_base=telegram_api.url)
    channel = Telegram(account)
    telegram_api.hang_next(0.5)
    with pytest.raises(ChannelError) as raised:
        await say(channel, Text(body="halo"))
    await channel.close()
    assert decision(raised.value) == ("timeout", True, None, False, True)


async def test_nobody_there():
    channel = Telegram(TelegramAccount(token="7:x", api_base="http://127.0.0.1:1"))
    with pytest.raises(ChannelError) as raised:
        await say(channel, Text(body="halo"))
    await channel.close()
    assert decision(raised.value) == ("no_connection", True, None, False, False)


async def test_a_tap_comes_back_and_is_acknowledged_once(telegram, telegram_api, now):
    [provider_id] = await say(telegram, question("Ya", "Tidak"))
    [tap] = telegram.parse(json_webhook(telegram_api.tap(USER, "12:q:1")), now)
    assert (tap.address, tap.tapped, tap.text, tap.quoted) == (TO, "12:q:1", "Tidak", provider_id)
    await telegram.acknowledge(tap)
    await telegram.acknowledge(tap)  # too late now, and no matter
    assert telegram_api.answered == [tap.acknowledge]


async def test_only_a_tap_is_acknowledged(telegram, telegram_api, now):
    [incoming] = telegram.parse(json_webhook(telegram_api.message(USER, "halo")), now)
    await telegram.acknowledge(incoming)
    assert telegram_api.calls == []


async def test_typing(telegram, telegram_api, now):
    [incoming] = telegram.parse(json_webhook(telegram_api.message(USER, "halo")), now)
    await telegram.typing(TO, incoming)
    assert telegram_api.calls == [("sendChatAction", {"chat_id": str(USER), "action": "typing"})]
    telegram_api.blocked.add(USER)
    await telegram.typing(TO, incoming)  # a hint: nobody waits for it


async def test_a_photo_is_fetched(telegram, telegram_api):
    telegram_api.files["photo-1"] = ("photos/file_1.jpg", b"\xff\xd8photo")
    assert await telegram.fetch(Media(kind=MediaKind.IMAGE, reference="photo-1")) == (
        "image/jpeg",
        b"\xff\xd8photo",
    )


async def test_the_content_type_that_came_with_the_message_counts(telegram, telegram_api):
    telegram_api.files["voice-1"] = ("voice/file_2.oga", b"Ogg")
    media = Media(kind=MediaKind.VOICE, reference="voice-1", content_type="audio/ogg")
    assert await telegram.fetch(media) == ("audio/ogg", b"Ogg")


async def test_a_file_that_is_gone(telegram):
    with pytest.raises(ChannelError) as raised:
        await telegram.fetch(Media(kind=MediaKind.IMAGE, reference="none"))
    assert (raised.value.code, raised.value.retry) == ("http_400", False)


async def test_a_file_that_is_too_large(telegram, telegram_api, monkeypatch):
    monkeypatch.setattr(telegram_media, "LARGEST_FILE", 3)
    telegram_api.files["doc-1"] = ("documents/file_3.pdf", b"%PDF")
    with pytest.raises(ChannelError) as raised:
        await telegram.fetch(Media(kind=MediaKind.DOCUMENT, reference="doc-1"))
    assert raised.value.code == "media_too_large"


async def test_the_webhook_is_set_with_its_secret(telegram, telegram_api):
    await telegram.set_webhook("https://siaga.example/")
    assert telegram_api.webhook == {
        "url": "https://siaga.example/webhooks/telegram",
        "secret_token": telegram_api.secret,
        "allowed_updates": ["message", "edited_message", "callback_query", "my_chat_member"],
    }
    await telegram.delete_webhook()
    assert telegram_api.webhook is None


async def test_a_webhook_needs_https(telegram):
    with pytest.raises(ChannelError) as raised:
        await telegram.set_webhook("http://siaga.example")
    assert raised.value.code == "http_400"


def secret(value):
    return json_webhook(payload("telegram", "text"), {"x-telegram-bot-api-secret-token": value})


def test_the_secret_is_accepted():
    QUIET.verify(secret("s3cret"))


@pytest.mark.parametrize("value", ["", "s3cre", "s3cret ", "S3CRET", "é", "\udc80"])
def test_another_secret_is_forged(value):
    with pytest.raises(Forged):
        QUIET.verify(secret(value))


def test_no_secret_is_forged():
    with pytest.raises(Forged):
        QUIET.verify(json_webhook(payload("telegram", "text")))


@pytest.mark.parametrize("value", ["", "anything"])
def test_without_a_secret_of_ours_no_webhook_is_believed(value):
    with pytest.raises(Forged):
        Telegram(TelegramAccount(token="7:polling")).verify(secret(value))


@pytest.mark.parametrize(
    "body", [b"", b"halo", b"\xff\xfe", b"[" * 100_000, b'{"update_id": ' + b"9" * 5000 + b"}"]
)
def test_what_is_no_update(body, now):
    with pytest.raises(BadPayload):
        QUIET.parse(Webhook("/webhooks/telegram", {}, body), now)


def test_half_a_surrogate_pair_can_be_stored(now):
    update = payload("telegram", "text")
    update["message"]["text"] = "hal\ud83do\0"
    [incoming] = QUIET.parse(json_webhook(update), now)
    assert incoming.text == "hal\ufffdo"


async def test_neither_token_nor_words_are_logged(telegram_api, caplog):
    with caplog.at_level(logging.DEBUG):
        account = TelegramAccount(token=telegram_api.token, secret="hush", api_base=telegram_api.url)
        channel = Telegram(account)
        await say(channel, Text(body="rahasia pasien"))
        telegram_api.fail_next(200, "<html>rahasia pasien</html>")
        with pytest.raises(ChannelError):
            await say(channel, Text(body="rahasia pasien"))
        await channel.close()
    assert telegram_api.token not in caplog.text
    assert "rahasia" not in caplog.text
    assert telegram_api.token not in repr(replace(account))
    assert "hush" not in repr(account)
