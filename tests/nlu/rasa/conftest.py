"""Small models, trained once in Rasa's real environment and kept; without the environment its tests are skipped."""

import fcntl
from pathlib import Path

import pytest

from bot.nlu.rasa.home import rasa_python
from bot.nlu.rasa.models import RasaModel
from bot.nlu.rasa.training import train_rasa
from bot.settings import HOME
from tests.nlu.conftest import LISTS, write_config

DIET = """\
recipe: default.v1
assistant_id: small
language: id
pipeline:
  - name: bot.nlu.rasa_side.tokenizer.NormalisingTokenizer
  - name: RegexFeaturizer
    case_sensitive: false
  - name: LexicalSyntacticFeaturizer
  - name: CountVectorsFeaturizer
    token_pattern: (?u)\\S+
  - name: CountVectorsFeaturizer
    analyzer: char_wb
    min_ngram: 2
    max_ngram: 4
    use_lemma: false
  - name: bot.nlu.rasa_side.featurizer.WordFeaturizer
  - name: DIETClassifier
    epochs: 25
    number_of_transformer_layers: 1
    transformer_size: 64
    batch_size: 8
    constrain_similarities: true
    split_entities_by_comma: false
    random_seed: 1
  - name: bot.nlu.rasa_side.doubt.Doubt
policies: []
"""
KEPT = HOME / ".siaga" / "tests"


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "rasa: trains and serves a small model in Rasa's own environment")


def write_rasa_config(folder: Path, pipeline: str = DIET) -> Path:
    """A configuration of three intents, trained in a minute."""
    write_config(folder)
    (folder / "rasa" / "config.yml").write_text(pipeline, "utf-8")
    return folder


@pytest.fixture(scope="session")
def python() -> Path:
    """The Python of Rasa's environment."""
    python = rasa_python(HOME / ".siaga")
    if python is None:
        pytest.skip("there is no Rasa environment in .siaga: `siaga nlu train` makes it")
    return python


@pytest.fixture(scope="session")
def data_dir(python: Path) -> Path:
    """A data folder of the tests' own with the one environment that there is."""
    KEPT.mkdir(parents=True, exist_ok=True)
    if not (KEPT / "rasa-env").exists():
        (KEPT / "rasa-env").symlink_to(HOME / ".siaga" / "rasa-env")
    return KEPT


@pytest.fixture(scope="session", params=["shipped", "diet"])
def model(
    request: pytest.FixtureRequest, data_dir: Path, tmp_path_factory: pytest.TempPathFactory
) -> RasaModel:
    """A small model of the shipped pipeline, and one with DIET; trained now or kept from an earlier run."""
    shipped = (HOME / "config" / "rasa" / "config.yml").read_text("utf-8")
    config = write_rasa_config(
        tmp_path_factory.mktemp("rasa") / "config", DIET if request.param == "diet" else shipped
    )
    with (KEPT / "training.lock").open("w") as lock:  # other workers of the test run wait
        fcntl.flock(lock, fcntl.LOCK_EX)
        return train_rasa(config, data_dir, LISTS, say=print)
