"""`siaga nlu serve` against a stock `rasa run`, with the same model on the same machine in one run.

    .venv/bin/python -m tests.bench.serving [--rounds 5] [--seconds 6] [--in-flight 32]

Each with one process and with two. All servers are up the whole time; each round measures one after the other, so
that what the machine does besides falls on all of them. Ratios are of the same round. The load is generated on the
same machine, which takes a part of the processor from every server alike. Stock Rasa starts more than one worker only
with a lock store of the type ``redis`` in its endpoints; ``/model/parse`` takes no lock, so none is connected to.
Figures are one JSON object.
"""

import asyncio
import json
import os
import random
import signal
import subprocess
import tempfile
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from pathlib import Path
from statistics import median, quantiles
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

from bot.app import embedded_interpreter
from bot.config import load_config
from bot.nlu.rasa.home import environment, rasa_python
from bot.nlu.rasa.models import in_service
from bot.nlu.rasa.serving import THREADS
from bot.nlu.training import read_examples, read_labels
from bot.settings import HOME
from tests.bench.load import Load, closed_loop
from tests.running import SIAGA, free_port

DATA = HOME / ".siaga"
MISSING = (
    "There is no Rasa model to measure: `siaga nlu train --rasa` makes Rasa's environment and trains one."
)
ENDPOINTS = "lock_store:\n  type: redis\n  url: localhost\n"
OURS = ("siaga_1", "siaga_2")
STOCK = ("stock_1", "stock_2")
"""Servers with one process and with two."""
START = 400.0
"""Seconds that a server may take to start."""


@contextmanager
def running(command: list[str], port: int, folder: Path, workers: int = 1) -> Iterator[int]:
    """A server, warm and answering; gives its process id."""
    env = {**THREADS, **environment(), "SANIC_WORKERS": str(workers)}
    with (folder / f"{port}.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, env=env, stdout=log, stderr=log)
    try:
        until = time.monotonic() + START
        while not _answers(port):
            if process.poll() is not None or time.monotonic() > until:
                raise SystemExit((folder / f"{port}.log").read_text()[-2000:])
            time.sleep(0.5)
        yield process.pid
    finally:
        process.terminate()
        assert process.wait(60) in (0, -signal.SIGTERM)


def ours(port: int, processes: int) -> list[str]:
    """The words that start our server."""
    return [str(SIAGA), "nlu", "serve", "--port", str(port), "--processes", str(processes)]


def stock(python: Path, archive: Path, port: int) -> list[str]:
    """The words that start Rasa's own server. Our components are found since `environment` has them on PYTHONPATH."""
    where = ["--interface", "127.0.0.1", "--port", str(port), "--endpoints", "endpoints.yml"]
    return [str(python), "-m", "rasa", "run", "--enable-api", "--model", str(archive), *where]


def _answers(port: int) -> bool:
    try:
        with urlopen(f"http://127.0.0.1:{port}/status", timeout=2) as response:
            return bool(json.load(response)["model_file"])
    except (URLError, OSError, KeyError, ValueError):
        return False


def memory(process: int) -> float:
    """Megabytes that a process and all below it have in memory (RSS, so shared pages count for each)."""
    listed = subprocess.run(["ps", "-axo", "pid=,ppid=,rss="], capture_output=True, text=True, check=True)
    rows = [tuple(map(int, line.split())) for line in listed.stdout.splitlines()]
    family = {process}
    while more := {pid for pid, parent, _ in rows if parent in family} - family:
        family |= more
    return round(sum(rss for pid, _, rss in rows if pid in family) / 1024)


def measure(rounds: int, seconds: float, in_flight: int) -> dict[str, Any]:
    """The figures of every server, and of the ratios between ours and each of the others."""
    python, model = rasa_python(DATA), in_service(DATA)
    if python is None or model is None:
        return {"missing": MISSING}
    texts = _texts()
    with tempfile.TemporaryDirectory(prefix="siaga-bench-") as name, ExitStack() as stack:
        folder = Path(name)
        (folder / "endpoints.yml").write_text(ENDPOINTS)
        ports = {one: free_port() for one in (*OURS, *STOCK)}
        processes = {}
        for workers, one in enumerate(OURS, 1):
            processes[one] = stack.enter_context(running(ours(ports[one], workers), ports[one], folder))
        for workers, one in enumerate(STOCK, 1):
            words = stock(python, model.path, ports[one])
            processes[one] = stack.enter_context(running(words, ports[one], folder, workers))
        loads: dict[str, list[Load]] = {one: [] for one in ports}
        for at in range(-1, rounds):
            for one, port in ports.items():
                length = seconds if at >= 0 else min(seconds, 3.0)  # the first round warms up
                load = asyncio.run(closed_loop(port, texts, in_flight=in_flight, seconds=length))
                loads[one] += [load] if at >= 0 else []
        return {
            "model": model.name,
            "load_average": round(os.getloadavg()[2], 1),
            "in_flight": in_flight,
            "servers": {one: {"rss_mb": memory(processes[one]), **_spread(of)} for one, of in loads.items()},
            "ratios": {
                f"{one} to {other}": _ratio(loads[one], loads[other]) for one in OURS for other in STOCK
            },
        }


def _texts() -> list[str]:
    """Messages that no model was trained with, in an order of chance that is the same every time."""
    labels = read_labels(HOME / "config" / "rasa" / "domain.yml")
    texts = [example.text for example in read_examples(HOME / "tests" / "nlu" / "held.yml", labels)]
    return random.Random(1).sample(texts, len(texts))


def _spread(loads: list[Load]) -> dict[str, dict[str, float]]:
    """Median, least and most of each figure over the rounds."""
    rows = [asdict(load) for load in loads]
    return {name: _three([row[name] for row in rows]) for name in rows[0]}


def _ratio(ours: list[Load], theirs: list[Load]) -> dict[str, dict[str, float]]:
    pairs = list(zip(ours, theirs, strict=True))
    return {
        "throughput": _three([one.per_second / other.per_second for one, other in pairs]),
        "p95": _three([one.p95 / other.p95 for one, other in pairs]),
    }


def _three(values: list[float]) -> dict[str, float]:
    return {"median": round(median(values), 2), "least": round(min(values), 2), "most": round(max(values), 2)}


def embedded() -> dict[str, float]:
    """Milliseconds of processor time that the embedded interpreter takes for a message."""
    interpreter = embedded_interpreter(HOME / "config", DATA, load_config(HOME / "config"))
    took = []
    for text in _texts() * 2:
        begun = time.process_time()
        interpreter.read(text)
        took.append(1000 * (time.process_time() - begun))
    cuts = quantiles(took[len(took) // 2 :], n=20, method="inclusive")  # the first half warmed up
    return {"p50": round(cuts[9], 3), "p95": round(cuts[18], 3)}


def main() -> None:
    """Read the options, print the figures."""
    parser = ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=6.0, help="of each server in each round")
    parser.add_argument("--in-flight", type=int, default=32)
    options = parser.parse_args()
    print(json.dumps({"embedded_cpu_ms": embedded()}))  # noqa: T201
    print(json.dumps(measure(options.rounds, options.seconds, options.in_flight)))  # noqa: T201


if __name__ == "__main__":
    main()
