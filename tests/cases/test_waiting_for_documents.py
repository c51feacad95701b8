"""Documents that do not come: one reminder, then the request is over."""

import asyncio
from typing import Any

import pytest
from structlog.testing import capture_logs

from bot.cases.administration import missing
from bot.cases.lifecycle import participant_wrote
from bot.conversation import paperwork
from bot.notices import subscriptions
from bot.storage.tables import OutboxState
from tests.cases.requests import ADDRESS, KK, KTP, Office, days, request
from tests.conftest import Clock
from tests.desk.scene import Scene


async def asked(scene: Scene) -> tuple[Office, Any]:
    """A request from which a document is missing, and its agent."""
    office = Office(scene, await request(scene))
    rina = await scene.agent("Rina")
    await office.does(rina, "claim")
    await office.does(rina, "ask", [KTP], "buram")
    return office, rina


async def test_it_is_reminded_of_once_and_then_closed(scene: Scene, clock: Clock) -> None:
    office, _ = await asked(scene)
    begin, number = clock.now, office.case.number
    clock.now = begin + days(7) - days(0.001)
    assert await office.time_passes(clock.now) == 0
    clock.now = begin + days(7)
    await office.hears()
    assert await office.time_passes(clock.now) == 1
    assert await office.time_passes(clock.now + days(1)) == 0
    reminder = (await office.told())[-1]
    assert "masih menunggu: *KTP*" in reminder
    assert "paling lambat Senin, 7 Desember 2026" in reminder
    assert await office.stands() == ("documents_missing", "waiting")
    clock.now = begin + days(14) - days(0.001)
    assert await office.time_passes(clock.now) == 0
    clock.now = begin + days(14)
    assert await office.time_passes(clock.now) == 1
    assert await office.time_passes(clock.now + days(30)) == 0
    assert await office.stands() == ("expired", "closed")
    over = (await office.told())[-1]
    assert over.startswith(f"Permintaan *{number}* (Pengaktifan kembali kartu) kami tutup")
    assert "*KTP*" in over
    assert "*administrasi*" in over
    assert await scene.history(office.case) == ["opened", "claimed", "document_asked", "reminded", "expired"]


