"""The embedded interpreter as the service has it: with the model in service, changing over when another one is.

Changed data is no reason to change the model: that is for whoever runs `siaga nlu train --promote` to decide.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import structlog

from bot.messages import Interpretation
from bot.nlu.embedded.interpreter import EmbeddedInterpreter, Lists, embedded_models, found_or_trained, opened
from bot.nlu.encoder import Encoder
from bot.nlu.interpreter import Thresholds
from bot.nlu.keys import model_key
from bot.nlu.models import Models, Unusable
from bot.nlu.normalising import Normaliser

LOOK_EVERY = 5.0
"""Seconds between looks at which model is in service; only while there are messages."""
PROMOTE = "siaga nlu train --promote"

log = structlog.get_logger(__name__)


class CurrentInterpreter:
    """Understands by the model in service; another one is loaded beside it and takes over, as does a rollback's.

    Args:
        models: where it looks.
        interpreter: of the model that is in service now.
        lists: names of facilities, places and systems, of the present configuration.
        look_every: seconds.
        clock: seconds that never run back.
    """

    name = "embedded"

    def __init__(
        self,
        models: Models,
        interpreter: EmbeddedInterpreter,
        lists: Lists,
        *,
        look_every: float = LOOK_EVERY,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._models = models
        self._interpreter = interpreter
        self._lists = lists
        self._look_every = look_every
        self._clock = clock
        self._tried = interpreter.model
        self._look_at = clock() + look_every

    @property
    def model(self) -> str:
        """The name of the model that answers."""
        return self._interpreter.model

    @property
    def thresholds(self) -> Thresholds:
        """Of the model that answers."""
        return self._interpreter.thresholds

    @property
    def normaliser(self) -> Normaliser:
        """Of the model that answers."""
        return self._interpreter.analyser.normaliser

    async def interpret(self, texts: Sequence[str]) -> list[Interpretation]:
        """One interpretation a text, in the same order."""
        if self._clock() >= self._look_at:
            self._look_at = self._clock() + self._look_every
            asyncio.get_running_loop().run_in_executor(None, self.follow)
        return await self._interpreter.interpret(texts)

    def read(self, text: str) -> Interpretation:
        """The interpretation of one text."""
        return self._interpreter.read(text)

    def follow(self) -> None:
        """Change over to the model in service; one that cannot be used is named in the log, once."""
        named = self._models.current()
        if named in ("", self._tried):
            return
        self._tried = named
        interpreter = usable_in_service(self._models, self._lists, self._interpreter.encoder)
        if interpreter:
            self._interpreter = interpreter
            log.info("nlu.model_changed", model=interpreter.model)
        else:
            log.error("nlu.model_refused", model=named, serving=self.model)


def usable_in_service(
    models: Models, lists: Lists, encoder: Encoder | None = None
) -> EmbeddedInterpreter | None:
    """The interpreter of the model in service; None when there is none that this program can use."""
    kept = models.in_service()
    if kept is None:
        return None
    if not models.usable(kept):
        log.warning("nlu.model_of_other_code", model=kept.name)
        return None
    try:
        return opened(kept, lists, encoder)
    except Unusable:
        log.warning("nlu.model_damaged", model=kept.name)
        return None


def current_embedded(
    config_dir: Path, models_dir: Path, lists: Lists, encoder: Encoder | None = None
) -> CurrentInterpreter:
    """The interpreter of the model in service; with none to use, the present data's is trained and put into service.

    Raises:
        ConfigurationError: a model has to be trained, and its data is missing or wrong.
    """
    models = embedded_models(models_dir, encoder)
    interpreter = usable_in_service(models, lists, encoder)
    if interpreter is None:
        before = models.current()
        log.info("nlu.model_is_made", in_service_before=before)
        kept, interpreter = found_or_trained(models, config_dir, lists, encoder)
        log.info("nlu.model_put_into_service", model=kept.name)
        models.promote(kept)
    elif interpreter.model != model_key(config_dir, encoder):
        log.warning("nlu.training_data_changed", serving=interpreter.model, to_change_over=PROMOTE)
    return CurrentInterpreter(models, interpreter, lists)
