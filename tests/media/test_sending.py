"""Files on their way out: through the outbox, the real channels and the providers' stand-ins."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from fastapi import FastAPI
from sqlalchemy import select, update

from bot.channels.channel import Channel
from bot.channels.whatsapp import WhatsApp
from bot.conversation.speaking import Saying, Speaker, say
from bot.delivery import outbox
from bot.delivery.following import Follower
from bot.delivery.outbox import Room
from bot.delivery.waiting import let_go
from bot.errors import ChannelError
from bot.live import Live
from bot.media.enclosing import Upload
from bot.media.links import router
from bot.media.stores import StoreAway
from bot.messages import Address, Call, Enclosure, Text
from bot.settings import Settings
from bot.storage.tables import (
    Author,
    ChannelAddress,
    Conversation,
    DeliveryAlarm,
    MediaFile,
    Outbox,
    OutboxState,
)
from bot.webhooks import Intake, routes
from tests.delivery.post import Post
from tests.desk.serving import answering
from tests.media.conftest import NoContents, Shelf
from tests.media.files import PDF, VOICE, padded, picture
from tests.standins.telegram import error_body

BUDI, SARI = "whatsapp:+6281200000001", "telegram:4711"
PUBLIC = "https://siaga.example"
REPLY = "*Rina:*\nIni yang diminta."


@pytest.fixture
def post(shelf: Shelf) -> Post:
    return Post(shelf.database, shelf.sealer, shelf.clock, *shelf.channels.values())


@pytest.fixture
async def reached(shelf: Shelf) -> AsyncIterator[None]:
    """Twilio finds us at our public address."""
    app = FastAPI()
    app.include_router(router(shelf.links, shelf.database, shelf.vault))
    intake = Intake(database=shelf.database, sealer=shelf.sealer, channels=shelf.channels, clock=shelf.clock)
    app.router.routes += routes(intake)
    async with answering(app) as url:
        shelf.twilio.hosts[PUBLIC] = url
        yield


async def reply(
    shelf: Shelf, to: str, content: bytes, name: str = "surat.pdf", body: str = REPLY, **more: object
) -> Enclosure:
    """What an agent writes and sends along."""
    talk = await shelf.talk(to)
    enclosure = await shelf.enclosing.keep(talk.id, to, Upload(content, name))
    async with shelf.database.sessions.begin() as session:
        talk = await session.get_one(Conversation, talk.id)
        text = Text(body=body, enclosure=enclosure, **more)  # type: ignore[arg-type]
        await say(session, shelf.sealer, [Saying(talk, text, Speaker(Author.AGENT))], shelf.clock())
    return enclosure


async def fetched(shelf: Shelf) -> None:
    """Until Twilio has fetched, or not, what it was told to."""
    async with asyncio.timeout(10):
        while shelf.twilio.fetching:
            await asyncio.sleep(0.01)


def by_the_real_clock(shelf: Shelf) -> Post:
    """For what is compared with the stand-ins' times."""
    shelf.clock.now = datetime.now(UTC)
    return Post(shelf.database, shelf.sealer, lambda: datetime.now(UTC), *shelf.channels.values())  # type: ignore[arg-type]


# -- Telegram -------------------------------------------------------------------------------------------------------


async def test_telegram_a_photo_with_its_words_under_it(shelf: Shelf, post: Post) -> None:
    content = picture()
    await reply(shelf, SARI, content, "foto <1>.jpg", "*Rina:*\n5 < 6 & *tebal*")
    await post.run_until_settled()
    [sent] = shelf.telegram.sent
    assert (sent["method"], sent["chat_id"]) == ("sendphoto", 4711)
    assert sent["caption"] == "<b>Rina:</b>\n5 &lt; 6 &amp; <b>tebal</b>"
    assert (sent["file"].content, sent["file"].name) == (content, "foto 1.jpg")
    row = await post.row()
    assert (row.state, row.provider_id) == (OutboxState.SENT, f"4711:{sent['message_id']}")


@pytest.mark.parametrize(
    ("content", "name", "method"),
    [
        (PDF, "surat.pdf", "senddocument"),
        (VOICE, "suara.ogg", "sendvoice"),
        (picture("WEBP"), "foto.webp", "senddocument"),
        (padded(picture(), 10_000_001), "besar.jpg", "senddocument"),
        (picture("PNG", (2100, 100)), "panjang.png", "senddocument"),
    ],
)
async def test_telegram_each_kind_in_its_own_way(
    content: bytes, name: str, method: str, shelf: Shelf, post: Post
) -> None:
    await reply(shelf, SARI, content, name)
    await post.run_until_settled()
    [sent] = shelf.telegram.sent
    assert (sent["method"], sent["file"].name, sent["shown"]) == (method, name, "Rina:\nIni yang diminta.")
    assert sent["file"].content == content


