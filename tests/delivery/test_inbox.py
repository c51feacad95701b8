"""The inbox: once each, one hand at a time, in order, and nobody commits a turn that is no longer theirs."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from unittest.mock import AsyncMock
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select, true

from bot.delivery import claiming, inbox, people
from bot.delivery.claiming import Claimed
from bot.delivery.inbox import Arrival, HoldLost
from bot.messages import Address, Incoming, Reachability
from bot.storage.engine import Database
from bot.storage.sealing import Sealer
from bot.storage.tables import ChannelAddress, Conversation, Inbox, InboxState, Participant
from tests.claims import LEASE, claim_one
from tests.conftest import Clock


def message(number: int, *, of: int = 1, **more: object) -> Incoming:
    return Incoming(
        channel="telegram",
        address=Address(f"telegram:{of}"),
        provider_id=f"{of}-{number}",
        sent_at=datetime.fromisoformat("2026-11-23T05:00:00+00:00"),
        text=f"pesan {number}",
        **more,  # type: ignore[arg-type]
    )


async def store(database: Database, sealer: Sealer, clock: Clock, *messages: Incoming) -> int:
    return await inbox.store(database, sealer, messages, clock())


async def claim(database: Database, sealer: Sealer, clock: Clock) -> Claimed | None:
    return await claim_one(database, sealer, clock())


async def must_claim(database: Database, sealer: Sealer, clock: Clock) -> Claimed:
    claimed = await claim(database, sealer, clock)
    assert claimed
    return claimed


async def take(database: Database, claimed: Claimed, now: datetime) -> None:
    async with database.sessions.begin() as session:
        await inbox.retake(session, claimed)
        await inbox.finish(session, [claimed], now)


def texts(claimed: Claimed | None) -> list[str]:
    assert claimed
    return [incoming.text for _, incoming in claimed.messages]


async def rows(database: Database) -> list[Inbox]:
    async with database.sessions() as session:
        return list(await session.scalars(select(Inbox).order_by(Inbox.id)))


async def test_five_fold_delivery_at_once_gives_one_row(
    database: Database, sealer: Sealer, clock: Clock
) -> None:
    counts = await asyncio.gather(*(store(database, sealer, clock, message(1)) for _ in range(5)))
    assert sorted(counts) == [0, 0, 0, 0, 1]
    assert await store(database, sealer, clock, message(1), message(2), message(2)) == 1
    assert len(await rows(database)) == 2


async def test_what_is_stored_is_sealed_and_opens_again(
    database: Database, sealer: Sealer, clock: Clock
) -> None:
    await store(database, sealer, clock, message(1, profile_name="Siti", phone="+62811"))
    [row] = await rows(database)
    assert b"pesan" not in row.sealed
    claimed = await must_claim(database, sealer, clock)
    assert claimed.messages == [(row.id, message(1, profile_name="Siti", phone="+62811"))]


async def test_messages_of_one_address_are_one_turn_in_order(
    database: Database, sealer: Sealer, clock: Clock
) -> None:
    await store(database, sealer, clock, message(1), message(1, of=2))
    await store(database, sealer, clock, message(3), message(2))
    first = await must_claim(database, sealer, clock)
    assert texts(first) == ["pesan 1", "pesan 3", "pesan 2"]
    assert texts(await claim(database, sealer, clock)) == ["pesan 1"]
    assert await claim(database, sealer, clock) is None


async def test_a_held_conversation_waits_and_its_new_messages_too(
    database: Database, sealer: Sealer, clock: Clock
) -> None:
    await store(database, sealer, clock, message(1))
    first = await must_claim(database, sealer, clock)
    await store(database, sealer, clock, message(2))
    assert await claim(database, sealer, clock) is None
    await take(database, first, clock())
    assert texts(await claim(database, sealer, clock)) == ["pesan 2"]


async def test_many_workers_never_hold_one_conversation(
    database: Database, sealer: Sealer, clock: Clock
) -> None:
    """Every address is in one hand at most, and every message is taken once, in order."""
    await store(database, sealer, clock, *(message(n, of=of) for n in range(6) for of in range(5)))
    in_hand: set[UUID] = set()
    seen: dict[str, list[str]] = {}

    async def worker() -> None:
        while claimed := await claim(database, sealer, clock):
            assert claimed.conversation_id not in in_hand
            in_hand.add(claimed.conversation_id)
            await asyncio.sleep(0.005)
            seen.setdefault(claimed.address, []).extend(texts(claimed))
            in_hand.remove(claimed.conversation_id)
            await take(database, claimed, clock())

    await asyncio.gather(*(worker() for _ in range(8)))
    assert len(seen) == 5
    assert all(said == [f"pesan {n}" for n in range(6)] for said in seen.values())
    assert {row.state for row in await rows(database)} == {InboxState.DONE}


async def test_who_writes_for_the_first_time_is_taken_with_the_others(
    database: Database, sealer: Sealer, clock: Clock
) -> None:
    await store(database, sealer, clock, message(1, of=2), message(1, of=4))
    for known in await claiming.claim(database, sealer, uuid4(), clock(), LEASE, 9):
        await take(database, known, clock())
    await store(database, sealer, clock, *(message(2, of=of) for of in range(1, 6)))
    claimed = await claiming.claim(database, sealer, uuid4(), clock(), LEASE, 9)
    assert sorted(one.address for one in claimed) == [f"telegram:{of}" for of in range(1, 6)]
    await store(database, sealer, clock, *(message(3, of=of) for of in range(6, 12)))
    assert len(await claiming.claim(database, sealer, uuid4(), clock(), LEASE, 4)) == 4


async def test_what_arrived_at_once_is_counted_for_each(
    database: Database, sealer: Sealer, clock: Clock
) -> None:
    """Two webhooks of the same moment may bring the same message."""
    await store(database, sealer, clock, message(1))
    arrivals = [
        Arrival([message(1), message(2)], clock()),
        Arrival([message(2)], clock.advance(1)),
        Arrival([Reachability(channel="telegram", address=Address("telegram:1"), reachable=True)], clock()),
        Arrival([message(3), message(1, of=2)], clock.advance(1)),
    ]
    assert await inbox.store_all(database, sealer, arrivals) == [1, 0, 0, 2]
    stored = await rows(database)
    assert [row.provider_id for row in stored] == ["1-1", "1-2", "1-3", "2-1"]
    assert [row.received_at for row in stored[1:]] == [arrivals[0].at, arrivals[3].at, arrivals[3].at]
    assert [row.traceparent for row in stored[1:3]] == [arrivals[0].traceparent, arrivals[3].traceparent]


async def test_workers_are_not_held_up_by_a_turn_that_is_just_committing(
    database: Database, sealer: Sealer, clock: Clock
) -> None:
    await store(database, sealer, clock, message(1), message(1, of=2))
    first = await must_claim(database, sealer, clock)
    async with asyncio.timeout(5), database.sessions.begin() as session:
        await inbox.retake(session, first)
        clock.advance(
            LEASE + 1
        )  # the hold is over, but the row is locked: nobody may take it, nor wait for it
        assert texts(await claim(database, sealer, clock)) == ["pesan 1"]
        assert await claim(database, sealer, clock) is None
        await inbox.finish(session, [first], clock())


async def test_a_worker_paused_past_its_hold_cannot_commit(
    database: Database, sealer: Sealer, clock: Clock
) -> None:
    await store(database, sealer, clock, message(1))
    paused = await must_claim(database, sealer, clock)
    clock.advance(LEASE + 1)
    second = await must_claim(database, sealer, clock)
    assert second.messages == paused.messages
    with pytest.raises(HoldLost):
        await take(database, paused, clock())
    with pytest.raises(HoldLost):
        async with database.sessions.begin() as session:
            await inbox.retake(session, paused)
    await inbox.give_back(database, paused, "Late", clock())  # says nothing about the other's turn
    await take(database, second, clock())
    with pytest.raises(HoldLost):
        await take(database, paused, clock())
    [row] = await rows(database)
    assert (row.state, row.attempts, row.error) == (InboxState.DONE, 0, None)


async def test_several_conversations_are_claimed_at_once(
    database: Database, sealer: Sealer, clock: Clock
) -> None:
    await store(database, sealer, clock, *(message(1, of=of) for of in range(6)), message(2, of=1))
    new = await claiming.claim(database, sealer, uuid4(), clock(), LEASE, 4)
    assert [one.address for one in new] == [f"telegram:{of}" for of in range(4)]
    assert [len(one.messages) for one in new] == [1, 2, 1, 1]
    await take(database, new[1], clock())
    await store(database, sealer, clock, message(3, of=1))
    known_and_new = await claiming.claim(database, sealer, uuid4(), clock(), LEASE, 4)
    known_and_new += await claiming.claim(database, sealer, uuid4(), clock(), LEASE, 4)
    assert sorted(one.address for one in known_and_new) == ["telegram:1", "telegram:4", "telegram:5"]
    assert await claim(database, sealer, clock) is None


async def test_claims_of_several_at_the_same_time_never_meet(
    database: Database, sealer: Sealer, clock: Clock
) -> None:
    """New people, known ones, and one whose message does not open."""
    await store(database, sealer, clock, *(message(1, of=of) for of in range(10)))
    for _ in range(5):
        await take(database, await must_claim(database, sealer, clock), clock())
    await inbox.store(database, Sealer("another key" * 5), [message(2, of=3)], clock())
    await store(database, sealer, clock, *(message(3, of=of) for of in range(20)))
    taken: list[Claimed] = []

    async def worker() -> None:
        while mine := await claiming.claim(database, sealer, uuid4(), clock(), LEASE, 3):
            taken.extend(mine)

    await asyncio.gather(*(worker() for _ in range(6)))
    assert sorted(one.address for one in taken) == sorted(f"telegram:{of}" for of in range(20) if of != 3)
    async with database.sessions() as session:
        assert await session.scalar(select(func.count()).select_from(Participant)) == 20


async def test_whoever_is_introduced_by_many_at_once_is_one_person(
    database: Database, sealer: Sealer, clock: Clock
) -> None:
    for first in range(0, 100, 5):
        new = [message(1, of=of) for of in range(first, first + 5)]
        await store(database, sealer, clock, *new)
        ids = [row.id for row in await rows(database)][-5:]
        await asyncio.gather(*(people.introduce(database, ids) for _ in range(10)))
    async with database.sessions() as session:
        counts = [
            await session.scalar(select(func.count()).select_from(table))
            for table in (Participant, ChannelAddress, Conversation)
        ]
    assert counts == [100, 100, 100]


async def test_a_look_at_the_holds_that_was_too_early_is_not_trusted(
    database: Database, sealer: Sealer, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two claims look at the same moment; what the second one saw is out of date when its turn comes."""
    await store(database, sealer, clock, message(1), message(1, of=2))
    await must_claim(database, sealer, clock)
    monkeypatch.setattr(claiming, "unheld", true)
    blind = claiming._oldest_ready.__wrapped__()  # sees nobody holding
    monkeypatch.undo()
    monkeypatch.setattr(claiming, "_oldest_ready", lambda: blind)
    monkeypatch.setattr(claiming, "_taking", claiming._taking.__wrapped__)
    assert (await must_claim(database, sealer, clock)).address == "telegram:2"
    assert await claim(database, sealer, clock) is None


