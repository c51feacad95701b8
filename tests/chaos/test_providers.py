"""The harness's providers: Twilio has a file once any process of ours gives it; whose message was in doubt is known."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from tests.chaos import fetching
from tests.chaos.fetching import FetchingTwilio
from tests.chaos.gales import Gale
from tests.running import free_port
from tests.standins.server import StandIn, listening
from tests.standins.twilio import NUMBER

PUBLIC = "https://siaga.example"
TO = "whatsapp:+6281200000001"


class Web(StandIn):
    """A web process of ours with one file."""

    def routes(self) -> list[BaseRoute]:
        return [Route("/media/foto.jpg", self.faulty(self._file))]

    async def _file(self, _: Request) -> Response:
        return Response(b"foto", media_type="image/jpeg")


@pytest.fixture
async def web() -> AsyncIterator[Web]:
    web = Web()
    async with listening(web):
        yield web


@pytest.fixture
async def twilio(web: Web, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[FetchingTwilio]:
    """Twilio, of whose two addresses of ours only the second answers."""
    monkeypatch.setattr(fetching, "_PAUSE", 0.01)
    monkeypatch.setattr(fetching, "_PATIENCE", 1.0)
    async with fetching.running_twilio(PUBLIC) as twilio:
        nobody = f"http://127.0.0.1:{free_port()}"
        twilio.webs = lambda: [nobody, web.url]
        yield twilio


async def sent(twilio: FetchingTwilio, file: str = "foto.jpg") -> str:
    """Send a file, and wait until Twilio is done with it; its SID."""
    form = {"To": TO, "From": NUMBER, "Body": "Ini.", "MediaUrl": f"{PUBLIC}/media/{file}"}
    form["StatusCallback"] = f"{PUBLIC}/webhooks/whatsapp/status"
    url = f"{twilio.url}/2010-04-01/Accounts/{twilio.sid}/Messages.json"
    async with httpx.AsyncClient(auth=(twilio.sid, twilio.token)) as http:
        answer = await http.post(url, data=form)
    async with asyncio.timeout(10):
        while twilio.fetching:
            await asyncio.sleep(0.01)
    return str(answer.json()["sid"])


async def test_a_file_comes_from_whichever_process_answers(twilio: FetchingTwilio, web: Web) -> None:
    web.fail_next(503, times=3)
    sid = await sent(twilio)
    [shown] = twilio.shown
    assert (shown["sid"], shown["body"], shown["media"].content) == (sid, "Ini.", b"foto")
    assert not twilio.not_had


async def test_what_cannot_be_had_is_not_shown_and_is_to_be_reported(
    twilio: FetchingTwilio, web: Web
) -> None:
    refused = await sent(twilio, "lain.jpg")
    web.fail_next(503, times=1000)
    away = await sent(twilio)
    assert not twilio.shown
    assert [sid for sid, _ in twilio.not_had] == [refused, away]
    assert {twilio.messages[sid]["error_code"] for sid in (refused, away)} == {63019}


@pytest.mark.parametrize("uploads", [False, True])
async def test_it_is_noted_whose_message_telegram_left_in_doubt(uploads: bool) -> None:
    files = {"photo": ("foto.jpg", b"foto 4711", "image/jpeg")} if uploads else None
    said = (
        {"data": {"chat_id": "815"}, "files": files}
        if uploads
        else {"json": {"chat_id": 815, "text": "4711"}}
    )
    posted = httpx.Request("POST", "http://telegram.example/sendPhoto", **said)
    gale = Gale("telegram", 1)
    gale.blow(60)
    while not gale.doubts:
        await gale(_received(posted))
    assert {chat for _, chat in gale.doubts} == {"815"}


def _received(posted: httpx.Request) -> Request:
    """A request as a server has it."""
    body = posted.read()

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": body, "more_body": False}

    return Request({"type": "http", "method": "POST", "headers": posted.headers.raw}, receive)
