"""Messages that did not go out: seen by supervisors, sent again once."""

import pytest
from sqlalchemy import select, update

from bot.storage.tables import Case, DeliveryAlarm, Outbox, OutboxState, Role
from tests.desk.scene import NIK, Browser, Scene


async def failed(scene: Scene, browser: Browser, state: OutboxState, **case: str) -> Case:
    """A reply that did not go out."""
    opened = await scene.case("halo", **case)
    await browser.get("/desk")
    await browser.post(f"/desk/cases/{opened.number}/claim")
    await browser.post(f"/desk/cases/{opened.number}/reply", body=f"NIK {NIK} sudah aktif", once="x")
    async with scene.database.sessions.begin() as session:
        await session.execute(update(Outbox).values(state=OutboxState.SENT))
        last = select(Outbox.id).order_by(Outbox.id.desc()).limit(1).scalar_subquery()
        await session.execute(
            update(Outbox).where(Outbox.id == last).values(state=state, error_code="http_403", attempts=1)
        )
    return opened


@pytest.mark.parametrize("state", [OutboxState.DEAD, OutboxState.UNKNOWN])
async def test_a_dead_letter_is_sent_again_once(scene: Scene, browser, state: OutboxState) -> None:
    citra = await browser("Citra", Role.SUPERVISOR)
    case = await failed(scene, citra, state)
    page = await citra.get("/desk/dead-letters")
    assert "peserta memblokir kami" in page.text
    assert case.number in page.text
    assert NIK not in page.text
    assert "************0001 sudah aktif" in page.text
    assert ("mungkin ganda" in page.text) is (state is OutboxState.UNKNOWN)
    (row,) = await scene.rows(select(Outbox).where(Outbox.state == state))
    page = await citra.post(f"/desk/dead-letters/{row.id}/resend")
    assert "Pesan masuk antrean kirim lagi" in page.text
    assert "Semua pesan terkirim" in page.text
    (row,) = await scene.rows(select(Outbox).where(Outbox.id == row.id))
    assert (row.state, row.attempts, row.error_code) == (OutboxState.QUEUED, 0, None)
    await citra.get("/desk")
    page = await citra.post(f"/desk/dead-letters/{row.id}/resend")
    assert "sudah dikirim ulang" in page.text
    assert (await scene.history(case)).count("resent") == 1


async def test_supervisors_of_a_branch_see_its_own(scene: Scene, browser) -> None:
    chief = await browser("Admin", Role.ADMIN)
    case = await failed(scene, chief, OutboxState.DEAD, branch="palembang")
    elsewhere = await browser("Citra", Role.SUPERVISOR, "samarinda")
    page = await elsewhere.get("/desk/dead-letters")
    assert case.number not in page.text
    (row,) = await scene.rows(select(Outbox).where(Outbox.state == OutboxState.DEAD))
    await elsewhere.get("/desk")
    page = await elsewhere.post(f"/desk/dead-letters/{row.id}/resend")
    assert page.status_code == 404
    assert (await scene.rows(select(Outbox).where(Outbox.id == row.id)))[0].state is OutboxState.DEAD
    here = await browser("Dewi", Role.SUPERVISOR, "palembang")
    assert case.number in (await here.get("/desk/dead-letters")).text


async def test_nothing_that_is_not_there_is_sent(scene: Scene, browser) -> None:
    citra = await browser("Citra", Role.SUPERVISOR)
    await citra.get("/desk/dead-letters")
    assert (await citra.post("/desk/dead-letters/4711/resend")).status_code == 404
    ani = await browser("Ani")
    assert (await ani.post("/desk/dead-letters/1/resend")).status_code == 403


async def test_all_of_one_cause_are_sent_again_at_once(scene: Scene, browser) -> None:
    citra = await browser("Citra", Role.SUPERVISOR)
    cases = [await failed(scene, citra, OutboxState.DEAD, name=name) for name in ("Budi", "Wati")]
    doubtful = await failed(scene, citra, OutboxState.UNKNOWN, name="Sari")
    async with scene.database.sessions.begin() as session:
        dead = Outbox.error_code == "http_403"
        await session.execute(
            update(Outbox).where(dead, Outbox.id != await _newest(session)).values(state=OutboxState.DEAD)
        )
    page = await citra.get("/desk/dead-letters")
    assert "2 pesan: peserta memblokir kami" in " ".join(page.text.split())
    page = await citra.post("/desk/dead-letters/resend", code="http_403")
    assert "Pesan-pesan itu masuk antrean kirim lagi" in page.text
    queued = await scene.rows(select(Outbox).where(Outbox.state == OutboxState.QUEUED))
    assert len(queued) == 2
    assert doubtful.number in page.text  # may be double: only one by one
    assert [(await scene.history(case)).count("resent") for case in (*cases, doubtful)] == [1, 1, 0]
    page = await citra.post("/desk/dead-letters/resend", code="http_403")
    assert "sudah dikirim ulang" in page.text


async def test_a_branch_sends_only_its_own_again(scene: Scene, browser) -> None:
    chief = await browser("Admin", Role.ADMIN)
    await failed(scene, chief, OutboxState.DEAD, branch="palembang")
    elsewhere = await browser("Citra", Role.SUPERVISOR, "samarinda")
    await elsewhere.get("/desk/dead-letters")
    await elsewhere.post("/desk/dead-letters/resend", code="http_403")
    assert len(await scene.rows(select(Outbox).where(Outbox.state == OutboxState.DEAD))) == 1


async def test_what_an_admin_has_to_put_right_stands_above(scene: Scene, browser) -> None:
    now = scene.desk.clock()
    async with scene.database.sessions.begin() as session:
        session.add(DeliveryAlarm(channel="whatsapp", code="20003", times=7, first_at=now, last_at=now))
    citra = await browser("Citra", Role.SUPERVISOR)
    page = await citra.get("/desk/dead-letters")
    assert "penyedia menolak kunci akses kami" in page.text
    assert "7 kali, kode 20003" in page.text
    page = await citra.post("/desk/dead-letters/alarms/done", channel="whatsapp", code="20003")
    assert "penyedia menolak kunci akses kami" not in page.text
    assert await scene.rows(select(DeliveryAlarm)) == []


async def test_agents_are_kept_out(browser) -> None:
    ani = await browser("Ani")
    await ani.get("/desk")
    for path in ("resend", "alarms/done"):
        assert (await ani.post(f"/desk/dead-letters/{path}", code="http_403")).status_code == 403


async def test_the_page_renews_itself(scene: Scene, browser) -> None:
    citra = await browser("Citra", Role.SUPERVISOR)
    page = await citra.get("/desk/dead-letters")
    assert 'sse-connect="/desk/events"' in page.text
    part = await citra.get("/desk/dead-letters", headers={"hx-request": "true"})
    assert 'id="letters"' in part.text
    assert "<html" not in part.text


async def _newest(session) -> int:
    return (await session.scalars(select(Outbox.id).order_by(Outbox.id.desc()).limit(1))).one()
