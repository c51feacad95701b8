"""Which model is served: the one that the file ``current`` in the folder of models names.

When that changes, the new one is loaded beside the old one, which answers until then; where it cannot be loaded the old
one goes on.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import structlog

from bot.nlu.rasa_side.gathering import Gathering, Model

LOOK_EVERY = 1.0
"""Seconds between looks at ``current``."""

log = structlog.get_logger(__name__)
Answer = dict[str, Any]
Answered = tuple[Answer, dict[str, str]]
"""An answer and the headers that go with it."""
Load = Callable[[Path], Model[Answer]]


class NoModel(Exception):
    """There is no trained model to serve."""


class Loaded:
    """A model in memory, what is told of it beside each answer, and its answers together with that.

    Args:
        path: its file; the thresholds that training noted stand beside it.
        model: what was made of it.
    """

    def __init__(self, path: Path, model: Model[Answer]) -> None:
        self.path = path
        self.id: str = getattr(model, "id", "")
        self.thresholds = thresholds(path)
        told = {f"Siaga-{name.capitalize()}": repr(value) for name, value in self.thresholds.items()}
        self._headers = {"Siaga-Model": path.name, **told}
        self._model = model

    def parse(self, texts: list[str]) -> list[Answered]:
        """Each answer with the headers that go with it, which a change of models cannot part."""
        return [(answer, self._headers) for answer in self._model.parse(texts)]


@dataclass
class Served:
    """What the server answers with, and where it looks for newer models.

    Args:
        models: the folder with ``current`` and the models' files.
        load: makes a model of a file; raises when it is none.
        version: of Rasa, for its error messages and for ``GET /version``.

    Raises:
        NoModel: there is none, or it cannot be loaded; says why.
    """

    models: Path
    load: Load
    version: str
    look_every: float = LOOK_EVERY
    now: Loaded = field(init=False)
    gathering: Gathering[Answered] = field(init=False)
    refused: dict[str, str] | None = field(init=False, default=None)
    """The model that ``current`` names but that cannot be served, and why."""

    def __post_init__(self) -> None:
        path = current(self.models)
        try:
            self.now = Loaded(path, self.load(path))
        except Exception as error:  # whatever a broken file raises
            log.error("nlu.model_refused", model=path.name, serving=None, reason=_first_line(error))
            raise NoModel(f"{path} cannot be served: {_first_line(error)}") from None
        self.gathering = Gathering(self.now)

    async def keep_current(self) -> None:
        """Load whatever ``current`` comes to name, for ever; a name that failed is not tried again."""
        tried = self.now.path
        while True:
            await asyncio.sleep(self.look_every)
            with suppress(NoModel):
                named = current(self.models)
                if named != tried:
                    tried = named
                    await self._change(named)

    async def _change(self, path: Path) -> None:
        """Serve another model, unless it is the one that is served or cannot be loaded."""
        self.refused = None
        if path == self.now.path:
            return
        try:
            loaded = Loaded(path, await asyncio.to_thread(self.load, path))
        except Exception as error:  # whatever a broken file raises, the old model goes on
            log.error(
                "nlu.model_refused", model=path.name, serving=self.now.path.name, reason=_first_line(error)
            )
            self.refused = {"model": path.name, "reason": _first_line(error)}
            return
        self.now = self.gathering.model = loaded
        log.info("nlu.model_changed", model=path.name)


def current(models: Path) -> Path:
    """The file of the model that is to be served.

    Raises:
        NoModel: none is named, or the named one is not there.
    """
    try:
        path = models / (models / "current").read_text("utf-8").strip()
    except OSError:
        raise NoModel(f"{models} has no trained model: run `siaga nlu train` first.") from None
    if not path.is_file():
        raise NoModel(f"{models / 'current'} names {path.name}, which is not there: run `siaga nlu train`.")
    return path


def thresholds(path: Path) -> dict[str, float]:
    """The thresholds that training noted beside a model, ``act`` and ``ask``; none beside others' models."""
    try:
        about = json.loads((path.parent / f"{path.name.removesuffix('.tar.gz')}.json").read_text("utf-8"))
        return {"act": float(about["act"]), "ask": float(about["ask"])}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _first_line(error: Exception) -> str:
    """What a model's file is refused for; no message has been near it."""
    return f"{type(error).__name__}: {error}".splitlines()[0][:300]
