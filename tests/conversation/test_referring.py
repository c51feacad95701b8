"""Edits and quotes against PostgreSQL: the newest version once, and the line that is meant."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select, update

from bot.conversation.referring import newest
from bot.delivery import inbox
from bot.messages import Address, Incoming, Media, MediaKind
from bot.storage.engine import Database
from bot.storage.sealing import Sealer
from bot.storage.tables import Attachment, Author, Inbox, InboxState, Message, Outbox
from tests.claims import claim_one
from tests.conftest import NOON, Clock
from tests.conversation.test_turn import ADDRESS, Desk


@pytest.fixture
def desk(database: Database, sealer: Sealer, clock: Clock) -> Desk:
    return Desk(database, sealer, clock)


async def lines(desk: Desk) -> list[Message]:
    """What the participant said."""
    query = select(Message).where(Message.author == Author.PARTICIPANT).order_by(Message.id)
    async with desk.database.sessions() as session:
        return list(await session.scalars(query))


def version(text: str, *, edited: bool = True, seconds: float = 0, ref: str = "c:1") -> Incoming:
    return Incoming(
        channel="simwhatsapp",
        address=ADDRESS,
        provider_id=str(uuid4()),
        sent_at=NOON + timedelta(seconds=seconds),
        text=text,
        edited=edited,
        message_ref=ref,
    )


def photo(name: str) -> tuple[Media, ...]:
    return (Media(kind=MediaKind.IMAGE, reference=name),)


async def take(desk: Desk, *messages: Incoming) -> list[str]:
    """Have messages of any kind taken as one turn; gives what the bot says."""
    before = await desk.newest()
    await inbox.store(desk.database, desk.sealer, messages, desk.clock())
    claimed = await claim_one(desk.database, desk.sealer, desk.clock())
    assert claimed
    await desk.conversations.take_turn(claimed)
    async with desk.database.sessions() as session:
        states = set(await session.scalars(select(Inbox.state)))
        assert states == {InboxState.DONE}
        query = select(Message.body).where(Message.id > before, Message.author == Author.BOT)
        return list(await session.scalars(query))


@pytest.mark.parametrize("late", [0, 5])
def test_the_newest_version_stands_where_the_first_stood(late: float) -> None:
    first, better, best = version("sa", edited=False), version("satu"), version("satu!", seconds=late)
    other = version("dua", edited=False, ref="c:2")
    named = {1: first, 2: better, 3: other, 4: best}
    orders = [[1, 2, 3, 4], [2, 3, 4, 1]] + ([[4, 3, 1, 2], [1, 4, 3, 2]] if late else [])
    for order in orders:
        found = newest([(number, named[number]) for number in order])
        assert [(number, one.text, one.edited) for number, one in found] == [
            (4, "satu!", False),
            (3, "dua", False),
        ]


def test_of_two_edits_the_later_counts_and_is_one_still() -> None:
    former, latter = version("satu", seconds=1), version("dua", seconds=2)
    for order in ([former, latter], [latter, former]):
        [(_, found)] = newest(list(enumerate(order)))
        assert (found.text, found.edited) == ("dua", True)


async def test_an_edit_in_time_is_one_message(desk: Desk) -> None:
    said = await take(desk, version("halp", edited=False), version("halo"))
    assert len(said) == 1
    [line] = await lines(desk)
    assert (line.body, line.intent, line.edited, line.refers_to) == ("halo", "greet", False, None)


async def test_an_edit_of_what_was_answered_is_a_line_that_refers_to_it(desk: Desk) -> None:
    await take(desk, version("halp", edited=False))
    assert await take(desk, version("halo", seconds=9))
    assert await take(desk, version("kantor buka?", seconds=19))
    first, second, third = await lines(desk)
    assert [(line.body, line.edited, line.refers_to) for line in (first, second, third)] == [
        ("halp", False, None),
        ("halo", True, first.id),
        ("kantor buka?", True, second.id),
    ]


async def test_an_edit_that_changes_no_word_is_nothing(desk: Desk) -> None:
    await take(desk, version("mau mengadu", edited=False))
    talk = await desk.one_talk()
    assert await take(desk, version("mau mengadu", seconds=9)) == []
    assert len(await lines(desk)) == 1
    after = await desk.one_talk()
    assert (after.nudge_at, after.hold) == (talk.nudge_at, None)


async def test_an_edit_whose_first_version_never_came_is_a_message(desk: Desk) -> None:
    assert await take(desk, version("halo"))
    [line] = await lines(desk)
    assert (line.edited, line.refers_to) == (False, None)


async def test_a_changed_caption_does_not_send_the_photo_again(desk: Desk) -> None:
    def shown(caption: str, name: str, **rest: Any) -> Incoming:
        one = version(caption, **rest)
        return Incoming(**{field: getattr(one, field) for field in one.__slots__} | {"media": photo(name)})

    await take(desk, shown("halo", "a", edited=False))
    await take(desk, shown("halo min", "a", seconds=5))
    assert await take(desk, shown("halo min", "a", seconds=9)) == []
    await take(desk, shown("halo min", "b", seconds=15))
    async with desk.database.sessions() as session:
        kept = [desk.sealer.open(one.sealed_reference) for one in await session.scalars(select(Attachment))]
    assert kept == ["a", "b"]
    assert [line.body for line in await lines(desk)] == ["halo", "halo min", "[image]"]


async def quoting(desk: Desk, text: str, quoted: str) -> list[str]:
    return await take(
        desk,
        Incoming(
            channel="simwhatsapp",
            address=ADDRESS,
            provider_id=str(uuid4()),
            sent_at=desk.clock(),
            text=text,
            quoted=quoted,
        ),
    )


async def sent(desk: Desk) -> Message:
    """The newest line of ours, with "SMours" as the provider's name for it."""
    async with desk.database.sessions.begin() as session:
        newest_line = select(Message).where(Message.author == Author.BOT).order_by(Message.id.desc()).limit(1)
        line = (await session.scalars(newest_line)).one()
        await session.execute(update(Outbox).where(Outbox.message_id == line.id).values(provider_id="SMours"))
        return line


async def test_a_reply_refers_to_our_line_and_answers_its_question(desk: Desk) -> None:
    await desk.say("halo")
    menu = await sent(desk)
    await desk.say("kantor palembang buka?")
    [asked] = await quoting(desk, "6", "SMours")
    assert "Pengaduannya tentang apa" in asked
    assert (await lines(desk))[-1].refers_to == menu.id


async def test_a_reply_refers_to_their_own_line(desk: Desk) -> None:
    await take(desk, version("halo", edited=False))
    [first] = await lines(desk)
    await quoting(desk, "yang ini", "c:1")
    assert (await lines(desk))[-1].refers_to == first.id


async def test_a_reply_to_what_nobody_knows_is_a_message(desk: Desk) -> None:
    await desk.say("halo")
    assert await quoting(desk, "halo", "SMunheard")
    assert (await lines(desk))[-1].refers_to is None


async def test_nobody_reaches_into_another_talk_by_quoting(desk: Desk) -> None:
    await desk.say("halo")
    await sent(desk)
    stranger = Incoming(
        channel="simwhatsapp",
        address=Address("simwhatsapp:eka"),
        provider_id="x",
        sent_at=desk.clock(),
        text="3",
        quoted="SMours",
    )
    await take(desk, stranger)
    assert (await lines(desk))[-1].refers_to is None
