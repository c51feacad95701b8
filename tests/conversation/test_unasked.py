"""Every kind of message that a provider may deliver is kept for the agent, and gets an answer."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.channels import telegram_events, whatsapp_events
from bot.delivery import inbox
from bot.messages import Incoming
from bot.storage.engine import Database
from bot.storage.sealing import Sealer
from bot.storage.tables import Attachment, Author, Message
from tests.channels.webhooks import payload
from tests.claims import claim_one
from tests.conftest import Clock
from tests.conversation.test_turn import Desk

FILES = [
    ("telegram", "voice", "voice"),
    ("telegram", "video-note", "video"),
    ("telegram", "animation", "video"),
    ("telegram", "sticker", "sticker"),
    ("telegram", "document", "document"),
    ("twilio", "voice", "voice"),
    ("twilio", "sticker", "sticker"),
    ("twilio", "contact-card", "contact"),
    ("twilio", "document", "document"),
]
BARE = [
    ("telegram", "poll", "[poll]"),
    ("telegram", "contact-other", "[contact]"),
    ("telegram", "location", "[location]"),
    ("twilio", "location", "[location]"),
    ("twilio", "unsupported", "["),
]


@pytest.fixture
def desk(database: Database, sealer: Sealer, clock: Clock) -> Desk:
    return Desk(database, sealer, clock)


def delivered(provider: str, name: str, desk: Desk) -> Incoming:
    """The message in a payload file."""
    body = payload(provider, name)
    if provider == "telegram":
        (event,) = telegram_events.events(body, desk.clock())
    else:
        (event,) = whatsapp_events.events(whatsapp_events.Form(list(body.items())), desk.clock())
    assert isinstance(event, Incoming)
    return replace(event, sent_at=desk.clock())


async def taken(desk: Desk, event: Incoming) -> tuple[Message, list[Message]]:
    """The participant's line, and what was answered."""
    await inbox.store(desk.database, desk.sealer, [event], desk.clock())
    desk.clock.now += timedelta(seconds=3)
    claimed = await claim_one(desk.database, desk.sealer, desk.clock())
    assert claimed
    await desk.conversations.take_turn(claimed)
    async with desk.database.sessions() as session:
        lines = (await session.scalars(select(Message).order_by(Message.id))).all()
    (own,) = [line for line in lines if line.author is Author.PARTICIPANT]
    return own, [line for line in lines if line.author is Author.BOT]


@pytest.mark.parametrize(("provider", "name", "kind"), FILES)
async def test_a_file_is_kept_with_its_line(desk: Desk, provider: str, name: str, kind: str) -> None:
    line, answers = await taken(desk, delivered(provider, name, desk))
    async with desk.database.sessions() as session:
        kept = (await session.scalars(select(Attachment))).one()
    assert (kept.message_id, kept.kind) == (line.id, kind)
    assert answers


@pytest.mark.parametrize(("provider", "name", "body"), BARE)
async def test_what_is_no_file_is_named_and_kept(desk: Desk, provider: str, name: str, body: str) -> None:
    line, answers = await taken(desk, delivered(provider, name, desk))
    assert line.body.startswith(body)
    assert (line.sealed_shared is not None) == (name in ("contact-other", "location"))
    assert answers
