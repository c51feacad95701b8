"""The simulator's pages, against a real database; what the bot answers is put there as the bot would."""

import re
from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import select

from bot.channels.simulator import LOOKS
from bot.conversation.speaking import Saying, Speaker, say
from bot.live import Live
from bot.media.enclosing import Enclosing, Upload
from bot.media.stores import Folder
from bot.media.vault import Vault
from bot.messages import MediaKind, Option, Text
from bot.simulator.files import read_file
from bot.simulator.pages import Simulation, router
from bot.storage.tables import Author, Conversation, Inbox, Message
from tests.claims import claim_one
from tests.media.files import PDF, picture


@pytest.fixture
def vault(tmp_path, sealer) -> Vault:
    return Vault(Folder(tmp_path / "media"), sealer)


@pytest.fixture
async def browser(database, sealer, clock, redis_url, vault) -> AsyncIterator[httpx.AsyncClient]:
    live = Live(redis_url)
    app = FastAPI()
    simulation = Simulation(database=database, sealer=sealer, live=live, clock=clock, vault=vault)
    app.include_router(router(simulation))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://sim") as client:
        yield client
    await live.close()


async def claimed(database, sealer, clock):
    return await claim_one(database, sealer, clock())


async def test_two_phones_that_say_what_to_try(browser):
    page = await browser.get("/simulator")
    assert page.status_code == 200
    assert "WhatsApp" in page.text
    assert "Telegram" in page.text
    assert "Belum ada percakapan" in page.text


async def test_words_go_into_the_inbox(browser, database, sealer, clock):
    await browser.post("/simulator/simwhatsapp/Budi", data={"text": " halo min "})
    taken = await claimed(database, sealer, clock)
    assert [message.text for _, message in taken.messages] == ["halo min"]
    assert taken.address == "simwhatsapp:budi"


async def test_a_tap_carries_the_id_of_its_button(browser, database, sealer, clock):
    await browser.post("/simulator/simtelegram/Sari", data={"text": "Ya", "tapped": "1:x:yes"})
    [(_, message)] = (await claimed(database, sealer, clock)).messages
    assert (message.tapped, message.text) == ("1:x:yes", "Ya")


async def test_without_scripts_the_same_people_keep_the_phones(browser):
    page = "http://sim/simulator?one=Tono&two=Tini"
    answer = await browser.post(
        "/simulator/simtelegram/Tini", data={"text": "halo"}, headers={"referer": page}
    )
    assert answer.status_code == 303
    assert answer.headers["location"] == "/simulator?one=Tono&two=Tini"
    answer = await browser.post("/simulator/simtelegram/Tini", data={"text": "halo"})
    assert answer.headers["location"] == "/simulator?"


async def test_a_photo_is_kept_sealed_and_can_be_read(browser, database, sealer, clock):
    await browser.post(
        "/simulator/simwhatsapp/Budi",
        data={"text": ""},
        files={"file": ("a.png", b"\x89PNG...", "image/png")},
    )
    [(_, message)] = (await claimed(database, sealer, clock)).messages
    assert message.media[0].kind is MediaKind.IMAGE
    assert await read_file(database, sealer, message.media[0].reference) == ("image/png", b"\x89PNG...")


@pytest.mark.parametrize("kind", ["voice", "sticker"])
async def test_a_voice_note_and_a_sticker(browser, database, sealer, clock, kind):
    await browser.post("/simulator/simwhatsapp/Budi", data={"kind": kind})
    [(_, message)] = (await claimed(database, sealer, clock)).messages
    assert message.media[0].kind == kind


async def test_nothing_said_is_nothing_sent(browser, database):
    await browser.post("/simulator/simwhatsapp/Budi", data={"text": "   "})
    async with database.sessions() as session:
        assert (await session.scalars(select(Inbox))).all() == []


async def test_an_answer_is_shown_with_its_buttons_and_escaped(browser, database, sealer, clock):
    await browser.post("/simulator/simwhatsapp/Budi", data={"text": "halo"})
    taken = await claimed(database, sealer, clock)
    async with database.sessions.begin() as session:
        talk = await session.get_one(Conversation, taken.conversation_id)
        text = Text(body="*Pilih* <b>satu</b>", options=(Option(id="1:menu:x", title="Kantor"),))
        await say(session, sealer, [Saying(talk, text)], clock())
    screen = (await browser.get("/simulator/simwhatsapp/Budi")).text
    assert "<b>Pilih</b> &lt;b&gt;satu&lt;/b&gt;" in screen
    assert '<form hx-post="/simulator/simwhatsapp/Budi"' in screen
    assert 'name="tapped" value="1:menu:x"' in screen
    assert ">Kantor<" in screen


async def test_what_was_sent_without_words_is_named_on_the_phone(browser, database, sealer, clock):
    await browser.post("/simulator/simwhatsapp/Budi", data={"text": "halo"})
    taken = await claimed(database, sealer, clock)
    async with database.sessions.begin() as session:
        for body in ("[image]", "[sticker]", "[location] Palembang"):
            session.add(
                Message(
                    conversation_id=taken.conversation_id,
                    author=Author.PARTICIPANT,
                    body=body,
                    at=clock(),
                )
            )
    screen = (await browser.get("/simulator/simwhatsapp/Budi")).text
    assert "📷 Foto" in screen
    assert "🙂 Stiker" in screen
    assert "[location] Palembang" in screen


async def test_a_phone_of_no_known_kind(browser):
    assert (await browser.get("/simulator/fax/Budi")).status_code == 404


def test_the_looks_are_those_of_the_real_channels():
    assert LOOKS["simwhatsapp"].buttons == 3
    assert LOOKS["simtelegram"].text == 4000


async def test_what_an_agent_sent_is_on_the_phone(browser, database, sealer, clock, vault):
    await browser.post("/simulator/simwhatsapp/Budi", data={"text": "halo"})
    taken = await claimed(database, sealer, clock)
    takes = {"simwhatsapp": LOOKS["simwhatsapp"].files}
    enclosing = Enclosing(database, sealer, vault, takes, clock)
    photo = picture()
    for content, name, body in (
        (photo, "foto.jpg", "*Rina:*\nIni"),
        (PDF, "Formulir <1>.pdf", "*Rina:*\nItu"),
    ):
        enclosure = await enclosing.keep(taken.conversation_id, taken.address, Upload(content, name))
        async with database.sessions.begin() as session:
            talk = await session.get_one(Conversation, taken.conversation_id)
            text = Text(body=body, enclosure=enclosure)
            await say(session, sealer, [Saying(talk, text, Speaker(Author.AGENT))], clock())
    screen = (await browser.get("/simulator/simwhatsapp/Budi")).text
    [image] = re.findall(r'<img src="([^"]+)"', screen)
    shown = await browser.get(image)
    assert (shown.content, shown.headers["content-type"]) == (photo, "image/jpeg")
    [document] = re.findall(r'<a href="([^"]+)">📄 Formulir 1.pdf', screen)
    opened = await browser.get(document)
    assert opened.content == PDF
    assert opened.headers["content-disposition"].startswith("attachment;")
    assert (await browser.get(document.replace("Budi", "Siti"))).status_code == 404
    assert (await browser.get(f"{document}9")).status_code == 404
