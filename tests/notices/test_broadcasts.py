"""Broadcasts: made batch by batch, paused, resumed, cancelled, overtaken; nobody twice, nobody left out."""

import asyncio

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.exc import DBAPIError
from structlog.testing import capture_logs

from bot.notices import broadcaster, broadcasts, stopped, subscriptions, telling
from bot.storage.tables import (
    Broadcast,
    BroadcastState,
    ChannelAddress,
    Message,
    Notice,
    Outbox,
    OutboxState,
    UpdateStatus,
)
from tests.notices.conftest import Town

PUBLISHED, UPDATE, ENDED = "*VClaim gangguan*", "Kabar terbaru", "Sudah berakhir"


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broadcaster, "BATCH", 7)
    monkeypatch.setattr(broadcaster, "AHEAD", 14)


def addresses(count: int, channel: str = "telegram", start: int = 0) -> list[str]:
    return [f"{channel}:{number:06}" for number in range(start, start + count)]


async def states(town: Town) -> dict[str, int]:
    async with town.database.sessions() as session:
        found = await session.execute(select(Outbox.state, func.count()).group_by(Outbox.state))
        return {state.value: count for state, count in found}


async def test_everybody_hears_it_once(town: Town) -> None:
    await town.subscribers(40)
    await town.subscribers(33, "whatsapp")
    await town.publish()
    await town.finish()
    assert town.heard(PUBLISHED) == addresses(40) + addresses(33, "whatsapp")
    [broadcast] = await town.broadcasts()
    assert (broadcast.state, broadcast.audience, broadcast.made) == (BroadcastState.DONE, 73, 73)
    told = await town.progress()
    assert (told.sent, told.delivered, told.left, told.share, told.eta) == (73, 40, 0, 100, None)
    async with town.database.sessions() as session:
        assert await session.scalar(select(func.count(Message.id))) == 73


async def test_publishing_makes_no_message_itself(town: Town) -> None:
    await town.subscribers(3)
    await town.publish()
    assert await states(town) == {}


async def test_only_a_little_is_made_ahead_on_each_channel(town: Town) -> None:
    await town.subscribers(100)
    await town.subscribers(100, "whatsapp")
    await town.publish()
    await town.make()
    assert await states(town) == {"queued": 28}
    told = await town.progress()
    assert (told.audience, told.sent, told.left, told.share) == (200, 0, 200, 0)


async def test_one_person_with_two_wishes_hears_it_once(town: Town) -> None:
    await town.subscribers(1)
    async with town.database.sessions.begin() as session:
        await subscriptions.subscribe(session, "telegram:000000", "samarinda", "vclaim", town.clock())
    await town.publish(affects=["vclaim"])
    await town.finish()
    assert town.heard(PUBLISHED) == addresses(1)


async def test_who_cannot_be_reached_or_opted_out_is_left_out(town: Town) -> None:
    await town.subscribers(1)
    await town.subscribers(1, start=1, unreachable_since=town.clock())
    await town.subscribers(1, start=2, opted_out_at=town.clock())
    await town.publish()
    await town.finish()
    assert town.heard() == addresses(1)
    assert (await town.progress()).audience == 1


async def test_many_makers_make_each_message_once(town: Town) -> None:
    await town.subscribers(60)
    await town.publish()
    for _ in range(12):
        await asyncio.gather(*(town.broadcaster().round() for _ in range(4)))
        await town.send()
    await town.finish()
    assert town.heard(PUBLISHED) == addresses(60)


