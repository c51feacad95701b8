"""Reviewing what was not understood, without scripts and with htmx's requests."""

import re
from collections.abc import Callable

import pytest
from sqlalchemy import select, update

from bot.live import Live
from bot.storage.engine import Database
from bot.storage.sealing import Sealer
from bot.storage.tables import Message, ReviewState, Role, Understanding
from tests.desk.reviewing import keep, readers
from tests.desk.scene import NIK, Browser, Scene, make_scene

HTMX = {"HX-Request": "true"}


@pytest.fixture
async def scene(database: Database, sealer: Sealer, clock: Callable[[], object]) -> Scene:
    return make_scene(database, sealer, Live(None), clock, readers=readers())  # type: ignore[arg-type]


async def row(scene: Scene, id_: int) -> Understanding:
    return (await scene.rows(select(Understanding).where(Understanding.id == id_)))[0]


async def test_it_is_for_supervisors(scene: Scene, browser) -> None:
    ani = await browser("Ani")
    page = await ani.get("/desk/nlu")
    assert page.status_code == 403
    assert "Belum dipahami" not in (await ani.get("/desk")).text
    (id_,) = await keep(scene, "otp")
    assert (await ani.post("/desk/nlu/label", id=id_, label="ask_outage")).status_code == 403
    await ani.get("/desk")
    assert (await ani.post("/desk/nlu/undo", act="x")).status_code == 403
    assert (await row(scene, id_)).state is ReviewState.OPEN
    budi = await browser("Budi", Role.ADMIN)
    assert re.search(r"Belum dipahami<span[^>]*>1<", (await budi.get("/desk")).text)


async def test_an_empty_page_tells_what_will_appear(browser) -> None:
    citra = await browser("Citra", Role.SUPERVISOR)
    empty = {
        "open": "akan muncul di sini",
        "labelled": "Belum ada yang berlabel",
        "useless": "Belum ada yang",
    }
    for state, words in empty.items():
        assert words in (await citra.get(f"/desk/nlu?state={state}")).text
    assert "will appear here" in (await citra.get("/desk/nlu?lang=en")).text


async def test_a_group_shows_all_that_is_known_of_it(scene: Scene, browser) -> None:
    object.__setattr__(scene.desk, "readers", readers(rasa=True, silent=True))
    await keep(
        scene, "kantor palembang buka?", "kantor Palembang buka ?", outcome="corrected", chosen="ask_closure"
    )
    await keep(scene, "kantor palembang buka")
    await keep(scene, "kartu ilang [cepat] <b>ya</b>", outcome="corrected", chosen="help")
    citra = await browser("Citra", Role.SUPERVISOR)
    page = (await citra.get("/desk/nlu")).text
    first, second = re.findall(r'<li class="card group open".*?</li>', page, re.DOTALL)
    assert "3×" in first
    assert "dikoreksi peserta 2×" in first
    assert 'kantor <mark class="place" title="tempat">Palembang</mark> buka ?' in first
    assert re.findall(r'name="label" value="(\w+)"', first) == ["ask_closure", "ask_office", "greet", "thank"]
    assert "embedded sekarang" in first
    assert "rasa sekarang</dt><dd>tidak menjawab" in first
    assert re.search(r"embedded waktu itu</dt><dd>\s*<span>Alamat &amp; jam kantor.*?41%", first, re.DOTALL)
    assert "1 teks serupa" in first
    assert re.search(r'name="marked-\d+" value="kantor \[palembang\]\(place\) buka"', first)
    assert "kartu ilang (cepat) &lt;b&gt;ya&lt;/b&gt;" in second
    assert "bukan semua itu" in second
    assert 'value="help"' not in re.findall(r'<div class="decide">.*?<select', second, re.DOTALL)[0]


async def test_label_and_undo_without_scripts(scene: Scene, browser) -> None:
    ids = await keep(scene, "kantor palembang buka?", "KANTOR palembang buka ?")
    citra = await browser("Citra", Role.SUPERVISOR)
    await citra.get("/desk/nlu")
    marked = "kantor [palembang](place) buka[?](when)"
    page = await citra.post("/desk/nlu/label", id=ids[0], label="ask_closure", marked=marked)
    assert "Label disimpan" in page.text
    assert "Semua sudah ditinjau" in page.text
    assert [(await row(scene, id_)).label for id_ in ids] == ["ask_closure"] * 2
    assert [span["start"] for span in (await row(scene, ids[1])).entities or []] == [7, 22]
    listed = (await citra.get("/desk/nlu?state=labelled")).text
    assert "Kantor buka/tutup" in listed
    assert "2× · Citra" in listed
    await citra.get(str(page.url).replace("http://desk.test", ""))
    act = re.findall(r'name="act" value="([^"]+)"', citra.page.text)[0]
    page = await citra.post("/desk/nlu/undo", act=act)
    assert "Diurungkan" in page.text
    assert (await row(scene, ids[0])).state is ReviewState.OPEN
    assert "sudah diurungkan" in (await citra.post("/desk/nlu/undo", act=act)).text
    assert (await citra.post("/desk/nlu/undo", act="nonsense")).status_code == 404


