"""Turns of several conversations in one transaction: the same answers, and no one waits for another."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from bot.conversation.carrying import notices
from bot.conversation.shell import _CARRIED_OUT
from bot.delivery import inbox
from bot.delivery.claiming import Claimed, claim
from bot.flows import lookups
from bot.messages import Address, Incoming, Media, MediaKind
from bot.storage.engine import Database
from bot.storage.sealing import Sealer
from bot.storage.tables import (
    AnswerGiven,
    Conversation,
    Inbox,
    InboxState,
    Message,
    Outbox,
    Owner,
    Understanding,
)
from bot.worker import Turns, Worker
from tests.conftest import Clock
from tests.conversation.test_turn import Desk


class Crowd(Desk):
    """Several participants who write at the same moment."""

    async def write_all(self, *said: str | dict[str, Any], first: int = 0) -> list[Claimed]:
        """What each of them says, from the `first` participant on, stored and claimed together."""
        for number, fields in enumerate(said, start=first):
            words = {"text": fields} if isinstance(fields, str) else fields
            message = Incoming(
                channel="simwhatsapp",
                address=Address(f"simwhatsapp:{number}"),
                provider_id=str(uuid4()),
                sent_at=self.clock(),
                **words,
            )
            await inbox.store(self.database, self.sealer, [message], self.clock())
        return await claim(self.database, self.sealer, uuid4(), self.clock(), 30.0, 16)

    async def together(self, *said: str | dict[str, Any]) -> list[str]:
        """Those whose turn was taken together, by the number of the participant."""
        claimed = await self.write_all(*said)
        assert len(claimed) == len(said)
        taken = await self.conversations.take_together(claimed)
        return [one.address.partition(":")[2] for one in taken]

    async def lines(self, number: int) -> list[tuple[str, str]]:
        """Who said what in a talk."""
        query = (
            select(Message.author, Message.body)
            .join(Conversation, Conversation.id == Message.conversation_id)
            .where(Conversation.address == f"simwhatsapp:{number}")
            .order_by(Message.id)
        )
        async with self.database.sessions() as session:
            return [(author.value, body) for author, body in await session.execute(query)]

    async def noted(self) -> list[str]:
        """Whose answers stand in the report of weak answers."""
        query = select(Conversation.address).join(AnswerGiven, AnswerGiven.conversation_id == Conversation.id)
        async with self.database.sessions() as session:
            return list(await session.scalars(query.order_by(AnswerGiven.id)))

    async def waiting(self) -> int:
        """Messages that no turn has dealt with."""
        async with self.database.sessions() as session:
            pending = Inbox.state == InboxState.PENDING
            return await session.scalar(select(func.count(Inbox.id)).where(pending)) or 0


@pytest.fixture
def crowd(database: Database, sealer: Sealer, clock: Clock) -> Crowd:
    crowd = Crowd(database, sealer, clock)
    crowd.conversations.interpreter.intents["denda"] = "ask_payment"  # type: ignore[attr-defined]
    return crowd


async def test_everybody_is_answered_as_if_alone(crowd: Crowd) -> None:
    for said in (("buka ga", "halo", "xyz", "mau mengadu"), ("palembang", "makasih", "2", "1")):
        assert await crowd.together(*said) == ["0", "1", "2", "3"]
        for claimed in await crowd.write_all(*said, first=10):
            await crowd.conversations.take_turn(claimed)
    assert await crowd.waiting() == 0
    for number in range(4):
        talk = await crowd.lines(number)
        assert talk == await crowd.lines(10 + number)
        assert [author for author, _ in talk] == ["participant", "bot"] * 2


async def test_what_is_sent_belongs_to_its_line_and_its_way(crowd: Crowd) -> None:
    claimed = await crowd.write_all("halo", "buka ga")
    ways = [f"00-{number:032x}-{number:016x}-00" for number in (1, 2)]
    claimed = [replace(one, traceparents=(way,)) for one, way in zip(claimed, ways, strict=True)]
    await crowd.conversations.take_together(claimed)
    query = (
        select(Outbox.address, Conversation.address, Outbox.traceparent, Message.body, Outbox.sealed)
        .join(Message, Message.id == Outbox.message_id)
        .join(Conversation, Conversation.id == Message.conversation_id)
        .order_by(Outbox.id)
    )
    async with crowd.database.sessions() as session:
        rows = list(await session.execute(query))
    assert [row[0] for row in rows] == [row[1] for row in rows] == [one.address for one in claimed]
    assert [row[2] for row in rows] == ways
    assert [row[3] for row in rows] == [crowd.sealer.open(row[4])["body"] for row in rows]


@pytest.mark.parametrize(
    "more",
    [
        pytest.param({"text": "petugas"}, id="asks for an agent"),
        pytest.param({"text": "english please"}, id="changes the language"),
        pytest.param(
            {"media": (Media(kind=MediaKind.IMAGE, reference="x", content_type="image/png"),)}, id="a photo"
        ),
    ],
)
async def test_what_does_more_than_talk_is_left_as_it_was(crowd: Crowd, more: dict[str, Any]) -> None:
    assert await crowd.together("halo", more, "halo") == ["0", "2"]
    assert await crowd.waiting() == 1
    assert await crowd.lines(1) == []
    async with crowd.database.sessions() as session:
        talk = await session.scalar(select(Conversation).where(Conversation.address == "simwhatsapp:1"))
    assert talk
    assert (talk.owner, talk.sealed_dialogue, talk.queued_at) == (Owner.BOT, None, None)
    assert talk.hold, "it is still in our hand, for a transaction of its own"


async def test_an_answer_is_noted_once_with_the_turns_that_were_taken(crowd: Crowd) -> None:
    """The second asks the same in a form, and for an agent in the next breath: that turn is taken alone."""
    await crowd.together("halo", "mau mengadu", "halo")
    claimed = await crowd.write_all(*["berapa denda kalau telat bayar iuran bulanan?"] * 2, "halo")
    more = Incoming(
        channel="simwhatsapp",
        address=claimed[1].address,
        provider_id="more",
        sent_at=crowd.clock(),
        text="petugas",
    )
    both = replace(claimed[1], messages=[*claimed[1].messages, (claimed[1].ids[0] + 1000, more)])
    taken = await crowd.conversations.take_together([claimed[0], both, claimed[2]])
    assert [one.address for one in taken] == ["simwhatsapp:0", "simwhatsapp:2"]
    assert await crowd.noted() == ["simwhatsapp:0"]
    await crowd.conversations.take_turn(claimed[1])
    assert await crowd.noted() == ["simwhatsapp:0", "simwhatsapp:1"]


async def test_nobody_waits_for_who_is_locked(crowd: Crowd) -> None:
    claimed = await crowd.write_all("halo", "halo")
    async with crowd.database.sessions() as other:
        locked = select(Conversation).where(Conversation.address == "simwhatsapp:0").with_for_update()
        await other.scalars(locked)
        async with asyncio.timeout(10):
            taken = await crowd.conversations.take_together(claimed)
    assert [one.address for one in taken] == ["simwhatsapp:1"]


async def test_a_lost_hold_leaves_the_others_theirs(crowd: Crowd) -> None:
    claimed = await crowd.write_all("halo", "halo")
    claimed[0] = replace(claimed[0], hold=uuid4())
    taken = await crowd.conversations.take_together(claimed)
    assert [one.address for one in taken] == ["simwhatsapp:1"]
    assert await crowd.lines(0) == []


async def test_one_that_fails_drags_no_other_down(crowd: Crowd, monkeypatch: pytest.MonkeyPatch) -> None:
    """Together all fail, so that each is tried by itself."""
    opened = crowd.conversations.flows["greet"]

    async def broken(talk: Any) -> None:
        if "rusak" in talk.opening.text:
            raise ZeroDivisionError
        await opened.run(talk)

    flows = {**crowd.conversations.flows, "greet": replace(opened, run=broken)}
    conversations = replace(crowd.conversations, flows=flows)
    stopping = asyncio.Event()
    for number, text in enumerate(("halo", "halo rusak", "halo")):
        message = Incoming(
            channel="simwhatsapp",
            address=Address(f"simwhatsapp:{number}"),
            provider_id=str(number),
            sent_at=crowd.clock(),
            text=text,
        )
        await inbox.store(crowd.database, crowd.sealer, [message], crowd.clock())
    turns = Turns(conversations.take_turn, conversations.take_together)
    worker = asyncio.create_task(Worker(crowd.database, crowd.sealer, turns, crowd.clock).run(stopping))
    async with asyncio.timeout(20):
        while await crowd.waiting() > 1 or not await crowd.lines(0) or not await crowd.lines(2):
            await asyncio.sleep(0.02)
        stopping.set()
        await worker
    assert [author for author, _ in await crowd.lines(0)] == ["participant", "bot"]
    assert [author for author, _ in await crowd.lines(2)] == ["participant", "bot"]
    async with crowd.database.sessions() as session:
        bad = await session.scalar(select(Inbox).where(Inbox.provider_id == "1"))
    assert bad
    assert (bad.state, bad.attempts, bad.error) == (InboxState.PENDING, 1, "ZeroDivisionError")


async def test_what_is_the_same_for_all_is_looked_up_once(
    crowd: Crowd, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []

    async def closures(means: Any, wanted: lookups.Closures) -> Any:
        asked.append(wanted)
        return await notices.closures(means, wanted)

    monkeypatch.setitem(_CARRIED_OUT, lookups.Closures, closures)
    assert len(await crowd.together(*["buka ga"] * 4)) == 4
    assert len(await crowd.together(*["palembang"] * 3, "samarinda")) == 4
    assert sorted(one.branch for one in asked) == ["palembang", "samarinda"]  # type: ignore[attr-defined]


async def test_what_was_not_understood_is_kept_of_each(crowd: Crowd) -> None:
    await crowd.together("xyz", "qwe", "halo")
    query = (
        select(Conversation.address, Understanding.text)
        .join(Message, Message.id == Understanding.message_id)
        .join(Conversation, Conversation.id == Message.conversation_id)
        .order_by(Conversation.address)
    )
    async with crowd.database.sessions() as session:
        kept: Sequence[Any] = list(await session.execute(query))
    assert kept == [("simwhatsapp:0", "xyz"), ("simwhatsapp:1", "qwe")]
