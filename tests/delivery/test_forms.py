"""What goes into the database comes out of it the same."""

from dataclasses import fields
from datetime import UTC

import orjson
from hypothesis import given
from hypothesis import strategies as st

from bot.delivery.forms import incoming_from_json, incoming_to_json, text_from_json, text_to_json
from bot.messages import Address, Contact, Incoming, Location, Media, MediaKind, Option, Text

# Channels clean what PostgreSQL cannot hold (`channels.channel.clean`), so no half surrogate pairs come this far.
words = st.text(st.characters(exclude_categories=["Cs"]))
times = st.datetimes(timezones=st.just(UTC))
numbers = st.floats(allow_nan=False, allow_infinity=False)
media = st.builds(
    Media,
    kind=st.sampled_from(MediaKind),
    reference=words,
    content_type=words,
    file_name=words,
    size=st.none() | st.integers(0, 2**40),
)
FIELDS = dict(
    channel=words,
    address=words.map(Address),
    provider_id=words,
    sent_at=times,
    text=words,
    tapped=st.none() | words,
    media=st.lists(media, max_size=3).map(tuple),
    location=st.none() | st.builds(Location, latitude=numbers, longitude=numbers, name=words),
    card=st.none() | st.builds(Contact, name=words, phones=st.lists(words, max_size=2).map(tuple)),
    quoted=st.none() | words,
    to=words,
    profile_name=words,
    phone=st.none() | words,
    external_user_id=st.none() | words,
    language=st.none() | words,
    edited=st.booleans(),
    forwarded=st.booleans(),
    unsupported=st.none() | words,
    acknowledge=st.none() | words,
    due=st.none() | words,
    message_ref=st.none() | words,
    album=st.none() | words,
)
incoming = st.builds(Incoming, **FIELDS)
options = st.builds(Option, id=words, title=words, description=words)
texts = st.builds(Text, body=words, options=st.lists(options, max_size=4).map(tuple))


def test_every_field_of_a_message_is_tried() -> None:
    assert set(FIELDS) == {field.name for field in fields(Incoming)}


@given(incoming)
def test_a_message_survives_store_and_load(message: Incoming) -> None:
    assert incoming_from_json(orjson.loads(orjson.dumps(incoming_to_json(message)))) == message


@given(texts)
def test_a_reply_survives_store_and_load(text: Text) -> None:
    assert text_from_json(orjson.loads(orjson.dumps(text_to_json(text)))) == text
