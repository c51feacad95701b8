"""Forms that were left alone, on a real database."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from bot.conversation import idle
from bot.conversation.idle import stir
from bot.delivery import inbox
from bot.messages import Address, Incoming
from bot.storage.engine import Database
from bot.storage.sealing import Sealer
from bot.storage.tables import Conversation, Inbox, Owner
from tests.claims import claim_one
from tests.conftest import Clock

ADDRESS = Address("telegram:4711")


@pytest.fixture
async def left_alone(database: Database, sealer: Sealer, clock: Clock) -> None:
    """A conversation whose form is to be reminded of in a minute."""
    said = Incoming(channel="telegram", address=ADDRESS, provider_id="1", sent_at=clock(), text="halo")
    await inbox.store(database, sealer, [said], clock())
    claimed = await claim_one(database, sealer, clock())
    assert claimed
    async with database.sessions.begin() as session:
        talk = await inbox.retake(session, claimed)
        talk.nudge_at = clock() + timedelta(minutes=1)
        await inbox.finish(session, [claimed], clock())


async def waiting(database: Database) -> list[Inbox]:
    async with database.sessions() as session:
        return list(await session.scalars(select(Inbox).where(Inbox.state == "pending")))


@pytest.mark.usefixtures("left_alone")
async def test_nothing_before_its_time(database: Database, sealer: Sealer, clock: Clock) -> None:
    clock.advance(59)
    assert await stir(database, sealer, clock()) == 0
    assert await waiting(database) == []


@pytest.mark.usefixtures("left_alone")
async def test_a_form_left_alone_comes_up_once_whoever_asks(
    database: Database, sealer: Sealer, clock: Clock
) -> None:
    clock.advance(61)
    assert sum(await asyncio.gather(*(stir(database, sealer, clock()) for _ in range(5)))) == 1
    [row] = await waiting(database)
    assert (row.address, row.channel) == (ADDRESS, "telegram")
    claimed = await claim_one(database, sealer, clock())
    assert claimed
    assert [message.due for _, message in claimed.messages] == ["idle_form"]


@pytest.mark.usefixtures("left_alone")
async def test_one_that_was_kept_but_not_noted_is_not_kept_again(
    database: Database, sealer: Sealer, clock: Clock
) -> None:
    async with database.sessions() as session:
        when = (await session.scalars(select(Conversation.nudge_at))).one()
    clock.advance(61)
    await stir(database, sealer, clock())
    async with database.sessions.begin() as session:  # as if it had died before its commit
        (await session.scalars(select(Conversation))).one().nudge_at = when
    await stir(database, sealer, clock())
    assert len(await waiting(database)) == 1


@pytest.mark.usefixtures("left_alone")
async def test_an_agent_is_not_reminded_of_a_form(database: Database, sealer: Sealer, clock: Clock) -> None:
    async with database.sessions.begin() as session:
        (await session.scalars(select(Conversation))).one().owner = Owner.AGENT
    clock.advance(61)
    assert await stir(database, sealer, clock()) == 0


@pytest.mark.usefixtures("left_alone")
async def test_one_that_fails_holds_no_other_up_and_comes_later(
    database: Database, sealer: Sealer, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with database.sessions.begin() as session:
        first = (await session.scalars(select(Conversation))).one()
        session.add(
            Conversation(address="telegram:99", participant_id=first.participant_id, nudge_at=clock())
        )
    clock.advance(61)
    whole = idle.inbox.store

    async def fails(database: Database, sealer: Sealer, events: list[Incoming], *more: Any) -> int:
        if events[0].address == "telegram:99":  # the one that has waited longest
            raise ValueError(events[0].address)
        return await whole(database, sealer, events, *more)

    with monkeypatch.context() as patched, capture_logs() as logs:
        patched.setattr(idle.inbox, "store", fails)
        assert await stir(database, sealer, clock()) == 1
    assert [row.address for row in await waiting(database)] == [ADDRESS]
    assert [one["event"] for one in logs] == ["job.failed"]
    assert "telegram:99" not in str(logs)
    assert await stir(database, sealer, clock()) == 1
    assert len(await waiting(database)) == 2
