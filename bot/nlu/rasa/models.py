"""Rasa's trained models: in ``models/rasa`` of the data folder, used by the version of Rasa that made them."""

import re
import shutil
from functools import partial
from pathlib import Path
from typing import Any

from bot.nlu.interpreter import Thresholds
from bot.nlu.models import Kept, Models
from bot.nlu.rasa.home import LOCK

RasaModel = Kept
"""A trained model; its name is the hash of data and configuration."""


def folder(data_dir: Path) -> Path:
    """Where Rasa's models are kept."""
    return data_dir / "models" / "rasa"


def rasa_models(data_dir: Path) -> Models:
    """Rasa's models under a data folder."""
    return Models(folder(data_dir), ".tar.gz", made_by=rasa_version())


def rasa_version(lock: Path = LOCK) -> str:
    """The version of Rasa that the lock file names, as ``Rasa 3.6.21``; empty where there is no lock file."""
    found = re.search(r"^rasa==([\d.]+)", lock.read_text("utf-8"), re.MULTILINE) if lock.exists() else None
    return f"Rasa {found[1]}" if found else ""


def find(data_dir: Path, name: str) -> RasaModel | None:
    """The model of this name, if it is complete."""
    return rasa_models(data_dir).find(name)


def thresholds_of(data_dir: Path, name: str) -> Thresholds | None:
    """The thresholds of the model of this name; None for one that is not ours."""
    found = find(data_dir, name)
    return found.thresholds if found else None


def in_service(data_dir: Path) -> RasaModel | None:
    """The model that `siaga nlu serve` answers with; None when nothing was trained yet."""
    return rasa_models(data_dir).in_service()


def put(data_dir: Path, name: str, archive: Path, about: dict[str, Any]) -> RasaModel:
    """Keep a trained model; what is known about it is written last and makes it complete."""
    return rasa_models(data_dir).put(name, partial(shutil.copyfile, archive), about)


def promote(data_dir: Path, model: RasaModel) -> None:
    """Put a model into service, also an older one again; a running server changes over by itself."""
    rasa_models(data_dir).promote(model)
