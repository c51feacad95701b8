"""Notices at the desk: written by supervisors with a preview, read by everybody, wrong entries kept."""

import asyncio
import re
from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from bot.notices import subscriptions
from bot.storage.tables import History, Notice, NoticeUpdate, Outbox, Role
from tests.desk.scene import Browser, Scene

CLOSURE = {
    "kind": "closure",
    "title": "Pelayanan tatap muka dihentikan",
    "reach": "branches",
    "branches": ["samarinda"],
    "affects": ["counter"],
    "starts_at": "2026-11-24T08:00",
    "ends_at": "2026-11-28T15:00",
    "cause": "Ada petugas yang positif",
    "guidance": "Gunakan Mobile JKN.",
    "alternatives": ["care_center", "mobile_jkn"],
}


async def fill_in(browser: Browser, path: str, **entries: object):
    """Preview a form, then publish what was previewed."""
    await browser.get(path)
    version = re.search(r'name="version" value="([^"]*)"', browser.page.text)
    hidden = {"version": version[1] if version else ""}
    page = await browser.post(path, **hidden, **entries, step="preview")
    seen = re.search(r'name="previewed" value="([0-9a-f]{64})"', page.text)
    if seen is None:
        return page
    return await browser.post(path, **hidden, **entries, step="publish", previewed=seen[1])


async def test_a_closure_is_previewed_and_then_published(scene: Scene, browser) -> None:
    citra = await browser("Citra", Role.SUPERVISOR, "samarinda")
    page = await citra.get("/desk/notices/new")
    assert re.search(r'value="samarinda" checked', page.text)
    page = await citra.post("/desk/notices/new", **CLOSURE, step="preview")
    assert "Yang akan dibaca peserta" in page.text
    assert "Kantor Cabang Samarinda sedang tutup" in page.text
    assert "Selasa, 24 November 2026 pukul 08.00 WITA" in page.text
    assert "Mobile JKN" in page.text
    assert await scene.rows(select(Notice)) == []
    page = await fill_in(citra, "/desk/notices/new", **CLOSURE)
    assert "Pengumuman diterbitkan" in page.text
    (notice,) = await scene.rows(select(Notice))
    assert notice.starts_at == datetime(2026, 11, 24, 0, 0, tzinfo=UTC)  # 08.00 WITA
    assert notice.scope == {"branches": ["samarinda"]}
    assert notice.alternatives == ["care_center", "mobile_jkn"]
    assert "direncanakan" in page.text


async def test_what_was_not_previewed_is_not_published(scene: Scene, browser) -> None:
    citra = await browser("Citra", Role.SUPERVISOR)
    await citra.get("/desk/notices/new")
    page = await citra.post("/desk/notices/new", **CLOSURE, step="publish")
    assert "Yang akan dibaca peserta" in page.text
    seen = re.search(r'name="previewed" value="([0-9a-f]{64})"', page.text)
    assert seen
    changed = CLOSURE | {"title": "Lain"}
    page = await citra.post("/desk/notices/new", **changed, step="publish", previewed=seen[1])
    assert "Yang akan dibaca peserta" in page.text
    assert await scene.rows(select(Notice)) == []


async def test_a_form_left_as_it_was_reaches_nobody(scene: Scene, browser) -> None:
    citra = await browser("Citra", Role.SUPERVISOR)
    page = await citra.get("/desk/notices/new")
    assert 'value="branches" checked' in page.text
    without = {name: value for name, value in CLOSURE.items() if name not in ("reach", "branches")}
    page = await citra.post("/desk/notices/new", **without, step="preview")
    assert page.status_code == 422
    assert 'id="wrong-reach"' in page.text
    assert await scene.rows(select(Notice)) == []


async def test_an_outage_is_previewed_as_the_bot_will_tell_it(browser) -> None:
    citra = await browser("Citra", Role.SUPERVISOR)
    await citra.get("/desk/notices/new")
    entries = CLOSURE | {
        "kind": "outage",
        "title": "SEP tidak terbit",
        "reach": "provinces",
        "provinces": ["Kalimantan Timur"],
        "affects": ["vclaim"],
        "starts_at": "2026-11-23T12:00",
        "open_ended": "1",
        "guidance": "",
    }
    page = await citra.post("/desk/notices/new", **entries, step="preview")
    assert "VClaim" in page.text
    assert "Sejak: Senin, 23 November 2026 pukul 12.00 WITA" in page.text
    assert "daftar" in page.text  # the guidance of the configuration
    assert "sampai pemberitahuan lebih lanjut" in page.text


