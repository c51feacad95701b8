"""A photo's whole way: Twilio, the service in a process of its own, the store, an agent's browser."""

import asyncio
import io
import os
import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from PIL import Image

from bot import staff
from bot.app import clock
from bot.settings import HOME
from bot.storage.engine import Database
from bot.storage.tables import Role
from tests.conftest import SECRET_KEY
from tests.running import running_service
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
    database: Database, database_url: str, twilio_server: TwilioStandIn, tmp_path: Path
) -> AsyncIterator[str]:
    twilio_server.reset()
    async with database.sessions.begin() as session:
        await staff.create_agent(session, "rina@contoh.id", "Rina", Role.AGENT, None, PASSWORD, clock())
    settings = {
        "SIAGA_DATABASE_URL": database_url,
        "SIAGA_SECRET_KEY": SECRET_KEY,
        "SIAGA_DATA_DIR": str(HOME / ".siaga"),
        "SIAGA_MEDIA_URL": str(tmp_path / "media"),
        "SIAGA_PUBLIC_URL": PUBLIC,
        "SIAGA_TWILIO_ACCOUNT_SID": twilio_server.sid,
        "SIAGA_TWILIO_AUTH_TOKEN": twilio_server.token,
        "SIAGA_TWILIO_WHATSAPP_NUMBER": twilio_server.number,
        "SIAGA_TWILIO_API_BASE": twilio_server.url,
    }
    with running_service(os.environ | settings, tmp_path) as base:
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
