"""The sender: everything leaves, in order, once; what fails is tried again or kept with its reason."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.delivery import inbox, outbox
from bot.delivery.limits import Limit
from bot.delivery.outbox import Change, Room
from bot.delivery.pace import Pace
from bot.delivery.pressure import Pressure
from bot.errors import ChannelError
from bot.messages import Address, Incoming
from bot.storage.engine import Database
from bot.storage.sealing import Sealer
from bot.storage.tables import ChannelAddress, Inbox, InboxState, Outbox, OutboxState, Participant, Priority
from tests.conftest import Clock
from tests.delivery.post import Post, eventually
from tests.delivery.recording import Recording


@pytest.fixture
def telegram() -> Recording:
    return Recording("telegram")


@pytest.fixture
def whatsapp() -> Recording:
    return Recording("whatsapp")


@pytest.fixture
def post(database: Database, sealer: Sealer, clock: Clock, telegram: Recording, whatsapp: Recording) -> Post:
    return Post(database, sealer, clock, telegram, whatsapp)


async def test_a_message_goes_out_and_is_noted(post: Post, telegram: Recording) -> None:
    await post.queue("halo")
    await post.run_until_settled()
    row = await post.row()
    assert telegram.sent == [("telegram:1", "halo")]
    assert (row.state, row.provider_id, row.parts_sent) == (OutboxState.SENT, "id-1", 1)
    assert (row.sent_at, row.hold, row.error_code) == (post.clock(), None, None)
    assert b"halo" not in row.sealed


async def test_the_same_notice_is_queued_once(post: Post, telegram: Recording) -> None:
    assert await post.queue("tutup", once="notice:1:telegram:1") is not None
    assert await post.queue("tutup", once="notice:1:telegram:1") is None
    await post.run_until_settled()
    assert telegram.texts() == ["tutup"]


async def test_each_address_gets_its_messages_in_order_from_many_senders(
    post: Post, telegram: Recording
) -> None:
    wanted = {f"telegram:{of}": [f"{of}-{n}" for n in range(6)] for of in range(5)}
    for n in range(6):
        for to, bodies in wanted.items():
            await post.queue(bodies[n], to=to)
    await post.run_until_settled(senders=3)
    assert {to: telegram.texts(to) for to in wanted} == wanted


async def test_order_holds_while_an_earlier_message_is_tried_again(post: Post, telegram: Recording) -> None:
    telegram.failures.append(ChannelError("http_502", retry=True))
    await post.queue("satu")
    await post.queue("dua")
    await post.queue("lain", to="telegram:2")
    async with asyncio.timeout(15), post.sending():
        await eventually(lambda: telegram.texts("telegram:2") == ["lain"])
        await asyncio.sleep(0.1)
        first, second, _ = await post.rows()
        assert (first.attempts, first.state, second.state) == (1, OutboxState.QUEUED, OutboxState.QUEUED)
        assert telegram.texts("telegram:1") == []
        post.clock.advance(3)
        await post.settled()
    assert telegram.texts("telegram:1") == ["satu", "dua"]


async def test_a_dead_message_does_not_block_the_later_ones(post: Post, telegram: Recording) -> None:
    telegram.failures.append(ChannelError("http_400"))
    await post.queue("satu")
    await post.queue("dua")
    await post.run_until_settled()
    rows = await post.rows()
    assert [row.state for row in rows] == [OutboxState.DEAD, OutboxState.SENT]
    assert (rows[0].error_code, rows[0].hold) == ("http_400", None)
    assert telegram.texts() == ["dua"]


async def test_a_message_is_dead_after_six_tries_and_can_be_sent_again(
    post: Post, telegram: Recording
) -> None:
    telegram.failures.extend([ChannelError("http_502", retry=True)] * 6)
    outbox_id = await post.queue("satu")
    assert outbox_id
    waits = []
    for _ in range(5):
        await post.run_until_settled()
        row = await post.row()
        assert row.state is OutboxState.QUEUED
        waits.append((row.next_try_at - post.clock()).total_seconds())
        post.clock.now = row.next_try_at
    for wait, least in zip(waits, [2, 8, 32, 128, 512], strict=True):
        assert least <= wait <= least * 1.2
    await post.run_until_settled()
    row = await post.row()
    assert (row.state, row.attempts, row.error_code) == (OutboxState.DEAD, 6, "http_502")
    assert await post.resend(outbox_id)
    assert not await post.resend(outbox_id)
    await post.run_until_settled()
    assert (await post.row()).state is OutboxState.SENT
    assert telegram.texts() == ["satu"]
    assert not await post.resend(outbox_id)


async def test_parts_go_in_order_and_resume_where_they_stopped(post: Post, telegram: Recording) -> None:
    telegram.failures.extend([None, ChannelError("http_502", retry=True)])
    await post.queue("satu|dua|tiga")
    await post.run_until_settled()
    row = await post.row()
    assert (row.parts_sent, row.provider_id, row.state) == (1, "id-1", OutboxState.QUEUED)
    post.clock.now = row.next_try_at
    await post.run_until_settled()
    assert telegram.texts() == ["satu", "dua", "tiga"]
    row = await post.row()
    assert (row.parts_sent, row.provider_id, row.state) == (3, "id-3", OutboxState.SENT)


async def test_rows_that_came_on_differently_are_noted_at_once(post: Post) -> None:
    for number in range(4):
        await post.queue("halo", to=f"telegram:{number}")
    room = {"telegram": Room(8, 8)}
    dues = await outbox.claim_due(post.database, uuid4(), post.clock(), 60, room)
    lost = replace(dues[3], hold=uuid4())
    notes = [
        Change(dues[0], {"state": OutboxState.SENT, "provider_id": "id-0"}),
        Change(dues[1], {"attempts": 2}),
        Change(lost, {"state": OutboxState.DEAD, "provider_id": "id-3"}),
        Change(dues[2], {"state": OutboxState.SENT, "provider_id": "id-2"}),
    ]
    assert await outbox.change_all(post.database, notes) == [True, True, False, True]
    rows = await post.rows()
    assert [row.provider_id for row in rows] == ["id-0", None, "id-2", None]
    assert [row.attempts for row in rows] == [0, 2, 0, 0]


async def test_a_sender_that_died_is_taken_over_from_where_it_was(post: Post, telegram: Recording) -> None:
    """As after kill -9 between two parts: the hold stays until it runs out."""
    await post.queue("satu|dua")
    [due] = await outbox.claim_due(
        post.database, (hold := uuid4()), post.clock(), 60, {"telegram": Room(8, 8)}
    )
    note = Change(due, {"parts_sent": 1, "provider_id": "id-0"})
    assert await outbox.change_all(post.database, [note]) == [True]
    assert due.hold == hold
    async with post.sending():
        await asyncio.sleep(0.2)
        assert telegram.texts() == []
        post.clock.advance(61)
        await eventually(lambda: telegram.texts() == ["dua"])
        await post.settled()
    late = Change(due, {"state": OutboxState.DEAD})
    assert await outbox.change_all(post.database, [late]) == [False]
    assert (await post.row()).state is OutboxState.SENT


class Away:
    """PostgreSQL, for the notes of a sender or for its claims: away as long as `away` is set."""

    def __init__(self, call: Callable[..., Awaitable[Any]]) -> None:
        self._call = call
        self.away = False
        self.refused = 0

    async def __call__(self, *args: Any) -> Any:
        if self.away:
            self.refused += 1
            raise OSError
        return await self._call(*args)


async def test_an_absence_longer_than_the_lease_doubles_nothing(
    post: Post, telegram: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    notes = Away(outbox.change_all)
    monkeypatch.setattr(outbox, "change_all", notes)
    telegram.gate = asyncio.Event()
    async with asyncio.timeout(20), post.sending(lease_seconds=60):
        await post.queue("jawaban")
        await eventually(lambda: bool(telegram.sent))
        notes.away = True
        telegram.gate.set()
        await eventually(lambda: notes.refused > 0)
        post.clock.advance(1800)
        await post.queue("lain", to="telegram:2")  # wakes the sender, which would take whatever is due
        await asyncio.sleep(0.6)
        notes.away = False
        await eventually(lambda: len(telegram.sent) > 1)
        await post.settled()
    assert telegram.texts() == ["jawaban", "lain"]


async def test_after_an_absence_other_senders_let_it_be_written_down_first(
    post: Post, telegram: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    claims, notes = Away(outbox.claim_due), Away(outbox.change_all)
    monkeypatch.setattr(outbox, "claim_due", claims)
    monkeypatch.setattr(outbox, "change_all", notes)
    monkeypatch.setattr("bot.delivery.sender._POLL", 0.05)
    telegram.gate = asyncio.Event()
    async with asyncio.timeout(20), post.sending(2, lease_seconds=60):
        await post.queue("jawaban")
        await eventually(lambda: bool(telegram.sent))
        claims.away = notes.away = True
        telegram.gate.set()
        await eventually(lambda: notes.refused > 0 and claims.refused > 0)
        post.clock.advance(1800)
        claims.away = notes.away = False
        await post.settled()
    assert telegram.texts() == ["jawaban"]


async def test_what_several_rows_came_to_is_written_wholly_or_not_at_all(
    post: Post, telegram: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(2):
        await post.queue("halo", to=f"telegram:{n}")
    due = await outbox.claim_due(post.database, uuid4(), post.clock(), 60, {"telegram": Room(9, 9)})
    changes = [Change(due[0], {"error_code": "1"}), Change(due[1], {"attempts": 1})]
    change, kinds = outbox._change, []

    async def second_fails(connection: AsyncConnection, of_one_kind: list[Change]) -> set[int]:
        kinds.append(len(of_one_kind))
        if len(kinds) > 1:
            raise ConnectionResetError
        return await change(connection, of_one_kind)

    monkeypatch.setattr(outbox, "_change", second_fails)
    with pytest.raises(ConnectionResetError):
        await outbox.change_all(post.database, changes)
    assert (len(kinds), [row.error_code for row in await post.rows()]) == (2, [None, None])


async def test_where_nobody_can_be_asked_a_broken_connection_means_one_more_try(
    post: Post, telegram: Recording
) -> None:
    telegram.failures.extend([ChannelError("timeout", retry=True, unknown=True)] * 2)
    await post.queue("satu")
    await post.run_until_settled()
    row = await post.row()
    assert (row.state, bool(row.doubt_since), row.last_try) == (OutboxState.QUEUED, True, False)
    post.clock.now = row.next_try_at
    await post.run_until_settled()
    row = await post.row()
    assert (row.state, row.error_code) == (OutboxState.UNKNOWN, "timeout")
    assert not telegram.failures


async def test_a_mistake_of_ours_ends_one_message_only(post: Post, telegram: Recording) -> None:
    await post.queue("unrenderable")
    await post.queue("dua")
    await post.run_until_settled()
    rows = await post.rows()
    assert [(row.state, row.error_code) for row in rows] == [
        (OutboxState.DEAD, "KeyError"),
        (OutboxState.SENT, None),
    ]


async def test_an_address_that_takes_nothing_is_marked(post: Post, telegram: Recording) -> None:
    async with post.database.sessions.begin() as session:
        session.add(person := Participant())
        await session.flush()
        session.add(ChannelAddress(address="telegram:1", channel="telegram", participant_id=person.id))
    telegram.failures.append(ChannelError("http_403", unreachable=True))
    await post.queue("satu")
    await post.run_until_settled()
    assert (await post.row()).state is OutboxState.DEAD
    async with asyncio.timeout(5):
        while True:
            async with post.database.sessions() as session:
                if (await session.get_one(ChannelAddress, "telegram:1")).unreachable_since == post.clock():
                    break


async def test_too_fast_stops_the_whole_channel_for_as_long_as_it_says(
    post: Post, telegram: Recording, whatsapp: Recording
) -> None:
    telegram.failures.append(ChannelError("http_429", retry=True, after=30))
    await post.queue("satu")
    async with asyncio.timeout(15), post.sending():
        await eventually(lambda: not telegram.failures)
        await post.settled()
        await post.queue("dua", to="telegram:2")
        await post.queue("tiga", to="whatsapp:+62811")
        await eventually(lambda: whatsapp.texts() == ["tiga"])
        post.clock.advance(29)
        await asyncio.sleep(0.1)
        assert telegram.texts() == []
        post.clock.advance(8)
        await post.settled()
    assert sorted(telegram.texts()) == ["dua", "satu"]
    assert [row.attempts for row in await post.rows()] == [0, 0, 0]


async def test_replies_leave_before_notices(post: Post, telegram: Recording) -> None:
    for n in range(4):
        await post.queue(f"tutup {n}", to=f"telegram:{n}", priority=Priority.NOTICE)
    await post.queue("jawaban", to="telegram:3")
    await post.queue("lain", to="telegram:9")
    await post.run_until_settled(in_flight=1)
    assert telegram.texts()[:2] == ["jawaban", "lain"]
    assert telegram.texts("telegram:3") == ["jawaban", "tutup 3"]


async def test_broadcasts_wait_while_messages_wait_for_their_turns_and_replies_go(
    post: Post, telegram: Recording
) -> None:
    pressure = Pressure(post.database, pending=1)
    said = Incoming(
        channel="telegram", address=Address("telegram:5"), provider_id="1", sent_at=post.clock(), text="halo"
    )
    await inbox.store(post.database, post.sealer, [said], post.clock())
    await post.queue("tutup", to="telegram:1", priority=Priority.NOTICE)
    await post.queue("jawaban", to="telegram:2")
    async with asyncio.timeout(20), post.sending(pressure=pressure):
        await eventually(lambda: telegram.texts() == ["jawaban"])
        await post.queue("lain", to="telegram:3")
        await eventually(lambda: telegram.texts() == ["jawaban", "lain"])
        async with post.database.sessions.begin() as session:
            await session.execute(update(Inbox).values(state=InboxState.DONE))
        post.clock.advance(1)
        await post.queue("satu lagi", to="telegram:4")
        await eventually(lambda: len(telegram.texts()) == 4)
    assert telegram.texts("telegram:1") == ["tutup"]


async def test_rows_of_a_channel_that_is_not_here_are_left_alone(post: Post, whatsapp: Recording) -> None:
    del post.channels["telegram"]
    await post.queue("satu")
    await post.queue("dua", to="whatsapp:+62811")
    async with asyncio.timeout(10), post.sending():
        await eventually(lambda: whatsapp.texts() == ["dua"])
    assert (await post.rows())[0].state is OutboxState.QUEUED


async def test_so_many_are_on_their_way_at_once_and_no_more(post: Post, telegram: Recording) -> None:
    telegram.gate = asyncio.Event()
    for n in range(7):
        await post.queue("halo", to=f"telegram:{n}")
    async with asyncio.timeout(10), post.sending(in_flight=3):
        await eventually(lambda: len(telegram.sent) == 3)
        await asyncio.sleep(0.1)
        assert telegram.most_in_flight == 3
        telegram.gate.set()
        await post.settled()
    assert telegram.most_in_flight == 3
    assert len(telegram.sent) == 7


async def test_the_faster_a_channel_may_be_the_more_are_on_their_way(post: Post, telegram: Recording) -> None:
    telegram.gate = asyncio.Event()
    for n in range(60):
        await post.queue("halo", to=f"telegram:{n}")
    fast = Pace({"telegram": Limit(per_second=200)})
    async with asyncio.timeout(20), post.sending(pace=fast):
        await eventually(lambda: len(telegram.sent) == 50)
        telegram.gate.set()
        await post.settled()
    assert telegram.most_in_flight == 50
    assert (Pace().in_flight("telegram"), Pace().in_flight("simulator")) == (20, 20)


async def test_an_insert_wakes_the_sender(
    post: Post, telegram: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.delivery.sender._POLL", 60.0)
    async with asyncio.timeout(20), post.sending():
        await post.queue("satu")
        await eventually(lambda: telegram.texts() == ["satu"])
        outbox_id = await post.queue("dua")
        await eventually(lambda: telegram.texts() == ["satu", "dua"])
        await post.settled()
        assert outbox_id
        async with post.database.sessions.begin() as session:
            await session.execute(update(Outbox).values(state=OutboxState.DEAD, parts_sent=0))
        assert await post.resend(outbox_id)
        await eventually(lambda: telegram.texts() == ["satu", "dua", "dua"])


async def test_stopping_finishes_the_part_on_its_way_and_leaves_the_rest(
    post: Post, telegram: Recording
) -> None:
    telegram.gate = asyncio.Event()
    await post.queue("satu|dua")
    async with asyncio.timeout(10):
        async with post.sending():
            await eventually(lambda: telegram.texts() == ["satu"])
            asyncio.get_running_loop().call_later(0.1, telegram.gate.set)
        row = await post.row()
        assert (row.parts_sent, row.hold, row.state) == (1, None, OutboxState.QUEUED)
        await post.run_until_settled()
    assert telegram.texts() == ["satu", "dua"]
