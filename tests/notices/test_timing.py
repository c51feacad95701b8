"""Notices begin and end by the clock, and those who want to hear are told of it then, once."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from structlog.testing import capture_logs

from bot.notices import timing
from bot.notices.timing import STILL_NEWS, keep_time
from bot.storage.tables import Broadcast, History, Notice, UpdateStatus
from tests.notices.conftest import Town

PUBLISHED, STARTED, ENDED = "*VClaim gangguan*", "Mulai sekarang", "Sudah berakhir"
HOUR = 3600.0


async def look(town: Town) -> int:
    return await keep_time(town.database, town.clock())


async def change(town: Town, notice: Notice, **changes: Any) -> None:
    async with town.database.sessions.begin() as session:
        kept = await session.get_one(Notice, notice.id, with_for_update=True)
        await town.publisher.change(session, kept, changes, town.supervisor, town.clock())


async def steps(town: Town) -> list[tuple[str, str]]:
    async with town.database.sessions() as session:
        found = await session.scalars(select(History).order_by(History.id))
        return [(entry.what, entry.by_kind) for entry in found]


@pytest.fixture(autouse=True)
async def somebody(town: Town) -> None:
    await town.subscribers(1)


async def ahead(town: Town, hours: float = 13, **lasting: float) -> Notice:
    """A notice that begins in some hours, and perhaps ends."""
    start = town.clock() + timedelta(seconds=60 + hours * HOUR)
    ends = {"ends_at": start + timedelta(hours=lasting["for_hours"])} if lasting else {}
    return await town.publish(starts_at=start, **ends)


async def test_one_published_long_ahead_is_told_at_once_and_again_when_it_begins(town: Town) -> None:
    await ahead(town)
    town.clock.advance(13 * HOUR - 1)
    assert await look(town) == 0
    await town.finish()
    assert (town.heard(PUBLISHED), town.heard(STARTED)) == (["telegram:000000"], [])
    town.clock.advance(1)
    assert await look(town) == 1
    await town.finish()
    assert town.heard(STARTED) == ["telegram:000000"]
    assert await steps(town) == [("published", "agent"), ("started", "system")]


async def test_one_that_begins_soon_is_told_only_once(town: Town) -> None:
    await ahead(town, hours=1)
    town.clock.advance(2 * HOUR)
    assert await look(town) == 1
    await town.finish()
    assert (len(town.heard(PUBLISHED)), town.heard(STARTED)) == (1, [])


async def test_one_that_has_begun_is_told_at_once_and_not_again(town: Town) -> None:
    await town.publish()
    await town.finish()
    assert await look(town) == 0
    await town.finish()
    assert len(town.heard(PUBLISHED)) == 1


async def test_an_end_that_the_clock_reaches_is_told_once(town: Town) -> None:
    await town.publish(ends_at=town.clock() + timedelta(hours=2))
    await town.finish()
    town.clock.advance(2 * HOUR)
    assert sum(await asyncio.gather(*(look(town) for _ in range(4)))) == 1
    await town.finish()
    assert await look(town) == 0
    assert town.heard(ENDED) == ["telegram:000000"]
    assert (await steps(town))[-1] == ("ended", "system")


async def test_what_a_person_ended_is_not_ended_again(town: Town) -> None:
    resolved = await town.publish(ends_at=town.clock() + timedelta(hours=2))
    await town.update(resolved, UpdateStatus.RESOLVED, "Sudah pulih.")
    cut_short = await town.publish(ends_at=town.clock() + timedelta(hours=2))
    await change(town, cut_short, ends_at=town.clock())
    town.clock.advance(3 * HOUR)
    assert await look(town) == 0


async def test_of_a_start_and_an_end_that_were_both_missed_only_the_end_is_told(town: Town) -> None:
    await ahead(town, for_hours=1)
    await town.finish()
    town.clock.advance(17 * HOUR)
    await look(town)
    await town.finish()
    assert (town.heard(STARTED), town.heard(ENDED)) == ([], ["telegram:000000"])


async def test_a_start_that_was_missed_is_told_late_but_not_days_later(town: Town) -> None:
    await ahead(town)
    town.clock.advance(20 * HOUR)
    assert await look(town) == 1
    await ahead(town)
    town.clock.advance(STILL_NEWS.total_seconds() + 14 * HOUR)
    assert await look(town) == 0


async def test_a_clock_that_is_put_back_and_forth_tells_nothing_twice(town: Town) -> None:
    await ahead(town, for_hours=1)
    await town.finish()
    for seconds in (13 * HOUR, -HOUR, 2 * HOUR, -2 * HOUR, 2 * HOUR):
        town.clock.advance(seconds)
        await look(town)
        await town.finish()
    assert [len(town.heard(what)) for what in (PUBLISHED, STARTED, ENDED)] == [1, 1, 1]


async def test_one_that_is_put_forward_is_not_told_again(town: Town) -> None:
    notice = await ahead(town)
    await change(town, notice, starts_at=town.clock() - timedelta(hours=3))
    await town.finish()
    town.clock.advance(2 * HOUR)
    await look(town)
    await town.finish()
    assert len(town.heard(PUBLISHED)) == 1


async def test_without_broadcast_it_is_noted_and_told_to_nobody(town: Town) -> None:
    start = town.clock() + timedelta(seconds=60 + HOUR)
    await town.publish(starts_at=start, broadcast=False)
    town.clock.advance(2 * HOUR)
    assert await look(town) == 1
    await town.finish()
    assert town.heard() == []


async def test_one_that_fails_holds_no_other_up_and_is_tried_again(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where it fails in the midst of its work: nothing of that is kept."""
    first, second = [
        await town.publish(title=title, ends_at=town.clock() + timedelta(hours=2)) for title in ("A", "B")
    ]
    await town.finish()
    town.clock.advance(3 * HOUR)
    whole = timing.tell

    async def fails(session: AsyncSession, notice: Notice, *more: Any) -> Broadcast | None:
        told = await whole(session, notice, *more)
        if notice.id == first.id:
            raise KeyError("kantor_lama")
        return told

    with monkeypatch.context() as patched, capture_logs() as logs:
        patched.setattr(timing, "tell", fails)
        assert await look(town) == 1
    assert [(one["event"], one["notice"]) for one in logs if one["log_level"] == "error"] == [
        ("job.failed", first.id)
    ]
    ended = [one.notice_id for one in await town.broadcasts() if one.event == "ended"]
    assert ended == [second.id]
    assert await look(town) == 1
    assert await look(town) == 0
    ended = [one.notice_id for one in await town.broadcasts() if one.event == "ended"]
    assert ended == [second.id, first.id]


async def test_one_whose_times_are_changed_meanwhile_is_left(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    notice = await town.publish(ends_at=town.clock() + timedelta(hours=2))
    town.clock.advance(3 * HOUR)
    whole = timing._note

    async def after_a_change(session: AsyncSession, *more: Any) -> bool:
        await change(town, notice, ends_at=town.clock() + timedelta(hours=1))
        return await whole(session, *more)

    monkeypatch.setattr(timing, "_note", after_a_change)
    assert await look(town) == 0
    assert [what for what, _ in await steps(town)] == ["published", "changed"]
