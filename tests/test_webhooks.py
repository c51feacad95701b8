"""The webhooks: verified, stored, answered; and what each refusal looks like to a provider."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime

import httpx
import orjson
import pytest
import structlog
from fastapi import FastAPI
from sqlalchemy import select

from bot import webhooks
from bot.channels.channel import Webhook
from bot.errors import BadPayload, Forged
from bot.messages import Address, Delivery, Event, Incoming, Receipt
from bot.storage.engine import Database
from bot.storage.sealing import Sealer
from bot.storage.tables import DeliveryReceipt, Inbox
from bot.webhooks import LARGEST, Intake, routes
from tests.conftest import Clock
from tests.delivery.recording import Recording

WORDS = "kartu saya tidak aktif"
NOBODY = "postgresql://siaga@/siaga?host=/nonexistent"


class Signed(Recording):
    """A channel whose webhooks are JSON, signed by the path and query they came to."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.acknowledged: list[str | None] = []

    def verify(self, webhook: Webhook) -> None:
        if webhook.headers.get("x-signature") != webhook.path_and_query:
            raise Forged(WORDS)

    def parse(self, webhook: Webhook, now: datetime) -> list[Event]:
        try:
            said = orjson.loads(webhook.body)
        except orjson.JSONDecodeError:
            raise BadPayload(WORDS) from None
        if "state" in said:
            state = Delivery(said["state"])
            return [Receipt(channel=self.name, provider_id=said["id"], state=state, at=now)]
        incoming = Incoming(
            channel=self.name,
            address=Address(f"{self.name}:1"),
            provider_id=said["id"],
            sent_at=now,
            text=WORDS,
            acknowledge=said.get("acknowledge"),
        )
        return [incoming]

    async def acknowledge(self, incoming: Incoming) -> None:
        self.acknowledged.append(incoming.acknowledge)


class Provider:
    """Posts webhooks to an application of our own."""

    def __init__(
        self, database: Database, sealer: Sealer, clock: Clock, *names: str, at_once: int = 100
    ) -> None:
        self.channels = {name: Signed(name) for name in names}
        self.room = asyncio.Semaphore(at_once)
        app = FastAPI()
        app.router.routes += routes(
            Intake(database=database, sealer=sealer, channels=self.channels, clock=clock, room=self.room)
        )
        self.http = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="https://siaga.test")

    async def post(
        self, path: str, body: bytes | dict[str, str], signature: str | None = None
    ) -> httpx.Response:
        content = body if isinstance(body, bytes) else orjson.dumps(body)
        headers = {"X-Signature": path if signature is None else signature}
        return await self.http.post(path, content=content, headers=headers)


@pytest.fixture
async def provider(database: Database, sealer: Sealer, clock: Clock) -> AsyncIterator[Provider]:
    provider = Provider(database, sealer, clock, "whatsapp", "telegram")
    async with provider.http:
        yield provider


async def stored(database: Database) -> list[str]:
    async with database.sessions() as session:
        return list(await session.scalars(select(Inbox.provider_id).order_by(Inbox.id)))


@pytest.mark.parametrize(
    ("path", "status"),
    [("/webhooks/whatsapp", 204), ("/webhooks/whatsapp/status", 204), ("/webhooks/telegram", 200)],
)
async def test_a_message_is_stored_and_answered_without_a_body(
    provider: Provider, database: Database, path: str, status: int
) -> None:
    for _ in range(5):
        answer = await provider.post(path, {"id": "SM1"})
        assert (answer.status_code, answer.content) == (status, b"")
    assert await stored(database) == ["SM1"]


async def test_path_and_query_reach_the_signature_as_it_was_written(
    provider: Provider, database: Database
) -> None:
    path = "/webhooks/whats%61pp/status?outbox=4%2B1&x=a%20b"
    assert (await provider.post(path, {"id": "SM2", "state": "read"})).status_code == 204
    async with database.sessions() as session:
        assert (await session.scalars(select(DeliveryReceipt.state))).all() == [Delivery.READ]


async def test_what_postgresql_refuses_costs_what_came_with_it_nothing(
    provider: Provider, database: Database
) -> None:
    """Webhooks of the same moment share a statement."""
    ids = ["SM1", "SM2", "SM\x00", "SM3"]
    answers = await asyncio.gather(*(provider.post("/webhooks/telegram", {"id": one}) for one in ids))
    assert [answer.status_code for answer in answers] == [200, 200, 503, 200]
    assert sorted(await stored(database)) == ["SM1", "SM2", "SM3"]


