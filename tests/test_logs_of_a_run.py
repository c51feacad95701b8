"""A whole run of the service, with everything that can go wrong on the way: nothing that anybody said is in its log.

Failures are real ones whose exceptions quote what was said: triggers that raise with the row's text, providers that
answer with numbers and names in their errors, a database that goes away.
"""

import asyncio
import json
import re
import signal
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import httpx
import pytest

from bot import staff
from bot.app import clock
from bot.storage.engine import Database
from bot.storage.tables import Role
from tests.conftest import SECRET_KEY
from tests.running import environment, free_port, running_part
from tests.standins import TelegramStandIn, TwilioStandIn, running_telegram, running_twilio

NIK, PHONE, NAME = "1671014505900002", "6281277788899", "Rahmawati Kusnandar"
CHAT, FIRST_NAME = 7319042215, "Mangapul"
STORY = (
    f"Saya mau mengadu, nama saya {NAME}, NIK {NIK}, nomor 0{PHONE[2:]}, ditolak perawat Zubaidah di loket"
)
SECOND = f"kartu Siregarwati belum aktif, nomor bpjs 0001299887744, hubungi +{PHONE}"
BROKEN = f"pesan Tambunansari yang gagal, NIK {NIK}"
REPLY = "Selamat siang Bu Rahmawati, berkas Hutagalungan sudah kami terima"
AWAY = f"tolong Panggabeanti saat basis data mati {NIK}"
EMAIL = "petugas.sinambela@contoh.id"

SAID = [STORY, SECOND, BROKEN, REPLY, AWAY]
WORDS = {word for text in SAID for word in re.findall(r"[A-Z][a-z]{6,}", text)} | {FIRST_NAME, "sinambela"}
NUMBERS = {NIK, PHONE, PHONE[2:], str(CHAT), "0001299887744"}

NUMBERS_TOLD = (
    'siaga_webhooks_total{channel="whatsapp",outcome="forged"} 1.0',
    'siaga_webhooks_total{channel="telegram",outcome="bad_payload"} 1.0',
    'siaga_webhooks_total{channel="whatsapp",outcome="not_stored"} 1.0',
    'siaga_failures_total{channel="whatsapp",code="63016",heard="receipt"} 1.0',
    'siaga_failures_total{channel="telegram",code="http_400",heard="send"} 1.0',
    'siaga_receipts_total{channel="whatsapp",state="delivered"} 1.0',
    'siaga_turn_seconds_count{outcome="failed"}',
    'siaga_arrival_to_commit_seconds_count{channel="telegram"}',
)


class Run:
    """The service in a process, the providers' stand-ins, and what was logged."""

    def __init__(self, base: str, twilio: TwilioStandIn, telegram: TelegramStandIn, log: Path) -> None:
        self.base, self.twilio, self.telegram, self.log = base, twilio, telegram, log
        self.answers: list[str] = []
        """Whatever the service showed to somebody who is not the participant or an agent."""

    async def whatsapp(self, body: str) -> httpx.Response:
        form = self.twilio.inbound(f"whatsapp:+{PHONE}", body, ProfileName=NAME)
        answer = await self.twilio.deliver(f"{self.base}/webhooks/whatsapp", form)
        self.answers.append(answer.text)
        return answer

    async def telegrams(self, body: str, tries: int = 1) -> list[int]:
        update = self.telegram.message(CHAT, body, first_name=FIRST_NAME)
        return await self.telegram.deliver(f"{self.base}/webhooks/telegram", update, tries=tries)

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log.read_text().splitlines()]

    def events(self, name: str) -> list[dict[str, Any]]:
        return [line for line in self.lines() if line["event"] == name]

    async def until(self, true: Callable[[], Any], seconds: float = 30) -> None:
        end = time.monotonic() + seconds
        while not true():
            assert time.monotonic() < end, self.log.read_text()[-3000:]
            await asyncio.sleep(0.05)


@pytest.fixture
async def providers() -> AsyncIterator[tuple[TwilioStandIn, TelegramStandIn]]:
    async with running_twilio() as twilio, running_telegram() as telegram:
        yield twilio, telegram


