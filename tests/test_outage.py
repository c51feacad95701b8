"""PostgreSQL is away for half an hour: providers are told so at once, and afterwards every message is there, once."""

import asyncio
import tempfile
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select

from bot.channels.channel import Channel
from bot.channels.telegram import Telegram, TelegramAccount
from bot.channels.whatsapp import WhatsApp
from bot.channels.whatsapp_api import TwilioAccount
from bot.delivery.forms import incoming_from_json
from bot.delivery.reconciling import reconcile
from bot.listening import bare_app, listen
from bot.local import Services, local_services
from bot.messages import Incoming
from bot.scheduler import Job, Scheduler
from bot.storage.engine import Database
from bot.storage.migrating import upgrade
from bot.storage.sealing import Sealer
from bot.storage.tables import Inbox
from bot.webhooks import Intake, routes
from tests.channels.conftest import KeptContents
from tests.conftest import Clock
from tests.running import environment, free_port, running_service
from tests.standins import TelegramStandIn, TwilioStandIn, running_telegram, running_twilio

PUBLIC = "https://siaga.example/webhooks/whatsapp"
MINUTES = 30
SARI, BUDI = "whatsapp:+6281399000801", "whatsapp:+6281399000802"
TRIES = 6
"""Of Twilio, with the overrides of docs/channels.md: all within a quarter of a minute."""


@pytest.fixture
def own_services() -> Iterator[Services]:
    """A PostgreSQL that this test may stop."""
    with (
        tempfile.TemporaryDirectory(prefix="siaga-outage-") as folder,
        local_services(Path(folder), durable=False) as services,
    ):
        yield services


class Telegrams:
    """Telegram's side: a queue for each chat; what is not accepted is tried again before what came after it."""

    def __init__(self, standin: TelegramStandIn, url: str, http: httpx.AsyncClient) -> None:
        self.standin, self.url, self.http = standin, url, http
        self.queues: dict[int, deque[dict[str, object]]] = defaultdict(deque)

    async def deliver(self) -> set[tuple[int, str | None]]:
        """Try what waits; the answers, and after how many seconds to come again."""
        headers = {"X-Telegram-Bot-Api-Secret-Token": self.standin.secret}
        answers = set()
        for queue in self.queues.values():
            while queue:
                answer = await self.http.post(self.url, json=queue[0], headers=headers)
                answers.add((answer.status_code, answer.headers.get("retry-after")))
                if answer.status_code != 200:
                    break
                queue.popleft()
        return answers


class House:
    """The web and the scheduler of a branch, both providers, and the people who write."""

    def __init__(self, services: Services, sealer: Sealer, clock: Clock, port: int) -> None:
        self.services, self.sealer, self.clock = services, sealer, clock
        self.url = f"http://127.0.0.1:{port}/webhooks"
        self.database = Database(services.database_url)
        self.wrote: dict[str, list[str]] = defaultdict(list)
        self.twilio: TwilioStandIn
        self.whatsapp: WhatsApp
        self.telegrams: Telegrams

    async def write(self, body: str, *, person: int) -> tuple[int, set[tuple[int, str | None]]]:
        """Somebody writes on WhatsApp and on Telegram; what our web answers."""
        sender = f"whatsapp:+62813990007{person:02}"
        self.wrote[sender].append(body)
        form = self.twilio.inbound(sender, body)
        for _ in range(TRIES):
            answer = await self.twilio.deliver(f"{self.url}/whatsapp", form, signed_url=PUBLIC)
            if answer.is_success:
                break
        self.wrote[f"telegram:{person}"].append(body)
        self.telegrams.queues[person].append(self.telegrams.standin.message(person, body))
        return answer.status_code, await self.telegrams.deliver()

    async def there(self) -> dict[str, list[str]]:
        """What is in the inbox, by who wrote it, in the order in which it is taken."""
        found: dict[str, list[str]] = defaultdict(list)
        async with self.database.sessions() as session:
            for row in await session.scalars(select(Inbox).order_by(Inbox.id)):
                said: Incoming = incoming_from_json(self.sealer.open(row.sealed))
                found[said.address].append(said.text)
        return found


