"""The two interpreters as their models are worked on: trained from the present data, measured, put into service."""

import json
import tempfile
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import httpx

from bot.config import load_config
from bot.nlu.embedded.interpreter import embedded_models, found_or_trained, opened
from bot.nlu.encoder import Encoder, load_encoder
from bot.nlu.interpreter import Thresholds
from bot.nlu.measuring.evaluation import Measured, Told, measure
from bot.nlu.models import Kept, Models, Unusable
from bot.nlu.rasa.client import Rasa, connections
from bot.nlu.rasa.home import rasa_python
from bot.nlu.rasa.models import rasa_models, thresholds_of
from bot.nlu.rasa.training import predicted, train_rasa
from bot.nlu.rasa.wire import to_send
from bot.nlu.training import Example, Labels, read_labels
from bot.settings import Settings, Where

PATIENCE = 30.0
"""Seconds for a batch of a measurement, which has no participant waiting."""


STRANGE = Thresholds(
    act=Settings.model_fields["rasa_act"].default, ask=Settings.model_fields["rasa_ask"].default
)
"""For a server's model that nobody knows the thresholds of: as the service does, unless it is told otherwise."""


def silent(done: int, of: int) -> None:
    """Told how far a measurement is, and says nothing."""


@dataclass(frozen=True)
class Side:
    """One interpreter's models.

    Args:
        title: for people.
        models: where they are.
        train: gives the model of the present data, trained when it is missing; does not put it into service.
        measure: what a model makes of held messages; raises Unusable for one that cannot be used.
        option: what its commands are told to mean it.
    """

    title: str
    models: Models
    train: Callable[[], Kept]
    measure: Callable[[Kept, Sequence[Example], Told], Coroutine[Any, Any, Measured]]
    option: str = ""


def embedded_side(config_dir: Path, data_dir: Path) -> Side:
    """The embedded interpreter's.

    Raises:
        ConfigurationError: config/ has a mistake.
    """
    lists, encoder = load_config(config_dir).nlu_lists(), operators_encoder()
    models = embedded_models(data_dir / "models", encoder)

    async def measured(kept: Kept, examples: Sequence[Example], told: Told) -> Measured:
        return await measure(opened(kept, lists, encoder), examples, kept.thresholds, told=told)

    def train() -> Kept:
        return found_or_trained(models, config_dir, lists, encoder)[0]

    return Side("the embedded interpreter", models, train, measured)


def operators_encoder() -> Encoder | None:
    """The operator's sentence encoder, as the service has it from the environment or .env.

    Raises:
        ConfigurationError: it cannot be used.
    """
    path = Where().encoder
    return load_encoder(path) if path else None


def rasa_side(config_dir: Path, data_dir: Path, say: Callable[[str], None]) -> Side:
    """Rasa's; models are measured in its environment, without a server.

    Raises:
        ConfigurationError: config/ has a mistake.
    """
    lists, encoder = load_config(config_dir).nlu_lists(), operators_encoder()
    labels = read_labels(config_dir / "rasa" / "domain.yml")

    async def measured(kept: Kept, examples: Sequence[Example], told: Told) -> Measured:
        return await measure_rasa(data_dir, kept, labels, examples, told)

    return Side(
        "Rasa",
        rasa_models(data_dir),
        lambda: train_rasa(config_dir, data_dir, lists, say, encoder),
        measured,
        option=" --rasa",
    )


async def measure_rasa(
    data_dir: Path, kept: Kept, labels: Labels, examples: Sequence[Example], told: Told = silent
) -> Measured:
    """What a model of Rasa's makes of messages, without a server; the seconds include loading it.

    Raises:
        Unusable: Rasa's environment is missing, or the model is of another version or damaged.
    """
    python = rasa_python(data_dir)
    if python is None:
        raise Unusable(f"{data_dir} has no Rasa environment: `siaga nlu train --rasa` makes it.")
    begun = time.perf_counter()
    texts = sorted({to_send(example.text)[1] for example in examples} - {""})
    with tempfile.TemporaryDirectory(prefix="siaga-measure-") as work:
        answers = dict(zip(texts, predicted(python, kept.path, texts, Path(work)), strict=True))
    async with httpx.AsyncClient(transport=_Answered(kept, answers)) as http:
        rasa = Rasa(http, "http://rasa", labels, timeout=PATIENCE, thresholds=kept.thresholds)
        measured = await measure(rasa, examples, kept.thresholds, told=told)
    return replace(measured, seconds=time.perf_counter() - begun)


async def measure_server(
    url: str, labels: Labels, data_dir: Path, examples: Sequence[Example], told: Told = silent
) -> Measured:
    """What a running Rasa server makes of messages, by the thresholds of its model.

    Raises:
        RasaSilent: it does not answer.
    """
    known = partial(thresholds_of, data_dir)
    async with connections() as http:
        rasa = Rasa(http, url, labels, timeout=PATIENCE, thresholds=STRANGE, known=known)
        measured = await measure(rasa, examples, STRANGE, told=told)
    return replace(
        measured, thresholds=next((one.thresholds for one in measured.read if one.intent), STRANGE)
    )


class _Answered(httpx.AsyncBaseTransport):
    """Stands where a Rasa server would: its answers are there already, and the service's own client reads them."""

    def __init__(self, kept: Kept, answers: Mapping[str, Any]) -> None:
        self._answers = answers
        limits = kept.thresholds
        self._told = {
            "siaga-model": kept.path.name,
            "siaga-act": str(limits.act),
            "siaga-ask": str(limits.ask),
        }

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        text = json.loads(await request.aread())["text"]
        body = httpx.ByteStream(json.dumps(self._answers[text]).encode())
        return httpx.Response(200, stream=body, headers=self._told)