async def test_wrong_entries_are_said_beside_their_field_and_kept(scene: Scene, browser) -> None:
    citra = await browser("Citra", Role.SUPERVISOR)
    await citra.get("/desk/notices/new")
    cases = [
        ({"title": "  "}, "title", "Tolong diisi"),
        ({"title": "x" * 121}, "title", "Terlalu panjang"),
        ({"starts_at": "besok"}, "starts_at", "Tulis tanggal dan jam"),
        ({"starts_at": "2026-11-24T08:00+08:00"}, "starts_at", "Tulis tanggal dan jam"),
        ({"ends_at": ""}, "ends_at", "Isi waktunya"),
        ({"ends_at": "2026-11-24T07:59"}, "ends_at", "Harus sesudah"),
        ({"branches": []}, "reach", "Pilih sedikitnya satu"),
        ({"reach": "provinces"}, "reach", "Pilih sedikitnya satu"),
        ({"branches": ["atlantis"]}, "reach", "Tolong pilih"),
        ({"affects": ["mesin_kopi"]}, "affects", "Tolong pilih"),
        ({"kind": "outage", "affects": []}, "affects", "Pilih sedikitnya satu layanan"),
        ({"kind": "party"}, "kind", "Tolong pilih"),
        ({"replacement_office": "atlantis"}, "replacement_office", "Tolong pilih"),
        ({"alternatives": ["merpati"]}, "alternatives", "Tolong pilih"),
        ({"cause": "x" * 4001}, "cause", "Terlalu panjang"),
    ]
    for wrong, name, said in cases:
        page = await citra.post("/desk/notices/new", **(CLOSURE | wrong), step="publish")
        assert page.status_code == 422, wrong
        found = re.search(rf'id="wrong-{name}">([^<]*)<', page.text)
        assert found, wrong
        assert said in found[1], wrong
        assert "Gunakan Mobile JKN." in page.text
        assert re.search(r'value="mobile_jkn" checked', page.text) or "alternatives" in wrong
    assert await scene.rows(select(Notice)) == []


async def test_the_same_form_twice_is_one_notice(scene: Scene, browser) -> None:
    citra = await browser("Citra", Role.SUPERVISOR)
    await citra.get("/desk/notices/new")
    page = await citra.post("/desk/notices/new", **CLOSURE, step="preview")
    seen = re.search(r'name="previewed" value="([0-9a-f]{64})"', page.text)
    assert seen
    data = CLOSURE | {"csrf": citra.csrf, "step": "publish", "previewed": seen[1]}
    answers = await asyncio.gather(*(citra.http.post("/desk/notices/new", data=data) for _ in range(3)))
    assert {answer.status_code for answer in answers} == {200}
    assert len(await scene.rows(select(Notice))) == 1


async def test_a_broadcast_says_how_many_will_hear(scene: Scene, browser) -> None:
    case = await scene.case("halo")
    async with scene.database.sessions.begin() as session:
        await subscriptions.subscribe(
            session, "simwhatsapp:+6281270000000", "samarinda", None, scene.desk.clock()
        )
    citra = await browser("Citra", Role.SUPERVISOR)
    await citra.get("/desk/notices/new")
    page = await citra.post("/desk/notices/new", **CLOSURE, step="preview")
    assert "1 pelanggan di wilayah ini; siaran tidak dicentang" in page.text
    begun = CLOSURE | {"starts_at": "2026-11-23T08:00", "broadcast": "1"}
    page = await citra.post("/desk/notices/new", **begun, step="preview")
    assert "1 pelanggan akan menerimanya" in page.text
    await scene.tell()
    assert await scene.rows(select(Outbox)) == [], case
    await fill_in(citra, "/desk/notices/new", **begun)
    await scene.tell()
    (row,) = await scene.rows(select(Outbox))
    told = scene.desk.sealer.open(row.sealed)["body"]
    shown = re.sub(r"</?strong>", "*", page.text)
    assert told.replace("&", "&amp;") in shown


