"""The inbox: who is seen, in which order, found by what."""

import re

import pytest
from sqlalchemy import update

from bot.storage.tables import Case, CaseKind, CasePriority, Role
from tests.desk.scene import CARD, NIK, Scene


def shown(text: str) -> list[str]:
    """The numbers of the cases on a page, in order."""
    return re.findall(r'<li id="case-([A-Z0-9-]+)"', text)


async def test_emergencies_stand_first_then_who_waited_longest(scene: Scene, browser, clock) -> None:
    first = await scene.case("pertama", name="A")
    clock.advance(600)
    second = await scene.case("kedua", name="B")
    clock.advance(600)
    urgent = await scene.case("tolong sesak napas", name="C", priority=CasePriority.URGENT)
    high = await scene.case("ditolak rs", name="D", priority=CasePriority.HIGH, kind=CaseKind.COMPLAINT)
    clock.advance(300)
    ani = await browser("Ani")
    page = await ani.get("/desk")
    assert shown(page.text) == [urgent.number, first.number, second.number, high.number]
    assert "(4) Kotak masuk" in page.text
    assert "menunggu 25 mnt" in page.text
    assert "DARURAT" in page.text
    assert "lewat 5 mnt" in page.text  # an emergency is due at once


async def test_views_and_filters(scene: Scene, browser) -> None:
    ani = await browser("Ani")
    free = await scene.case("bebas", name="A", branch="palembang")
    mine = await scene.case("punya saya", name="B", branch="samarinda", kind=CaseKind.COMPLAINT)
    done = await scene.case("selesai", name="C", branch="samarinda")
    await ani.get("/desk")
    for case in (mine, done):
        await ani.post(f"/desk/cases/{case.number}/claim")
    await ani.post(f"/desk/cases/{done.number}/resolve")
    expected = {
        "": [free],
        "?view=mine": [mine],
        "?view=all": [free, mine],
        "?view=all&branch=samarinda": [mine],
        "?view=all&kind=complaint": [mine],
        "?view=all&kind=handover&status=any": [free, done],
        "?view=mine&status=resolved": [done],
        "?view=nonsense&kind=x&status=y&branch=z&page=-1": [free],
        "?page=99999999999999999999": [],
    }
    for query, cases in expected.items():
        page = await ani.get(f"/desk{query}")
        assert sorted(shown(page.text)) == sorted(case.number for case in cases), query


async def test_an_empty_inbox_says_what_to_do(browser) -> None:
    ani = await browser("Ani")
    assert "Kasus baru muncul di sini dengan sendirinya" in (await ani.get("/desk")).text
    assert "tekan Ambil pada kasus paling atas" in (await ani.get("/desk?view=mine")).text
    assert "Ubah kantornya" in (await ani.get("/desk?view=all")).text or "ubah kantornya" in ani.page.text


async def test_an_agent_sees_the_cases_of_their_branch_and_of_none(scene: Scene, browser) -> None:
    theirs = await scene.case("satu", name="A", branch="samarinda")
    nobodys = await scene.case("dua", name="B")
    others = await scene.case("tiga", name="C", branch="palembang")
    ani = await browser("Ani", branch="samarinda")
    assert sorted(shown((await ani.get("/desk?view=all")).text)) == sorted([theirs.number, nobodys.number])
    for address in (f"/desk/cases/{others.number}", f"/desk/cases/{others.number}/events"):
        assert (await ani.get(address)).status_code == 404
    await ani.get("/desk")
    for verb in ("claim", "note", "reveal", "reply", "close"):
        assert (await ani.post(f"/desk/cases/{others.number}/{verb}", body="x")).status_code == 404
        await ani.get("/desk")
    assert await scene.history(others) == ["opened"]
    found = await ani.post("/desk/search", words=others.number)
    assert shown(found.text) == []


@pytest.mark.parametrize("written", [NIK, "6471 0101 0190 0001", "6471-0101-0190-0001"])
async def test_search_finds_a_person_by_their_number(scene: Scene, browser, written: str) -> None:
    case = await scene.case(f"NIK saya {NIK}", name="A")
    await scene.case(f"kartu {CARD}", name="B")
    ani = await browser("Ani")
    await ani.get("/desk")
    page = await ani.post("/desk/search", words=written)
    assert shown(page.text) == [case.number]
    assert NIK not in page.text.replace(f'value="{written}"', "")
    assert "words" not in str(page.url)


async def test_search_by_card_number_case_number_and_words(scene: Scene, browser) -> None:
    one = await scene.case(f"kartu saya {CARD} tidak aktif", name="A")
    two = await scene.case("antrean 100% penuh_sekali", name="B")
    ani = await browser("Ani")
    await ani.get("/desk")
    for words, cases in {
        CARD: [one],
        two.number.lower(): [two],
        two.number[-5:]: [two],
        "tidak aktif": [one],
        "100%": [two],
        "h_s": [two],
        "%": [two],
        "zzz": [],
        "": [one, two],
    }.items():
        page = await ani.post("/desk/search", words=words)
        assert sorted(shown(page.text)) == sorted(case.number for case in cases), words
    assert "Kotak masuk" in page.text
    page = await ani.post("/desk/search", words="\0'\"<script>alert(1)</script>\\")
    assert page.status_code == 200
    assert "<script>alert" not in page.text


async def test_settled_cases_are_found_too(scene: Scene, browser) -> None:
    case = await scene.case("sudah lama")
    async with scene.database.sessions.begin() as session:
        await session.execute(update(Case).values(status="closed", closed_at=scene.desk.clock()))
    ani = await browser("Ani", Role.SUPERVISOR)
    await ani.get("/desk")
    assert shown((await ani.post("/desk/search", words="sudah lama")).text) == [case.number]


async def test_long_lists_have_pages(scene: Scene, browser, clock) -> None:
    for number in range(27):
        await scene.case(f"kasus {number}", name=f"P{number}")
        clock.advance(1)
    ani = await browser("Ani")
    page = await ani.get("/desk")
    assert len(shown(page.text)) == 25
    assert "Halaman berikutnya" in page.text
    assert "Halaman sebelumnya" not in page.text
    second = await ani.get("/desk?page=2")
    assert len(shown(second.text)) == 2
    assert not set(shown(page.text)) & set(shown(second.text))
    assert "Halaman berikutnya" not in second.text


async def test_the_page_renews_its_list_alone(scene: Scene, browser) -> None:
    case = await scene.case()
    ani = await browser("Ani")
    part = await ani.get("/desk", headers={"HX-Request": "true"})
    assert part.text.lstrip().startswith("<nav")
    assert "<html" not in part.text
    assert shown(part.text) == [case.number]
    assert 'data-waiting="1"' in part.text


async def test_deadlines_are_told_by_the_clock_of_the_branch(scene: Scene, browser) -> None:
    await scene.case("di samarinda", name="A", branch="samarinda", kind=CaseKind.COMPLAINT)
    await scene.case("di jayapura", name="B", branch="jayapura", kind=CaseKind.COMPLAINT)
    await scene.case("di palembang", name="C", branch="palembang", kind=CaseKind.COMPLAINT)
    ani = await browser("Ani")
    page = await ani.get("/desk")
    for zone in ("WITA", "WIT<", "WIB"):
        assert re.search(rf"15\.00 {zone}", page.text), zone
