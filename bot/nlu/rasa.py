"""Rasa over its HTTP contract (``POST /model/parse``), and what answers when Rasa does not.

The request is ``{"text": ...}``; the response carries ``intent {name, confidence}``, ``intent_ranking`` and
``entities [{entity, value, start, end}]``: Rasa Open Source 3, HTTP API, "Predict an intent".
"""

import asyncio
import time
from collections.abc import Callable, Sequence

import httpx
from pydantic import BaseModel, Field, ValidationError, field_validator

from bot.errors import SiagaError
from bot.messages import Entity, Interpretation
from bot.nlu.entities import NUMBERS
from bot.nlu.interpreter import Interpreter, Thresholds
from bot.nlu.training import Labels
from bot.reading.numbers import personal_numbers

LONGEST = 4096
"""Characters that are sent of one message."""
AT_ONCE = 32
"""Requests in flight for one batch."""


class RasaSilent(SiagaError):
    """Rasa did not answer in time, or not with an interpretation."""


class _Intent(BaseModel):
    name: str | None = None
    confidence: float = Field(ge=0, le=1.000001)


class _Entity(BaseModel):
    entity: str
    value: object = ""
    start: int
    end: int
    confidence_entity: float = Field(default=1.0, ge=0, le=1.000001)


class _Parsed(BaseModel):
    text: str
    intent: _Intent
    intent_ranking: list[_Intent] = []
    entities: list[_Entity] = []

    @field_validator("entities")
    @classmethod
    def _in_order(cls, entities: list[_Entity]) -> list[_Entity]:
        return sorted(entities, key=lambda entity: entity.start)


class Rasa:
    """Asks a Rasa server.

    Args:
        http: a pooled client; its owner closes it.
        url: the server's address, ``http://host:5005``.
        labels: the intents and entities that an answer may have.
        timeout: seconds for a whole batch.
        thresholds: of the model that the server has.
    """

    name = "rasa"

    def __init__(
        self, http: httpx.AsyncClient, url: str, labels: Labels, *, timeout: float, thresholds: Thresholds
    ) -> None:
        self._http = http
        self._url = url.rstrip("/") + "/model/parse"
        self._labels = labels
        self._timeout = timeout
        self.thresholds = thresholds
        self.model = ""

    async def interpret(self, texts: Sequence[str]) -> list[Interpretation]:
        """What Rasa makes of each text.

        Raises:
            RasaSilent: it did not answer all of them in time, or with something else than interpretations.
        """
        room = asyncio.Semaphore(AT_ONCE)
        try:
            async with asyncio.timeout(self._timeout), asyncio.TaskGroup() as tasks:
                asked = [tasks.create_task(self._ask(text, room)) for text in texts]
        except (TimeoutError, ExceptionGroup) as error:
            raise RasaSilent(_reason(error)) from None
        return [task.result() for task in asked]

    async def _ask(self, text: str, room: asyncio.Semaphore) -> Interpretation:
        if not text.strip():
            return Interpretation(text=text, intent="", confidence=0.0, interpreter=self.name)
        async with room:
            response = await self._http.post(self._url, json={"text": text[:LONGEST]})
        response.raise_for_status()
        return self._read(text, _Parsed.model_validate_json(response.content))

    def _read(self, text: str, parsed: _Parsed) -> Interpretation:
        ranking = [(one.name, min(one.confidence, 1.0)) for one in parsed.intent_ranking or [parsed.intent]]
        known = tuple((name, sure) for name, sure in ranking if name and not self._labels.problem(name))
        name = parsed.intent.name or ""
        if name and self._labels.problem(name):
            raise RasaSilent(f"intent {name[:40]} is none of ours")
        return Interpretation(
            text=text,
            intent=name,
            confidence=min(parsed.intent.confidence, 1.0) if name else 0.0,
            ranking=known,
            entities=self._entities(text, parsed.entities),
            interpreter=self.name,
        )

    def _entities(self, text: str, found: Sequence[_Entity]) -> tuple[Entity, ...]:
        """Rasa's spans that lie within the text and have a name of ours; numbers by our own rules."""
        numbers = [number for number in personal_numbers(text[:LONGEST]) if number.kind in NUMBERS]
        kept = [
            Entity(
                entity=one.entity,
                value=text[one.start : one.end],
                start=one.start,
                end=one.end,
                confidence=min(one.confidence_entity, 1.0),
            )
            for one in found
            if 0 <= one.start < one.end <= len(text)
            and not self._labels.entity_problem(one.entity)
            and not any(number.start < one.end and one.start < number.end for number in numbers)
        ]
        kept += [
            Entity(entity=str(number.kind), value=number.value, start=number.start, end=number.end)
            for number in numbers
        ]
        return tuple(sorted(kept, key=lambda entity: entity.start))


def _reason(error: BaseException) -> str:
    """A short word for what went wrong, without any text of a participant."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    match error:
        case TimeoutError() | httpx.TimeoutException():
            return "timeout"
        case httpx.HTTPStatusError():
            return f"http_{error.response.status_code}"
        case ValidationError():
            return "nonsense"
        case RasaSilent():
            return str(error)
        case _:
            return type(error).__name__


class Fallback:
    """Asks the first interpreter and, when it is silent, the second, which always answers.

    After `failures` silences in a row the first is left alone for `rest` seconds, then tried with one batch.

    Args:
        primary: raises `RasaSilent` when it cannot answer.
        second: answers everything.
        clock: seconds that never run back.
    """

    name = "fallback"

    def __init__(
        self,
        primary: Interpreter,
        second: Interpreter,
        *,
        failures: int = 3,
        rest: float = 5.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._primary = primary
        self._second = second
        self._failures = failures
        self._rest = rest
        self._clock = clock
        self._failed = 0
        self._closed_until = 0.0
        self.answered: dict[str, int] = {primary.name: 0, second.name: 0}
        """Texts that each interpreter answered."""
        self.last_failure = ""
        """Why the first was silent the last time; empty while it answers."""

    @property
    def resting(self) -> bool:
        """Whether the first interpreter is left alone just now."""
        return self._failed >= self._failures and self._clock() < self._closed_until

    async def interpret(self, texts: Sequence[str]) -> list[Interpretation]:
        """One interpretation a text, by whichever interpreter answers; each says by whom it is."""
        if not self.resting:
            try:
                read = await self._primary.interpret(texts)
            except RasaSilent as error:
                self._fail(str(error))
            else:
                self._failed, self.last_failure = 0, ""
                self.answered[self._primary.name] += len(texts)
                return read
        self.answered[self._second.name] += len(texts)
        return await self._second.interpret(texts)

    def _fail(self, reason: str) -> None:
        """Count a silence; from the limit on, every further one closes the way again."""
        self._failed += 1
        self.last_failure = reason
        if self._failed >= self._failures:
            self._closed_until = self._clock() + self._rest
