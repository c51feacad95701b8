"""A real model of Rasa's, measured without a server; and a file that is none, which is refused by name."""

from dataclasses import replace
from pathlib import Path

import pytest

from bot.nlu.models import Unusable
from bot.nlu.promoting import promote
from bot.nlu.rasa.models import RasaModel, in_service, put, rasa_models
from bot.nlu.rasa.models import promote as promote_at_once
from bot.nlu.sides import Side, measure_rasa, silent
from bot.nlu.training import Example, Labels, read_labels
from bot.settings import HOME

pytestmark = pytest.mark.rasa

HELD = [
    Example("kantor palembang tutup hari ini?", "ask_closure"),
    Example("SEP eror terus dari pagi", "ask_outage"),
    Example("  tolong pingsan tidak sadar ", "emergency"),
    Example("...", "ask_closure"),
]


@pytest.fixture
def labels() -> Labels:
    return read_labels(HOME / "config" / "rasa" / "domain.yml")


async def test_a_model_is_measured_without_a_server(data_dir: Path, model: RasaModel, labels: Labels) -> None:
    found = await measure_rasa(data_dir, model, labels, HELD)
    assert [one.intent for one in found.read[:3]] == [one.intent for one in HELD[:3]]
    assert found.report()["intent_accuracy"] >= 0.75
    assert (found.model, found.thresholds) == (model.name, model.thresholds)


async def test_a_file_that_is_no_model_leaves_the_one_in_service(
    data_dir: Path, model: RasaModel, labels: Labels, tmp_path: Path
) -> None:
    (tmp_path / "rasa-env").symlink_to(data_dir / "rasa-env")
    promote_at_once(tmp_path, put(tmp_path, "one", model.path, model.about))
    broken = tmp_path / "broken.tar.gz"
    broken.write_bytes(b"nothing")
    new = put(tmp_path, "two", broken, model.about)

    async def measure(kept: RasaModel, held: list[Example], told: object) -> object:
        return await measure_rasa(tmp_path, kept, labels, held)

    side = Side("Rasa", rasa_models(tmp_path), lambda: new, measure)  # type: ignore[arg-type]
    with pytest.raises(Unusable, match=r"two\.tar\.gz cannot be used"):
        await promote(side, new, HELD, print, silent)
    serving = in_service(tmp_path)
    assert serving
    assert serving.name == "one"
    assert await promote(side, replace(serving, name="one"), HELD, print, silent)
