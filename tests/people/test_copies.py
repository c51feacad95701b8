"""Copies of one's data: a PDF where the channel takes one, parts of text elsewhere; once, and to oneself alone."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession
from structlog.testing import capture_logs

from bot.channels.whatsapp_media import FILES
from bot.config import load_config
from bot.conversation.copies import AT_ONCE, LONGEST, MOST_PARTS, TRIES, Copies
from bot.delivery.forms import text_from_json
from bot.media.enclosing import Enclosing
from bot.media.stores import Folder, StoreAway
from bot.media.vault import Vault
from bot.messages import Text
from bot.people.erasing import order
from bot.retention import Kept
from bot.settings import HOME
from bot.storage.engine import Database
from bot.storage.sealing import Sealer
from bot.storage.tables import (
    ChannelAddress,
    Conversation,
    CopyOrder,
    Message,
    Outbox,
    Owner,
    Participant,
)
from bot.texts import load_texts
from tests.conftest import Clock
from tests.people.test_paper import words

ADDRESS = "whatsapp:+628127000991"


class Desk:
    """Somebody who asked for a copy, and who makes it."""

    def __init__(self, database: Database, sealer: Sealer, clock: Clock, folder: Path) -> None:
        self.database, self.sealer, self.clock = database, sealer, clock
        self.vault = Vault(Folder(folder), sealer)
        enclosing = Enclosing(database, sealer, self.vault, {"whatsapp": FILES}, clock)
        self.copies = Copies(
            database=database,
            sealer=sealer,
            config=load_config(HOME / "config"),
            texts=load_texts(HOME / "config" / "texts"),
            enclosing=enclosing,
            kept=Kept(queue=30, media=365, sealed=365, talks=730),
        )
        self.talk = uuid4()

    async def begin(self, lines: int = 1) -> None:
        whose = uuid4()
        rows = (
            Participant(id=whose),
            ChannelAddress(address=ADDRESS, channel="whatsapp", participant_id=whose),
            Conversation(id=self.talk, address=ADDRESS, participant_id=whose),
            *(
                Message(
                    conversation_id=self.talk,
                    author="participant",
                    body=f"obat anak saya kosong {number}",
                    at=self.clock() - timedelta(hours=1),
                )
                for number in range(lines)
            ),
            CopyOrder(conversation_id=self.talk, asked_at=self.clock()),
        )
        async with self.database.sessions.begin() as session:
            for row in rows:
                session.add(row)
                await session.flush()

    async def sent(self) -> list[Text]:
        async with self.database.sessions() as session:
            rows = await session.scalars(select(Outbox).order_by(Outbox.id))
            return [text_from_json(self.sealer.open(row.sealed)) for row in rows]

    async def own(self, **values: object) -> None:
        async with self.database.sessions.begin() as session:
            await session.execute(update(Conversation).values(values))


@pytest.fixture
async def desk(database: Database, sealer: Sealer, clock: Clock, tmp_path: Path) -> Desk:
    return Desk(database, sealer, clock, tmp_path)


async def test_the_whole_goes_as_a_file_once(desk: Desk) -> None:
    await desk.begin()
    assert await desk.copies.send(desk.clock()) == 1
    assert await desk.copies.send(desk.clock()) == 0
    (text,) = await desk.sent()
    assert text.enclosure
    assert text.enclosure.content_type == "application/pdf"
    paper = " ".join(words(await desk.vault.get(text.enclosure.name)))
    assert "obat anak saya kosong 0" in paper
    assert "WhatsApp +62812***991" in paper
    assert ADDRESS not in paper


async def test_where_no_file_is_taken_it_goes_in_parts(desk: Desk) -> None:
    await desk.begin(lines=1000)
    copies = replace(desk.copies, enclosing=Enclosing(desk.database, desk.sealer, desk.vault, {}, desk.clock))
    await copies.send(desk.clock())
    texts = await desk.sent()
    assert len(texts) == MOST_PARTS + 1
    assert all(len(text.body) < LONGEST + 100 and not text.enclosure for text in texts)
    assert "obat anak saya kosong 0" in texts[1].body + texts[0].body
    assert "petugas" in texts[-1].body


async def test_an_agent_is_not_spoken_between(desk: Desk) -> None:
    await desk.begin()
    await desk.own(owner=Owner.AGENT)
    assert await desk.copies.send(desk.clock()) == 0
    await desk.own(owner=Owner.BOT)
    assert await desk.copies.send(desk.clock()) == 1


async def wishes(desk: Desk, count: int, owner: Owner = Owner.BOT) -> None:
    """Others have asked for a copy before."""
    async with desk.database.sessions.begin() as session:
        for number in range(count):
            whose, talk = uuid4(), uuid4()
            address = f"whatsapp:+62812800{number:04}"
            rows = (
                Participant(id=whose),
                ChannelAddress(address=address, channel="whatsapp", participant_id=whose),
                Conversation(id=talk, address=address, participant_id=whose, owner=owner),
                CopyOrder(conversation_id=talk, asked_at=desk.clock()),
            )
            for row in rows:
                session.add(row)
                await session.flush()


async def test_those_who_talk_to_an_agent_keep_nobody_waiting(desk: Desk) -> None:
    await wishes(desk, AT_ONCE, Owner.AGENT)
    await desk.begin()
    assert await desk.copies.send(desk.clock()) == 1


async def test_one_that_fails_holds_no_other_up(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    await wishes(desk, AT_ONCE)
    await desk.begin()
    whole = Copies._say

    async def fails(self: Copies, session: AsyncSession, order: CopyOrder, *more: Any) -> bool:
        if order.conversation_id != desk.talk:
            raise KeyError("Ratih")
        return await whole(self, session, order, *more)

    monkeypatch.setattr(Copies, "_say", fails)
    with capture_logs() as logs:
        assert await desk.copies.send(desk.clock()) == 0
        assert await desk.copies.send(desk.clock()) == 1
    assert {entry["event"] for entry in logs if entry["log_level"] == "error"} == {"job.failed"}
    assert "Ratih" not in str(logs)


async def test_what_was_parted_meanwhile_is_not_sent(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The copy was made while two addresses were one person, and would tell the one of the other."""
    await desk.begin()
    keep = Enclosing.keep

    async def parts_meanwhile(self: Enclosing, *more: Any) -> Any:
        alone = uuid4()
        async with desk.database.sessions.begin() as session:
            session.add(Participant(id=alone))
        await desk.own(participant_id=alone)
        monkeypatch.setattr(Enclosing, "keep", keep)
        return await keep(self, *more)

    monkeypatch.setattr(Enclosing, "keep", parts_meanwhile)
    assert await desk.copies.send(desk.clock()) == 0
    assert await desk.sent() == []
    assert await desk.copies.send(desk.clock()) == 1


async def test_a_store_that_is_away_is_waited_for_and_not_for_ever(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object) -> None:
        raise StoreAway("away")

    monkeypatch.setattr(desk.vault, "put", away)
    await desk.begin()
    for _ in range(TRIES):
        assert await desk.copies.send(desk.clock()) == 0
    assert await desk.copies.send(desk.clock()) == 1
    assert not (await desk.sent())[0].enclosure


async def test_an_erasure_calls_it_off(desk: Desk) -> None:
    await desk.begin()
    async with desk.database.sessions.begin() as session:
        talk = await session.get_one(Conversation, desk.talk)
        await order(session, desk.sealer, talk.participant_id, desk.clock())
    assert await desk.copies.send(desk.clock()) == 0
    assert await desk.sent() == []
