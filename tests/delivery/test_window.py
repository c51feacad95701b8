"""WhatsApp's 24-hour window, through the real webhooks: a template, or waiting until the participant writes."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import select

from bot.channels import windows
from bot.channels.whatsapp import WhatsApp
from bot.channels.whatsapp_api import TwilioAccount
from bot.channels.whatsapp_templates import on_one_line, template_call
from bot.config.templates import Template
from bot.delivery import inbox, outbox, people
from bot.delivery.claiming import Claimed
from bot.delivery.following import Follower
from bot.delivery.outbox import Letter
from bot.live import Live
from bot.messages import Address, Occasion, Text
from bot.storage.engine import Database
from bot.storage.sealing import Sealer
from bot.storage.tables import ChannelAddress, DeliveryAlarm, Outbox, OutboxState
from bot.webhooks import Intake, routes
from bot.worker import Turns, Worker
from tests.conftest import Clock
from tests.delivery.contents import Contents
from tests.delivery.post import Post
from tests.standins import TwilioStandIn

PUBLIC_URL = "https://siaga.example"
PHONE = "whatsapp:+6281234567890"
SID = "HX" + "0" * 31 + "1"
DAY = 24 * 3600.0
REPLY = Template(
    purpose="agent_reply",
    language="id",
    content_sid=SID,
    text="Balasan dari {{1}}: {{2}} Balas pesan ini untuk melanjutkan.",
    variables=("name", "body"),
)


@dataclass
class Line:
    """One participant's phone, and our side of it."""

    post: Post
    twilio: TwilioStandIn
    web: httpx.AsyncClient
    worker: Worker

    async def writes(self, body: str) -> None:
        """A message through the webhook, and the turn that it makes: it is repeated."""
        await self.webhook("/webhooks/whatsapp", self.twilio.inbound(PHONE, body))
        stopping = asyncio.Event()
        async with asyncio.timeout(10), asyncio.TaskGroup() as group:
            group.create_task(self.worker.run(stopping))
            while not any("Anda: " + body in text.body for text in await self.texts()):
                await asyncio.sleep(0.01)
            stopping.set()

    async def webhook(self, path: str, form: dict[str, str]) -> None:
        answer = await self.web.post(path, data=form, headers=self.twilio.signed(PUBLIC_URL + path, form))
        assert answer.status_code == 204

    async def texts(self) -> list[Text]:
        rows = await self.post.rows()
        return [Text(body=self.post.sealer.open(row.sealed)["body"]) for row in rows]

    async def reply(self, body: str, **more: object) -> None:
        """What an agent writes."""
        occasion = Occasion("agent_reply", "id", {"name": "Rina", "body": body, "text": body})
        async with self.post.database.sessions.begin() as session:
            letter = Letter(address=Address(PHONE), text=Text(body=body, occasion=occasion), **more)  # type: ignore[arg-type]
            await outbox.queue(session, self.post.sealer, [letter], self.post.clock())

    async def send(self) -> list[str]:
        """Send what may leave; what the participant has been shown since the start."""
        await self.post.run_until_settled()
        return [shown["body"] for shown in self.twilio.shown]

    async def states(self) -> list[str]:
        return [row.state.value for row in await self.post.rows()]

    async def reported(self, number: int, state: str, code: int | None = None) -> None:
        """A status callback for what was sent as number so and so, and what follows from it."""
        form = self.twilio.status(self.twilio.shown[number]["sid"], state, code)
        await self.webhook("/webhooks/whatsapp/status", form)
        post = self.post
        await Follower(post.database, post.sealer, Live(None), post.clock).round()


@pytest.fixture
def templates(request: pytest.FixtureRequest) -> tuple[Template, ...]:
    return getattr(request, "param", ())


