"""`siaga nlu serve`: start the server that lives in Rasa's environment."""

import os
from pathlib import Path
from typing import NoReturn

from bot.errors import SiagaError
from bot.nlu.rasa_home import environment, rasa_python
from bot.nlu.rasa_models import folder, in_service

THREADS = {"OMP_NUM_THREADS": "1", "TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1"}
"""Batches are small: more threads cost more than they bring. A variable that is set already is kept."""


class NothingToServe(SiagaError):
    """Rasa's environment or a trained model is missing."""


def serve_rasa(data_dir: Path, host: str = "127.0.0.1", port: int = 5005) -> NoReturn:
    """Become the server: this process is replaced and answers until it is told to stop.

    Raises:
        NothingToServe: nothing was trained yet.
    """
    python = rasa_python(data_dir)
    if python is None or in_service(data_dir) is None:
        raise NothingToServe(f"{data_dir} has no trained Rasa model: run `siaga nlu train --rasa` first.")
    os.execve(python, serve_command(python, data_dir, host, port), {**THREADS, **environment()})  # noqa: S606


def serve_command(python: Path, data_dir: Path, host: str, port: int) -> list[str]:
    """The words that start the server."""
    where = ["--models", str(folder(data_dir)), "--host", host, "--port", str(port)]
    return [str(python), "-m", "bot.nlu.rasa_side.server", *where]
