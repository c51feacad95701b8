"""Every line says what, how bad, when and by which part; none says what somebody wrote, not even a library's."""

import json
import logging
import subprocess
import sys
import warnings
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from bot import logs, tracing

SECRET = "nama saya Siti Rahmawati, NIK 1671014505900002"


class Heard:
    """Standard error, read as lines."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys
        self.text = ""

    def events(self) -> list[dict[str, Any]]:
        self.text += self._capsys.readouterr().err
        return [json.loads(line) for line in self.text.splitlines()]


@pytest.fixture
def heard(capsys: pytest.CaptureFixture[str]) -> Iterator[Heard]:
    root, before, hook = logging.getLogger(), structlog.get_config(), sys.excepthook
    handlers, level, uvicorn = root.handlers[:], root.level, logging.getLogger("uvicorn.error").level
    yield Heard(capsys)
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.getLogger("uvicorn.error").setLevel(uvicorn)
    logging.captureWarnings(False)
    sys.excepthook = hook
    structlog.configure(**before)


def failing(words: str) -> None:
    raise ValueError(words)


def test_every_line_has_what_a_search_needs(heard: Heard) -> None:
    logs.configure("info", "worker")
    log = structlog.get_logger()
    with tracing.followed("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"):
        log.info("turn.committed", inbox=[1])
        with structlog.contextvars.bound_contextvars(role="web"):
            log.warning("webhook.refused")
    log.debug("not.heard")
    logging.getLogger("asyncio").error("a library")
    first, second, third = heard.events()
    assert (first["event"], first["level"], first["role"]) == ("turn.committed", "info", "worker")
    assert first["time"].endswith("Z")
    assert first["trace"] == second["trace"] == "0af7651916cd43dd8448eb211c80319c"
    assert (second["level"], second["role"]) == ("warning", "web")
    assert {"event", "level", "time", "role"} <= third.keys()
    assert "trace" not in third


def test_an_exception_in_a_line_is_its_kind_alone(heard: Heard) -> None:
    logs.configure("info", "worker")
    try:
        failing(SECRET)
    except ValueError as error:
        structlog.get_logger().error("turn.failed", error=error, exc_info=True, what=object())
    [line] = heard.events()
    assert (line["error"], line["what"]) == ("ValueError", "object")
    assert "exc_info" not in line
    assert "Siti" not in heard.text


@pytest.mark.parametrize(
    "name",
    ["asyncio", "httpx", "telegram.ext", "twilio.http_client", "sqlalchemy.pool", "uvicorn.error", "new"],
)
def test_a_library_is_told_by_its_place(heard: Heard, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    logs.configure("debug", "sender")
    library = logging.getLogger(name)
    # What channels and servers of other tests may have done to it:
    monkeypatch.setattr(library, "isEnabledFor", lambda _level: True)
    above: logging.Logger | None = library
    while above and above is not logging.getLogger():
        monkeypatch.setattr(above, "propagate", True)
        monkeypatch.setattr(above, "disabled", False)
        above = above.parent
    library.warning("%s failed", SECRET)
    try:
        failing(SECRET)
    except ValueError:
        library.exception("while at %s\nmore", SECRET)
    lines = heard.events()
    assert [line["event"] for line in lines] == ["library.logged"] * 2
    assert lines[1]["logger"] == name
    assert lines[1]["error"] == "ValueError"
    assert lines[1]["at"].startswith("test_logs:")
    assert ("said" in lines[1]) is (name == "uvicorn.error")
    assert "Siti" not in heard.text


def test_an_f_string_of_a_library_is_not_told(heard: Heard) -> None:
    logs.configure("debug", "sender")
    logging.getLogger("twilio.http_client").info(f"Body: {SECRET}")
    logging.getLogger("aiohttp.client").error(f"GET /bot7000:token {SECRET}")
    [line] = heard.events()
    assert line["logger"] == "aiohttp.client"
    assert "Siti" not in heard.text


def test_a_warning_of_a_library_is_a_line_too(heard: Heard) -> None:
    logs.configure("info", "web")
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(False)
        logging.captureWarnings(True)
        warnings.warn(SECRET, stacklevel=1)
    [line] = heard.events()
    assert line["logger"] == "py.warnings"
    assert "Siti" not in heard.text


def test_people_at_a_terminal_read_text(
    heard: Heard, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    logs.configure("info", "web")
    structlog.get_logger().info("service.stopped", joined=["a"])
    line = capsys.readouterr().err
    assert "service.stopped" in line
    assert not line.startswith("{")
    logs.configure("info", "web", "json")
    structlog.get_logger().info("service.stopped")
    assert [line["event"] for line in heard.events()] == ["service.stopped"]


CRASH = """
import asyncio
from bot import logs
from bot.errors import SiagaError
logs.configure("info", "worker")

async def part():
    raise ValueError("nama saya Siti Rahmawati")

async def serve():
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(part())

asyncio.run(serve())
"""


def test_a_process_that_dies_of_an_exception_does_not_quote_it() -> None:
    done = subprocess.run([sys.executable, "-c", CRASH], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    [line] = map(json.loads, done.stderr.splitlines())
    assert (line["event"], line["level"], line["errors"]) == (
        "service.crashed",
        "critical",
        ["ValueError at ?"],
    )
