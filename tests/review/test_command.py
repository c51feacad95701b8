"""`siaga nlu export` as its users run it."""

import shutil
import subprocess
from pathlib import Path

import pytest

from bot.nlu.training import read_examples, read_labels
from bot.settings import HOME
from bot.storage.tables import ReviewState
from tests import running
from tests.review.conftest import Review
from tests.running import SIAGA


@pytest.fixture
def environment(database_url: str, tmp_path: Path) -> dict[str, str]:
    """The settings, with a configuration that knows one line of training data."""
    config = tmp_path / "config"
    shutil.copytree(HOME / "config" / "nlu", config / "nlu")
    (config / "rasa" / "nlu").mkdir(parents=True)
    shutil.copy(HOME / "config" / "rasa" / "domain.yml", config / "rasa")
    known = 'version: "3.1"\nnlu:\n- intent: greet\n  examples: |\n    - assalamualaikum\n'
    (config / "rasa" / "nlu" / "talk.yml").write_text(known)
    return running.environment(database_url, config_dir=config)


def export(env: dict[str, str], cwd: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [SIAGA, "nlu", "export", *arguments]
    return subprocess.run(command, env=env, cwd=cwd, capture_output=True, text=True, timeout=120, check=False)


async def test_what_was_labelled_comes_out_as_training_data(
    review: Review, environment: dict[str, str], tmp_path: Path
) -> None:
    done = export(environment, tmp_path)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert "Nothing new" in done.stderr
    entities = [{"entity": "place", "start": 6, "end": 15}]
    labelled = {"state": ReviewState.LABELLED, "reviewed_at": review.clock()}
    await review.keep(
        "tolng palembang ktor buka kgk ya zzz", label="ask_closure", entities=entities, **labelled
    )
    await review.keep("assalamualaikum", label="greet", entities=[], **labelled)  # in the training data

    done = export(environment, tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout == (
        'version: "3.1"\nnlu:\n- intent: ask_closure\n  examples: |\n'
        "    - tolng [palembang](place) ktor buka kgk ya zzz\n"
    )
    assert "Lines: 1; left out as known: 1." in done.stderr
    assert "reviewed.yml" in done.stderr

    done = export(environment, tmp_path, "--out", "reviewed.yml")
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    labels = read_labels(HOME / "config" / "rasa" / "domain.yml")
    (example,) = read_examples(tmp_path / "reviewed.yml", labels)
    assert (example.intent, example.entities[0].value) == ("ask_closure", "palembang")

    done = export(environment, tmp_path, "--out", "nowhere/reviewed.yml")
    assert done.returncode == 1
    assert "nowhere/reviewed.yml: cannot be written: No such file or directory" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_database_that_is_away_is_named(environment: dict[str, str], tmp_path: Path) -> None:
    away = environment | {"SIAGA_DATABASE_URL": "postgresql://siaga@/siaga?host=/nonexistent"}
    done = export(away, tmp_path)
    assert done.returncode == 1
    assert "PostgreSQL does not answer" in done.stderr
    assert "Traceback" not in done.stderr
