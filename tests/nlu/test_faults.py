"""Rasa stopped, hung, slow, gone, talking nonsense, and back: each against a real process.

Whatever it does, participants are answered within the deadline by the embedded interpreter.
"""

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from subprocess import Popen

import httpx
import pytest
from structlog.testing import capture_logs

from bot.messages import Interpretation, Thresholds
from bot.nlu.embedded.interpreter import EmbeddedInterpreter
from bot.nlu.fallback import Fallback
from bot.nlu.rasa.client import Rasa, connections
from bot.nlu.training import Labels
from tests.nlu.faulty import answering
from tests.nlu.standin import serving, wait_for, write_model
from tests.running import free_port

LABELS = Labels(("ask_outage", "ask_closure", "emergency"), ("system", "phone"))
NOBODYS = Thresholds(act=0.95, ask=0.3)
DEADLINE = 0.3
SLACK = 0.7
"""Seconds over the deadline that a busy machine may take."""
REST = 0.4


def rasa_at(http: httpx.AsyncClient, port: int, deadline: float = DEADLINE) -> Rasa:
    return Rasa(http, f"http://127.0.0.1:{port}", LABELS, timeout=deadline, thresholds=NOBODYS)


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with connections() as http:
        yield http


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def models(tmp_path: Path) -> Path:
    write_model(tmp_path, "one")
    return tmp_path


@pytest.fixture
def server(models: Path, port: int) -> Iterator[Popen[bytes]]:
    with serving(models, port) as process:
        yield process


@pytest.fixture
def both(http: httpx.AsyncClient, port: int, server: Popen[bytes], small: EmbeddedInterpreter) -> Fallback:
    return Fallback(rasa_at(http, port), small, failures=2, rest=REST)


async def turn(both: Fallback, deadline: float = DEADLINE) -> Interpretation:
    """One message, answered in time."""
    begun = time.monotonic()
    (read,) = await both.interpret(["kantor tutup hari ini?"])
    assert time.monotonic() - begun < deadline + SLACK
    assert read.intent
    return read


async def by_rasa_again(both: Fallback) -> Interpretation:
    """Rasa's first answer, which has to come soon after the rest."""
    until = time.monotonic() + REST + DEADLINE + 2 * SLACK
    while (read := await turn(both)).interpreter != "rasa":
        assert time.monotonic() < until
        await asyncio.sleep(0.05)
    return read


MANNERS = {
    "error": "http_500",
    "html": "nonsense",
    "no_http": "RemoteProtocolError",
    "other_json": "nonsense",
    "a_list": "nonsense",
    "deep": "nonsense",
    "nothing": "nonsense",
    "unknown_intent": "unknown_intent",
    "not_a_number": "nonsense",
    "too_sure": "nonsense",
    "endless_confidence": "nonsense",
    "another_text": "another_text",
    "entities_are_words": "nonsense",
    "bad_thresholds": "nonsense",
    "packed": "nonsense",
    "cut_off": "RemoteProtocolError",
    "huge": "too_long",
    "endless": "too_long",
    "dripping": "timeout",
    "late": "timeout",
    "hung": "timeout",
    "reset": "ReadError",
}


@pytest.mark.parametrize(("manner", "reason"), MANNERS.items())
async def test_what_is_no_answer_is_not_taken_for_one(
    manner: str, reason: str, http: httpx.AsyncClient, port: int, small: EmbeddedInterpreter
) -> None:
    deadline = DEADLINE if reason == "timeout" else 5.0  # long enough for the real reason to be seen
    with answering(port, manner):
        both = Fallback(rasa_at(http, port, deadline), small, failures=2, rest=60)
        for _ in range(3):
            assert (await turn(both, deadline)).interpreter == "embedded"
        assert both.last_failure == reason
        assert both.resting


async def test_a_kept_connection_that_was_closed_is_no_silence(http: httpx.AsyncClient, port: int) -> None:
    with answering(port, "once_a_connection"):
        rasa = rasa_at(http, port, 5.0)
        for _ in range(5):
            assert (await rasa.interpret(["sep eror"]))[0].intent == "ask_outage"