async def test_a_label_from_the_list_and_what_is_not_useful(scene: Scene, browser) -> None:
    first, second, third = await keep(scene, "kartu ilang", "kartu ilang1", "wkwkwkwk")
    citra = await browser("Citra", Role.SUPERVISOR)
    await citra.get("/desk/nlu")
    await citra.post("/desk/nlu/label", id=second, label="", other="ask_card", marked="kartu ilang1")
    assert (await row(scene, second)).label == "ask_card"
    assert (await row(scene, first)).state is ReviewState.OPEN  # its tick was taken off
    page = await citra.post("/desk/nlu/label", id=third, useless="1", marked="whatever")
    assert "Teks dikesampingkan" in page.text
    assert (await row(scene, third)).state is ReviewState.USELESS
    assert "wkwkwkwk" in (await citra.get("/desk/nlu?state=useless")).text


async def test_similar_texts_are_ticked_and_keep_their_own_marks(scene: Scene, browser) -> None:
    first, second = await keep(
        scene, "kantor palembang buka sampai jam berapa ya", "kantor samarinda buka sampai jam berapa ya"
    )
    citra = await browser("Citra", Role.SUPERVISOR)
    page = (await citra.get("/desk/nlu")).text
    assert f'name="also" value="{first}" checked' in page
    await citra.post(
        "/desk/nlu/label",
        id=second,
        label="ask_closure",
        marked="kantor samarinda buka sampai jam berapa ya",
        also=first,
        **{f"marked-{first}": "kantor [palembang](place) buka sampai jam berapa ya"},
    )
    assert (await row(scene, second)).entities == []
    assert (await row(scene, first)).entities == [{"entity": "place", "start": 7, "end": 16}]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"label": "ask_closure", "marked": "kantor [palembang(place) buka"}, "Tanda tidak terbaca"),
        ({"label": "ask_closure", "marked": "kantor [palembang](kota) buka"}, "found entity &#34;kota&#34;"),
        ({"label": "ask_closure", "marked": "kantor medan buka"}, "Kata-katanya berubah"),
        ({"label": "", "other": "", "marked": "kantor palembang buka"}, "Pilih label dari daftar"),
        ({"label": "no_such", "marked": "kantor palembang buka"}, "Pilih label dari daftar"),
    ],
)
@pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])
async def test_what_cannot_be_used_says_what_to_do(
    scene: Scene, browser, fields: dict[str, str], words: str, headers: dict[str, str]
) -> None:
    (id_,) = await keep(scene, "kantor palembang buka")
    citra: Browser = await browser("Citra", Role.SUPERVISOR)
    await citra.get("/desk/nlu")
    page = await citra.http.post(
        "/desk/nlu/label", data={"csrf": citra.csrf, "id": id_} | fields, headers=headers
    )
    assert page.status_code == 422
    assert words in page.text
    assert f">{fields['marked']}</textarea>" in page.text  # what was entered is still there
    assert (await row(scene, id_)).state is ReviewState.OPEN
    assert ("<html" in page.text) is (not headers)


async def test_with_htmx_a_card_gives_way_to_what_was_done(scene: Scene, browser) -> None:
    (id_,) = await keep(scene, "kantor palembang buka")
    await keep(scene, "otp")
    citra: Browser = await browser("Citra", Role.SUPERVISOR)
    await citra.get("/desk/nlu")
    sent = {
        "csrf": citra.csrf,
        "id": str(id_),
        "label": "ask_closure",
        "marked": "kantor [palembang](place) buka",
    }
    done = await citra.http.post("/desk/nlu/label", data=sent, headers=HTMX)
    assert done.text.lstrip().startswith(f'<li class="card group done" id="group-{id_}"')
    assert "kantor palembang buka" in done.text
    assert re.search(r'id="nlu-tabs"[^>]*hx-swap-oob="true"', done.text)
    assert re.search(r'id="nlu-waiting"[^>]*hx-swap-oob="true"[^>]*>1<', done.text)
    act = re.findall(r'name="act" value="([^"]+)"', done.text)[0]
    sent = {"csrf": citra.csrf, "id": str(id_), "act": act}
    again = await citra.http.post("/desk/nlu/undo", data=sent, headers=HTMX)
    assert f'<li class="card group open" id="group-{id_}"' in again.text
    assert "otp" not in re.sub(r"<select.*?</select>", "", again.text, flags=re.DOTALL)


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])
async def test_the_second_of_two_sees_that_it_is_done(scene: Scene, browser, headers: dict[str, str]) -> None:
    (id_,) = await keep(scene, "otp ga masuk")
    citra, dewi = [await browser(name, Role.SUPERVISOR) for name in ("Citra", "Dewi")]
    for one in (citra, dewi):
        await one.get("/desk/nlu")
    await citra.post("/desk/nlu/label", id=id_, label="ask_outage", marked="otp ga masuk")
    sent = {"csrf": dewi.csrf, "id": str(id_), "label": "help", "marked": "otp ga masuk"}
    page = await dewi.http.post("/desk/nlu/label", data=sent, headers=headers)
    assert "Citra sudah meninjau teks ini: Gangguan sistem. Tidak ada yang diubah." in page.text
    assert page.status_code == (200 if headers else 409)
    assert (await row(scene, id_)).label == "ask_outage"


