"""Telegram's updates in, neutral events out."""

import copy
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.telegram_events import events
from bot.errors import BadPayload
from bot.messages import Contact, Incoming, Location, Media, MediaKind, Reachability
from tests.channels.webhooks import names, payload


def incoming(name, **says):
    """The event of a message payload, its common part read straight from the update."""
    update = payload("telegram", name)
    message = update.get("message") or update.get("edited_message")
    chat = message["chat"]["id"]
    common = Incoming(
        channel="telegram",
        address=f"telegram:{chat}",
        provider_id=str(update["update_id"]),
        sent_at=datetime.fromtimestamp(message["date"], UTC),
        text=message.get("text", ""),
        profile_name=message["from"]["first_name"],
        language="id",
        message_ref=f"{chat}:{message['message_id']}",
    )
    return [replace(common, **says)]


def file(kind, number, content_type="", file_name="", size=None):
    reference = f"BQACAgUAAxkBAAI-siaga-{number}"
    return (Media(kind=kind, reference=reference, content_type=content_type, file_name=file_name, size=size),)


SAYS = {
    "start-deeplink": {"text": "/start outage_GG-2611-0002"},
    "text": {"profile_name": "Ucok Sihombing"},
    "contact-own": {"text": "+6281399000205", "phone": "+6281399000205", "quoted": "880000005:99"},
    "contact-other": {
        "unsupported": "contact",
        "card": Contact(name="Bidan Desa", phones=("+6281399000999",)),
    },
    "location": {"location": Location(latitude=-6.914744, longitude=107.60981)},
    "venue": {
        "location": Location(
            latitude=-2.533333, longitude=140.716667, name="RSUD Contoh, Jl. Pantai No. 1, Jayapura"
        )
    },
    "photo-caption": {
        "text": "kursi ruang tunggu penuh semua",
        "album": "13900000000000210",
        "media": file(MediaKind.IMAGE, "10x", "image/jpeg", size=150331),
    },
    "document": {
        "text": "hasil lab bapak saya",
        "media": file(MediaKind.DOCUMENT, 11, "application/pdf", "hasil_lab.pdf", 99120),
    },
    "voice": {"media": file(MediaKind.VOICE, 12, "audio/ogg", size=40117)},
    "video-note": {"media": file(MediaKind.VIDEO, 13, size=220117)},
    "animation": {"media": file(MediaKind.VIDEO, 14, "video/mp4", "lucu.mp4")},
    "sticker": {"media": file(MediaKind.STICKER, 15, size=20110)},
    "edited": {
        "edited": True,
        "sent_at": datetime.fromtimestamp(1795240077, UTC),
        "profile_name": "Ucok Sihombing",
    },
    "forwarded": {"forwarded": True},
    "reply-quote": {"quoted": "880000022:80"},
    "poll": {"unsupported": "poll"},
}
SILENT = {"live-location-moves", "added-to-group", "group", "pinned", "channel-post", "tap-in-group"}


@pytest.mark.parametrize("name", sorted(SAYS))
def test_a_message(name, now):
    assert events(payload("telegram", name), now) == incoming(name, **SAYS[name])


@pytest.mark.parametrize("name", sorted(SILENT))
def test_what_is_not_for_us(name, now):
    assert events(payload("telegram", name), now) == []


def test_a_tap(now):
    assert events(payload("telegram", "tap"), now) == [
        Incoming(
            channel="telegram",
            address="telegram:880000003",
            provider_id="720000203",
            sent_at=now,
            text="Ubah",
            tapped="31:complaint.summary:change",
            quoted="880000003:103",
            profile_name="Mirna",
            language="id",
            acknowledge="4000000000000000203",
        )
    ]


def test_a_tap_under_a_message_that_is_gone(now):
    [tap] = events(payload("telegram", "tap-inaccessible"), now)
    assert (tap.tapped, tap.text, tap.quoted) == ("7:menu:status", "", "880000004:90")


@pytest.mark.parametrize(("name", "reachable"), [("blocked", False), ("unblocked", True)])
def test_blocked_and_let_in_again(name, reachable, now):
    [event] = events(payload("telegram", name), now)
    assert isinstance(event, Reachability)
    assert (event.channel, event.reachable) == ("telegram", reachable)
    assert event.address == f"telegram:{880000017 if name == 'blocked' else 880000018}"


def test_every_payload_has_a_test():
    assert set(names("telegram")) == set(SAYS) | SILENT | {"tap", "tap-inaccessible", "blocked", "unblocked"}


@pytest.mark.parametrize(
    "update",
    [
        None,
        [],
        "halo",
        {},
        {"update_id": "first"},
        {"update_id": 1, "message": {"text": "halo"}},
        {"update_id": 1, "message": {"message_id": 1, "date": 1e300, "chat": {"id": 1, "type": "private"}}},
    ],
)
def test_what_is_no_update(update, now):
    with pytest.raises(BadPayload):
        events(update, now)


def paths(value, path=()):
    """Where every value inside `value` is."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield (*path, key)
        yield from paths(inner, (*path, key))


ANYTHING = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(),
    st.lists(st.integers(), max_size=2),
    st.just({}),
)


@given(st.data())
def test_any_value_gives_events_or_bad_payload(data):
    update = copy.deepcopy(payload("telegram", data.draw(st.sampled_from(names("telegram")))))
    path = data.draw(st.sampled_from(list(paths(update))))
    inside = update
    for key in path[:-1]:
        inside = inside[key]
    inside[path[-1]] = data.draw(ANYTHING)
    try:
        found = events(update, datetime.now(UTC))
    except BadPayload:
        return
    for event in found:
        repr(event).encode()  # nothing that cannot be stored
