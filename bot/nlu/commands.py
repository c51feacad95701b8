"""`siaga nlu`: train the embedded interpreter, and measure an interpreter on a test file."""

import asyncio
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import httpx
import orjson
import typer

from bot.config import load_config
from bot.errors import ConfigurationError, SiagaError
from bot.nlu.embedded import EmbeddedInterpreter, load_embedded
from bot.nlu.evaluation import Report, evaluate
from bot.nlu.interpreter import Interpreter
from bot.nlu.rasa import Rasa
from bot.nlu.rasa_models import in_service
from bot.nlu.rasa_serving import serve_rasa
from bot.nlu.rasa_training import train_rasa
from bot.nlu.training import Labels, read_examples, read_labels
from bot.settings import HOME

nlu = typer.Typer(help="Understanding: train it and measure it.", no_args_is_help=True)

PATIENCE = 30.0
"""Seconds for a batch of a measurement, which has no participant waiting."""

ConfigDir = Annotated[Path, typer.Option("--config-dir", envvar="SIAGA_CONFIG_DIR", help="The configuration")]
DataDir = Annotated[Path, typer.Option("--data-dir", envvar="SIAGA_DATA_DIR", help="Where models are kept")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object")]


class Which(StrEnum):
    """The interpreters that can be measured."""

    RASA = "rasa"
    EMBEDDED = "embedded"


@nlu.command()
def train(
    rasa: Annotated[
        bool, typer.Option("--rasa", help="Rasa's model too, in an environment of its own (2.5 GB, minutes)")
    ] = False,
    config_dir: ConfigDir = HOME / "config",
    data_dir: DataDir = HOME / ".siaga",
) -> None:
    """Train the embedded interpreter; does nothing when a model for this data exists."""
    interpreter = _embedded(config_dir, data_dir)
    limits = interpreter.thresholds
    typer.echo(f"Model {interpreter.model}: act from {limits.act:.3f}, ask from {limits.ask:.3f}")
    if rasa:
        made = train_rasa(config_dir, data_dir, load_config(config_dir).nlu_lists(), typer.echo)
        typer.echo(f"Rasa's model {made.name} is ready: siaga nlu serve")


@nlu.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on; SIAGA_RASA_URL names it")] = 5005,
    data_dir: DataDir = HOME / ".siaga",
) -> None:
    """Serve Rasa's model by Rasa's own contract, many messages at a time."""
    serve_rasa(data_dir, host, port)


@nlu.command("test")
def measure(
    file: Annotated[Path, typer.Argument(help="Rasa YAML, or JSON lines with text, intent, entities")],
    interpreter: Annotated[Which, typer.Option(help="Which interpreter to measure")] = Which.EMBEDDED,
    as_json: AsJson = False,
    rasa_url: Annotated[
        str | None, typer.Option(envvar="SIAGA_RASA_URL", help="A running Rasa server")
    ] = None,
    config_dir: ConfigDir = HOME / "config",
    data_dir: DataDir = HOME / ".siaga",
) -> None:
    """Measure an interpreter on a file of messages that it was not trained with."""
    labels = _labels(config_dir)
    report = asyncio.run(
        _measure(file, labels, _embedded(config_dir, data_dir), _rasa_url(interpreter, rasa_url), data_dir)
    )
    if as_json:
        typer.echo(orjson.dumps(report).decode())
    else:
        _print(report)


@nlu.command()
def export() -> None:
    """Write what was labelled at the desk as training data."""
    typer.echo(
        "Nothing is labelled yet: what was not understood is kept, labelling it comes later.", err=True
    )
    raise typer.Exit(1)


async def _measure(
    file: Path, labels: Labels, embedded: EmbeddedInterpreter, url: str | None, data_dir: Path
) -> Report:
    try:
        examples = read_examples(file, labels)
        if url is None:
            return await evaluate(embedded, examples, embedded.thresholds)
        async with httpx.AsyncClient(timeout=PATIENCE) as http:
            model = in_service(data_dir)
            thresholds = model.thresholds if model else embedded.thresholds
            rasa: Interpreter = Rasa(http, url, labels, timeout=PATIENCE, thresholds=thresholds)
            return await evaluate(rasa, examples, thresholds)
    except SiagaError as error:
        raise _stop(error) from None


def _rasa_url(which: Which, url: str | None) -> str | None:
    """The address when Rasa is to be measured, else None."""
    if which is Which.EMBEDDED:
        return None
    if not url:
        raise _stop(SiagaError("SIAGA_RASA_URL is not set: name a running Rasa server, http://host:5005"))
    return url


def _labels(config_dir: Path) -> Labels:
    try:
        return read_labels(config_dir / "rasa" / "domain.yml")
    except ConfigurationError as error:
        raise _stop(error) from None


def _embedded(config_dir: Path, data_dir: Path) -> EmbeddedInterpreter:
    try:
        lists = load_config(config_dir).nlu_lists()
        return load_embedded(config_dir, data_dir / "models", lists)
    except ConfigurationError as error:
        raise _stop(error) from None


def _stop(error: SiagaError) -> typer.Exit:
    typer.echo(str(error), err=True)
    return typer.Exit(1)


def _print(report: dict[str, Any]) -> None:
    """The report's main figures for people."""
    act = report["act"]
    for name in ("intent_accuracy", "intent_macro_f1", "top3_accuracy", "entity_f1", "understood"):
        typer.echo(f"{name:<18}{report[name]:.4f}")
    typer.echo(
        f"act from {act['threshold']:.3f}: {act['coverage']:.1%} acted on, {act['confident_wrong']:.1%} wrongly"
    )
    for item in report["confusions"][:10]:
        typer.echo(f"  {item['count']:>3} x {item['intent']} taken for {item['found']}")
