"""`siaga nlu serve`: start the server that lives in Rasa's environment."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from bot.errors import SiagaError
from bot.nlu.rasa.home import environment, rasa_python
from bot.nlu.rasa.models import folder, in_service, rasa_models

THREADS = {"OMP_NUM_THREADS": "1", "TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1"}
"""Batches are small: more threads cost more than they bring. A variable that is set already is kept."""


class NothingToServe(SiagaError):
    """Rasa's environment or a trained model is missing."""


def serve_rasa(data_dir: Path, host: str = "127.0.0.1", port: int = 5005, processes: int = 1) -> NoReturn:
    """Become the server: this process is replaced and answers until it is told to stop.

    With more than one process they share the port, each with the model in its own memory; when one of them ends, all
    do, so that whatever started this starts them again.

    Raises:
        NothingToServe: nothing was trained yet, or the model in service is of another Rasa release.
    """
    python, model, models = rasa_python(data_dir), in_service(data_dir), rasa_models(data_dir)
    if python is None or model is None:
        raise NothingToServe(f"{data_dir} has no trained Rasa model: run `siaga nlu train --rasa` first.")
    if not models.usable(model):
        raise NothingToServe(
            f"Model {model.name} was made by {model.about['made_by']}, and {models.made_by} is what we have: "
            "run `siaga nlu train --rasa` or `siaga nlu rollback --rasa`."
        )
    command, env = serve_command(python, data_dir, host, port), {**THREADS, **environment()}
    if processes == 1:
        os.execve(python, command, env)  # noqa: S606
    sys.exit(run_together([*command, "--share-port"], env, processes))


def run_together(command: Sequence[str], env: dict[str, str], processes: int) -> int:
    """Run a command several times until one of them ends or we are told to stop; 0 when all ended well."""
    told = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: told.set())
    running = [subprocess.Popen(command, env=env) for _ in range(processes)]  # noqa: S603 - our own words
    while not told.wait(0.2) and all(one.poll() is None for one in running):
        pass
    for one in running:
        one.terminate()
    return max(abs(one.wait()) for one in running)


def serve_command(python: Path, data_dir: Path, host: str, port: int) -> list[str]:
    """The words that start the server."""
    where = ["--models", str(folder(data_dir)), "--host", host, "--port", str(port)]
    return [str(python), "-m", "bot.nlu.rasa_side.server", *where]