async def test_edit_update_end(scene: Scene, browser, clock) -> None:
    citra = await browser("Citra", Role.SUPERVISOR)
    await fill_in(citra, "/desk/notices/new", **(CLOSURE | {"starts_at": "2026-11-23T08:00"}))
    (notice,) = await scene.rows(select(Notice))
    address = f"/desk/notices/{notice.id}"
    page = await citra.get(f"{address}/edit")
    assert 'value="2026-11-28T15:00"' in page.text
    page = await fill_in(
        citra, f"{address}/edit", **(CLOSURE | {"starts_at": "2026-11-23T08:00", "cause": "Banjir"})
    )
    assert "Perubahan disimpan" in page.text
    assert "Banjir" in page.text
    entry = (await scene.rows(select(History).where(History.what == "changed")))[0]
    assert entry.detail["fields"] == ["cause"]
    page = await citra.post(f"{address}/updates", status="", body="  ")
    assert page.status_code == 422
    assert 'id="wrong-status"' in page.text
    assert 'id="wrong-body"' in page.text
    for _ in range(2):  # a double click
        page = await citra.post(f"{address}/updates", status="monitoring", body="Sudah dibersihkan.")
    assert "Sudah dibersihkan." in page.text
    assert len(await scene.rows(select(NoticeUpdate))) == 1
    clock.advance(60)
    assert "Ya, akhiri" in page.text  # asked once more before it is over
    page = await citra.post(f"{address}/end")
    assert "Pengumuman diakhiri" in page.text
    (notice,) = await scene.rows(select(Notice))
    assert notice.ends_at == clock.now
    assert "Akhiri sekarang" not in page.text
    await citra.post("/desk/sign-out")


async def test_one_that_has_not_begun_is_called_off(scene: Scene, browser) -> None:
    citra = await browser("Citra", Role.SUPERVISOR)
    page = await fill_in(citra, "/desk/notices/new", **CLOSURE)
    assert "Batalkan sekarang" in page.text
    (notice,) = await scene.rows(select(Notice))
    await citra.post(f"/desk/notices/{notice.id}/end")
    (notice,) = await scene.rows(select(Notice))
    assert notice.starts_at == notice.ends_at == scene.desk.clock()


async def test_two_who_edit_do_not_overwrite_each_other(scene: Scene, browser, clock) -> None:
    citra, dewi = await browser("Citra", Role.SUPERVISOR), await browser("Dewi", Role.ADMIN)
    await fill_in(citra, "/desk/notices/new", **CLOSURE)
    (notice,) = await scene.rows(select(Notice))
    address = f"/desk/notices/{notice.id}/edit"
    page = await dewi.get(address)
    old = re.search(r'name="version" value="([^"]+)"', page.text)
    assert old
    clock.advance(5)
    await fill_in(citra, address, **(CLOSURE | {"cause": "Banjir"}))
    page = await dewi.post(address, **(CLOSURE | {"cause": "Kebakaran"}), version=old[1], step="preview")
    assert page.status_code == 422
    assert "Orang lain mengubah" in page.text
    assert "Kebakaran" in page.text
    (notice,) = await scene.rows(select(Notice))
    assert notice.cause == "Banjir"


async def test_agents_read_and_do_not_write(scene: Scene, browser) -> None:
    citra, ani = await browser("Citra", Role.SUPERVISOR), await browser("Ani")
    await fill_in(citra, "/desk/notices/new", **CLOSURE)
    (notice,) = await scene.rows(select(Notice))
    page = await ani.get("/desk/notices")
    assert CLOSURE["title"] in page.text
    assert "/desk/notices/new" not in page.text
    page = await ani.get(f"/desk/notices/{notice.id}")
    assert "Ada petugas yang positif" in page.text
    assert "Akhiri" not in page.text
    for path in ("new", f"{notice.id}/edit", f"{notice.id}/updates", f"{notice.id}/end"):
        await ani.get("/desk")
        assert (await ani.post(f"/desk/notices/{path}", **CLOSURE)).status_code == 403
    assert (await scene.rows(select(Notice)))[0].changed_at == notice.changed_at


async def test_notices_are_listed_by_how_they_stand(scene: Scene, browser, clock) -> None:
    citra = await browser("Citra", Role.SUPERVISOR)
    page = await citra.get("/desk/notices")
    assert "Tidak ada yang berlaku sekarang" in page.text
    for title, start in (
        ("Satu", "2026-11-20T08:00"),
        ("Dua", "2026-11-23T08:00"),
        ("Tiga", "2026-12-01T08:00"),
    ):
        end = (datetime.fromisoformat(start) + timedelta(days=1)).isoformat(timespec="minutes")
        await fill_in(
            citra, "/desk/notices/new", **(CLOSURE | {"title": title, "starts_at": start, "ends_at": end})
        )
    page = await citra.get("/desk/notices")
    order = [
        page.text.index(word)
        for word in ("Sedang berlaku", ">Dua<", "Direncanakan", ">Tiga<", "Sudah berakhir", ">Satu<")
    ]
    assert order == sorted(order)