@pytest.fixture
async def house(own_services: Services, sealer: Sealer, clock: Clock) -> AsyncIterator[House]:
    await upgrade(own_services.database_url)
    port = free_port()
    house = House(own_services, sealer, clock, port)
    over = asyncio.Event()
    async with (
        running_twilio() as twilio,
        running_telegram() as telegram,
        httpx.AsyncClient() as http,
        asyncio.TaskGroup() as tasks,
    ):
        twilio.clock = clock
        house.twilio, house.telegrams = twilio, Telegrams(telegram, f"{house.url}/telegram", http)
        house.whatsapp = whatsapp(twilio)
        channels: dict[str, Channel] = {"whatsapp": house.whatsapp, "telegram": telegram_of(telegram)}
        app = bare_app()
        intake = Intake(database=house.database, sealer=sealer, channels=channels, clock=clock)
        app.router.routes += routes(intake)
        started = asyncio.Event()
        tasks.create_task(listen(app, "127.0.0.1", port, over, started.set))
        await started.wait()
        yield house
        over.set()
    for channel in channels.values():
        await channel.close()
    await house.database.close()


def whatsapp(twilio: TwilioStandIn) -> WhatsApp:
    account = TwilioAccount(
        sid=twilio.sid,
        token=twilio.token,
        number=twilio.number,
        public_url="https://siaga.example",
        api_base=twilio.url,
    )
    return WhatsApp(account, KeptContents())


def telegram_of(telegram: TelegramStandIn) -> Telegram:
    return Telegram(TelegramAccount(token=telegram.token, secret=telegram.secret, api_base=telegram.url))


async def test_after_half_an_hour_without_postgresql_every_message_is_there_once(
    house: House, clock: Clock
) -> None:
    async def compare(now: object) -> int:
        return await reconcile(
            house.database, house.sealer, house.whatsapp, clock(), longest=timedelta(days=29)
        )

    job = Job(name="reconcile", every=timedelta(minutes=5), do=compare)
    scheduler = Scheduler(house.database, [job], clock)
    assert await house.write("sebelum", person=1) == (204, {(200, None)})
    assert await scheduler.round() == ["reconcile"]

    house.services.postgres.stop()
    for minute in range(MINUTES):
        clock.advance(60)
        assert await house.write(f"menit {minute}", person=minute % 3) == (503, {(503, "5")})
        assert await scheduler.round() == []
    house.services.postgres.start()

    assert await house.write("sesudah", person=1) == (204, {(200, None)})
    clock.advance(61)
    assert await scheduler.round() == ["reconcile"]
    there = await house.there()
    assert {who: sorted(texts) for who, texts in there.items()} == {
        who: sorted(texts) for who, texts in house.wrote.items()
    }
    for who, texts in house.wrote.items():
        late = [text for text in there[who] if text.startswith("menit")]
        assert late == [text for text in texts if text.startswith("menit")]
        if who.startswith("telegram"):
            assert there[who] == texts

    clock.advance(300)
    assert await scheduler.round() == ["reconcile"]
    assert await house.there() == there


async def test_what_was_written_while_nothing_ran_is_answered_after_the_start(
    database_url: str, tmp_path: Path
) -> None:
    async with running_twilio() as twilio:
        twilio.clock = lambda: datetime.now(UTC) - timedelta(minutes=5)
        for sender in (SARI, BUDI):
            twilio.receive(twilio.inbound(sender, "halo"))
        with running_service(environment(database_url, twilio), tmp_path):
            async with asyncio.timeout(30):
                while {one["to"] for one in twilio.shown} != {SARI, BUDI}:
                    await asyncio.sleep(0.05)
    assert sorted(one["to"] for one in twilio.shown) == [SARI, BUDI]
