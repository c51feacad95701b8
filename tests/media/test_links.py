"""The addresses from which providers fetch files: only as signed, only for a while, and nothing else is there."""

import re
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import httpx
import pytest
from fastapi import FastAPI
from structlog.testing import capture_logs

from bot.conversation.speaking import Saying, Speaker, say
from bot.media.enclosing import Upload
from bot.media.links import GOOD_FOR, Links, router
from bot.messages import Enclosure, Text
from bot.storage.sealing import Sealer
from bot.storage.tables import Author, Conversation, MediaFile, MediaState
from tests.media.conftest import Shelf
from tests.media.files import PDF, picture

OTHER_KEY = Sealer("another key of the tests, also over 32 characters")


@pytest.fixture
async def twilio(shelf: Shelf) -> AsyncIterator[httpx.AsyncClient]:
    """Whoever asks from outside."""
    app = FastAPI()
    app.include_router(router(shelf.links, shelf.database, shelf.vault))
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="https://siaga.example") as client:
        yield client


async def sent(shelf: Shelf, content: bytes = PDF, name: str = "Formulir Budi.pdf") -> Enclosure:
    """A file that went out with a reply."""
    talk = await shelf.talk()
    enclosure = await shelf.enclosing.keep(talk.id, talk.address, Upload(content, name))
    async with shelf.database.sessions.begin() as session:
        talk = await session.get_one(Conversation, talk.id)
        text = Text(body="", enclosure=enclosure)
        await say(session, shelf.sealer, [Saying(talk, text, Speaker(Author.AGENT))], shelf.clock())
    return enclosure


async def test_the_file_as_it_is_and_nothing_that_a_browser_would_run(
    shelf: Shelf, twilio: httpx.AsyncClient
) -> None:
    for content, name, kind in (
        (PDF, "Formulir Budi.pdf", "application/pdf"),
        (picture(), "KTP.jpg", "image/jpeg"),
    ):
        url = shelf.links.to(await sent(shelf, content, name))
        assert name not in url
        assert "Budi" not in url
        answer = await twilio.get(url)
        assert (answer.status_code, answer.content) == (200, content)
        assert answer.headers["content-type"] == kind
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-disposition"].startswith(f'attachment; filename="{name}"')
        assert answer.headers["cache-control"] == "no-store"
        assert "set-cookie" not in answer.headers
        head = await twilio.head(url)
        assert (head.status_code, head.headers["content-length"]) == (200, str(len(content)))


async def test_the_address_is_good_for_some_hours(shelf: Shelf, twilio: httpx.AsyncClient) -> None:
    url = shelf.links.to(await sent(shelf))
    shelf.clock.advance(GOOD_FOR.total_seconds() - 1)
    assert (await twilio.get(url)).status_code == 200
    shelf.clock.advance(1)
    assert (await twilio.get(url)).status_code == 404


async def test_whatever_is_wrong_is_not_there(shelf: Shelf, twilio: httpx.AsyncClient) -> None:
    first, second = await sent(shelf), await sent(shelf, PDF + b"2")
    path = urlsplit(shelf.links.to(first)).path
    found = re.fullmatch(r"/media/(\d+)/(\d+)/([0-9a-f]{64})/berkas\.pdf", path)
    assert found
    row, until, signature = found.groups()
    foreign = Links(sealer=OTHER_KEY, public_url="https://siaga.example", clock=shelf.clock).to(first)
    swapped = signature[:-1] + ("0" if signature[-1] != "0" else "1")
    for wrong in (
        f"/media/{second.media_id}/{until}/{signature}/berkas.pdf",
        f"/media/{row}/{int(until) + 60}/{signature}/berkas.pdf",
        f"/media/{row}/{until}/{swapped}/berkas.pdf",
        f"/media/{row}/{until}/{signature.upper()}/berkas.pdf",
        f"/media/{row}/{until}//berkas.pdf",
        f"/media/{row}/{until}/{signature}/../berkas.pdf",
        f"/media/{row}/{until}/{signature}",
        f"/media/0{row}/{until}/{signature}/berkas.pdf",
        f"/media/{row}",
        "/media/",
        f"/media/{10**30}/{until}/{signature}/berkas.pdf",
        "/media/%00/%ff",
        urlsplit(foreign).path,
    ):
        answer = await twilio.get(wrong)
        assert (answer.status_code, answer.content) == (404, b""), wrong
    assert (await twilio.get(path)).status_code == 200
    assert (await twilio.post(path)).status_code == 405


async def test_files_of_participants_are_not_given_out(shelf: Shelf, twilio: httpx.AsyncClient) -> None:
    talk = await shelf.talk()
    await shelf.says(talk, shelf.at_twilio(PDF))
    await shelf.keeper().round()
    file = await shelf.file()
    assert file.state is MediaState.STORED
    as_ours = Enclosure(
        media_id=file.id,
        name=file.name,
        kind="document",
        content_type="application/pdf",
        file_name="",
        size=1,
    )  # type: ignore[arg-type]
    assert (await twilio.get(shelf.links.to(as_ours))).status_code == 404


async def test_a_file_that_belongs_to_no_reply_or_was_removed_is_not_there(
    shelf: Shelf, twilio: httpx.AsyncClient
) -> None:
    talk = await shelf.talk()
    unsent = await shelf.enclosing.keep(talk.id, talk.address, Upload(PDF, "a.pdf"))
    assert (await twilio.get(shelf.links.to(unsent))).status_code == 404
    gone = await sent(shelf)
    async with shelf.database.sessions.begin() as session:
        (await session.get_one(MediaFile, gone.media_id)).state = MediaState.REMOVING
    assert (await twilio.get(shelf.links.to(gone))).status_code == 404


async def test_a_store_that_is_away_is_asked_again_later(
    shelf: Shelf, twilio: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bot.media.stores import StoreAway  # noqa: PLC0415

    async def away(name: str) -> bytes:
        raise StoreAway

    url = shelf.links.to(await sent(shelf))
    monkeypatch.setattr(shelf.vault, "get", away)
    answer = await twilio.get(url)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")


async def test_no_log_line_has_the_address_or_the_name(shelf: Shelf, twilio: httpx.AsyncClient) -> None:
    url = shelf.links.to(await sent(shelf))
    with capture_logs() as lines:
        await twilio.get(url)
        await twilio.get(url.replace("berkas", "x"))
    assert [line["event"] for line in lines] == ["media.link_served", "media.link_refused"]
    assert url.split("/")[-2] not in str(lines)
    assert "Budi" not in str(lines)