async def test_filters_and_pages(scene: Scene, browser) -> None:
    names = [chr(97 + at) * 3 + chr(98 + at) * 9 for at in range(12)]
    await keep(scene, *names, outcome="fell_through")
    await keep(scene, "otp ga masuk")
    citra = await browser("Citra", Role.SUPERVISOR)
    page = (await citra.get("/desk/nlu?outcome=asked_back")).text
    assert len(re.findall('class="card group open"', page)) == 1
    page = (await citra.get("/desk/nlu")).text
    assert len(re.findall('class="card group open"', page)) == 10
    assert 'href="/desk/nlu?page=2" rel="next"' in page
    assert len(re.findall('class="card group open"', (await citra.get("/desk/nlu?page=2")).text)) == 3
    for odd in ("?state=x", "?page=0", "?page=-1", "?page=²", "?outcome=x", "?page=99999999"):
        assert (await citra.get(f"/desk/nlu{odd}")).status_code == 200


async def test_an_agent_says_what_was_meant(scene: Scene, browser) -> None:
    ani = await browser("Ani", branch="samarinda")
    case = await scene.case("min", branch="samarinda")
    line = await scene.participant_says(case, f"kantor buka? NIK {NIK}")
    async with scene.database.sessions.begin() as session:
        await session.execute(update(Message).values(intent="ask_office"))
    page = (await ani.get(f"/desk/cases/{case.number}")).text
    assert page.count("Dipahami sebagai: Alamat &amp; jam kantor") == 1  # both were taken together
    form = f"/desk/cases/{case.number}/lines/{line.id}/misread"
    assert f'href="{form}"' in page
    page = (await ani.get(form)).text
    assert "min\nkantor buka? NIK ************0001" in page
    page = await ani.post(form, intent="")
    assert page.status_code == 422
    assert "Tolong pilih salah satu" in page.text
    page = await ani.post(form, intent="ask_closure")
    assert "Koreksi disimpan" in page.text
    assert "<s>Alamat &amp; jam kantor</s> sebenarnya Kantor buka/tutup (Ani)" in page.text
    (kept,) = await scene.rows(select(Understanding))
    assert (kept.outcome, kept.chosen, kept.text) == (
        "corrected_by_agent",
        "ask_closure",
        "min kantor buka? NIK ************0001",
    )
    assert kept.corrected_at == scene.desk.clock()
    assert kept.branch == "samarinda"
    await ani.get(form)
    await ani.post(form, intent="ask_card")  # thought better of it
    assert [one.chosen for one in await scene.rows(select(Understanding))] == ["ask_card"]
    citra = await browser("Citra", Role.SUPERVISOR)
    page = (await citra.get("/desk/nlu")).text
    assert "dikoreksi petugas" in page
    assert re.findall(r'name="label" value="(\w+)"', page)[0] == "ask_card"


async def test_an_ask_back_that_an_agent_corrects_stays_one_row(scene: Scene, browser) -> None:
    ani = await browser("Ani")
    case = await scene.case("kantor gmn")
    async with scene.database.sessions.begin() as session:
        await session.execute(update(Message).values(intent="ask_office"))
        line = (await session.scalars(select(Message))).one()
    await keep(scene, "kantor gmn", message_id=line.id)
    form = f"/desk/cases/{case.number}/lines/{line.id}/misread"
    await ani.get(form)
    await ani.post(form, intent="ask_closure")
    (kept,) = await scene.rows(select(Understanding))
    assert (kept.outcome, kept.chosen) == ("corrected_by_agent", "ask_closure")
    assert kept.thought["ranking"][0] == ["ask_office", 0.41]


async def test_only_what_the_bot_took_for_something_can_be_corrected(scene: Scene, browser) -> None:
    ani = await browser("Ani", branch="samarinda")
    case = await scene.case("halo", branch="samarinda")
    elsewhere = await scene.case("halo", name="Dini", branch="palembang")
    lines = await scene.rows(select(Message).order_by(Message.id))
    for path in (
        f"{case.number}/lines/{lines[0].id}",  # nobody interpreted it
        f"{case.number}/lines/{lines[1].id}",  # another talk
        f"{elsewhere.number}/lines/{lines[1].id}",  # another branch
        f"{case.number}/lines/999",
        f"{case.number}/lines/x",
    ):
        assert (await ani.get(f"/desk/cases/{path}/misread")).status_code == 404
