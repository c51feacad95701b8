"""The public status page: what is known, since when, and never more than that."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from html import unescape
from pathlib import Path
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import asyncpg
import httpx
import pytest
from fastapi import FastAPI

from bot.config import Config, load_config
from bot.local import Services
from bot.settings import HOME
from bot.status import Status, router
from bot.storage.engine import Database
from bot.storage.tables import Notice, NoticeKind, NoticeUpdate, UpdateStatus
from tests.conftest import Clock

ATOM = {"a": "http://www.w3.org/2005/Atom"}


@pytest.fixture(scope="module")
def config() -> Config:
    return load_config(HOME / "config")


def client_of(database: Database, config: Config, clock: Clock) -> httpx.AsyncClient:
    app = FastAPI()
    app.include_router(router(Status(database=database, config=config, clock=clock)))
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://siaga.test")


@pytest.fixture
async def client(database: Database, config: Config, clock: Clock) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(database, config, clock) as client:
        yield client


async def publish(database: Database, now: datetime, **changed: object) -> Notice:
    """A closure in Palembang since an hour ago, until further notice."""
    fields: dict[str, object] = {
        "kind": NoticeKind.CLOSURE,
        "title": "Kantor Palembang tutup",
        "scope": {"branches": ["palembang"]},
        "affects": ["counter"],
        "starts_at": now - timedelta(hours=1),
        "ends_at": None,
        "created_at": now - timedelta(hours=1),
        "changed_at": now - timedelta(hours=1),
    }
    async with database.sessions.begin() as session:
        notice = Notice(**fields | changed)
        session.add(notice)
    return notice


async def test_with_nothing_known_it_says_so_and_as_of_when(client: httpx.AsyncClient) -> None:
    answer = await client.get("/status")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "Tidak ada gangguan yang kami ketahui." in answer.text
    assert "Keadaan per Senin, 23 November 2026 pukul 12.00 WIB" in answer.text
    english = (await client.get("/status?lang=en")).text
    assert "There is no disturbance that we know of." in english
    assert "As of Monday, 23 November 2026 at 12:00 WIB" in english
    assert '<html lang="id">' in (await client.get("/status?lang=xx")).text


async def test_a_closure_is_told_whole(client: httpx.AsyncClient, database: Database, now: datetime) -> None:
    notice = await publish(
        database,
        now,
        body="Pelayanan tatap muka <b>dihentikan</b>.",
        ends_at=now + timedelta(days=5),
        cause="Pegawai positif COVID-19",
        guidance="Gunakan Mobile JKN.",
        replacement_office="samarinda",
        alternatives=["care_center", "whatsapp"],
    )
    async with database.sessions.begin() as session:
        for minute, (status, body) in enumerate(
            [(UpdateStatus.INVESTIGATING, "Diperiksa."), (UpdateStatus.MONITORING, "Disemprot disinfektan.")]
        ):
            at = now - timedelta(minutes=30 - minute)
            session.add(NoticeUpdate(notice_id=notice.id, status=status, body=body, at=at))
    page = (await client.get("/status")).text
    assert "&lt;b&gt;dihentikan" in page
    text = unescape(page)
    for said in (
        "1 layanan terganggu atau tutup",
        "Kantor Palembang tutup",
        "Di: Palembang",
        "Layanan: Loket kantor cabang",
        "Sejak Senin, 23 November 2026 pukul 11.00 WIB",
        "Sampai Sabtu, 28 November 2026 pukul 12.00 WIB",
        "Penyebab: Pegawai positif COVID-19",
        "Gunakan Mobile JKN.",
        "Kantor pengganti: Samarinda",
        "Gunakan: Care Center (165) dan WhatsApp kantor cabang",
        "Kabar terakhir (Senin, 23 November 2026 pukul 11.31 WIB): Sudah diperbaiki, masih dipantau",
        "Disemprot disinfektan.",
    ):
        assert said in text, said
    assert "Diperiksa." not in text
    assert "Tidak ada gangguan yang kami ketahui." not in text


async def test_a_place_is_told_by_its_own_clock(
    client: httpx.AsyncClient, database: Database, now: datetime
) -> None:
    await publish(database, now, scope={"branches": ["jayapura"]})
    await publish(database, now, scope={"provinces": ["Kalimantan Timur"]})
    await publish(database, now, scope={"national": True})
    page = (await client.get("/status")).text
    for said in ("pukul 13.00 WIT<", "pukul 12.00 WITA<", "pukul 11.00 WIB<", "Di: Seluruh Indonesia"):
        assert said in page, said


async def test_data_say_which_component_is_affected_where(
    client: httpx.AsyncClient, database: Database, config: Config, now: datetime
) -> None:
    closure = await publish(database, now)
    outage = await publish(
        database, now, kind=NoticeKind.OUTAGE, affects=["vclaim"], scope={"provinces": ["Kalimantan Timur"]}
    )
    await publish(database, now, kind=NoticeKind.INFORMATION, affects=["pcare"])
    await publish(
        database, now, kind=NoticeKind.OUTAGE, affects=["edabu"], starts_at=now + timedelta(hours=1)
    )
    answer = await client.get("/status.json")
    said = answer.json()
    assert said["as_of"] == "2026-11-23T05:00:00Z"
    affected = {item["code"]: (item["branches"], item["notices"]) for item in said["components"]}
    assert list(affected) == list(config.systems)
    east = [code for code, item in config.branches.items() if item.province == "Kalimantan Timur"]
    expected = {"counter": (["palembang"], [closure.id]), "vclaim": (east, [outage.id])}
    assert {code: found for code, found in affected.items() if found[1]} == expected
    assert [len(said[state]) for state in ("active", "planned", "over")] == [3, 1, 0]
    assert said["planned"][0]["starts_at"] == "2026-11-23T06:00:00Z"


async def test_an_outage_that_names_nothing_affects_everything(
    client: httpx.AsyncClient, database: Database, config: Config, now: datetime
) -> None:
    await publish(database, now, kind=NoticeKind.OUTAGE, affects=[], scope={"national": True})
    said = (await client.get("/status.json")).json()
    assert all(item["branches"] == list(config.branches) for item in said["components"])


async def test_an_end_at_midnight_is_told_by_the_last_day(
    client: httpx.AsyncClient, database: Database, now: datetime
) -> None:
    midnight = now.astimezone(ZoneInfo("Asia/Jakarta")).replace(hour=0, minute=0) + timedelta(days=4)
    await publish(database, now, ends_at=midnight)
    await publish(database, now, ends_at=midnight, scope={"branches": ["samarinda"]})
    page = (await client.get("/status")).text
    assert "Sampai Kamis, 26 November 2026</li>" in page
    assert "Sampai Jumat, 27 November 2026 pukul 01.00 WITA</li>" in page
    assert "Until the end of Thursday, 26 November 2026</li>" in (await client.get("/status?lang=en")).text


async def test_planned_and_over_are_told_apart(
    client: httpx.AsyncClient, database: Database, now: datetime
) -> None:
    await publish(database, now, title="Besok", starts_at=now + timedelta(days=1))
    await publish(database, now, title="Kemarin", starts_at=now - timedelta(days=2), ends_at=now)
    month_ago = {"starts_at": now - timedelta(days=30), "ends_at": now - timedelta(days=8)}
    await publish(database, now, title="Bulan lalu", **month_ago)
    page = (await client.get("/status")).text
    assert "Tidak ada gangguan yang kami ketahui." in page
    assert "Mulai Selasa, 24 November 2026 pukul 12.00 WIB" in page
    assert "Selesai Senin, 23 November 2026 pukul 12.00 WIB" in page
    assert page.index("Besok") < page.index("Kemarin")
    assert "Bulan lalu" not in page


async def test_what_the_configuration_no_longer_knows_does_not_break_the_page(
    client: httpx.AsyncClient, database: Database, now: datetime
) -> None:
    await publish(
        database,
        now,
        scope={"branches": ["gone"]},
        affects=["gone"],
        alternatives=["gone"],
        replacement_office="gone",
    )
    for path in ("/status", "/status.json", "/status.atom"):
        assert (await client.get(path)).status_code == 200


async def test_the_feed_is_atom(client: httpx.AsyncClient, database: Database, now: datetime) -> None:
    old = await publish(database, now, title="Lama", changed_at=now - timedelta(hours=3))
    await publish(database, now, title="A & B <c> \x0b\ufffe", kind=NoticeKind.OUTAGE)
    async with database.sessions.begin() as session:
        session.add(NoticeUpdate(notice_id=old.id, status=UpdateStatus.IDENTIFIED, body="Kabar baru", at=now))
    answer = await client.get("/status.atom?lang=en")
    assert answer.headers["content-type"].startswith("application/atom+xml")
    feed = ElementTree.fromstring(answer.content)
    assert feed.tag == "{http://www.w3.org/2005/Atom}feed"
    assert feed.findtext("a:updated", "", ATOM) == "2026-11-23T05:00:00Z"
    assert feed.find("a:author/a:name", ATOM) is not None
    assert feed.find("a:link[@rel='self']", ATOM).get("href") == "/status.atom?lang=en"
    entries = feed.findall("a:entry", ATOM)
    assert [entry.findtext("a:title", "", ATOM) for entry in entries] == [
        "Closure: Lama",
        "Outage: A & B <c> ",
    ]
    assert "Kabar baru" in entries[0].findtext("a:content", "", ATOM)
    for part in (feed, *entries):
        assert len(part.findall("a:id", ATOM)) == len(part.findall("a:title", ATOM)) == 1
        assert datetime.fromisoformat(part.findtext("a:updated", "", ATOM)).tzinfo
    ids = [part.findtext("a:id", "", ATOM) for part in (feed, *entries)]
    assert len(set(ids)) == 3
    assert all(own.startswith("urn:uuid:") for own in ids)


async def test_ids_of_the_feed_stay_when_something_changes(
    client: httpx.AsyncClient, database: Database, now: datetime, clock: Clock
) -> None:
    async def ids() -> list[str]:
        feed = ElementTree.fromstring((await client.get("/status.atom")).content)
        return [entry.findtext("a:id", "", ATOM) for entry in feed.findall("a:entry", ATOM)]

    notice = await publish(database, now)
    before = await ids()
    async with database.sessions.begin() as session:
        (await session.get_one(Notice, notice.id)).changed_at = clock.advance(60)
    assert await ids() == before


async def test_one_look_serves_for_five_seconds(
    client: httpx.AsyncClient, database: Database, now: datetime, clock: Clock
) -> None:
    assert (await client.get("/status.json")).json()["active"] == []
    await publish(database, now)
    clock.advance(4.9)
    assert (await client.get("/status.json")).json()["active"] == []
    clock.advance(0.1)
    assert len((await client.get("/status.json")).json()["active"]) == 1


async def test_while_the_database_is_away_the_last_look_stays_with_its_time(
    client: httpx.AsyncClient, services: Services, database_url: str, clock: Clock
) -> None:
    first = (await client.get("/status.json")).json()
    administrator = await asyncpg.connect(services.database_url)
    name = database_url.partition("?")[0].rpartition("/")[2]
    await administrator.execute(f"alter database {name} allow_connections false")
    await administrator.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity where datname = $1", name
    )
    clock.advance(3600)
    assert (await client.get("/status.json")).json() == first
    assert "pukul 12.00 WIB" in (await client.get("/status")).text
    await administrator.execute(f"alter database {name} allow_connections true")
    assert "pukul 12.00 WIB" in (await client.get("/status")).text
    clock.advance(5)
    assert "pukul 13.00 WIB" in (await client.get("/status")).text
    await administrator.close()


async def test_without_any_look_it_says_that_nothing_can_be_said(
    config: Config, clock: Clock, tmp_path: Path
) -> None:
    away = Database(f"postgresql:///none?host={tmp_path}")
    async with client_of(away, config, clock) as client:
        for path in ("/status", "/status.json", "/status.atom"):
            answer = await client.get(path)
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
        assert "belum dapat ditampilkan" in (await client.get("/status")).text
    await away.close()


async def test_nothing_comes_from_elsewhere(
    client: httpx.AsyncClient, database: Database, now: datetime
) -> None:
    await publish(database, now)
    answer = await client.get("/status")
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "http" not in answer.text.replace("http-equiv", "")
    assert "style=" not in answer.text
    assert "<script" not in answer.text
    style = await client.get("/status.css")
    assert style.headers["content-type"].startswith("text/css")
    assert "url(" not in style.text
