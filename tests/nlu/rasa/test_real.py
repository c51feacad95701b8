"""Small models in Rasa's real environment: answers as of stock Rasa, a real process, a change of models."""

import asyncio
import io
import json
import shutil
import socket
import subprocess
import tarfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.nlu.interpreter import Thresholds
from bot.nlu.rasa.client import Rasa, connections
from bot.nlu.rasa.home import environment
from bot.nlu.rasa.models import RasaModel, folder, promote, put
from bot.nlu.rasa.serving import serve_command
from bot.nlu.training import read_examples, read_labels
from bot.settings import HOME
from tests.bench.serving import running, stock
from tests.running import free_port

pytestmark = pytest.mark.rasa

ODD = ["😀😀", "...", "مرحبا كيف حالك", "你好", "kantor " * 300, "x" * 5000, "_", "12.30", "a\u200bb"]
NEAR = 1e-5
NOBODYS = Thresholds(act=0.95, ask=0.3)
START = 240.0
"""Seconds that a server may take to start on a busy machine."""


def predict(
    python: Path, model: RasaModel, texts: list[str], tmp_path: Path, *how: str
) -> list[dict[str, Any]]:
    asked, answers = tmp_path / "asked.json", tmp_path / "answers.json"
    asked.write_text(json.dumps(texts))
    words = [python, "-m", "bot.nlu.rasa_side.predicting", model.path, asked, answers, *how]
    subprocess.run(words, env=environment(), cwd=tmp_path, check=True, capture_output=True)
    found: list[dict[str, Any]] = json.loads(answers.read_text())
    return found


def comparable(answer: dict[str, Any]) -> dict[str, Any]:
    """An answer with its numbers apart: equal names, places and order; near confidences."""
    ranking = {one["name"]: pytest.approx(one["confidence"], abs=NEAR) for one in answer["intent_ranking"]}
    entities = [
        {**one, "confidence_entity": pytest.approx(one["confidence_entity"], abs=NEAR)}
        for one in answer["entities"]
    ]
    best = {
        "name": answer["intent"]["name"],
        "confidence": pytest.approx(answer["intent"]["confidence"], abs=NEAR),
    }
    return {**answer, "intent": best, "intent_ranking": ranking, "entities": entities}


def plain(answer: dict[str, Any]) -> dict[str, Any]:
    return {**answer, "intent_ranking": {one["name"]: one["confidence"] for one in answer["intent_ranking"]}}


def test_many_at_once_are_answered_as_stock_rasa_answers_each(
    python: Path, model: RasaModel, tmp_path: Path
) -> None:
    labels = read_labels(HOME / "config" / "rasa" / "domain.yml")
    held = [example.text for example in read_examples(HOME / "tests" / "nlu" / "held.yml", labels)]
    texts = [*held[::3], *ODD]
    stock = predict(python, model, texts, tmp_path, "--stock")
    ours = predict(python, model, texts, tmp_path)
    assert len(ours) == len(stock) == len(texts)
    assert any(answer["entities"] for answer in stock)
    assert len({answer["intent"]["name"] for answer in stock}) == 3
    assert [plain(answer) for answer in ours] == [comparable(answer) for answer in stock]


