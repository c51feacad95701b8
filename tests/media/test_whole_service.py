"""Files' whole way, in and out: the providers, the service in a process of its own, the store, an agent's browser."""

import asyncio
import io
import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from PIL import Image

from bot import staff
from bot.app import clock
from bot.storage.engine import Database
from bot.storage.tables import Role
from tests.media.files import PDF
from tests.running import environment, running_service
from tests.standins.telegram import TelegramStandIn
from tests.standins.twilio import TwilioStandIn

PUBLIC = "https://siaga.example"
BUDI = "whatsapp:+6281200000001"
PASSWORD = "sandi-uji-yang-panjang"


def photo() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (40, 30), "blue").save(file, "JPEG")
    return file.getvalue()


@pytest.fixture
async def service(
    database: Database,
    database_url: str,
    twilio_server: TwilioStandIn,
    telegram_server: TelegramStandIn,
    tmp_path: Path,
) -> AsyncIterator[str]:
    twilio_server.reset()
    telegram_server.reset()
    async with database.sessions.begin() as session:
        await staff.create_agent(session, "rina@contoh.id", "Rina", Role.AGENT, None, PASSWORD, clock())
    env = environment(
        database_url, twilio_server, telegram_server, media_url=tmp_path / "media", public_url=PUBLIC
    )
    with running_service(env, tmp_path) as base:
        twilio_server.hosts[PUBLIC] = base
        yield base


async def sends(twilio: TwilioStandIn, service: str, body: str, **fields: str) -> None:
    form = twilio.inbound(BUDI, body, **fields)
    answer = await twilio.deliver(f"{service}/webhooks/whatsapp", form, f"{PUBLIC}/webhooks/whatsapp")
    assert answer.is_success


async def at_the_desk(service: str) -> httpx.AsyncClient:
    # Behind https the cookies are for https only; a client on loopback has to be told to give them all the same.
    http = httpx.AsyncClient(base_url=service, follow_redirects=False, timeout=15)
    page = await http.get("/desk/sign-in")
    cookies = dict(one.split(";")[0].split("=", 1) for one in page.headers.get_list("set-cookie"))
    [csrf] = re.findall(r'name="csrf" value="([^"]+)"', page.text)
    http.headers["cookie"] = "; ".join(f"{name}={value}" for name, value in cookies.items())
    answer = await http.post(
        "/desk/sign-in", data={"csrf": csrf, "email": "rina@contoh.id", "password": PASSWORD}
    )
    cookies |= dict(one.split(";")[0].split("=", 1) for one in answer.headers.get_list("set-cookie"))
    http.headers["cookie"] = "; ".join(f"{name}={value}" for name, value in cookies.items())
    return http


async def shows(http: httpx.AsyncClient, path: str, pattern: str) -> re.Match[str]:
    async with asyncio.timeout(30):
        while True:
            page = await http.get(path)
            if found := re.search(pattern, page.text):
                return found
            await asyncio.sleep(0.2)


async def test_a_photo_comes_to_the_desk(service: str, twilio_server: TwilioStandIn, tmp_path: Path) -> None:
    content = photo()
    await sends(twilio_server, service, "saya mau bicara dengan petugas")
    http = await at_the_desk(service)
    case = (await shows(http, "/desk", r"/desk/cases/([A-Z]+-\d+-\d+)"))[0]
    url = twilio_server.put_media("image/jpeg", content)
    await sends(
        twilio_server,
        service,
        "",
        NumMedia="1",
        MediaUrl0=url,
        MediaContentType0="image/jpeg",
        MessageType="image",
    )
    await sends(
        twilio_server,
        service,
        "",
        Latitude="-2.9761",
        Longitude="104.7754",
        Label="RSUD",
        Address="Palembang",
    )
    picture = (await shows(http, case, r'<img src="([^"]+)"'))[1]
    answer = await http.get(picture)
    assert (answer.content, answer.headers["content-type"]) == (content, "image/jpeg")
    assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
    await shows(http, case, r"mlat=-2\.976100&amp;mlon=104\.775400")
    async with asyncio.timeout(20):
        while twilio_server.media:
            await asyncio.sleep(0.1)
    kept = [path for path in (tmp_path / "media").rglob("*") if path.is_file()]
    assert len(kept) == 1
    assert content not in kept[0].read_bytes()
    log = (tmp_path / "service.log").read_text()
    assert "+6281200000001" not in log
    assert url not in log
    await http.aclose()


async def replies(http: httpx.AsyncClient, case: str, body: str, name: str, content: bytes) -> None:
    """An agent takes a case and answers with a file."""
    page = await http.get(case)
    [csrf] = set(re.findall(r'name="csrf" value="([^"]+)"', page.text))
    await http.post(f"{case}/claim", data={"csrf": csrf})
    page = await http.get(case)
    [once] = re.findall(r'name="once" value="([^"]+)"', page.text)
    form = {"csrf": csrf, "once": once, "body": body}
    answer = await http.post(f"{case}/reply", data=form, files={"file": (name, content, "text/plain")})
    assert (answer.status_code, answer.headers["location"]) == (303, f"{case}?done=reply")


async def test_an_agents_files_reach_participants_on_both_channels(
    service: str, twilio_server: TwilioStandIn, telegram_server: TelegramStandIn, tmp_path: Path
) -> None:
    await sends(twilio_server, service, "saya mau bicara dengan petugas")
    http = await at_the_desk(service)
    whatsapp = (await shows(http, "/desk", r"/desk/cases/([A-Z]+-\d+-\d+)"))[0]
    await replies(http, whatsapp, "Ini formulirnya.", "Formulir Budi Santoso.pdf", PDF)
    asked = telegram_server.message(4711, "saya mau bicara dengan petugas")
    await telegram_server.deliver(f"{service}/webhooks/telegram", asked)
    telegram = (await shows(http, "/desk", rf"(?!{whatsapp})/desk/cases/([A-Z]+-\d+-\d+)"))[0]
    content = photo()
    await replies(http, telegram, "Ini petanya.", "peta.jpg", content)
    async with asyncio.timeout(60):
        while not any("media" in one for one in twilio_server.shown):
            await asyncio.sleep(0.1)
        while not any("file" in one for one in telegram_server.sent):
            await asyncio.sleep(0.1)
    file = next(one for one in twilio_server.shown if "media" in one)
    assert (file["media"].content, file["media"].name) == (PDF, "Formulir Budi Santoso.pdf")
    words = [one["body"] for one in twilio_server.shown]
    assert words[-2:] == ["*Rina:*\nIni formulirnya.", ""]
    picture = next(one for one in telegram_server.sent if "file" in one)
    assert (picture["method"], picture["file"].content) == ("sendphoto", content)
    assert picture["shown"] == "Rina:\nIni petanya."
    read = twilio_server.status(file["sid"], "read")
    await twilio_server.deliver(
        f"{service}/webhooks/whatsapp/status", read, f"{PUBLIC}/webhooks/whatsapp/status"
    )
    await shows(http, whatsapp, r'Formulir Budi Santoso\.pdf(?s:.)*<p class="tick read">dibaca')
    sent = next(one for one in twilio_server.sent if "MediaUrl" in one)
    log = (tmp_path / "service.log").read_text()
    for secret in (sent["MediaUrl"].split("/")[-2], "Budi", "peta.jpg", "formulirnya", "+6281200000001"):
        assert secret not in log
    assert "media.link_served" in log
    await http.aclose()