def told(database_url: str, redis_url: str, base: str, twilio: TwilioStandIn, telegram: TelegramStandIn):
    """The settings of the service."""
    more = {"redis_url": redis_url, "public_url": base, "log_level": "debug", "drain_seconds": 0}
    return environment(database_url, twilio, telegram, **more)


async def test_a_run_in_which_everything_goes_wrong(
    database: Database, database_url: str, redis_url: str, tmp_path: Path, providers, services
) -> None:
    twilio, telegram = providers
    port, log = free_port(), tmp_path / "service.log"
    base = f"http://127.0.0.1:{port}"
    async with database.sessions.begin() as session:
        token = await staff.create_token(session, Role.SUPERVISOR, "sinambela", None, clock())
        await staff.create_agent(
            session, EMAIL, "Sinambela", Role.AGENT, None, "kata-sandi-rahasia-9", clock()
        )
    env = told(database_url, redis_url, base, twilio, telegram)
    with running_part("all", env, log, port=port) as service:
        run = Run(base, twilio, telegram, log)
        trace = await talks(run)
        await agent_works(run, token)
        await providers_fail(run)
        await strangers_knock(run)
        async with exceptions_that_quote(database_url):
            await run.telegrams(BROKEN)
            await run.until(lambda: run.events("turn.failed"))
        await database_away(run, services.database_url, database_url)
        page = httpx.get(f"{base}/metrics").text
        await asyncio.to_thread(stopped, service)

    assert not spoken_of(log.read_text(), token, twilio, telegram)
    assert not spoken_of(page + "".join(run.answers), token, twilio, telegram)
    for line in run.lines():
        assert {"event", "level", "time", "role"} <= line.keys(), line
    for name in ("turn.failed", "outbox.not_sent", "webhook.refused", "webhook.not_stored", "receipt.heard"):
        assert run.events(name), f"{name} did not happen"
    for number in NUMBERS_TOLD:
        assert number in page, number
    assert {line["role"] for line in run.lines()} >= {"web", "worker", "sender"}
    steps = {line["event"]: line["role"] for line in run.lines() if line.get("trace") == trace}
    assert {"webhook.stored", "turn.committed", "outbox.sent", "receipt.heard"} <= steps.keys()
    assert (steps["webhook.stored"], steps["turn.committed"], steps["outbox.sent"]) == (
        "web",
        "worker",
        "sender",
    )


async def talks(run: Run) -> str:
    """Two participants write; the status callback of an answer comes. Gives the trace of that way."""
    assert (await run.whatsapp(STORY)).status_code == 204
    await run.until(lambda: run.twilio.sent)
    [first] = run.events("webhook.stored")
    sent = run.twilio.sent[0]
    callback = sent["StatusCallback"]
    assert first["trace"] in callback
    for state, error in (("delivered", None), ("failed", 63016)):
        form = run.twilio.status(sent["MessageSid"], state, error)
        assert (await run.twilio.deliver(callback, form)).status_code == 204
    assert await run.telegrams(SECOND) == [200]
    await run.until(lambda: run.telegram.sent)
    return str(first["trace"])


async def agent_works(run: Run, token: str) -> None:
    """Somebody wants an agent; an agent answers through the API."""
    before = len(run.twilio.sent)
    await run.whatsapp("batal")
    await run.until(lambda: len(run.twilio.sent) > before)
    await run.whatsapp("mau bicara petugas")
    async with httpx.AsyncClient(base_url=run.base, headers={"Authorization": f"Bearer {token}"}) as api:

        async def cases() -> list[dict[str, Any]]:
            found: list[dict[str, Any]] = (await api.get("/api/v1/cases?kind=handover")).json()["items"]
            return found

        end = time.monotonic() + 30
        while not (found := await cases()):
            assert time.monotonic() < end
            await asyncio.sleep(0.1)
        number = found[0]["number"]
        assert (await api.post(f"/api/v1/cases/{number}/claim")).is_success
        answer = await api.post(f"/api/v1/cases/{number}/reply", json={"body": REPLY})
        assert answer.is_success, answer.text
    await run.until(lambda: any("Hutagalungan" in shown["body"] for shown in run.twilio.shown))


