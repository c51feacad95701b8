"""The shipped pipeline with a sentence encoder, in Rasa's real environment."""

import fcntl
import json
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from bot.nlu.encoder import Encoder, load_encoder
from bot.nlu.rasa.home import environment
from bot.nlu.rasa.models import RasaModel
from bot.nlu.rasa.training import train_rasa
from bot.settings import HOME
from tests.nlu.conftest import LISTS
from tests.nlu.rasa.conftest import KEPT, write_rasa_config
from tests.nlu.test_encoded import WORDS
from tests.nlu.tiny_encoder import make_encoder

pytestmark = pytest.mark.rasa

TEXTS = [
    "min peladen hari ini?",
    "ambruk min",
    "kantor palembang tutup hari ini?",
    "qzxwv",
    "😀",
    "sistem " * 600,
]
MEANT = ["ask_outage", "emergency", "ask_closure"]


def trained(config: Path, data_dir: Path, encoder: Encoder | None) -> RasaModel:
    """The small model of the shipped pipeline, trained now or kept from an earlier run."""
    with (KEPT / "training.lock").open("w") as lock:  # other workers of the test run wait
        fcntl.flock(lock, fcntl.LOCK_EX)
        return train_rasa(config, data_dir, LISTS, print, encoder)


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    shipped = (HOME / "config" / "rasa" / "config.yml").read_text("utf-8")
    return write_rasa_config(tmp_path_factory.mktemp("encoded") / "config", shipped)


@pytest.fixture(scope="module")
def model(config: Path, data_dir: Path) -> RasaModel:
    """Trained with an encoder that stays where a kept model looks for it; takes a minute or two."""
    return trained(config, data_dir, load_encoder(make_encoder(KEPT / "encoder", WORDS)))


def predict(
    python: Path, model: RasaModel, folder: Path, *how: str, given: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    (folder / "asked.json").write_text(json.dumps(TEXTS))
    words: list[str | Path] = [
        python,
        "-m",
        "bot.nlu.rasa_side.predicting",
        model.path,
        "asked.json",
        "answers.json",
        *how,
    ]
    return subprocess.run(
        words, env={**environment(), **(given or {})}, cwd=folder, check=False, capture_output=True, text=True
    )


def answers(python: Path, model: RasaModel, folder: Path, *how: str) -> list[dict[str, Any]]:
    predict(python, model, folder, *how).check_returncode()
    found: list[dict[str, Any]] = json.loads((folder / "answers.json").read_text())
    return found


def test_a_word_that_was_never_seen_is_understood_by_its_meaning(
    python: Path, model: RasaModel, config: Path, data_dir: Path, tmp_path: Path
) -> None:
    """Many at once are answered as stock Rasa, with our component, answers each; a model without it knows less."""
    ours = answers(python, model, tmp_path)
    assert [one["intent"]["name"] for one in ours][: len(MEANT)] == MEANT
    stock = answers(python, model, tmp_path, "--stock")
    for one, other in zip(ours, stock, strict=True):
        assert one["intent"]["name"] == other["intent"]["name"]
        assert one["intent"]["confidence"] == pytest.approx(other["intent"]["confidence"], abs=1e-5)
    without = answers(python, trained(config, data_dir, None), tmp_path)
    assert [one["intent"]["name"] for one in without][: len(MEANT)] != MEANT


def test_it_is_found_where_the_setting_says_and_no_other_is_taken(
    python: Path, model: RasaModel, tmp_path: Path
) -> None:
    """A model that was brought from another machine looks where `SIAGA_ENCODER` says."""
    (moved := tmp_path / "moved").mkdir()
    gone = KEPT / "encoder"
    shutil.copytree(gone, tmp_path / "encoder")
    shutil.rmtree(gone)
    try:
        there = {"SIAGA_ENCODER": str(tmp_path / "encoder" / "model.onnx")}
        predict(python, model, moved, given=there).check_returncode()
        make_encoder(tmp_path / "encoder", {**WORDS, "peladen": 0})
        refused = predict(python, model, moved, given=there)
        assert refused.returncode
        assert "the model was trained with another sentence encoder" in refused.stderr
    finally:
        make_encoder(gone, WORDS)
