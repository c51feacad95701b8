"""`siaga nlu test`: which model of which interpreter is measured, and what is told about it."""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from bot.config import load_config
from bot.errors import SiagaError
from bot.nlu.embedded.interpreter import load_embedded
from bot.nlu.measuring.evaluation import Measured, Report, measure, together
from bot.nlu.measuring.reliability import interval
from bot.nlu.rasa.models import find, in_service
from bot.nlu.rasa.training import Source
from bot.nlu.sides import measure_rasa, measure_server, operators_encoder
from bot.nlu.training import Example, Labels

SHOWN = ("intent_accuracy", "intent_macro_f1", "top3_accuracy", "entity_f1", "understood")
SHARES = frozenset({"intent_accuracy", "top3_accuracy", "understood"})
CONFUSIONS = 10


class Which(StrEnum):
    """The interpreters that can be measured."""

    RASA = "rasa"
    EMBEDDED = "embedded"
    BOTH = "both"


@dataclass(frozen=True)
class Sources:
    """Where interpreters are found.

    Args:
        config_dir: the operator's configuration; the embedded interpreter's model is that of its present data.
        data_dir: where models are kept.
        rasa_url: a running server; without one, Rasa's model of the present data, or else the one in service, is asked
            itself.
    """

    config_dir: Path
    data_dir: Path
    rasa_url: str | None


async def measured(
    which: Which, examples: Sequence[Example], labels: Labels, sources: Sources
) -> list[Measured]:
    """One interpreter on the messages; with `Which.BOTH` the embedded one, Rasa, and the mean of both.

    Raises:
        ConfigurationError: a mistake in config/.
        RasaSilent: the server does not answer.
        SiagaError: there is no Rasa to measure.
    """
    if which is Which.RASA:
        return [await _rasa(examples, labels, sources)]
    rasa = await _rasa(examples, labels, sources) if which is Which.BOTH else None
    lists = load_config(sources.config_dir).nlu_lists()
    interpreter = load_embedded(sources.config_dir, sources.data_dir / "models", lists, operators_encoder())
    embedded = await measure(interpreter, examples, interpreter.thresholds, told=progress)
    return [embedded, rasa, together(embedded, rasa)] if rasa else [embedded]


async def _rasa(examples: Sequence[Example], labels: Labels, sources: Sources) -> Measured:
    if sources.rasa_url:
        return await measure_server(sources.rasa_url, labels, sources.data_dir, examples, progress)
    lists = load_config(sources.config_dir).nlu_lists()
    key = Source(sources.config_dir, lists, operators_encoder()).key()
    model = find(sources.data_dir, key) or in_service(sources.data_dir)
    if model is None:
        raise SiagaError(
            "SIAGA_RASA_URL is not set: name a running Rasa server, http://host:5005, "
            "or train a model: siaga nlu train --rasa"
        )
    return await measure_rasa(sources.data_dir, model, labels, examples, progress)


def progress(done: int, of: int) -> None:
    """How far a measurement is, on a terminal."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{done} of {of} messages" + ("\n" if done == of else ""))
        sys.stderr.flush()


def told(reports: Sequence[Report], count: int) -> Iterator[str]:
    """The main figures for people, a column an interpreter, shares with their 95% intervals; then the worst mistakes.

    Args:
        reports: of one interpreter, or of several on the same messages.
        count: how many messages there were.
    """
    yield f"{count:<5} messages    " + "".join(f"{report['interpreter']:<26}" for report in reports)
    for name in SHOWN:
        yield f"{name:<18}" + "".join(f"{_figure(name, report[name], count):<26}" for report in reports)
    for report in reports:
        act = report["act"]
        yield (
            f"{report['interpreter']} acts from {act['threshold']:.3f}: "
            f"{act['coverage']:.1%} acted on, {act['confident_wrong']:.1%} wrongly"
        )
    for item in reports[-1]["confusions"][:CONFUSIONS]:
        yield f"  {item['count']:>3} x {item['intent']} taken for {item['found'] or 'nothing'}"


def _figure(name: str, value: float, count: int) -> str:
    if name not in SHARES:
        return f"{value:.4f}"
    low, high = interval(value, count)
    return f"{value:.4f} ({low:.3f}-{high:.3f})"