async def test_a_hold_that_is_lost_within_the_transaction_undoes_it(
    database: Database, sealer: Sealer, clock: Clock
) -> None:
    await store(database, sealer, clock, message(1))
    claimed = await must_claim(database, sealer, clock)
    other = Claimed(
        conversation_id=claimed.conversation_id,
        address=claimed.address,
        channel=claimed.channel,
        hold=uuid4(),
        messages=claimed.messages,
    )
    async with database.sessions() as session:
        session.add(Participant(language="en"))
        await session.flush()
        with pytest.raises(HoldLost):
            await inbox.finish(session, [other], clock())
        await session.rollback()
    async with database.sessions() as session:
        assert await session.scalar(select(func.count()).where(Participant.language == "en")) == 0


async def test_a_failing_turn_is_tried_five_times_and_then_dead(
    database: Database, sealer: Sealer, clock: Clock
) -> None:
    await store(database, sealer, clock, message(1))
    for wait in inbox.RETRY_AFTER:
        claimed = await must_claim(database, sealer, clock)
        await inbox.give_back(database, claimed, "ValueError", clock())
        clock.advance(wait - 0.1)
        assert await claim(database, sealer, clock) is None
        assert await inbox.next_ready(database, clock()) == clock() + timedelta(seconds=0.1)
        clock.advance(0.1)
    last = await must_claim(database, sealer, clock)
    await inbox.give_back(database, last, "ValueError", clock())
    [row] = await rows(database)
    assert (row.state, row.attempts, row.error) == (InboxState.DEAD, 5, "ValueError")
    clock.advance(86400)
    assert await claim(database, sealer, clock) is None
    assert await inbox.next_ready(database, clock()) is None