async def providers_fail(run: Run) -> None:
    """Twilio and Telegram refuse in words that quote the participant, and break the connection."""
    run.telegram.fail_next(
        400, {"ok": False, "error_code": 400, "description": f"Bad Request: {CHAT} {SECOND}"}
    )
    await run.telegrams(SECOND)
    await run.until(lambda: run.events("outbox.not_sent"))
    run.telegram.cut_next()
    await run.telegrams(SECOND)
    run.twilio.fail_next(
        400, {"code": 21211, "message": f"The 'To' number whatsapp:+{PHONE} is not valid: {NAME}"}
    )
    await run.whatsapp(STORY)


async def strangers_knock(run: Run) -> None:
    """Forged and broken webhooks, pages that are not there, a sign-in with a wrong password."""
    async with httpx.AsyncClient(base_url=run.base) as http:
        form = run.twilio.inbound(f"whatsapp:+{PHONE}", STORY)
        answers = [
            await http.post("/webhooks/whatsapp", data=form, headers={"X-Twilio-Signature": "forged"}),
            await http.post(
                "/webhooks/telegram",
                content=f'{{"message": "{SECOND}',
                headers={"X-Telegram-Bot-Api-Secret-Token": run.telegram.secret},
            ),
            await http.get(f"/desk/cases/{NIK}?q={NAME}"),
            await http.get(f"/nowhere/+{PHONE}"),
        ]
        assert [answer.status_code for answer in answers[:2]] == [403, 400]
        run.answers += [answer.text for answer in answers]
        await http.post("/desk/sign-in", data={"email": EMAIL, "password": "kata-sandi-rahasia-9x"})


@asynccontextmanager
async def exceptions_that_quote(url: str) -> AsyncIterator[None]:
    """While the block runs, no line of a talk can be written, and PostgreSQL says which one it was."""
    connection = await asyncpg.connect(url)
    await connection.execute("""
        create function quote_it() returns trigger language plpgsql as $$
        begin raise exception 'no room for %', new.body using detail = new.body; end $$;
        create trigger quoting before insert on messages for each row execute function quote_it();
    """)
    try:
        yield
    finally:
        await connection.execute("drop trigger quoting on messages")
        await connection.close()


async def database_away(run: Run, server: str, url: str) -> None:
    """The database takes no connections for a while; a webhook is refused, and comes again."""
    name = urlsplit(url).path[1:]
    admin = await asyncpg.connect(server)
    try:
        await admin.execute(f"alter database {name} with allow_connections false")
        await admin.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = $1", name)
        assert (await run.whatsapp(AWAY)).status_code == 503
        ready = httpx.get(f"{run.base}/readyz")
        assert (ready.status_code, ready.json()["status"]) == (503, "no database")
        assert httpx.get(f"{run.base}/healthz").status_code == 200
        assert "siaga_database_up 0.0" in httpx.get(f"{run.base}/metrics").text
    finally:
        await admin.execute(f"alter database {name} with allow_connections true")
        await admin.close()
    await run.until(lambda: httpx.get(f"{run.base}/readyz").status_code == 200)
    assert await run.telegrams(AWAY) == [200]


def stopped(service: Any) -> None:
    service.send_signal(signal.SIGTERM)
    assert service.wait(timeout=30) == 0


def spoken_of(text: str, token: str, twilio: TwilioStandIn, telegram: TelegramStandIn) -> list[str]:
    """Everything that was said, or is secret, and stands in `text`."""
    secrets = {token, twilio.token, telegram.token, telegram.secret, SECRET_KEY, EMAIL, "kata-sandi-rahasia"}
    wholes = {*SAID, *NUMBERS, *WORDS, NAME} | secrets
    assert len(WORDS) > 8
    return sorted(said for said in wholes if said.lower() in text.lower())