async def test_telegram_long_words_go_before_the_file(shelf: Shelf, post: Post) -> None:
    words = "Kalimat yang panjang. " * 60
    await reply(shelf, SARI, PDF, body=words)
    await post.run_until_settled()
    before, file = shelf.telegram.sent
    assert before["shown"] == words.strip()
    assert (file["method"], file["shown"]) == ("senddocument", "")


async def test_telegram_markup_that_is_refused_goes_without_it(shelf: Shelf, post: Post) -> None:
    await reply(shelf, SARI, PDF)
    shelf.telegram.fail_next(400, error_body(400, "Bad Request: can't parse entities: at 3"))
    await post.run_until_settled()
    [sent] = shelf.telegram.sent
    assert sent["caption"] == REPLY.replace("*", "")
    assert "parse_mode" not in sent


@pytest.mark.parametrize("times", [1, 2])
async def test_telegram_an_upload_that_was_cut_off_is_made_once_more_at_most(
    shelf: Shelf, post: Post, times: int
) -> None:
    """As texts: Telegram cannot be asked whether it took it."""
    await reply(shelf, SARI, PDF)
    for _ in range(times):
        shelf.telegram.cut_next(after_taking=True)
    async with asyncio.timeout(20), post.sending():
        while (await post.row()).state is OutboxState.QUEUED:
            shelf.clock.advance(1)
            await asyncio.sleep(0.02)
    assert len(shelf.telegram.sent) == 2
    assert (await post.row()).state is (OutboxState.SENT if times == 1 else OutboxState.UNKNOWN)


class Held:
    """Files on their way to Telegram that do not arrive until they are let go."""

    def __init__(self, channel: Channel) -> None:
        self._send = channel.send
        self.arrive = asyncio.Event()
        self.now = 0
        self.most = 0

    async def send(self, to: Address, call: Call) -> str:
        if call.enclosure is None:
            return await self._send(to, call)
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            await self.arrive.wait()
            return await self._send(to, call)
        finally:
            self.now -= 1


