"""The model in service: what the service starts with, what it goes on with, how it changes over."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs
from structlog.typing import EventDict

from bot.errors import ConfigurationError
from bot.nlu.current import CurrentInterpreter, current_embedded
from bot.nlu.embedded.interpreter import embedded_models, load_embedded
from bot.nlu.keys import model_key
from bot.nlu.models import Models
from tests.nlu.conftest import LISTS

TEXT = "sistem eror min"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "models"


@pytest.fixture
def models(folder: Path) -> Models:
    return embedded_models(folder)


@pytest.fixture
def logs() -> Iterator[list[EventDict]]:
    with capture_logs() as logs:
        yield logs


def start(config_dir: Path, folder: Path) -> CurrentInterpreter:
    return current_embedded(config_dir, folder, LISTS)


def add_line(config_dir: Path) -> None:
    with (config_dir / "rasa/nlu/closure.yml").open("a") as file:
        file.write("    - hari raya buka?\n")


def promote_present(config_dir: Path, models: Models) -> str:
    load_embedded(config_dir, models.folder.parent, LISTS)
    kept = models.find(model_key(config_dir))
    assert kept
    models.promote(kept)
    return kept.name


def events(logs: list[EventDict]) -> list[str]:
    return [entry["event"] for entry in logs]


def test_with_nothing_in_service_it_trains(config_dir: Path, folder: Path, models: Models) -> None:
    interpreter = start(config_dir, folder)
    assert interpreter.model == models.current() == model_key(config_dir)
    assert interpreter.read(TEXT).intent == "ask_outage"
    kept = models.in_service()
    assert kept
    assert (kept.about["lines"], kept.thresholds) == (24, interpreter.thresholds)


def test_changed_data_is_warned_of_once_and_changes_nothing(
    config_dir: Path, folder: Path, logs: list[EventDict]
) -> None:
    first = start(config_dir, folder)
    logs.clear()
    assert start(config_dir, folder).model == first.model
    assert logs == []
    add_line(config_dir)
    again = start(config_dir, folder)
    assert again.model == first.model
    (warning,) = logs
    assert (warning["event"], warning["log_level"]) == ("nlu.training_data_changed", "warning")
    assert warning["to_change_over"] == "siaga nlu train --promote"
    assert again.read(TEXT) == first.read(TEXT)


@pytest.mark.parametrize("broken", ["rasa/nlu/closure.yml", "rasa/domain.yml", "nlu/normalising.yml"])
def test_broken_data_leaves_the_model_in_service(config_dir: Path, folder: Path, broken: str) -> None:
    model = start(config_dir, folder).model
    (config_dir / broken).write_text("nlu: [\n")
    assert start(config_dir, folder).model == model
    with pytest.raises(ConfigurationError, match=Path(broken).name):
        load_embedded(config_dir, folder, LISTS)


def test_a_model_keeps_the_word_lists_that_it_was_trained_with(config_dir: Path, folder: Path) -> None:
    before = start(config_dir, folder).read("gabisa eror palembang")
    (config_dir / "nlu/normalising.yml").write_text("besok: [gabisa, eror]\n")
    (config_dir / "nlu/concepts.yml").write_text("danger: [gabisa]\n")
    assert start(config_dir, folder).read("gabisa eror palembang") == before


def test_names_come_from_the_present_configuration(config_dir: Path, folder: Path) -> None:
    text = "simanis error terus"
    before = start(config_dir, folder)
    assert before.read(text).entities == ()
    with capture_logs() as logs:
        later = current_embedded(config_dir, folder, {**LISTS, "system": [*LISTS["system"], "simanis"]})
    assert (later.model, logs) == (before.model, [])
    assert [(entity.entity, entity.value) for entity in later.read(text).entities] == [("system", "simanis")]


def test_a_model_of_other_code_is_trained_anew(
    config_dir: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, logs: list[EventDict]
) -> None:
    old = start(config_dir, folder).model
    logs.clear()
    monkeypatch.setattr("bot.nlu.keys.code_key", lambda: "other")
    new = start(config_dir, folder)
    assert new.model == embedded_models(folder).current() == f"{old.partition('-')[0]}-other"
    assert events(logs) == ["nlu.model_of_other_code", "nlu.model_is_made", "nlu.model_put_into_service"]


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04 nothing", b"\x80\x04cposix\nsystem\n."])
def test_a_damaged_model_is_made_again(
    config_dir: Path, folder: Path, models: Models, damage: bytes, logs: list[EventDict]
) -> None:
    name = start(config_dir, folder).model
    models.path(name).write_bytes(damage)
    assert start(config_dir, folder).read(TEXT).intent == "ask_outage"
    assert "nlu.model_damaged" in events(logs)
    assert models.path(name).read_bytes() != damage


async def answers(interpreter: CurrentInterpreter, model: str) -> None:
    """Wait until the interpreter answers by a model, asking it all the while."""
    async with asyncio.timeout(20):
        while interpreter.model != model:
            (read,) = await interpreter.interpret([TEXT])
            assert read.intent == "ask_outage"
            await asyncio.sleep(0.01)


async def test_it_changes_over_and_back_without_a_restart(
    config_dir: Path, folder: Path, models: Models
) -> None:
    old = start(config_dir, folder).model
    interpreter = CurrentInterpreter(models, load_embedded(config_dir, folder, LISTS), LISTS, look_every=0.0)
    add_line(config_dir)
    new = promote_present(config_dir, models)
    assert interpreter.model == old
    await answers(interpreter, new)
    models.roll_back()
    await answers(interpreter, old)


async def test_what_cannot_be_used_is_named_once_and_the_old_one_goes_on(
    config_dir: Path, folder: Path, models: Models, logs: list[EventDict]
) -> None:
    start(config_dir, folder)
    interpreter = CurrentInterpreter(models, load_embedded(config_dir, folder, LISTS), LISTS, look_every=0.0)
    old = interpreter.model
    logs.clear()
    add_line(config_dir)
    new = promote_present(config_dir, models)
    models.path(new).write_bytes(b"nothing")
    refused: list[EventDict] = []
    async with asyncio.timeout(20):
        while not refused:  # it is loaded beside the other, by and by
            await interpreter.interpret([TEXT])
            interpreter.follow()
            refused = [entry for entry in logs if entry["event"] == "nlu.model_refused"]
            await asyncio.sleep(0.01)
    for _ in range(3):
        await interpreter.interpret([TEXT])
        interpreter.follow()
    assert interpreter.model == old
    refused = [entry for entry in logs if entry["event"] == "nlu.model_refused"]
    assert [(entry["model"], entry["serving"]) for entry in refused] == [(new, old)]


def test_it_looks_only_now_and_then(config_dir: Path, folder: Path, models: Models) -> None:
    start(config_dir, folder)
    seconds = [0.0]
    interpreter = CurrentInterpreter(
        models, load_embedded(config_dir, folder, LISTS), LISTS, look_every=5.0, clock=lambda: seconds[0]
    )
    looks: list[float] = []
    interpreter.follow = lambda: looks.append(seconds[0])  # type: ignore[method-assign]

    async def ask() -> None:
        for second in range(12):
            seconds[0] = float(second)
            await interpreter.interpret([TEXT])
            await asyncio.sleep(0.01)

    asyncio.run(ask())
    assert looks == [5.0, 10.0]
