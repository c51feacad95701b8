"""Rasa over its HTTP contract: ``POST /model/parse`` and, for what is served, ``GET /status``.

The request is ``{"text": ...}``; the response carries ``intent {name, confidence}``, ``intent_ranking`` and
``entities [{entity, value, start, end}]``: Rasa Open Source 3, HTTP API, "Predict an intent". `siaga nlu serve` tells
in the headers of each answer which model made it and that model's thresholds; a stock `rasa run` has only the model's
file name, in ``/status``.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import httpx
from pydantic import ValidationError

from bot.messages import Entity, Interpretation, Thresholds
from bot.nlu.embedded.entities import NUMBERS
from bot.nlu.rasa.wire import LONGEST, Parsed, RasaSilent, Told, content, to_send, told_by
from bot.nlu.training import Labels
from bot.reading.numbers import personal_numbers

AT_ONCE = 32
"""Requests in flight."""
CLOSED = (httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError)
"""What is raised where the other side ends a connection."""
LOOK_EVERY = 10.0
"""Seconds for which what a stock server's ``/status`` told holds."""


@dataclass(frozen=True)
class _Answer:
    """What came back for ``text[lead:]``; `told` is None from a stock server."""

    text: str
    lead: int
    parsed: Parsed
    told: Told | None


def connections() -> httpx.AsyncClient:
    """A pool for one server. It has no timeouts of its own: `Rasa` keeps a deadline for the whole."""
    limits = httpx.Limits(max_connections=AT_ONCE, max_keepalive_connections=AT_ONCE, keepalive_expiry=60)
    return httpx.AsyncClient(limits=limits, timeout=None)  # noqa: S113 - see above


def _none_known(_model: str) -> Thresholds | None:
    return None


class Rasa:
    """Asks a Rasa server.

    Args:
        http: a pooled client; its owner closes it.
        url: the server's address, ``http://host:5005``.
        labels: the intents and entities that an answer may have.
        timeout: seconds for a whole batch.
        thresholds: for a model of which nobody knows them.
        known: the thresholds of a model by its name, for servers that do not tell them.
    """

    name = "rasa"

    def __init__(
        self,
        http: httpx.AsyncClient,
        url: str,
        labels: Labels,
        *,
        timeout: float,
        thresholds: Thresholds,
        known: Callable[[str], Thresholds | None] = _none_known,
    ) -> None:
        self._http = http
        self._url = url.rstrip("/")
        self._labels = labels
        self._timeout = timeout
        self._thresholds = thresholds
        self._known = known
        self._room = asyncio.Semaphore(AT_ONCE)
        self._stock = Told(model_file="")
        self._look_again = 0.0
        self.model = ""
        """The model that answered last; empty while it is not known."""

    async def interpret(self, texts: Sequence[str]) -> list[Interpretation]:
        """What Rasa makes of each text, with the thresholds of the model that it was made with.

        Raises:
            RasaSilent: it did not answer all of them in time, or with something else than interpretations.
        """
        try:
            async with asyncio.timeout(self._timeout):
                async with asyncio.TaskGroup() as tasks:
                    asked = [tasks.create_task(self._ask(text)) for text in texts]
                answers = [task.result() for task in asked]
                if any(answer and answer.told is None for answer in answers):
                    await self._look_at_stock()
        except (TimeoutError, ExceptionGroup) as error:
            raise RasaSilent(_reason(error)) from None
        return [
            self._read(answer) if answer else self._nothing(text)
            for text, answer in zip(texts, answers, strict=True)
        ]

    async def look(self) -> str:
        """The model that would answer, as the server itself says.

        Raises:
            RasaSilent: it does not say so in time.
        """
        try:
            async with asyncio.timeout(self._timeout), self._room:
                return (await self._status()).model
        except (TimeoutError, httpx.HTTPError, ValidationError) as error:
            raise RasaSilent(_reason(error)) from None

    async def _status(self) -> Told:
        async with self._http.stream("GET", f"{self._url}/status") as response:
            return Told.model_validate_json(await content(response))

    async def _look_at_stock(self) -> None:
        """Which model a stock server has; where it does not say (a token, for one), nobody's thresholds hold."""
        now = time.monotonic()
        if now < self._look_again:
            return
        self._look_again = now + LOOK_EVERY
        try:
            self._stock = await self._status()
        except (httpx.HTTPError, ValidationError, RasaSilent):
            self._stock = Told(model_file="")

    async def _ask(self, text: str) -> _Answer | None:
        lead, sent = to_send(text)
        if not sent:
            return None
        async with self._room:
            try:
                parsed, told = await self._post(sent)
            except CLOSED:  # perhaps a kept connection that the server has closed meanwhile
                parsed, told = await self._post(sent)
        if parsed.text != sent:
            raise RasaSilent("another_text")
        return _Answer(text, lead, parsed, told)

    async def _post(self, sent: str) -> tuple[Parsed, Told | None]:
        request = self._http.stream(
            "POST", f"{self._url}/model/parse", json={"text": sent}, headers={"Accept-Encoding": "identity"}
        )
        async with request as response:
            return Parsed.model_validate_json(await content(response)), told_by(response.headers)

    def _read(self, answer: _Answer) -> Interpretation:
        parsed, told = answer.parsed, answer.told or self._stock
        ranking = [(one.name, min(one.confidence, 1.0)) for one in parsed.intent_ranking or [parsed.intent]]
        known = tuple((name, sure) for name, sure in ranking if name and not self._labels.problem(name))
        name = parsed.intent.name or ""
        if name and self._labels.problem(name):
            raise RasaSilent("unknown_intent")
        self.model = told.model
        return Interpretation(
            text=answer.text,
            intent=name,
            confidence=min(parsed.intent.confidence, 1.0) if name else 0.0,
            ranking=known,
            entities=self._entities(answer),
            interpreter=self.name,
            model=told.model,
            thresholds=told.thresholds or self._known(told.model) or self._thresholds,
        )

    def _nothing(self, text: str) -> Interpretation:
        return Interpretation(text=text, intent="", confidence=0.0, interpreter=self.name, model=self.model)

    def _entities(self, answer: _Answer) -> tuple[Entity, ...]:
        """Rasa's spans that lie within the text and have a name of ours; numbers by our own rules."""
        text, lead = answer.text, answer.lead
        numbers = [number for number in personal_numbers(text[:LONGEST]) if number.kind in NUMBERS]
        kept = [
            Entity(entity=str(number.kind), value=number.value, start=number.start, end=number.end)
            for number in numbers
        ]
        for one in answer.parsed.entities:
            start, end = one.start + lead, one.end + lead
            within = lead <= start < end <= len(text) and not self._labels.entity_problem(one.entity)
            if within and not any(number.start < end and start < number.end for number in numbers):
                sure = min(one.confidence_entity, 1.0)
                kept.append(
                    Entity(entity=one.entity, value=text[start:end], start=start, end=end, confidence=sure)
                )
        return tuple(sorted(kept, key=lambda entity: entity.start))


def _reason(error: BaseException) -> str:
    """A short word for what went wrong, without any text of a participant."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    match error:
        case TimeoutError() | httpx.TimeoutException():
            return "timeout"
        case ValidationError():
            return "nonsense"
        case RasaSilent():
            return str(error)
        case _:
            return type(error).__name__