@pytest.fixture(scope="module")
def served(
    python: Path, model: RasaModel, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, Path]]:
    """A real server with a folder of models of its own: its address and the data folder."""
    data_dir = tmp_path_factory.mktemp("data")
    promote(data_dir, put(data_dir, "one", model.path, model.about))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = serve_command(python, data_dir, "127.0.0.1", port)
    process = subprocess.Popen(command, env=environment(), stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    try:
        wait_for(url, "one")
        yield url, data_dir
    finally:
        process.terminate()
        assert process.wait(30) == 0


def wait_for(url: str, name: str) -> None:
    until = time.monotonic() + START
    while time.monotonic() < until:
        try:
            if httpx.get(f"{url}/status").json()["model_file"] == f"{name}.tar.gz":
                return
        except httpx.TransportError:
            pass
        time.sleep(0.2)
    pytest.fail(f"{name} did not come into service")


def wait_for_refusal(url: str, name: str) -> dict[str, Any]:
    until = time.monotonic() + START
    while time.monotonic() < until:
        told: dict[str, Any] = httpx.get(f"{url}/status", timeout=30).json()
        if told["refused"] and told["refused"]["model"] == name:
            return told
        time.sleep(0.2)
    raise AssertionError(f"{name} was not refused")


def write_unfit(good: Path, models: Path) -> list[tuple[str, str]]:
    """Archives that cannot be served: no archive, one cut off, one of another Rasa; and what is said of each."""
    shutil.copy(__file__, models / "other.tar.gz")
    (models / "cut.tar.gz").write_bytes(good.read_bytes()[: good.stat().st_size // 2])
    with tarfile.open(good) as whole, tarfile.open(models / "old.tar.gz", "w:gz") as old:
        for member in whole.getmembers():
            content = whole.extractfile(member)
            text = content.read() if content else b""
            if member.name.endswith("metadata.json"):
                text = text.replace(b'"3.6.21"', b'"2.8.0"')
                member.size = len(text)
            old.addfile(member, io.BytesIO(text))
    return [("other.tar.gz", "not a gzip"), ("cut.tar.gz", "EOFError"), ("old.tar.gz", "2.8.0")]


@pytest.mark.parametrize("model", ["shipped"], indirect=True)
async def test_the_client_reads_what_stock_rasa_answers(
    python: Path, model: RasaModel, tmp_path: Path
) -> None:
    """Stock `rasa run` with our components on PYTHONPATH; the thresholds are those that training noted."""
    labels = read_labels(HOME / "config" / "rasa" / "domain.yml")
    texts = ["SEP gabisa terbit di RS SMC dari jam 8", "/kantor palembang tutup hari ini?", "  kantor buka?"]
    port = free_port()
    (tmp_path / "endpoints.yml").touch()
    with running(stock(python, model.path, port), port, tmp_path):
        async with connections() as http:
            rasa = Rasa(
                http,
                f"http://127.0.0.1:{port}",
                labels,
                timeout=30,
                thresholds=NOBODYS,
                known={model.name: model.thresholds}.get,
            )
            read = await rasa.interpret(texts)
            assert await rasa.look() == model.name
    assert [one.intent for one in read] == ["ask_outage", "ask_closure", "ask_closure"]
    assert {(one.model, one.thresholds) for one in read} == {(model.name, model.thresholds)}
    facility = read[0].first("facility")
    assert facility
    assert facility.value == "RS SMC"


async def test_the_client_reads_what_the_server_answers(served: tuple[str, Path], model: RasaModel) -> None:
    labels = read_labels(HOME / "config" / "rasa" / "domain.yml")
    text = "SEP  gabisaaa terbit di RS SMC dari jam 8"
    async with connections() as http:
        rasa = Rasa(http, served[0], labels, timeout=30, thresholds=NOBODYS)
        read = await rasa.interpret([text, *["kantor palembang tutup hari ini?"] * 40])
    assert {(one.model, one.thresholds) for one in read} == {("one", model.thresholds)}
    assert read[0].intent == "ask_outage"
    assert {one.entity: text[one.start : one.end] for one in read[0].entities}["facility"] == "RS SMC"
    assert {one.intent for one in read[1:]} == {"ask_closure"}


@pytest.mark.parametrize("text", ["مرحبا كيف حالك", "你好，今天医院开吗", "😀😀", "...", "qzxwv"])
def test_what_it_has_never_seen_is_not_acted_on(served: tuple[str, Path], text: str) -> None:
    answer = httpx.post(f"{served[0]}/model/parse", json={"text": text}).json()
    assert answer["intent"]["confidence"] <= 0.3
    assert answer["intent"]["confidence"] == answer["intent_ranking"][0]["confidence"]


@pytest.mark.parametrize("text", ["", "  \n"])
def test_a_blank_message_means_nothing(served: tuple[str, Path], text: str) -> None:
    answer = httpx.post(f"{served[0]}/model/parse", json={"text": text}).json()
    assert answer["intent"] == {"name": None, "confidence": 0.0}
    assert answer["entities"] == answer["intent_ranking"] == []


def test_long_and_malformed_requests_are_answered(served: tuple[str, Path]) -> None:
    url = f"{served[0]}/model/parse"
    text = "kantor tutup hari ini? " * 4500
    answer = httpx.post(url, json={"text": text}, timeout=30).json()
    assert answer["text"] == text.strip()
    assert answer["intent"]["name"]
    for body, code in ((b"{", 400), (b"", 400), (b'{"text": 7}', 400)):
        told = httpx.post(url, content=body).json()
        assert (told["code"], told["reason"], told["version"]) == (code, "BadRequest", "3.6.21")


async def test_a_new_model_takes_over_without_a_dropped_request(
    served: tuple[str, Path], model: RasaModel
) -> None:
    url, data_dir = served
    codes: list[int] = []
    stop = asyncio.Event()

    async def ask(http: httpx.AsyncClient) -> None:
        while not stop.is_set():
            codes.append((await http.post(f"{url}/model/parse", json={"text": "kantor buka?"})).status_code)

    async with httpx.AsyncClient(timeout=60) as http:
        asking = [asyncio.create_task(ask(http)) for _ in range(4)]
        for name, reason in write_unfit(model.path, folder(data_dir)):
            (folder(data_dir) / "current").write_text(name)
            told = await asyncio.to_thread(wait_for_refusal, url, name)
            assert told["model_file"] == "one.tar.gz"
            assert reason in told["refused"]["reason"]
        promote(data_dir, put(data_dir, "two", model.path, model.about))
        await asyncio.to_thread(wait_for, url, "two")
        stop.set()
        await asyncio.gather(*asking)
    assert len(codes) > 20
    assert set(codes) == {200}
