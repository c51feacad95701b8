"""Broadcasts at the desk: a bar on the notice's page, and buttons for supervisors."""

import re

from sqlalchemy import select

from bot.notices import subscriptions
from bot.notices.publishing import NewNotice
from bot.storage.tables import Broadcast, NoticeKind, Role
from tests.desk.scene import Scene


async def told(scene: Scene) -> str:
    """A notice with a broadcast to one person; the address of its page."""
    await scene.case("halo")
    now = scene.desk.clock()
    outage = NewNotice(
        kind=NoticeKind.OUTAGE,
        title="VClaim gangguan",
        scope={"national": True},
        starts_at=now,
        broadcast=True,
    )
    supervisor = await scene.agent("Ratna", Role.SUPERVISOR)
    async with scene.database.sessions.begin() as session:
        await subscriptions.subscribe(session, "simwhatsapp:+6281270000000", None, None, now)
        notice = await scene.desk.publisher.publish(session, outage, supervisor, now)
    await scene.tell()
    return f"/desk/notices/{notice.id}"


async def test_a_supervisor_pauses_resumes_and_cancels(scene: Scene, browser) -> None:
    citra = await browser("Citra", Role.SUPERVISOR)
    at = await told(scene)
    page = await citra.get(at)
    assert re.search(r'<progress max="100" value="0"', page.text)
    assert "0 terkirim · 0 sampai · 0 gagal · sisa 1" in page.text
    page = await citra.post(f"{at}/broadcasts/1/pause")
    assert "Siaran dijeda." in page.text
    assert "dijeda</span>" in page.text
    page = await citra.post(f"{at}/broadcasts/1/pause")
    assert "Siaran ini sudah dijeda." in page.text
    page = await citra.post(f"{at}/broadcasts/1/resume")
    assert "Siaran dilanjutkan." in page.text
    assert "Ya, batalkan siaran" in page.text
    page = await citra.post(f"{at}/broadcasts/1/cancel")
    assert "Siaran dibatalkan." in page.text
    assert re.search(r'<progress max="100" value="100"', page.text)
    assert "Jeda</button>" not in page.text
    (broadcast,) = await scene.rows(select(Broadcast))
    assert broadcast.state == "cancelled"


async def test_an_agent_sees_it_and_has_no_buttons(scene: Scene, browser) -> None:
    ani = await browser("Ani")
    at = await told(scene)
    page = await ani.get(at)
    assert "sisa 1" in page.text
    assert "Jeda</button>" not in page.text
    assert (await ani.post(f"{at}/broadcasts/1/cancel")).status_code == 403


async def test_an_open_page_fetches_what_changes(scene: Scene, browser) -> None:
    citra = await browser("Citra", Role.SUPERVISOR)
    at = await told(scene)
    page = await citra.get(at)
    assert f'hx-get="{at}/broadcasts"' in page.text
    part = await citra.get(f"{at}/broadcasts", headers={"HX-Request": "true"})
    assert re.findall(r'<div id="([^"]+)"', part.text) == ["broadcast-1", "broadcast-1-actions"]
    assert "<html" not in part.text


async def test_what_is_not_there(scene: Scene, browser) -> None:
    citra = await browser("Citra", Role.SUPERVISOR)
    at = await told(scene)
    await citra.get(at)
    for path in (
        f"{at}/broadcasts/9/pause",
        f"{at}/broadcasts/1/explode",
        "/desk/notices/9/broadcasts/1/pause",
    ):
        await citra.get(at)
        assert (await citra.post(path)).status_code == 404
