"""Several server processes on one port: they come, go and fail together."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.settings import HOME
from tests.nlu.standin import wait_for, write_model
from tests.running import free_port

TOGETHER = """
import os, sys
from bot.nlu.rasa.serving import run_together
words = [sys.executable, "-m", "tests.nlu.standin", sys.argv[1], sys.argv[2], "shared"]
sys.exit(run_together(words, dict(os.environ), 2))
"""


Together = tuple[subprocess.Popen[bytes], set[int]]
"""Who started the servers, and the servers' process ids."""


@pytest.fixture
def together(tmp_path: Path) -> Iterator[Together]:
    write_model(tmp_path, "one")
    port = free_port()
    words = [sys.executable, "-c", TOGETHER, str(tmp_path), str(port)]
    with subprocess.Popen(words, cwd=HOME, stderr=subprocess.DEVNULL) as process:
        answered = set()
        until = time.monotonic() + 60
        while len(answered) < 2:  # a new connection goes to either of them
            assert time.monotonic() < until
            answered.add(int(wait_for(port, lambda told: True)["model_id"]))
        yield process, answered
        process.kill()


def test_two_answer_on_one_port_and_stop_when_told(together: Together) -> None:
    process, servers = together
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0
    assert not any(lives(server) for server in servers)


def test_when_one_dies_all_end(together: Together) -> None:
    process, servers = together
    os.kill(next(iter(servers)), signal.SIGKILL)
    assert process.wait(30) == signal.SIGKILL
    assert not any(lives(server) for server in servers)


def lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True
