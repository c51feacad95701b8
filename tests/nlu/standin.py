"""`siaga nlu serve`'s own server in a process of its own, with a model that needs no Rasa.

    python -m tests.nlu.standin MODELS PORT [shared]

A model's file is JSON: which intent it always finds, how sure it is, and how long it takes.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from bot.nlu.rasa_side.served import Served
from bot.nlu.rasa_side.server import run
from bot.settings import HOME


class Written:
    """Does what its file says."""

    def __init__(self, path: Path) -> None:
        self._says = json.loads(path.read_text())
        self.id = str(os.getpid())

    def parse(self, texts: list[str]) -> list[dict[str, Any]]:
        time.sleep(self._says["delay"])
        best = {"name": self._says["intent"], "confidence": self._says["confidence"]}
        return [{"text": text, "intent": best, "intent_ranking": [best], "entities": []} for text in texts]


def write_model(
    models: Path,
    name: str,
    *,
    intent: str = "ask_outage",
    confidence: float = 0.9,
    delay: float = 0.0,
    thresholds: tuple[float, float] | None = (0.8, 0.2),
) -> None:
    """A model, put into service."""
    says = {"intent": intent, "confidence": confidence, "delay": delay}
    (models / f"{name}.tar.gz").write_text(json.dumps(says))
    if thresholds:
        act, ask = thresholds
        (models / f"{name}.json").write_text(json.dumps({"act": act, "ask": ask}))
    coming = models / "coming"
    coming.write_text(f"{name}.tar.gz")
    coming.replace(models / "current")


@contextmanager
def serving(models: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """The server, once it answers."""
    words = [sys.executable, "-m", "tests.nlu.standin", str(models), str(port)]
    with subprocess.Popen(words, cwd=HOME, stderr=subprocess.DEVNULL) as process:
        try:
            wait_for(port, lambda told: True)
            yield process
        finally:
            process.kill()


def wait_for(port: int, is_so: Any) -> dict[str, Any]:
    """What ``/status`` tells, once `is_so` holds for it."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        try:
            told: dict[str, Any] = httpx.get(f"http://127.0.0.1:{port}/status").json()
        except httpx.TransportError:
            pass
        else:
            if is_so(told):
                return told
        time.sleep(0.02)
    raise AssertionError("the server does not answer as expected")


if __name__ == "__main__":
    served = Served(Path(sys.argv[1]), Written, "3.6.21", look_every=0.05)
    run(served, "127.0.0.1", int(sys.argv[2]), shared="shared" in sys.argv)
