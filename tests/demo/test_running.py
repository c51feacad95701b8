"""What the demo says when it cannot start: one sentence, before anything was started."""

import fcntl
import socket
from pathlib import Path

import pytest

from bot import local
from bot.demo import running
from bot.demo.running import run
from bot.listening import PortTaken
from bot.local import AlreadyRunning


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(running, "FOLDER", tmp_path / "demo")
    monkeypatch.setattr(local, "_TAKE_OVER", 0.0)
    return tmp_path / "demo"


def test_a_port_that_another_program_has(folder: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(PortTaken, match=rf":{port} .*--port"):
            run(port, reset=False)
    assert not folder.exists()


def test_a_port_that_there_is_not(folder: Path) -> None:
    with pytest.raises(PortTaken, match="0-65535"):
        run(99999, reset=False)
    assert not folder.exists()


@pytest.mark.parametrize("reset", [False, True])
def test_a_demo_that_runs_already(folder: Path, reset: bool) -> None:
    folder.mkdir()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(AlreadyRunning, match=r"runs already.*Ctrl-C"):
            run(port, reset=reset)
    assert folder.exists()
