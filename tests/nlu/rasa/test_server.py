"""The server's side of Rasa's contract, with a model that needs no Rasa: errors, limits, changing over."""

import asyncio
import io
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession
from aiohttp.test_utils import TestClient, TestServer
from structlog.testing import capture_logs

from bot.nlu.rasa_side.served import NoModel, Served, current
from bot.nlu.rasa_side.server import application


class Named:
    """Knows its file; one whose file says so is broken, or fails on every text."""

    def __init__(self, path: Path) -> None:
        self.name = path.read_text()
        self.id = f"id of {self.name}"
        if self.name == "broken":
            raise RuntimeError("model of Rasa 2.8")

    def parse(self, texts: list[str]) -> list[dict[str, Any]]:
        if self.name == "failing":
            raise ValueError("0812 3456 7890")
        return [{"text": text, "intent": {"name": self.name, "confidence": 1.0}} for text in texts]


@pytest.fixture
def models(tmp_path: Path) -> Path:
    for name in ("one", "two", "broken", "failing"):
        (tmp_path / f"{name}.tar.gz").write_text(name)
    (tmp_path / "one.json").write_text('{"act": 0.8123456789, "ask": 0.2, "accuracy": 0.78}')
    (tmp_path / "two.json").write_text("broken")
    (tmp_path / "current").write_text("one.tar.gz\n")
    return tmp_path


@pytest.fixture
async def client(models: Path) -> AsyncIterator[TestClient[Any, Any]]:
    served = Served(models, Named, "3.6.21", look_every=0.01)
    async with TestClient(TestServer(application(served))) as client:
        yield client


async def status(client: TestClient[Any, Any]) -> dict[str, Any]:
    response = await client.get("/status")
    return dict(await response.json())


async def until_serving(client: TestClient[Any, Any], file: str) -> None:
    async with asyncio.timeout(5):
        while (await status(client))["model_file"] != file:
            await asyncio.sleep(0.01)


async def test_it_answers_as_rasa_does(client: TestClient[Any, Any]) -> None:
    response = await client.post("/model/parse", json={"text": "halo 😀", "message_id": "1"})
    assert response.status == 200
    assert await response.json() == {"text": "halo 😀", "intent": {"name": "one", "confidence": 1.0}}
    assert response.headers["Siaga-Model"] == "one.tar.gz"
    assert (response.headers["Siaga-Act"], response.headers["Siaga-Ask"]) == ("0.8123456789", "0.2")
    assert await status(client) == {
        "model_file": "one.tar.gz",
        "model_id": "id of one",
        "num_active_training_jobs": 0,
        "act": 0.8123456789,
        "ask": 0.2,
        "refused": None,
    }
    assert (await (await client.get("/version")).json())["version"] == "3.6.21"


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"5", b'{"txt": "a"}', b'{"text": 5}', b'{"text": null}', b"\xff", b"[" * 100_000],
)
async def test_a_malformed_body_is_refused_in_rasas_form(client: TestClient[Any, Any], body: bytes) -> None:
    response = await client.post("/model/parse", data=body)
    told = await response.json()
    assert response.status == told["code"] == 400
    assert set(told) == {"version", "status", "message", "reason", "details", "help", "code"}
    assert (told["status"], told["reason"], told["version"]) == ("failure", "BadRequest", "3.6.21")


async def test_other_errors_have_rasas_form_too(client: TestClient[Any, Any]) -> None:
    for response, code in (
        (await client.get("/nowhere"), 404),
        (await client.get("/model/parse"), 405),
        (await client.post("/model/parse", data=io.BytesIO(b"x" * 2_000_000)), 413),
    ):
        assert response.status == (await response.json())["code"] == code
    assert (await client.post("/model/parse", json={"text": "x" * 100_000})).status == 200


async def test_a_failure_tells_no_words_of_a_participant(client: TestClient[Any, Any], models: Path) -> None:
    (models / "current").write_text("failing.tar.gz")
    await until_serving(client, "failing.tar.gz")
    with capture_logs() as logs:
        response = await client.post("/model/parse", json={"text": "0812 3456 7890"})
    told = await response.text()
    assert response.status == 500
    assert json.loads(told)["reason"] == "ParsingError"
    assert [(one["event"], one["error"]) for one in logs] == [("nlu.parse_failed", "ValueError")]
    assert "0812" not in told + str(logs)


async def test_a_new_model_takes_over_without_a_dropped_request(
    client: TestClient[Any, Any], models: Path
) -> None:
    seen: list[tuple[int, str, str]] = []
    stop = asyncio.Event()

    async def ask(session: ClientSession) -> None:
        while not stop.is_set():
            async with session.post(client.make_url("/model/parse"), json={"text": "halo"}) as response:
                found = (await response.json())["intent"]["name"]
                seen.append((response.status, found, response.headers["Siaga-Model"]))

    async with ClientSession() as session:
        asking = [asyncio.create_task(ask(session)) for _ in range(8)]
        await asyncio.sleep(0.05)
        (models / "current").write_text("two.tar.gz")
        await until_serving(client, "two.tar.gz")
        await asyncio.sleep(0.05)
        stop.set()
        await asyncio.gather(*asking)
    assert set(seen) == {(200, "one", "one.tar.gz"), (200, "two", "two.tar.gz")}


async def test_a_model_that_cannot_be_used_leaves_the_old_one_in_service(
    client: TestClient[Any, Any], models: Path
) -> None:
    with capture_logs() as logs:
        (models / "current").write_text("broken.tar.gz")
        async with asyncio.timeout(5):
            while not logs:
                await asyncio.sleep(0.01)
    refused = {"model": "broken.tar.gz", "serving": "one.tar.gz", "reason": "RuntimeError: model of Rasa 2.8"}
    assert logs == [{"event": "nlu.model_refused", "log_level": "error", **refused}]
    told = await status(client)
    assert told["model_file"] == "one.tar.gz"
    assert told["refused"] == {"model": "broken.tar.gz", "reason": refused["reason"]}
    (models / "current").write_text("gone.tar.gz")
    await asyncio.sleep(0.05)
    assert (await status(client))["model_file"] == "one.tar.gz"
    (models / "current").write_text("two.tar.gz")
    await until_serving(client, "two.tar.gz")
    told = await status(client)
    assert told["refused"] is None
    assert "act" not in told


async def test_going_back_to_the_model_in_service_takes_the_refusal_back(
    client: TestClient[Any, Any], models: Path
) -> None:
    (models / "current").write_text("broken.tar.gz")
    async with asyncio.timeout(5):
        while not (await status(client))["refused"]:
            await asyncio.sleep(0.01)
        (models / "current").write_text("one.tar.gz")
        while (await status(client))["refused"]:
            await asyncio.sleep(0.01)


def test_a_broken_model_at_the_start_is_named(models: Path) -> None:
    (models / "current").write_text("broken.tar.gz")
    with (
        capture_logs() as logs,
        pytest.raises(NoModel, match=r"broken\.tar\.gz cannot be served: RuntimeError"),
    ):
        Served(models, Named, "3.6.21")
    assert [(one["event"], one["model"]) for one in logs] == [("nlu.model_refused", "broken.tar.gz")]


def test_without_a_model_it_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(NoModel, match="siaga nlu train"):
        current(tmp_path)
    (tmp_path / "current").write_text("gone.tar.gz")
    with pytest.raises(NoModel, match=r"gone\.tar\.gz, which is not there"):
        current(tmp_path)