@pytest.mark.parametrize("signature", ["", "forged", "/webhooks/telegram"])
async def test_a_forged_one_is_refused_and_leaves_no_trace(
    provider: Provider, database: Database, signature: str
) -> None:
    with structlog.testing.capture_logs() as logs:
        answer = await provider.post("/webhooks/whatsapp", {"id": "SM1"}, signature)
    assert (answer.status_code, answer.content) == (403, b"")
    assert await stored(database) == []
    assert [entry["reason"] for entry in logs] == ["Forged"]
    assert WORDS not in str(logs)


async def test_what_is_not_the_providers_form_is_refused_without_a_word_of_it(provider: Provider) -> None:
    with structlog.testing.capture_logs() as logs:
        answer = await provider.post("/webhooks/whatsapp", WORDS.encode())
    assert (answer.status_code, answer.content) == (400, b"")
    assert [entry["reason"] for entry in logs] == ["BadPayload"]
    assert WORDS not in str(logs)


async def test_a_body_over_the_limit_is_refused_before_it_is_read_through(provider: Provider) -> None:
    answer = await provider.post("/webhooks/telegram", b"x" * (LARGEST + 1))
    assert (answer.status_code, answer.content) == (413, b"")
    assert (await provider.post("/webhooks/telegram", b"x" * LARGEST)).status_code == 400


async def test_with_postgresql_away_the_provider_is_asked_to_come_again(sealer: Sealer, clock: Clock) -> None:
    away = Database(NOBODY)
    provider = Provider(away, sealer, clock, "telegram")
    with structlog.testing.capture_logs() as logs:
        answer = await provider.post("/webhooks/telegram", {"id": "1", "acknowledge": "query"})
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert provider.channels["telegram"].acknowledged == []
    assert [entry["event"] for entry in logs] == ["webhook.not_stored"]
    assert WORDS not in str(logs)
    await provider.http.aclose()
    await away.close()


async def test_with_postgresql_hanging_the_provider_does_not_wait(
    provider: Provider, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhooks, "STORED_WITHIN", 0.2)
    async with database.engine.begin() as connection:
        await connection.exec_driver_sql("lock table inbox in access exclusive mode")
        with structlog.testing.capture_logs() as logs:
            answer = await provider.post("/webhooks/telegram", {"id": "1"})
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert [entry["error"] for entry in logs] == ["TimeoutError"]
    assert (await provider.post("/webhooks/telegram", {"id": "1"})).status_code == 200
    assert await stored(database) == ["1"]


async def test_a_process_with_too_much_in_hand_refuses_and_loses_nothing_that_it_took(
    database: Database, sealer: Sealer, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhooks, "STORED_WITHIN", 60.0)
    provider = Provider(database, sealer, clock, "telegram", at_once=2)
    async with asyncio.TaskGroup() as tasks, database.engine.begin() as connection:
        await connection.exec_driver_sql("lock table inbox in access exclusive mode")
        taken = [
            tasks.create_task(provider.post("/webhooks/telegram", {"id": str(number)})) for number in range(2)
        ]
        while not provider.room.locked():
            await asyncio.sleep(0.01)
        busy = await provider.post("/webhooks/telegram", {"id": "3"})
        assert (busy.status_code, busy.headers["retry-after"]) == (503, "5")
        assert (await provider.post("/webhooks/telegram", {"id": "4"}, "forged")).status_code == 403
    assert [task.result().status_code for task in taken] == [200, 200]
    assert (await provider.post("/webhooks/telegram", {"id": "3"})).status_code == 200
    assert sorted(await stored(database)) == ["0", "1", "3"]
    await provider.http.aclose()


async def test_a_channel_that_is_not_configured_is_not_there(
    database: Database, sealer: Sealer, clock: Clock
) -> None:
    provider = Provider(database, sealer, clock, "telegram")
    assert (await provider.post("/webhooks/whatsapp", {"id": "1"})).status_code == 404
    assert (await provider.post("/webhooks/telegram", {"id": "1"})).status_code == 200
    await provider.http.aclose()


async def test_a_tap_is_acknowledged_after_the_answer(provider: Provider) -> None:
    await provider.post("/webhooks/telegram", {"id": "1", "acknowledge": "query-7"})
    await provider.post("/webhooks/telegram", {"id": "2"})
    assert provider.channels["telegram"].acknowledged == ["query-7"]
