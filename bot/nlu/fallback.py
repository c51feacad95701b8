"""Who answers when Rasa does not, and for how long Rasa is then left alone."""

import time
from collections.abc import Callable, Sequence

import structlog

from bot.messages import Interpretation
from bot.nlu.interpreter import Interpreter
from bot.nlu.rasa.client import Rasa
from bot.nlu.rasa.wire import RasaSilent

log = structlog.get_logger(__name__)


class Fallback:
    """Asks Rasa and, when it is silent, the second interpreter, which always answers.

    After `failures` silences in a row Rasa is left alone for `rest` seconds, then tried with one batch; until that is
    answered all others go to the second one.

    Args:
        rasa: raises `RasaSilent` when it cannot answer.
        second: answers everything.
        failures: silences in a row after which no more is asked.
        rest: seconds.
        clock: seconds that never run back.
    """

    name = "fallback"

    def __init__(
        self,
        rasa: Rasa,
        second: Interpreter,
        *,
        failures: int = 3,
        rest: float = 5.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.rasa = rasa
        self._second = second
        self._failures = failures
        self._rest = rest
        self._clock = clock
        self._failed = 0
        self._closed_until = 0.0
        self.last_failure = ""
        """Why Rasa was silent the last time; empty while it answers."""

    @property
    def resting(self) -> bool:
        """Whether Rasa is left alone just now."""
        return self._failed >= self._failures and self._clock() < self._closed_until

    @property
    def model(self) -> str:
        """The model that is expected to answer the next text."""
        return self._second.model if self.resting else self.rasa.model

    async def interpret(self, texts: Sequence[str]) -> list[Interpretation]:
        """One interpretation a text, by whichever interpreter answers; each says by whom it is."""
        if self.resting:
            return await self._second.interpret(texts)
        self._close()  # for the others, while one batch is tried after a rest
        try:
            read = await self.rasa.interpret(texts)
        except RasaSilent as error:
            self._fail(str(error))
            return await self._second.interpret(texts)
        if self._failed >= self._failures:
            log.info("nlu.rasa_back")
        self._failed, self.last_failure = 0, ""
        return read

    async def look(self) -> tuple[str, str, str]:
        """Who answers, with which model, and why it is not Rasa (empty when it is).

        Rasa's server is asked, since this process may have had nothing to interpret; where it had, Rasa's last answer
        has to have been one.
        """
        try:
            model = await self.rasa.look()
        except RasaSilent as error:
            return self._second.name, self._second.model, str(error)
        if self.last_failure:
            return self._second.name, self._second.model, self.last_failure
        return self.rasa.name, model, ""

    def _fail(self, reason: str) -> None:
        """Count a silence; from the limit on, every further one closes the way again."""
        self._failed += 1
        self.last_failure = reason
        if self._failed == self._failures:
            log.warning("nlu.rasa_silent", reason=reason)
        self._close()

    def _close(self) -> None:
        if self._failed >= self._failures:
            self._closed_until = self._clock() + self._rest