@pytest.mark.parametrize("step", ["_make", "_end"])
async def test_a_maker_that_dies_between_two_batches(
    town: Town, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """Whatever it had done of its batch is undone with it; the next one goes on where it stood."""
    await town.subscribers(30)
    await town.publish()
    await town.broadcaster().round()
    await town.send()
    dies = town.broadcaster()
    real = getattr(broadcaster.Broadcaster, step)

    async def then_killed(*args: object) -> None:
        await real(*args)
        raise asyncio.CancelledError

    with monkeypatch.context() as patched:
        patched.setattr(broadcaster.Broadcaster, step, then_killed)
        for _ in range(6):
            with pytest.raises(asyncio.CancelledError):
                await _until_it_dies(town, dies)
    await town.finish()
    assert town.heard(PUBLISHED) == addresses(30)
    assert (await town.broadcasts())[0].made == 30


async def _until_it_dies(town: Town, maker: broadcaster.Broadcaster) -> None:
    while await maker.round():
        await town.send()


async def test_paused_nothing_leaves_and_resumed_it_goes_on(town: Town) -> None:
    await town.subscribers(30)
    await town.publish()
    await town.make()
    await town.steer(broadcasts.pause)
    await town.post.queue("jawaban", to="telegram:000003")
    async with asyncio.timeout(10), town.post.sending():
        while not town.telegram.sent:
            await asyncio.sleep(0.01)
    assert town.telegram.sent == [("telegram:000003", "jawaban")]
    assert not await town.broadcaster().round()
    assert (await town.progress()).left == 30
    await town.steer(broadcasts.resume)
    await town.finish()
    assert town.heard(PUBLISHED) == addresses(30)
    assert (await town.broadcasts())[0].state is BroadcastState.DONE


async def test_what_is_paused_does_not_hold_up_other_news(town: Town) -> None:
    await town.subscribers(3)
    await town.publish()
    await town.make()
    await town.steer(broadcasts.pause)
    await town.publish(title="Antrean online gangguan")
    await town.finish()
    assert town.heard("Antrean online") == addresses(3)
    assert town.heard(PUBLISHED) == []


async def test_cancelled_nobody_more_hears_of_it(town: Town) -> None:
    await town.subscribers(30)
    await town.publish()
    await town.broadcaster().round()
    await town.send()
    await town.make()
    async with town.database.sessions.begin() as session:  # a sender has one in its hand
        first = select(Outbox.id).where(Outbox.state == OutboxState.QUEUED).order_by(Outbox.id).limit(1)
        held = {"hold": "00000000-0000-0000-0000-000000000001", "held_until": town.clock.now}
        held["held_until"] = town.clock.now.replace(hour=23)
        await session.execute(update(Outbox).where(Outbox.id == first.scalar_subquery()).values(**held))
    await town.steer(broadcasts.cancel)
    told = await town.progress()
    assert (told.sent, told.cancelled, told.left) == (7, 14, 0)
    await town.broadcaster().round()
    assert await states(town) == {"sent": 7, "cancelled": 13, "queued": 1}
    async with town.database.sessions.begin() as session:  # and gives it back
        back = update(Outbox).where(Outbox.state == OutboxState.QUEUED)
        await session.execute(back.values(hold=None, held_until=None))
    await town.post.sender()._claim()
    await town.broadcaster().round()
    assert await states(town) == {"sent": 7, "cancelled": 14}
    assert town.heard(PUBLISHED) == addresses(7)
    told = await town.progress()
    assert (told.audience, told.sent, told.cancelled, told.left, told.share) == (30, 7, 14, 0, 100)
    with pytest.raises(broadcasts.WrongState):
        await town.steer(broadcasts.resume)


async def test_the_end_overtakes_and_reaches_only_who_knew(town: Town) -> None:
    await town.subscribers(30)
    notice = await town.publish()
    await town.broadcaster().round()
    await town.send()
    await town.make()
    town.clock.advance(60)
    await town.subscribers(1, start=500)  # asked to be told when it was known already
    await town.update(notice, UpdateStatus.RESOLVED, "Sudah pulih.")
    await town.finish()
    assert town.heard(PUBLISHED) == addresses(7)
    assert town.heard("Sudah pulih.") == addresses(7) + addresses(1, start=500)
    first, last = await town.broadcasts()
    assert (first.state, first.overtaken_by) == (BroadcastState.CANCELLED, last.id)
    assert (last.state, last.final, last.audience) == (BroadcastState.DONE, True, 8)


async def test_newer_news_goes_to_all_in_place_of_the_older(town: Town) -> None:
    await town.subscribers(20)
    notice = await town.publish()
    await town.broadcaster().round()
    await town.send()
    await town.update(notice, UpdateStatus.IDENTIFIED, "Jaringan putus.")
    await town.finish()
    assert town.heard(PUBLISHED) == addresses(7)
    assert town.heard(UPDATE) == addresses(20)


async def test_who_is_told_late_is_told_what_is_true_by_then(town: Town) -> None:
    await town.subscribers(20)
    notice = await town.publish()
    await town.broadcaster().round()
    async with town.database.sessions.begin() as session:
        kept = await session.get_one(type(notice), notice.id, with_for_update=True)
        changes = {"guidance": "Pakai P-Care."}
        await town.publisher.change(session, kept, changes, town.supervisor, town.clock())
    await town.finish()
    assert town.heard("Coba lagi nanti.") == addresses(7)
    assert town.heard("Pakai P-Care.") == addresses(13, start=7)


async def test_an_end_is_told_once(town: Town) -> None:
    await town.subscribers(2)
    notice = await town.publish()
    await town.finish()
    await town.update(notice, UpdateStatus.RESOLVED, "Sudah pulih.")
    from bot.notices.telling import tell  # noqa: PLC0415

    async with town.database.sessions.begin() as session:
        assert await tell(session, notice, "ended", town.clock()) is None


async def test_stop_during_a_broadcast(town: Town) -> None:
    """Neither what is queued for them goes out, nor what would have been made; a reply still does."""
    await town.subscribers(30)
    await town.publish()
    await town.make()
    async with town.database.sessions.begin() as session:
        for address in ("telegram:000003", "telegram:000029"):
            assert await subscriptions.opt_out(session, address, town.clock()) == 1
    await town.post.queue("jawaban", to="telegram:000003")
    await town.finish()
    assert town.heard(PUBLISHED) == [one for one in addresses(29) if not one.endswith("003")]
    assert town.heard("jawaban") == ["telegram:000003"]
    told = await town.progress()
    assert (told.cancelled, told.left) == (1, 0)


async def test_start_brings_back_what_stop_ended(town: Town) -> None:
    await town.subscribers(1)
    async with town.database.sessions.begin() as session:
        await subscriptions.opt_out(session, "telegram:000000", town.clock())
        town.clock.advance(60)
        await subscriptions.opt_out(session, "telegram:000000", town.clock())
        assert await subscriptions.opted_out(session, "telegram:000000")
        assert await subscriptions.opt_in(session, "telegram:000000", town.clock())
        assert not await subscriptions.opt_in(session, "telegram:000000", town.clock())
    await town.publish()
    await town.finish()
    assert town.heard(PUBLISHED) == addresses(1)


async def test_whoever_waits_for_a_window_is_not_waited_for(town: Town) -> None:
    """Who has not written for a day gets it when they write; nothing stale, though."""
    await town.subscribers(2, "whatsapp")
    town.clock.advance(100_000)
    notice = await town.publish()
    await town.finish()
    [broadcast] = await town.broadcasts()
    told = await town.progress()
    assert (broadcast.state, told.waiting, told.left) == (BroadcastState.DONE, 2, 0)
    await town.update(notice, UpdateStatus.RESOLVED, "Sudah pulih.")
    await town.finish()
    assert await states(town) == {"cancelled": 2}
    assert town.heard() == []


async def test_the_time_left_is_reckoned_from_the_last_minute(town: Town) -> None:
    await town.subscribers(30)
    await town.publish()
    await town.broadcaster().round()
    await town.send()
    town.clock.advance(14)
    told = await town.progress()
    assert told.eta is not None
    assert (told.eta - town.clock()).total_seconds() == pytest.approx(23 * 14 / 7)


async def test_the_order_of_locks_leaves_no_deadlock(town: Town) -> None:
    """Whoever publishes holds the notice, and then overtakes; a maker must not hold the broadcast meanwhile."""
    await town.subscribers(30)
    notice = await town.publish()
    async with town.database.sessions.begin() as session:
        await session.get_one(type(notice), notice.id, with_for_update=True)
        assert not await asyncio.wait_for(town.broadcaster().round(), 5)
        broadcast = select(Broadcast).with_for_update(nowait=True)
        try:
            await session.execute(broadcast)
        except DBAPIError as error:
            raise AssertionError("a maker has the broadcast") from error


async def test_nothing_is_known_of_the_address_but_that_it_takes_messages(town: Town) -> None:
    await town.subscribers(1)
    async with town.database.sessions.begin() as session:
        await session.execute(update(ChannelAddress).values(last_inbound_at=None))
    await town.publish()
    await town.finish()
    assert town.heard(PUBLISHED) == addresses(1)


async def outbox_of(town: Town, number: int = 0) -> dict[str, int]:
    """The rows of a broadcast, by state."""
    broadcast = (await town.broadcasts())[number]
    of_it = select(Outbox.state, func.count()).where(Outbox.broadcast_id == broadcast.id)
    async with town.database.sessions() as session:
        return {state.value: count for state, count in await session.execute(of_it.group_by(Outbox.state))}


async def test_stopping_touches_no_row_of_the_outbox_however_many_wait(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those who wait for a window may be a whole audience: they are cancelled some at a time, and none goes out."""
    monkeypatch.setattr(telling, "CANCELLED_AT_ONCE", 4)
    monkeypatch.setattr(stopped, "CANCELLED_AT_ONCE", 4)
    await town.subscribers(10, "whatsapp")
    town.clock.advance(100_000)
    notice = await town.publish()
    await town.finish()
    await town.update(notice, UpdateStatus.IDENTIFIED, "Jaringan putus.")
    first, _ = await town.broadcasts()
    assert (first.state, await outbox_of(town)) == (BroadcastState.CANCELLED, {"waiting": 10})
    assert not await stopped._some(town.database, 99, town.clock())
    assert await stopped._some(town.database, first.id, town.clock())
    assert await outbox_of(town) == {"waiting": 6, "cancelled": 4}
    await town.finish()
    assert await outbox_of(town) == {"cancelled": 10}
    assert await outbox_of(town, 1) == {"waiting": 10}
    async with town.database.sessions() as session:
        assert await stopped.stopped(session) == []
    assert town.heard() == []


async def test_what_waited_for_a_window_of_older_news_does_not_slip_out_before_it_is_cancelled(
    town: Town,
) -> None:
    await town.subscribers(1, "whatsapp")
    town.clock.advance(100_000)
    notice = await town.publish()
    await town.finish()
    await town.update(notice, UpdateStatus.IDENTIFIED, "Jaringan putus.")
    async with town.database.sessions.begin() as session:  # they write before anybody has cancelled it
        await session.execute(update(Outbox).values(state=OutboxState.QUEUED, next_try_at=town.clock()))
        await session.execute(update(ChannelAddress).values(last_inbound_at=town.clock()))
    await town.post.queue("jawaban", to="whatsapp:000000")
    async with asyncio.timeout(10), town.post.sending():
        while not town.whatsapp.sent:
            await asyncio.sleep(0.01)
    await town.finish()
    assert town.heard(PUBLISHED) == []
    assert town.heard(UPDATE) == ["whatsapp:000000"]
    assert await outbox_of(town) == {"cancelled": 1}


async def test_one_that_is_done_and_heard_stays_done(town: Town) -> None:
    await town.subscribers(3)
    notice = await town.publish()
    await town.finish()
    await town.update(notice, UpdateStatus.IDENTIFIED, "Jaringan putus.")
    await town.finish()
    assert [(one.state.value, one.overtaken_by) for one in await town.broadcasts()] == [
        ("done", None),
        ("done", None),
    ]


async def test_one_that_fails_holds_no_other_up_and_goes_on_later(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    await town.subscribers(10)
    await town.publish(title="Antrean online gangguan")
    await town.publish()
    maker, whole = town.broadcaster(), broadcaster.words
    calls = []

    def fails(config: object, texts: object, notice: Notice, *more: object) -> object:
        calls.append(notice.title)
        if notice.title.startswith("Antrean"):
            raise KeyError("kantor_lama")
        return whole(config, texts, notice, *more)

    with monkeypatch.context() as patched, capture_logs() as logs:
        patched.setattr(broadcaster, "words", fails)
        while await maker.round():
            await town.send()
        await maker.round()
    assert town.heard(PUBLISHED) == addresses(10)
    assert calls.count("Antrean online gangguan") == 1, "it is not tried again at once"
    assert [one["event"] for one in logs if one["log_level"] == "error"] == ["job.failed"]
    assert (await town.broadcasts())[0].made == 0
    assert not await maker.round()
    town.clock.advance(11)
    while await maker.round():
        await town.send()
    assert town.heard("Antrean online") == addresses(10)


async def test_a_branch_that_is_no_more_stops_no_news(town: Town) -> None:
    await town.subscribers(2)
    notice = await town.publish()
    async with town.database.sessions.begin() as session:
        kept = await session.get_one(Notice, notice.id, with_for_update=True)
        kept.scope = {"branches": ["kantor_lama", "samarinda"]}
    await town.finish()
    assert town.heard(PUBLISHED) == addresses(2)