@pytest.fixture
async def line(
    database: Database,
    sealer: Sealer,
    clock: Clock,
    twilio: TwilioStandIn,
    templates: tuple[Template, ...],
) -> AsyncIterator[Line]:
    account = TwilioAccount(
        sid=twilio.sid, token=twilio.token, number=twilio.number, public_url=PUBLIC_URL, api_base=twilio.url
    )
    for template in templates:
        words = {"twilio/text": {"body": template.text}}
        twilio.contents[template.content_sid] = {"types": words, "variables": {}}
    whatsapp = WhatsApp(account, Contents(), templates)
    channels = {"whatsapp": whatsapp}

    async def repeat(claimed: Claimed) -> None:
        heard = " + ".join(incoming.text for _, incoming in claimed.messages)
        async with database.sessions.begin() as session:
            await inbox.retake(session, claimed)
            letter = Letter(address=claimed.address, text=Text(body=f"Anda: {heard}"))
            await outbox.queue(session, sealer, [letter], clock())
            await inbox.finish(session, [claimed], clock())

    app = FastAPI()
    app.router.routes += routes(Intake(database=database, sealer=sealer, channels=channels, clock=clock))
    post = Post(database, sealer, clock, whatsapp)
    worker = Worker(database, sealer, Turns(repeat), clock)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=PUBLIC_URL) as web:
        line = Line(post, twilio, web, worker)
        await line.writes("halo")
        assert await line.send() == ["Anda: halo"]
        yield line
    await whatsapp.close()


with_template = pytest.mark.parametrize("templates", [(REPLY,)], indirect=True)


async def test_without_a_template_it_waits_and_goes_in_order(line: Line) -> None:
    line.post.clock.advance(DAY)
    for body in ("Kartunya sudah terbit.", "Silakan dicek."):
        await line.reply(body)
    assert await line.send() == ["Anda: halo"]
    assert await line.states() == ["sent", "waiting", "waiting"]
    await line.writes("terima kasih")
    assert (await line.send())[1:] == ["Kartunya sudah terbit.", "Silakan dicek.", "Anda: terima kasih"]
    assert await line.states() == ["sent"] * 4


@with_template
async def test_with_a_template_it_goes_as_that(line: Line) -> None:
    line.post.clock.advance(DAY)
    await line.reply("Kartunya terbit.\n\nSilakan\tdicek     ya.")
    assert (await line.send())[1:] == [
        "Balasan dari Rina: Kartunya terbit. · Silakan dicek ya. Balas pesan ini untuk melanjutkan."
    ]
    sent = line.twilio.sent[-1]
    assert "Body" not in sent
    assert (sent["ContentSid"], json.loads(sent["ContentVariables"])) == (
        SID,
        {"1": "Rina", "2": "Kartunya terbit. · Silakan dicek ya."},
    )


@with_template
async def test_what_does_not_fit_into_it_waits_whole(line: Line) -> None:
    line.post.clock.advance(DAY)
    await line.reply("x" * 1000)
    assert len(await line.send()) == 1
    assert await line.states() == ["sent", "waiting"]


@pytest.mark.parametrize(("seconds", "state"), [(DAY - 301, "sent"), (DAY - 300, "waiting")])
async def test_the_edge_is_decided_when_it_is_sent(line: Line, seconds: float, state: str) -> None:
    await line.reply("Sebentar ya.")  # queued while the window was open
    line.post.clock.advance(seconds)
    await line.send()
    assert (await line.states())[-1] == state


async def test_a_tap_or_a_message_opens_it_again(line: Line) -> None:
    line.post.clock.advance(DAY - 600)
    await line.writes("masih di sini")
    line.post.clock.advance(DAY - 600)
    await line.reply("Baik.")
    assert (await line.send())[-1] == "Baik."


async def test_refused_as_outside_the_window_it_waits(line: Line) -> None:
    """By our clock it was open; the provider knows better."""
    await line.reply("Baik.")
    await line.send()
    await line.reported(1, "undelivered", 63016)
    await line.send()
    assert await line.states() == ["sent", "waiting"]
    await line.writes("ya?")
    assert (await line.send())[-2:] == ["Baik.", "Anda: ya?"]


@with_template
async def test_refused_as_outside_the_window_it_goes_as_a_template(line: Line) -> None:
    await line.reply("Baik.")
    await line.send()
    await line.reported(1, "undelivered", 63016)
    assert (await line.send())[-1].startswith("Balasan dari Rina: Baik.")