async def test_one_that_fails_holds_no_other_up(
    scene: Scene, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, rina = await asked(scene)
    good = Office(scene, await request(scene))
    await good.does(rina, "claim")
    await good.does(rina, "ask", [KTP], "buram")
    whole = paperwork._remind_or_expire

    async def fails(handling: Any, session: Any, case: Any, now: Any) -> bool:
        if case.id == bad.case.id:
            raise KeyError("Budi")
        return await whole(handling, session, case, now)

    monkeypatch.setattr(paperwork, "_remind_or_expire", fails)
    clock.now += days(7)
    await good.hears()
    with capture_logs() as logs:
        assert await good.time_passes(clock.now) == 1
    assert [entry["case"] for entry in logs if entry["event"] == "job.failed"] == [bad.case.id]
    assert "Budi" not in str(logs)


async def test_who_is_reminded_late_has_as_long_after_it(scene: Scene, clock: Clock) -> None:
    """The scheduler was away for a month."""
    office, _ = await asked(scene)
    clock.advance(30 * 86_400)
    await office.hears()
    assert await office.time_passes(clock.now) == 1
    assert "paling lambat Rabu, 30 Desember 2026" in (await office.told())[-1]
    clock.advance(6 * 86_400)
    assert await office.time_passes(clock.now) == 0
    clock.advance(86_400)
    assert await office.time_passes(clock.now) == 1
    assert await office.stands() == ("expired", "closed")


async def test_two_schedulers_do_it_once(scene: Scene, clock: Clock) -> None:
    office, _ = await asked(scene)
    clock.advance(7 * 86_400)
    await office.hears()
    assert sum(await asyncio.gather(*(office.time_passes(clock.now) for _ in range(3)))) == 1
    assert len(await office.told()) == 3  # taken, asked, reminded


async def test_a_new_question_begins_the_time_anew(scene: Scene, clock: Clock) -> None:
    office, rina = await asked(scene)
    clock.advance(10 * 86_400)
    await office.hears()
    await office.time_passes(clock.now)
    await office.does(rina, "ask", [KK], "terpotong")
    clock.advance(6 * 86_400)
    assert await office.time_passes(clock.now) == 0
    clock.advance(86_400)
    await office.hears()
    assert await office.time_passes(clock.now) == 1
    assert "*KTP dan Kartu Keluarga*" in (await office.told())[-1]


async def test_while_we_owe_an_answer_nothing_runs_out(scene: Scene, clock: Clock) -> None:
    office, rina = await asked(scene)
    await office.does(rina, "reply", "Bisa difoto lagi, Pak?")
    async with scene.database.sessions.begin() as session:
        await participant_wrote(session, office.case.conversation_id)
    assert await office.stands() == ("documents_missing", "assigned")
    clock.advance(40 * 86_400)
    await office.hears()
    assert await office.time_passes(clock.now) == 0
    await office.does(rina, "reply", "Bagaimana, Pak?")
    assert await office.time_passes(clock.now) == 1


async def test_what_was_given_back_runs_out_too(scene: Scene, clock: Clock) -> None:
    office, rina = await asked(scene)
    await office.does(rina, "release")
    for wait in (7, 7):
        clock.advance(wait * 86_400)
        await office.hears()
        assert await office.time_passes(clock.now) == 1
    assert await office.stands() == ("expired", "closed")


async def test_who_said_stop_is_not_reminded_but_hears_the_end(scene: Scene, clock: Clock) -> None:
    office, _ = await asked(scene)
    case = await scene.again(office.case)
    async with scene.database.sessions.begin() as session:
        await subscriptions.opt_out(session, ADDRESS, clock.now)
    before = len(await office.told())
    clock.advance(7 * 86_400)
    await office.hears()
    assert await office.time_passes(clock.now) == 0
    assert len(await office.told()) == before
    clock.advance(7 * 86_400)
    await office.time_passes(clock.now)
    assert "kami tutup" in (await office.told())[-1]
    assert missing(await scene.again(case)) is None


async def test_an_expired_request_can_be_taken_up_again(scene: Scene, clock: Clock) -> None:
    office, rina = await asked(scene)
    for wait in (7, 7):
        clock.advance(wait * 86_400)
        await office.time_passes(clock.now)
    await office.does(rina, "reopen")
    assert await office.stands() == ("in_work", "assigned")
    assert await office.time_passes(clock.now + days(100)) == 0


async def test_a_reminder_that_would_wait_is_not_written(scene: Scene, clock: Clock) -> None:
    """It would arrive together with the document. That the request was closed is good to know at any time."""
    office, _ = await asked(scene)
    before = len(await office.told())
    clock.advance(7 * 86_400)  # WhatsApp's window is closed, and the sample has no template
    assert await office.time_passes(clock.now) == 0
    clock.advance(7 * 86_400)
    assert await office.time_passes(clock.now) == 1
    assert [text for text in (await office.told())[before:] if "kami tutup" not in text] == []
    assert await office.stands() == ("expired", "closed")
    assert "reminded" not in await scene.history(office.case)


async def test_nothing_runs_out_before_they_could_read_it(scene: Scene, clock: Clock) -> None:
    office, _ = await asked(scene)
    await office.leaves(OutboxState.WAITING)
    clock.advance(40 * 86_400)
    await office.hears()
    assert await office.time_passes(clock.now) == 0
    await office.leaves(OutboxState.SENT, clock.now)  # they wrote, and read it only now
    assert await office.time_passes(clock.now + days(6)) == 0
    clock.advance(7 * 86_400)
    await office.hears()
    assert await office.time_passes(clock.now) == 1
    assert await office.stands() == ("documents_missing", "waiting")
    clock.advance(7 * 86_400)
    assert await office.time_passes(clock.now) == 1
    assert await office.stands() == ("expired", "closed")
