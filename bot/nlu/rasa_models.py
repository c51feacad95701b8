"""Rasa's trained models as files: ``rasa/<name>.tar.gz``, what is known about each, and which one is in service."""

import json
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.nlu.interpreter import Thresholds


@dataclass(frozen=True)
class RasaModel:
    """A trained model.

    Args:
        name: hash of data and configuration.
        path: its archive.
        thresholds: chosen on messages that were held out.
        about: all that training noted: thresholds, accuracy and coverage on the held-out messages, seconds.
    """

    name: str
    path: Path
    thresholds: Thresholds
    about: dict[str, Any]


def folder(data_dir: Path) -> Path:
    """Where Rasa's models are kept."""
    return data_dir / "models" / "rasa"


def find(data_dir: Path, name: str) -> RasaModel | None:
    """The model of this name, if it is complete."""
    path = folder(data_dir) / f"{name}.tar.gz"
    try:
        about = json.loads((folder(data_dir) / f"{name}.json").read_text("utf-8"))
        thresholds = Thresholds(act=float(about["act"]), ask=float(about["ask"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return RasaModel(name, path, thresholds, about) if path.is_file() else None


def in_service(data_dir: Path) -> RasaModel | None:
    """The model that `siaga nlu serve` answers with; None when nothing was trained yet."""
    try:
        file = (folder(data_dir) / "current").read_text("utf-8").strip()
    except OSError:
        return None
    return find(data_dir, file.removesuffix(".tar.gz"))


def put(data_dir: Path, name: str, archive: Path, about: dict[str, Any]) -> RasaModel:
    """Keep a trained model; what is known about it is written last and makes it complete."""
    folder(data_dir).mkdir(parents=True, exist_ok=True)
    path = folder(data_dir) / f"{name}.tar.gz"
    coming = path.with_suffix(".coming")
    shutil.copy(archive, coming)
    coming.replace(path)
    _write(folder(data_dir) / f"{name}.json", json.dumps(about, indent=2))
    return RasaModel(name, path, Thresholds(act=about["act"], ask=about["ask"]), about)


def promote(data_dir: Path, model: RasaModel) -> None:
    """Put a model into service, also an older one again; a running server changes over by itself."""
    current = folder(data_dir) / "current"
    if not current.exists() or current.read_text("utf-8").strip() != model.path.name:
        _write(current, model.path.name)


def _write(path: Path, text: str) -> None:
    """Write a file so that a reader sees the old one or the new one."""
    handle, name = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    Path(name).replace(path)