async def test_a_hung_server_is_left_alone_and_taken_back(both: Fallback, server: Popen[bytes]) -> None:
    assert (await turn(both)).interpreter == "rasa"
    server.send_signal(signal.SIGSTOP)
    with capture_logs() as logs:
        for _ in range(4):
            assert (await turn(both)).interpreter == "embedded"
        assert (await both.look())[0::2] == ("embedded", "timeout")
        server.send_signal(signal.SIGCONT)
        await by_rasa_again(both)
    assert [(one["event"], one.get("reason")) for one in logs] == [
        ("nlu.rasa_silent", "timeout"),
        ("nlu.rasa_back", None),
    ]
    assert await both.look() == ("rasa", "one", "")


async def test_many_turns_do_not_all_wait_for_a_hung_server(both: Fallback, server: Popen[bytes]) -> None:
    """After each rest one turn tries; the others go on at once."""
    server.send_signal(signal.SIGSTOP)
    await asyncio.gather(*(turn(both) for _ in range(3)))
    await asyncio.sleep(REST + 0.1)
    took = []

    async def timed() -> None:
        begun = time.monotonic()
        await turn(both)
        took.append(time.monotonic() - begun)

    await asyncio.gather(*(timed() for _ in range(20)))
    assert sum(seconds >= DEADLINE for seconds in took) == 1
    server.send_signal(signal.SIGCONT)


async def test_a_killed_server_is_taken_back_when_it_runs_again(
    both: Fallback, server: Popen[bytes], models: Path, port: int
) -> None:
    await turn(both)
    server.kill()
    server.wait()
    for _ in range(3):
        assert (await turn(both)).interpreter == "embedded"
    assert both.last_failure in ("ConnectError", "RemoteProtocolError", "ReadError")
    with serving(models, port):
        await by_rasa_again(both)


async def test_a_slow_model_is_waited_for_until_the_deadline_only(
    both: Fallback, models: Path, port: int
) -> None:
    write_model(models, "slow", delay=1.0)
    wait_for(port, lambda told: told["model_file"] == "slow.tar.gz")
    assert (await turn(both)).interpreter == "embedded"
    assert both.last_failure == "timeout"
    write_model(models, "quick", delay=0.05)
    wait_for(port, lambda told: told["model_file"] == "quick.tar.gz")
    await asyncio.sleep(1.0)  # what the slow one had begun is finished
    assert (await by_rasa_again(both)).model == "quick"


async def test_each_answer_has_the_thresholds_of_its_own_model(
    both: Fallback, small: EmbeddedInterpreter, server: Popen[bytes], models: Path, port: int
) -> None:
    first = await turn(both)
    assert (first.model, first.thresholds, first.acted_on) == ("one", Thresholds(0.8, 0.2), True)
    write_model(models, "two", thresholds=(0.91, 0.4))
    wait_for(port, lambda told: told["model_file"] == "two.tar.gz")
    second = await turn(both)
    assert (second.model, second.thresholds, second.acted_on) == ("two", Thresholds(0.91, 0.4), False)
    write_model(models, "others", thresholds=None)
    wait_for(port, lambda told: told["model_file"] == "others.tar.gz")
    assert (await turn(both)).thresholds == NOBODYS
    server.kill()
    server.wait()
    third = await turn(both)
    assert (third.model, third.thresholds) == (small.model, small.thresholds)


async def test_a_model_that_is_refused_is_named_and_the_old_one_goes_on(
    both: Fallback, models: Path, port: int
) -> None:
    (models / "broken.tar.gz").write_text("no model")
    (models / "current").write_text("broken.tar.gz")
    told = wait_for(port, lambda told: told["refused"])
    assert told["model_file"] == "one.tar.gz"
    assert told["refused"]["model"] == "broken.tar.gz"
    assert "JSONDecodeError" in told["refused"]["reason"]
    assert (await turn(both)).model == "one"
