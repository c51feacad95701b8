"""`siaga nlu`: train and measure the interpreters, put their models into service and take them back."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import orjson
import typer

from bot.errors import SiagaError
from bot.nlu.measuring.command import Sources, Which, measured, progress, told
from bot.nlu.measuring.held import held_files, read_held
from bot.nlu.measuring.report import write_report
from bot.nlu.models import Kept
from bot.nlu.promoting import FIGURES, held_figures, promote
from bot.nlu.rasa.home import NoPython
from bot.nlu.rasa.serving import serve_rasa
from bot.nlu.sides import Side, embedded_side, rasa_side
from bot.nlu.training import Example, read_examples, read_labels
from bot.settings import Where

nlu = typer.Typer(help="Understanding: train it, measure it, choose the model.", no_args_is_help=True)

ConfigDir = Annotated[
    Path,
    typer.Option(
        "--config-dir",
        default_factory=lambda: Where().config_dir,
        help="The configuration (SIAGA_CONFIG_DIR)",
    ),
]
DataDir = Annotated[
    Path,
    typer.Option(
        "--data-dir", default_factory=lambda: Where().data_dir, help="Where models are kept (SIAGA_DATA_DIR)"
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object")]
Held = Annotated[
    list[Path] | None,
    typer.Option("--held", help="Messages to measure with, none of them trained on; again for more files"),
]


@nlu.command()
def train(
    *,
    rasa: Annotated[
        bool,
        typer.Option(help="Rasa's model too, in an environment of its own (Python 3.10, 2.5 GB, minutes)"),
    ] = True,
    promoted: Annotated[
        bool, typer.Option("--promote", help="Put it into service if it is no worse than the one there")
    ] = False,
    held: Held = None,
    config_dir: ConfigDir,
    data_dir: DataDir,
) -> None:
    """Train on the present data; does nothing when that model exists.

    A first model comes into service at once, a later one with --promote. Without a Python 3.10 there is no Rasa, and
    the embedded interpreter goes on alone.
    """
    with _clear():
        messages = _held(held, config_dir, needed=promoted)
        done = [_trained(embedded_side(config_dir, data_dir), messages, promoted)]
        try:
            done += (
                [_trained(rasa_side(config_dir, data_dir, typer.echo), messages, promoted)] if rasa else []
            )
        except NoPython as missing:
            typer.echo(str(missing), err=True)
    if not all(done):
        raise typer.Exit(1)


def _trained(side: Side, held: Sequence[Example], promoted: bool) -> bool:
    """Train and, if it is meant to, put into service; whether that was done as meant."""
    kept = side.train()
    limits, about = kept.thresholds, kept.about
    typer.echo(
        f"Model {kept.name} of {side.title}: {about.get('lines', '?')} lines, {about.get('seconds', '?')} s; "
        f"act from {limits.act:.3f}, ask from {limits.ask:.3f}"
    )
    if promoted:
        return asyncio.run(promote(side, kept, held, typer.echo, progress))
    current = side.models.in_service()
    if current is None or not side.models.usable(current):
        side.models.promote(kept)
    if held and "held" not in kept.about:
        measured = asyncio.run(side.measure(kept, held, progress))
        side.models.note(kept, held=held_figures(measured))
    serving = side.models.current()
    if serving == kept.name:
        typer.echo("It is in service.")
    else:
        typer.echo(
            f"It is not in service, {serving} is: siaga nlu train --promote{side.option} compares them."
        )
    return True


@nlu.command()
def rollback(
    *,
    rasa: Annotated[
        bool, typer.Option("--rasa", help="Rasa's model, not the embedded interpreter's")
    ] = False,
    config_dir: ConfigDir,
    data_dir: DataDir,
) -> None:
    """Put the model that was in service before back into service; running processes change over by themselves."""
    with _clear():
        side = _side(rasa, config_dir, data_dir)
        left = side.models.current()
        kept = side.models.roll_back()
    typer.echo(f"Model {kept.name} is in service again, instead of {left or 'none'}.")


@nlu.command()
def models(config_dir: ConfigDir, data_dir: DataDir) -> None:
    """List the trained models, newest first; * marks the one in service."""
    with _clear():
        for rasa in (False, True):
            side = _side(rasa, config_dir, data_dir)
            typer.echo(f"Models of {side.title}:")
            for line in [_line(side, kept) for kept in side.models.newest_first()] or ["  none yet"]:
                typer.echo(line)


def _line(side: Side, kept: Kept) -> str:
    mark = "*" if kept.name == side.models.current() else " "
    about = kept.about
    line = f"{mark} {kept.name}  {str(about.get('when', ''))[:16]:<16}  {about.get('lines', '?')} lines"
    if not side.models.usable(kept):
        return f"{line}; made by {about['made_by']}, cannot be used by {side.models.made_by}"
    figures = about.get("held")
    if not figures:
        return f"{line}, not measured yet"
    shown = ("understood", "accuracy", "confident_wrong", "emergency")
    return f"{line}; of {figures['n']} held: " + ", ".join(
        f"{FIGURES[name]} {figures[name]:.1%}" for name in shown
    )


@nlu.command()
def serve(
    *,
    host: Annotated[str, typer.Option(help="Address to listen on")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on; SIAGA_RASA_URL names it")] = 5005,
    processes: Annotated[int, typer.Option(min=1, help="Processes that share the port")] = 1,
    data_dir: DataDir,
) -> None:
    """Serve Rasa's model by Rasa's own contract, many messages at a time."""
    serve_rasa(data_dir, host, port, processes)


@nlu.command("test")
def measure(  # noqa: PLR0913 - options of a command
    files: Annotated[list[Path], typer.Argument(help="Rasa YAML, or JSON lines with text, intent, entities")],
    *,
    interpreter: Annotated[Which, typer.Option(help="Which interpreter to measure")] = Which.EMBEDDED,
    as_json: AsJson = False,
    report: Annotated[
        Path | None, typer.Option(help="A folder to write a page with tables and pictures into")
    ] = None,
    rasa_url: Annotated[
        str | None,
        typer.Option(
            default_factory=lambda: Where().rasa_url,
            help="A running Rasa server (SIAGA_RASA_URL); none: the trained model itself",
        ),
    ],
    config_dir: ConfigDir,
    data_dir: DataDir,
) -> None:
    """Measure an interpreter on files of messages that it was not trained with."""
    with _clear():
        labels = read_labels(config_dir / "rasa" / "domain.yml")
        examples = [example for path in files for example in read_examples(path, labels)]
        found = asyncio.run(measured(interpreter, examples, labels, Sources(config_dir, data_dir, rasa_url)))
        page = write_report(report, found) if report else None
    reports = {one.interpreter: one.report() for one in found}
    if as_json:
        shown = reports if interpreter is Which.BOTH else reports[interpreter]
        typer.echo(orjson.dumps(shown).decode())
        return
    for line in told(list(reports.values()), len(examples)):
        typer.echo(line)
    if page:
        typer.echo(f"Report: {page}")


def _side(rasa: bool, config_dir: Path, data_dir: Path) -> Side:
    return rasa_side(config_dir, data_dir, typer.echo) if rasa else embedded_side(config_dir, data_dir)


def _held(files: Sequence[Path] | None, config_dir: Path, *, needed: bool) -> list[Example]:
    """The held messages; where none are needed and the project's are not installed, none."""
    found = files or held_files()
    labels = read_labels(config_dir / "rasa" / "domain.yml")
    return read_held(found, labels) if found or needed else []


@contextmanager
def _clear() -> Iterator[None]:
    """What SIAGA itself raises is one clear message and exit code 1."""
    try:
        yield
    except SiagaError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