async def test_a_message_that_kills_its_turn_takes_no_other_with_it(
    database: Database, sealer: Sealer, clock: Clock
) -> None:
    await store(database, sealer, clock, message(1), message(2))
    for wait in (*inbox.RETRY_AFTER, 0):
        claimed = await must_claim(database, sealer, clock)
        assert texts(claimed)[0] == "pesan 1"
        await inbox.give_back(database, claimed, "ValueError", clock())
        clock.advance(wait)
    claimed = await must_claim(database, sealer, clock)
    assert texts(claimed) == ["pesan 2"]
    await take(database, claimed, clock())
    assert [row.state for row in await rows(database)] == [InboxState.DEAD, InboxState.DONE]


async def test_no_later_message_overtakes_one_that_waits_for_its_next_try(
    database: Database, sealer: Sealer, clock: Clock
) -> None:
    await store(database, sealer, clock, message(1))
    await inbox.give_back(database, await must_claim(database, sealer, clock), "ValueError", clock())
    await store(database, sealer, clock, message(2))
    assert await claim(database, sealer, clock) is None
    clock.advance(inbox.RETRY_AFTER[0])
    assert texts(await claim(database, sealer, clock)) == ["pesan 1", "pesan 2"]


async def test_a_claim_that_fails_on_its_way_holds_nothing(
    database: Database, sealer: Sealer, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await store(database, sealer, clock, message(1))
    with monkeypatch.context() as broken:
        broken.setattr(people, "note", AsyncMock(side_effect=TimeoutError))
        with pytest.raises(TimeoutError):
            await claim(database, sealer, clock)
    assert texts(await claim(database, sealer, clock)) == ["pesan 1"]


async def test_letting_go_counts_as_no_failure(database: Database, sealer: Sealer, clock: Clock) -> None:
    await store(database, sealer, clock, message(1))
    await inbox.let_go(database, await must_claim(database, sealer, clock))
    claimed = await must_claim(database, sealer, clock)
    await take(database, claimed, clock())
    assert [row.attempts for row in await rows(database)] == [0]


async def test_quiet_time_gathers_what_follows_and_begins_anew_with_it(
    database: Database, sealer: Sealer, clock: Clock
) -> None:
    await inbox.store(database, sealer, [message(1)], clock(), quiet_seconds=0.8)
    clock.advance(0.7)
    await inbox.store(database, sealer, [message(2)], clock(), quiet_seconds=0.8)
    clock.advance(0.7)
    assert await claim(database, sealer, clock) is None
    assert await inbox.next_ready(database, clock()) == clock() + timedelta(seconds=0.1)
    clock.advance(0.1)
    assert texts(await claim(database, sealer, clock)) == ["pesan 1", "pesan 2"]


async def test_who_writes_on_and_on_is_answered_after_two_seconds(
    database: Database, sealer: Sealer, clock: Clock
) -> None:
    for number in range(5):
        clock.advance(0.49 if number else 0)
        await inbox.store(database, sealer, [message(number)], clock(), quiet_seconds=0.8)
        assert await claim(database, sealer, clock) is None
    clock.advance(0.03)
    assert await claim(database, sealer, clock) is None
    clock.advance(0.01)
    assert len(texts(await claim(database, sealer, clock))) == 5


async def test_a_repeated_delivery_makes_nobody_wait(
    database: Database, sealer: Sealer, clock: Clock
) -> None:
    await inbox.store(database, sealer, [message(1)], clock(), quiet_seconds=0.8)
    clock.advance(0.7)
    assert await inbox.store(database, sealer, [message(1)], clock(), quiet_seconds=0.8) == 0
    clock.advance(0.1)
    assert texts(await claim(database, sealer, clock)) == ["pesan 1"]


@pytest.mark.parametrize("last", [{"tapped": "1:x:y"}, {"text": "/start"}, {"due": "idle_form"}])
async def test_after_a_tap_nothing_is_waited_for(
    database: Database, sealer: Sealer, clock: Clock, last: dict[str, str]
) -> None:
    await inbox.store(database, sealer, [message(1)], clock(), quiet_seconds=0.8)
    await inbox.store(database, sealer, [replace(message(2), **last)], clock(), quiet_seconds=0.8)  # type: ignore[arg-type]
    assert len(texts(await claim(database, sealer, clock))) == 2


async def test_in_one_delivery_the_last_message_says_how_long_is_waited(
    database: Database, sealer: Sealer, clock: Clock
) -> None:
    tap = message(2, tapped="1:x:y")
    await inbox.store(database, sealer, [message(1), tap, message(1, of=2)], clock(), quiet_seconds=0.8)
    assert len(texts(await claim(database, sealer, clock))) == 2
    assert await claim(database, sealer, clock) is None


async def test_what_waits_for_its_next_try_goes_on_waiting(
    database: Database, sealer: Sealer, clock: Clock
) -> None:
    await store(database, sealer, clock, message(1))
    for _ in range(2):
        await inbox.give_back(database, await must_claim(database, sealer, clock), "ValueError", clock())
        clock.advance(inbox.RETRY_AFTER[0])
    await inbox.store(database, sealer, [message(2)], clock(), quiet_seconds=0.8)
    clock.advance(2)
    assert await claim(database, sealer, clock) is None


async def test_a_message_that_does_not_open_blocks_nobody(
    database: Database, sealer: Sealer, clock: Clock
) -> None:
    await inbox.store(database, Sealer("another key" * 5), [message(1)], clock())
    await store(database, sealer, clock, message(1, of=2))
    claimed = await must_claim(database, sealer, clock)
    assert claimed.address == "telegram:2"
    assert await claim(database, sealer, clock) is None
    assert (await rows(database))[0].state is InboxState.PENDING
    clock.advance(301)
    claimed_later = await claim_one(database, Sealer("another key" * 5), clock())
    assert texts(claimed_later) == ["pesan 1"]


async def test_an_address_knows_what_was_last_said_of_it(
    database: Database, sealer: Sealer, clock: Clock
) -> None:
    first = message(1, profile_name="Siti", phone="+62811", external_user_id="ID.9")
    await store(database, sealer, clock, first)
    await take(database, await must_claim(database, sealer, clock), clock())
    await inbox.store(
        database,
        sealer,
        [Reachability(channel="telegram", address=first.address, reachable=False)],
        clock.advance(60),
    )
    async with database.sessions() as session:
        address = await session.get_one(ChannelAddress, first.address)
        assert address.unreachable_since == clock()
    await store(database, sealer, clock, message(2, profile_name="Siti N."))
    await must_claim(database, sealer, clock)
    async with database.sessions() as session:
        address = await session.get_one(ChannelAddress, first.address)
        assert address.sealed_profile_name
        assert address.sealed_phone
        assert sealer.open(address.sealed_profile_name) == "Siti N."
        assert sealer.open(address.sealed_phone) == "+62811"
        assert address.external_user_id == "ID.9"
        assert address.unreachable_since is None
        assert address.last_inbound_at == first.sent_at
        conversation = await session.scalar(select(Conversation))
        assert conversation
        assert conversation.participant_id == address.participant_id


async def test_what_nobody_wrote_does_not_make_an_address_reachable(
    database: Database, sealer: Sealer, clock: Clock
) -> None:
    await store(database, sealer, clock, message(1))
    await take(database, await must_claim(database, sealer, clock), clock())
    heard_at = clock()
    blocked_at = clock.advance(60)
    event = Reachability(channel="telegram", address=Address("telegram:1"), reachable=False)
    await inbox.store(database, sealer, [event], blocked_at)
    clock.advance(900)
    await store(database, sealer, clock, message(2, due="idle_form"))
    await must_claim(database, sealer, clock)
    async with database.sessions() as session:
        address = await session.get_one(ChannelAddress, "telegram:1")
        assert (address.unreachable_since, address.last_inbound_at) == (blocked_at, heard_at)


async def test_reachability_comes_and_goes(database: Database, sealer: Sealer, clock: Clock) -> None:
    await store(database, sealer, clock, message(1))
    await must_claim(database, sealer, clock)
    blocked_at = clock()
    for reachable, since in [(False, blocked_at), (False, blocked_at), (True, None)]:
        event = Reachability(channel="telegram", address=Address("telegram:1"), reachable=reachable)
        await inbox.store(database, sealer, [event], clock())
        clock.advance(5)
        async with database.sessions() as session:
            assert (await session.get_one(ChannelAddress, "telegram:1")).unreachable_since == since
