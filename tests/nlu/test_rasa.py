"""The Rasa client against a server of the stock contract: what is asked, what is read, whose thresholds hold."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from bot.messages import Interpretation
from bot.nlu.embedded.interpreter import EmbeddedInterpreter
from bot.nlu.fallback import Fallback
from bot.nlu.interpreter import Thresholds
from bot.nlu.rasa.client import Rasa, connections
from bot.nlu.rasa.wire import LONGEST, RasaSilent
from bot.nlu.training import Labels

LABELS = Labels(("ask_outage", "greet"), ("system", "phone"))
NOBODYS = Thresholds(act=0.95, ask=0.3)
KNOWN = {"ours": Thresholds(act=0.8, ask=0.2)}


def parsed(text: str, **changes: object) -> dict[str, object]:
    """What Rasa says of a text."""
    return {
        "text": text,
        "intent": {"name": "ask_outage", "confidence": 0.93},
        "intent_ranking": [{"name": "ask_outage", "confidence": 0.93}, {"name": "greet", "confidence": 0.07}],
        "entities": [
            {"entity": "system", "value": "sep", "start": 0, "end": 3, "extractor": "DIETClassifier"}
        ],
        **changes,
    }


class Server:
    """A server of ``/model/parse`` whose manner can be changed while it runs."""

    def __init__(self) -> None:
        self.changes: dict[str, object] = {}
        self.body: Response | None = None
        self.status: Response = JSONResponse({"model_file": "ours.tar.gz", "model_id": "1"})
        self.asked: list[str] = []
        self.looked = 0

    async def parse(self, request: Request) -> Response:
        text = (await request.json())["text"]
        self.asked.append(text)
        return self.body or JSONResponse(parsed(text, **self.changes))

    async def told(self, _request: Request) -> Response:
        self.looked += 1
        return self.status

    @asynccontextmanager
    async def running(self) -> AsyncIterator[str]:
        app = Starlette(
            routes=[Route("/model/parse", self.parse, methods=["POST"]), Route("/status", self.told)]
        )
        listener = socket.create_server(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off"))
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            server.force_exit = True
            await serving
            listener.close()


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
async def rasa(server: Server) -> AsyncIterator[Rasa]:
    async with server.running() as url, connections() as http:
        yield Rasa(http, url, LABELS, timeout=2, thresholds=NOBODYS, known=KNOWN.get)


async def test_answers_come_in_the_order_of_the_texts(rasa: Rasa) -> None:
    texts = [f"sep eror {number}" for number in range(40)]
    read = await rasa.interpret(texts)
    assert [one.text for one in read] == texts
    assert (read[0].intent, read[0].confidence, read[0].interpreter) == ("ask_outage", 0.93, "rasa")
    assert read[0].ranking == (("ask_outage", 0.93), ("greet", 0.07))
    assert [(entity.entity, entity.value) for entity in read[0].entities] == [("system", "sep")]


async def test_numbers_are_found_by_rule_and_wrong_spans_are_dropped(rasa: Rasa, server: Server) -> None:
    server.changes = {
        "entities": [
            {"entity": "system", "value": "sep", "start": 0, "end": 3},
            {"entity": "system", "value": "x", "start": 5, "end": 500},
            {"entity": "system", "value": "x", "start": 7, "end": 7},
            {"entity": "weather", "value": "x", "start": 0, "end": 3},
            {"entity": "phone", "value": "0812", "start": 4, "end": 8},
        ]
    }
    (read,) = await rasa.interpret(["sep 0812-7000-1234"])
    assert [(entity.entity, entity.start, entity.end) for entity in read.entities] == [
        ("system", 0, 3),
        ("phone", 4, 18),
    ]


@pytest.mark.parametrize("text", ["", "  ", "\n", "/", " // "])
async def test_an_empty_text_is_not_sent(rasa: Rasa, server: Server, text: str) -> None:
    (read,) = await rasa.interpret([text])
    assert (read.text, read.confidence, server.asked) == (text, 0.0, [])


@pytest.mark.parametrize("text", ["  sep eror ", "/sep eror", " / sep eror\n", "\u2003sep eror"])
async def test_spans_are_those_of_the_text_as_it_was_written(rasa: Rasa, server: Server, text: str) -> None:
    (read,) = await rasa.interpret([text])
    assert server.asked == ["sep eror"]
    (found,) = read.entities
    assert text[found.start : found.end] == found.value == "sep"


async def test_a_text_that_is_no_unicode_is_no_failure(rasa: Rasa, server: Server) -> None:
    (read,) = await rasa.interpret(["sep \ud83d eror"])
    assert (read.interpreter, server.asked) == ("rasa", ["sep ? eror"])


async def test_a_very_long_text_is_cut(rasa: Rasa, server: Server) -> None:
    text = "sep eror " * 11_000
    (read,) = await rasa.interpret([text])
    assert (read.text, len(server.asked[0])) == (text, len(text[:LONGEST].rstrip()))


async def test_a_stock_server_has_the_thresholds_of_the_model_that_it_names(
    rasa: Rasa, server: Server
) -> None:
    (read,) = await rasa.interpret(["sep eror"])
    assert (read.model, read.thresholds, rasa.model) == ("ours", KNOWN["ours"], "ours")
    await rasa.interpret(["halo", "sep"])
    assert server.looked == 1


UNKNOWN = [
    JSONResponse({"model_file": "20261121-101010-shy-otter.tar.gz"}),
    JSONResponse({}),
    PlainTextResponse("no", status_code=401),
]


@pytest.mark.parametrize("status", UNKNOWN)
async def test_a_model_of_others_is_judged_by_the_settings(
    rasa: Rasa, server: Server, status: Response
) -> None:
    server.status = status
    (read,) = await rasa.interpret(["sep eror"])
    assert (read.intent, read.thresholds, read.acted_on) == ("ask_outage", NOBODYS, False)


@pytest.mark.parametrize("status", [401, 404, 500, 503])
async def test_a_refusal_is_no_answer(rasa: Rasa, server: Server, status: int) -> None:
    server.body = PlainTextResponse("no", status_code=status)
    with pytest.raises(RasaSilent, match=f"http_{status}"):
        await rasa.interpret(["sep eror", "halo"])


async def test_the_reason_holds_no_word_of_the_participant(rasa: Rasa, server: Server) -> None:
    for intent in ("rahasia", {"name": "rahasia", "confidence": 0.9}):
        server.body = JSONResponse({"text": "rahasia", "intent": intent})
        with pytest.raises(RasaSilent) as error:
            await rasa.interpret(["rahasia"])
        assert "rahasia" not in str(error.value)


async def test_the_embedded_one_takes_over_and_gives_back(
    rasa: Rasa, server: Server, small: EmbeddedInterpreter
) -> None:
    now = 0.0
    both = Fallback(rasa, small, failures=2, rest=5.0, clock=lambda: now)
    assert [one.interpreter for one in await both.interpret(["sep eror"])] == ["rasa"]
    server.body = PlainTextResponse("no", status_code=500)
    for _ in range(2):
        assert [one.interpreter for one in await both.interpret(["sep eror", "halo"])] == ["embedded"] * 2
    assert both.resting
    assert both.last_failure == "http_500"
    server.asked.clear()
    assert [one.interpreter for one in await both.interpret(["sep eror", "halo"])] == ["embedded"] * 2
    assert server.asked == []
    server.body, now = None, 6.0
    assert [one.interpreter for one in await both.interpret(["sep eror"])] == ["rasa"]
    assert both.last_failure == ""


async def test_one_failed_try_after_the_rest_closes_the_way_again(small: EmbeddedInterpreter) -> None:
    class Silent:
        name, model = "rasa", "one"
        asked = 0

        async def interpret(self, texts: object) -> list[Interpretation]:
            self.asked += 1
            raise RasaSilent("timeout")

    now = 0.0
    silent = Silent()
    both = Fallback(
        silent,
        small,  # type: ignore[arg-type]
        failures=3,
        rest=5.0,
        clock=lambda: now,
    )
    for _ in range(10):
        await both.interpret(["halo"])
    assert silent.asked == 3
    now = 5.5
    for _ in range(10):
        await both.interpret(["halo"])
    assert silent.asked == 4
