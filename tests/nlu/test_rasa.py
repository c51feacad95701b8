"""The Rasa client against a real server of its contract: well, slow, hung, broken, talking nonsense."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from bot.messages import Interpretation
from bot.nlu.embedded import EmbeddedInterpreter
from bot.nlu.interpreter import Thresholds
from bot.nlu.rasa import Fallback, Rasa, RasaSilent
from bot.nlu.training import Labels

LABELS = Labels(("ask_outage", "greet"), ("system", "phone"))
THRESHOLDS = Thresholds(act=0.8, ask=0.2)


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
        self.delay = 0.0
        self.asked = 0

    async def parse(self, request: Request) -> Response:
        self.asked += 1
        await asyncio.sleep(self.delay)
        text = (await request.json())["text"]
        return self.body or JSONResponse(parsed(text, **self.changes))

    @asynccontextmanager
    async def running(self) -> AsyncIterator[str]:
        app = Starlette(routes=[Route("/model/parse", self.parse, methods=["POST"])])
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
    async with server.running() as url, httpx.AsyncClient() as http:
        yield Rasa(http, url, LABELS, timeout=0.3, thresholds=THRESHOLDS)


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


async def test_an_empty_text_is_not_sent(rasa: Rasa, server: Server) -> None:
    (read,) = await rasa.interpret(["  "])
    assert (read.confidence, server.asked) == (0.0, 0)


NONSENSE = [
    PlainTextResponse("hello"),
    JSONResponse([]),
    JSONResponse({}),
    JSONResponse(parsed("x", intent=None)),
    JSONResponse(parsed("x", intent={"name": "ask_outage", "confidence": 7})),
    JSONResponse(parsed("x", intent={"name": "weather", "confidence": 0.9})),
    JSONResponse(parsed("x", entities=[{"entity": "system"}])),
    JSONResponse(parsed("x", entities="none")),
]


@pytest.mark.parametrize("body", NONSENSE)
async def test_nonsense_is_no_answer(rasa: Rasa, server: Server, body: Response) -> None:
    server.body = body
    with pytest.raises(RasaSilent):
        await rasa.interpret(["sep eror"])


@pytest.mark.parametrize("status", [401, 404, 500, 503])
async def test_a_refusal_is_no_answer(rasa: Rasa, server: Server, status: int) -> None:
    server.body = PlainTextResponse("no", status_code=status)
    with pytest.raises(RasaSilent, match=f"http_{status}"):
        await rasa.interpret(["sep eror", "halo"])


@pytest.mark.parametrize("delay", [0.5, 30.0])
async def test_slow_and_hung_servers_are_left_in_time(rasa: Rasa, server: Server, delay: float) -> None:
    server.delay = delay
    loop = asyncio.get_running_loop()
    begun = loop.time()
    with pytest.raises(RasaSilent, match="timeout"):
        await rasa.interpret(["sep eror"] * 3)
    assert loop.time() - begun < 2


async def test_a_server_that_is_not_there_is_no_answer() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    async with httpx.AsyncClient() as http:
        rasa = Rasa(http, f"http://127.0.0.1:{port}", LABELS, timeout=1, thresholds=THRESHOLDS)
        with pytest.raises(RasaSilent, match="ConnectError"):
            await rasa.interpret(["sep eror"])


async def test_the_reason_holds_no_word_of_the_participant(rasa: Rasa, server: Server) -> None:
    server.body = JSONResponse({"text": "rahasia", "intent": "rahasia"})
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
    for _ in range(3):
        assert [one.interpreter for one in await both.interpret(["sep eror", "halo"])] == ["embedded"] * 2
    assert both.resting
    assert both.last_failure == "http_500"
    assert server.asked == 1 + 2 * 2  # the third batch was not even sent
    server.body, now = None, 6.0
    assert [one.interpreter for one in await both.interpret(["sep eror"])] == ["rasa"]
    assert (both.last_failure, both.answered) == ("", {"rasa": 2, "embedded": 6})


async def test_one_failed_try_after_the_rest_closes_the_way_again(small: EmbeddedInterpreter) -> None:
    class Silent:
        name = "rasa"
        asked = 0

        async def interpret(self, texts: object) -> list[Interpretation]:
            self.asked += 1
            raise RasaSilent("timeout")

    now = 0.0
    silent = Silent()
    both = Fallback(silent, small, failures=3, rest=5.0, clock=lambda: now)
    for _ in range(10):
        await both.interpret(["halo"])
    assert silent.asked == 3
    now = 5.5
    for _ in range(10):
        await both.interpret(["halo"])
    assert silent.asked == 4
