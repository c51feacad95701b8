"""Messages that did not go out: seen by supervisors, sent again once."""

import pytest
from sqlalchemy import select, update

from bot.storage.tables import Case, Outbox, OutboxState, Role
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