@with_template
async def test_a_template_that_nobody_approved_calls_an_operator(line: Line) -> None:
    """It would be refused for ever: the message waits, and an alarm says why."""
    line.post.clock.advance(DAY)
    await line.reply("Baik.")
    await line.send()
    await line.reported(1, "undelivered", 63016)
    await line.send()
    assert await line.states() == ["sent", "waiting"]
    async with line.post.database.sessions() as session:
        assert list(await session.scalars(select(DeliveryAlarm.code))) == ["63040"]


async def test_refused_after_they_wrote_it_goes_freely(line: Line) -> None:
    await line.reply("Baik.")
    await line.send()
    line.post.clock.advance(60)
    await line.writes("ya?")
    await line.send()
    await line.reported(1, "undelivered", 63016)
    assert (await line.send())[-1] == "Baik."


async def test_who_writes_while_it_is_put_aside_is_not_missed(line: Line) -> None:
    """The sender took the row when the window was closed, and notes that it waits after they wrote."""
    post = line.post
    post.clock.advance(DAY)
    await line.reply("Baik.")
    sender = post.sender()
    [due] = await sender._claim()
    claimed = line.twilio.inbound(PHONE, "ya?")
    [incoming] = post.channels["whatsapp"].parse(webhook(claimed), post.clock())
    await people.note(post.database, post.sealer, [(post.clock(), incoming)])
    await sender._deliver(due)
    assert (await line.states())[-1] == "queued"
    assert (await line.send())[-1] == "Baik."


def webhook(form: dict[str, str]):
    from urllib.parse import urlencode  # noqa: PLC0415

    from bot.channels.channel import Webhook  # noqa: PLC0415

    headers = {"content-type": "application/x-www-form-urlencoded"}
    return Webhook("/webhooks/whatsapp", headers, urlencode(form).encode())


async def test_of_a_message_in_parts_the_rest_waits(line: Line) -> None:
    line.post.clock.advance(DAY - 400)
    await line.reply("kata " * 500)
    async with line.post.database.sessions.begin() as session:
        row = (await session.scalars(select(Outbox).where(Outbox.state == OutboxState.QUEUED))).one()
        row.parts_sent = 1
    line.post.clock.advance(200)
    await line.send()
    assert (await line.states())[-1] == "waiting"


@pytest.mark.parametrize("channel", ["telegram", "simtelegram"])
def test_telegram_has_no_window(channel: str, clock: Clock) -> None:
    long_ago = clock()
    clock.advance(100 * DAY)
    assert windows.open_until(channel, long_ago) is None
    assert windows.is_open(channel, long_ago, None, clock())


def test_every_run_of_white_space_in_a_variable_is_one_space() -> None:
    assert on_one_line(" a\tb     c \r\n\n d\u2028e\0 ") == "a b c · d · e"


def test_the_first_that_fits_in_the_language_is_taken() -> None:
    def template(sid: str, language: str, text: str, *variables: str) -> Template:
        return Template(
            purpose="notice_published",
            language=language,
            content_sid="HX" + sid * 32,
            text=text,
            variables=variables,
        )

    known = [
        template("1", "id", "Kabar: {{1}} Sebab: {{2}} Terima kasih.", "title", "cause"),
        template("2", "id", "Kabar: {{1}} Terima kasih.", "title"),
        template("3", "en", "News: {{1}} Thank you.", "title"),
    ]

    def taken(language: str, **values: str) -> str:
        call = template_call(known, Occasion("notice_published", language, values))
        return str(call.fields["ContentSid"])[2] if call else ""

    assert taken("id", title="VClaim", cause="Listrik") == "1"
    assert taken("id", title="VClaim", cause="") == "2"  # no variable may be empty
    assert taken("id", title="VClaim", cause="x" * 1000) == "2"
    assert taken("en", title="VClaim", cause="Listrik") == "3"
    assert taken("jv", title="VClaim", cause="Listrik") == "1"
    assert taken("id", title="x" * 1020) == ""
    assert template_call(known, Occasion("agent_reply", "id", {"body": "x"})) is None


async def test_window_closed_is_forgotten_when_they_write(line: Line) -> None:
    await line.reply("Baik.")
    await line.send()
    await line.reported(1, "undelivered", 63016)
    await line.writes("ya?")
    async with line.post.database.sessions() as session:
        known = await session.get_one(ChannelAddress, PHONE)
    assert known.window_closed_at is None
