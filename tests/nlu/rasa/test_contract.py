"""`siaga nlu train` and `siaga nlu test` keep their contract for Rasa, on a few lines of every label.

The only test of `make test` that trains Rasa: it makes Rasa's environment when that is missing.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bot.nlu.rasa.home import NoPython, NotInstalled, make_rasa_home
from bot.settings import HOME

LINES = 10
"""Lines of each label and file: enough to train on in a minute."""
HELD = """\
version: "3.1"
nlu:
- intent: ask_closure
  examples: |
    - kantor [Samarinda](place) tutup [besok](when) ya
- intent: ask_outage
  examples: |
    - SEP tidak bisa terbit, sistem gangguan ya
- intent: emergency
  examples: |
    - tolong bapak saya pingsan sesak napas
"""
SIAGA = Path(sys.executable).parent / "siaga"


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Settings of a branch with little training data, and the Rasa environment of the project."""
    try:
        make_rasa_home(HOME / ".siaga", print)
    except (NoPython, NotInstalled) as error:
        pytest.skip(str(error))
    config, data = tmp_path_factory.mktemp("config") / "config", tmp_path_factory.mktemp("data")
    shutil.copytree(HOME / "config", config)
    for file in (config / "rasa" / "nlu").glob("*.yml"):
        file.write_text(_first_lines(file.read_text("utf-8")), "utf-8")
    (data / "rasa-env").symlink_to(HOME / ".siaga" / "rasa-env")
    return os.environ | {"SIAGA_CONFIG_DIR": str(config), "SIAGA_DATA_DIR": str(data)}


def _first_lines(data: str) -> str:
    """The training data with the first `LINES` examples of each section only."""
    return re.sub(rf"((?:^    - .*\n){{{LINES}}})(?:^    - .*\n)*", r"\1", data, flags=re.MULTILINE)


def test_a_trained_rasa_is_measured_by_the_command(environment: dict[str, str], tmp_path: Path) -> None:
    trained = _siaga(environment, "train")
    assert "Rasa" in trained

    held = tmp_path / "held.yml"
    held.write_text(HELD, "utf-8")
    report: dict[str, Any] = json.loads(
        _siaga(environment, "test", str(held), "--interpreter", "rasa", "--json")
    )

    assert report["interpreter"] == "rasa"
    assert set(report["intents"]) >= {"ask_closure", "ask_outage", "emergency"}
    assert set(report["intents"]["ask_outage"]) == {"precision", "recall", "f1", "support"}
    assert set(report["act"]) == {"threshold", "coverage", "confident_wrong"}
    assert {
        "intent_macro_f1",
        "entity_f1",
        "entities",
        "understood",
        "confusions",
        "seconds",
        "model",
    } <= set(report)
    assert report["top3_accuracy"] >= report["intent_accuracy"] >= 2 / 3


def _siaga(environment: dict[str, str], *arguments: str) -> str:
    """What a command prints; it must end well."""
    done = subprocess.run(
        [SIAGA, "nlu", *arguments], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