@pytest.fixture
def held(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> Held:
    channel = shelf.channels["telegram"]
    held = Held(channel)
    monkeypatch.setattr(channel, "send", held.send)
    return held


async def test_a_row_stays_in_hand_while_its_file_is_uploaded(shelf: Shelf, held: Held) -> None:
    """However long that takes: no other sender takes it over meanwhile."""
    post = by_the_real_clock(shelf)
    await reply(shelf, SARI, PDF)
    async with asyncio.timeout(20), post.sending(lease_seconds=0.6):
        while (first := (await post.row()).held_until) is None:
            await asyncio.sleep(0.02)
        while ((await post.row()).held_until or first) < first + timedelta(seconds=0.6):
            await asyncio.sleep(0.02)
        assert (await post.row()).state is OutboxState.QUEUED
        held.arrive.set()
        while (await post.row()).state is OutboxState.QUEUED:
            await asyncio.sleep(0.02)
    assert len(shelf.telegram.sent) == 1
    assert (await post.row()).state is OutboxState.SENT


async def test_few_files_are_in_memory_at_the_same_time_and_words_pass_them(shelf: Shelf, held: Held) -> None:
    post = by_the_real_clock(shelf)
    for number in range(6):
        await reply(shelf, f"telegram:{4711 + number}", PDF)
    await post.queue("halo", to="telegram:4700")
    async with asyncio.timeout(30), post.sending(in_flight=4):
        while not shelf.telegram.sent:
            await asyncio.sleep(0.02)
        assert held.now == 2
        held.arrive.set()
        while any(row.state is OutboxState.QUEUED for row in await post.rows()):
            await asyncio.sleep(0.02)
    assert len(shelf.telegram.sent) == 7
    assert held.most == 2


# -- our own store --------------------------------------------------------------------------------------------------


async def test_a_store_that_is_away_costs_no_message(
    shelf: Shelf, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(name: str) -> bytes:
        raise StoreAway

    await reply(shelf, SARI, PDF)
    with monkeypatch.context() as patched:
        patched.setattr(shelf.vault, "get", away)
        await post.run_until_settled()
    row = await post.row()
    assert (row.state, row.error_code, shelf.telegram.calls) == (OutboxState.QUEUED, "file_store", [])
    shelf.clock.advance(120)
    await post.run_until_settled()
    assert (await post.row()).state is OutboxState.SENT


async def test_a_file_that_was_deleted_meanwhile_is_a_dead_letter(shelf: Shelf, post: Post) -> None:
    enclosure = await reply(shelf, SARI, PDF)
    await shelf.vault.delete(enclosure.name)
    await post.run_until_settled()
    row = await post.row()
    assert (row.state, row.error_code) == (OutboxState.DEAD, "file_gone")


# -- WhatsApp -------------------------------------------------------------------------------------------------------


async def test_whatsapp_a_photo_with_its_words_under_it(shelf: Shelf, post: Post, reached: None) -> None:
    content = picture()
    await reply(shelf, BUDI, content, "foto.jpg")
    await post.run_until_settled()
    await fetched(shelf)
    [shown] = shelf.twilio.shown
    assert (shown["to"], shown["body"]) == (BUDI, REPLY)
    assert (shown["media"].content, shown["media"].content_type) == (content, "image/jpeg")
    assert (await post.row()).state is OutboxState.SENT


@pytest.mark.parametrize(("content", "name"), [(PDF, "Formulir.pdf"), (VOICE, "suara.ogg")])
async def test_whatsapp_words_go_before_what_can_have_none(
    content: bytes, name: str, shelf: Shelf, post: Post, reached: None
) -> None:
    await reply(shelf, BUDI, content, name)
    await post.run_until_settled()
    await fetched(shelf)
    words, file = shelf.twilio.shown
    assert (words["body"], file["body"]) == (REPLY, "")
    assert (file["media"].content, file["media"].name) == (content, name)
    assert "Body" not in shelf.twilio.sent[1]
    row = await post.row()
    assert (row.state, row.parts_sent, row.provider_id) == (OutboxState.SENT, 2, file["sid"])


async def test_whatsapp_what_cannot_be_fetched_is_tried_again_and_then_said(
    shelf: Shelf, post: Post, reached: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twilio takes the message, and reports later that it could not fetch the file: 63019."""
    follower = Follower(shelf.database, shelf.sealer, Live(None), shelf.clock)

    async def away(name: str) -> bytes:
        raise StoreAway

    await reply(shelf, BUDI, PDF)
    with monkeypatch.context() as patched:
        patched.setattr(shelf.vault, "get", away)
        await post.run_until_settled()
        await fetched(shelf)
    async with asyncio.timeout(10):
        while not await follower.round():
            await asyncio.sleep(0.01)
    row = await post.row()
    assert (row.state, row.error_code, row.parts_sent) == (OutboxState.QUEUED, "63019", 1)
    shelf.clock.advance(120)
    await post.run_until_settled()
    await fetched(shelf)
    assert [shown["body"] for shown in shelf.twilio.shown] == [REPLY, ""]  # the words were not said again
    assert shelf.twilio.sent[1]["MediaUrl"] != shelf.twilio.sent[2]["MediaUrl"]
    form = shelf.twilio.status(shelf.twilio.shown[1]["sid"], "undelivered", 63019)
    await shelf.twilio.deliver(
        f"{shelf.twilio.hosts[PUBLIC]}/webhooks/whatsapp/status", form, f"{PUBLIC}/webhooks/whatsapp/status"
    )
    await follower.round()
    row = await post.row()
    assert (row.state, row.error_code) == (OutboxState.DEAD, "63019")


async def test_whatsapp_nobody_reaches_us_and_an_operator_is_called(
    shelf: Shelf, post: Post, reached: None
) -> None:
    await reply(shelf, BUDI, picture())
    await post.run_until_settled()
    await fetched(shelf)
    form = shelf.twilio.status(shelf.twilio.shown[0]["sid"], "failed", 11200)
    await shelf.twilio.deliver(
        f"{shelf.twilio.hosts[PUBLIC]}/webhooks/whatsapp/status", form, f"{PUBLIC}/webhooks/whatsapp/status"
    )
    await Follower(shelf.database, shelf.sealer, Live(None), shelf.clock).round()
    async with shelf.database.sessions() as session:
        [alarm] = await session.scalars(select(DeliveryAlarm))
    assert alarm.code == "11200"


@pytest.mark.parametrize("content", [PDF, picture()])
@pytest.mark.parametrize("taken", [True, False])
async def test_whatsapp_in_doubt_twilio_is_asked_and_nobody_gets_it_twice(
    content: bytes, taken: bool, shelf: Shelf, reached: None
) -> None:
    post = by_the_real_clock(shelf)
    await reply(shelf, BUDI, content)
    if content == PDF:
        shelf.twilio.let_next_pass()  # the words
    shelf.twilio.cut_next(after_taking=taken)
    async with asyncio.timeout(20), post.sending():
        while (await post.row()).state is OutboxState.QUEUED:
            await asyncio.sleep(0.02)
    await fetched(shelf)
    with_file = [sent for sent in shelf.twilio.sent if "MediaUrl" in sent]
    assert len(with_file) == 1
    assert (await post.row()).provider_id == with_file[0]["MessageSid"]


async def test_whatsapp_outside_the_window_a_file_waits_with_its_words(
    shelf: Shelf, post: Post, reached: None
) -> None:
    talk = await shelf.talk(BUDI)
    async with shelf.database.sessions.begin() as session:
        session.add(
            ChannelAddress(
                address=BUDI,
                channel="whatsapp",
                participant_id=talk.participant_id,
                last_inbound_at=shelf.clock(),
            )
        )
    shelf.clock.advance(25 * 3600)
    await reply(shelf, BUDI, PDF)
    await post.run_until_settled()
    assert ((await post.row()).state, shelf.twilio.sent) == (OutboxState.WAITING, [])
    async with shelf.database.engine.begin() as connection:
        await connection.execute(
            update(ChannelAddress).where(ChannelAddress.address == BUDI).values(last_inbound_at=shelf.clock())
        )
        await let_go(connection, {BUDI: shelf.clock()})  # they write
    await post.run_until_settled()
    await fetched(shelf)
    assert [(shown["body"], "media" in shown) for shown in shelf.twilio.shown] == [(REPLY, False), ("", True)]


async def test_a_dead_letter_is_sent_again_with_its_file(shelf: Shelf, post: Post, reached: None) -> None:
    await reply(shelf, BUDI, picture())
    async with shelf.database.engine.begin() as connection:
        await connection.execute(update(Outbox).values(state=OutboxState.DEAD, error_code="63019"))
    assert await post.resend((await post.row()).id)
    await post.run_until_settled()
    await fetched(shelf)
    assert len(shelf.twilio.shown) == 1
    async with shelf.database.sessions() as session:
        assert len(list(await session.scalars(select(MediaFile)))) == 1


@pytest.mark.parametrize(("to", "times"), [(BUDI, 1), (SARI, 2)])
async def test_a_sender_that_died_before_it_noted_may_have_sent_the_file(
    to: str, times: int, shelf: Shelf, reached: None
) -> None:
    """As after kill -9: Twilio is asked, Telegram cannot be and gets it once more. As with words."""
    post = by_the_real_clock(shelf)
    enclosure = await reply(shelf, to, picture())
    name = to.partition(":")[0]
    [due] = await outbox.claim_due(post.database, uuid4(), datetime.now(UTC), 1, {name: Room(8, 8)})
    channel = post.channels[name]
    [call] = channel.render(due.address, Text(body=REPLY, enclosure=enclosure))
    await channel.send(due.address, call)
    async with asyncio.timeout(20), post.sending():
        while (await post.row()).state is OutboxState.QUEUED:
            await asyncio.sleep(0.02)
    await fetched(shelf)
    assert (await post.row()).state is OutboxState.SENT
    assert len(shelf.twilio.sent) + len(shelf.telegram.sent) == times


async def test_without_a_public_address_whatsapp_takes_no_files(shelf: Shelf) -> None:
    real = shelf.channels["whatsapp"]
    enclosure = await reply(shelf, BUDI, picture())
    alone = WhatsApp(real._account, NoContents())  # type: ignore[attr-defined]
    assert alone.limits.files == ()
    [call] = alone.render(Address(BUDI), Text(body=REPLY, enclosure=enclosure))
    with pytest.raises(ChannelError) as refused:
        await alone.send(Address(BUDI), call)
    assert (refused.value.code, refused.value.retry) == ("no_link", False)
    assert shelf.twilio.sent == []
    await alone.close()


@pytest.mark.parametrize(
    ("address", "reached"),
    [
        ("https://siaga.kantor.example", True),
        ("https://203.0.113.7:8443/siaga", True),
        ("http://127.0.0.1:8000", False),
        ("http://localhost:8000", False),
        ("http://[::1]:8000", False),
        ("http://0.0.0.0:8000", False),
        ("", False),
    ],
)
def test_whether_providers_can_reach_us(address: str, reached: bool) -> None:
    told = Settings(_env_file=None, database_url="postgresql:///x", secret_key="x" * 40, public_url=address)  # type: ignore[call-arg, arg-type]
    assert told.reached_from_outside is reached
