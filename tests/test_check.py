"""What `siaga check` finds."""

import re
import shutil
from pathlib import Path

import pytest

from bot.check import half_set, problems
from bot.settings import HOME, Settings
from tests.nlu.conftest import copy_config
from tests.nlu.tiny_encoder import make_encoder

GOOD = {"SIAGA_DATABASE_URL": "postgresql://localhost/siaga", "SIAGA_SECRET_KEY": "k" * 32}
SID = "AC" + "0" * 32


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A good environment with a good copy of config/, in a folder without .env."""
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(f"SIAGA_{name.upper()}", raising=False)
    copy_config(tmp_path / "config")
    (tmp_path / "config" / "texts").mkdir()
    for language in ("id", "en"):
        (tmp_path / "config" / "texts" / f"{language}.yaml").write_text('a:\n  b: "Halo {name}"\n')
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("SIAGA_CONFIG_DIR", str(tmp_path / "config"))
    return monkeypatch


def test_all_well(environment: pytest.MonkeyPatch) -> None:
    assert problems() == []


def test_mistakes_everywhere_are_told_at_once(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    environment.delenv("SIAGA_DATABASE_URL")
    environment.setenv("SIAGA_SECRET_KEY", "short")
    branches = tmp_path / "config" / "branches.yml"
    branches.write_text(branches.read_text().replace("case_prefix: PLB", "case_prefix: plb"))
    (tmp_path / "config" / "texts" / "en.yaml").write_text('a:\n  b: "Hello {nam}"\n')
    found = problems()
    assert [problem.split()[0] for problem in found[:2]] == ["SIAGA_DATABASE_URL", "SIAGA_SECRET_KEY"]
    assert re.match(
        r'config/branches\.yml:\d+: branches\[0\]\.case_prefix: found "plb", expected three', found[2]
    )
    assert found[3].startswith("config/texts/en.yaml:2: a.b: found placeholders {nam}, expected {name}")
    assert len(found) == 4


def test_mistakes_in_the_training_data_are_told(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    config = tmp_path / "config"
    with (config / "rasa/nlu/closure.yml").open("a") as file:
        file.write("    - besok di [palu](plase)\n")
    (config / "rasa/nlu/wrong.yml").write_text("nlu:\n- intent: gret\n  examples: |\n    - halo\n")
    (config / "nlu/normalising.yml").write_text("tidak: [ga]\nbukan: [ga]\n")
    words, entity, intent = problems()
    assert "config/nlu/normalising.yml: 'ga' is both 'tidak' and 'bukan'" in words
    assert 'closure.yml:13: found entity "plase"' in entity
    assert 'wrong.yml:2: found intent "gret"' in intent


def test_a_wrong_setting_does_not_hide_the_configuration(
    environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    environment.setenv("SIAGA_PORT", "eight")
    (tmp_path / "config" / "cases.yml").unlink()
    found = problems()
    assert found[0].startswith("SIAGA_PORT is wrong")
    assert found[1] == "config/cases.yml: no such file"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (
            {"TWILIO_ACCOUNT_SID": SID},
            ["SIAGA_TWILIO_AUTH_TOKEN and SIAGA_TWILIO_WHATSAPP_NUMBER are not set"],
        ),
        (
            {"TWILIO_ACCOUNT_SID": SID, "TWILIO_AUTH_TOKEN": "t"},
            ["WhatsApp stays off: SIAGA_TWILIO_WHATSAPP_NUMBER is not set"],
        ),
        ({"TELEGRAM_BOT_TOKEN": "1:a"}, ["Telegram stays off: SIAGA_TELEGRAM_WEBHOOK_SECRET is not set"]),
        ({"TELEGRAM_WEBHOOK_SECRET": "s"}, ["Telegram stays off: SIAGA_TELEGRAM_BOT_TOKEN is not set"]),
        ({"TELEGRAM_BOT_TOKEN": "1:a", "TELEGRAM_MODE": "polling"}, []),
        ({"TELEGRAM_BOT_TOKEN": "1:a", "TELEGRAM_WEBHOOK_SECRET": "s"}, []),
        ({"TWILIO_ACCOUNT_SID": SID, "TWILIO_AUTH_TOKEN": "t", "TWILIO_WHATSAPP_NUMBER": "+62811"}, []),
        ({}, []),
    ],
)
def test_channels_that_are_half_set(
    environment: pytest.MonkeyPatch, given: dict[str, str], said: list[str]
) -> None:
    for name, value in given.items():
        environment.setenv(f"SIAGA_{name}", value)
    found = problems()
    assert len(found) == len(said)
    for problem, part in zip(found, said, strict=True):
        assert part in problem


def test_no_secret_is_told(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("SIAGA_SECRET_KEY", "my-secret-word")
    environment.setenv("SIAGA_TWILIO_ACCOUNT_SID", "AC-my-secret-word")
    environment.setenv("SIAGA_TWILIO_AUTH_TOKEN", "my-secret-word")
    assert problems()
    assert "my-secret-word" not in "\n".join(problems())


def test_the_example_lists_every_setting_with_a_comment() -> None:
    lines = (HOME / ".env.example").read_text().split("\n")
    listed = {}
    for number, line in enumerate(lines):
        if found := re.match(r"#?SIAGA_([A-Z_]+)=", line):
            listed[found[1].lower()] = lines[number - 1]
    assert set(listed) == set(Settings.model_fields)
    assert all(comment.startswith("# ") for comment in listed.values()), listed


def test_the_example_is_good_but_for_the_key(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in GOOD:
        environment.delenv(name)
    shutil.copy(HOME / ".env.example", tmp_path / ".env")
    assert [problem.split()[0] for problem in problems()] == ["SIAGA_SECRET_KEY"]


def test_the_values_of_the_example_are_possible(environment: pytest.MonkeyPatch) -> None:
    elsewhere = ("SIAGA_CONFIG_DIR", "SIAGA_ENCODER")
    for line in (HOME / ".env.example").read_text().split("\n"):
        if (found := re.match(r"#(SIAGA_[A-Z_]+)=(.+)", line)) and found[1] not in elsewhere:
            environment.setenv(found[1], found[2])
    assert problems() == half_set(Settings())


def test_a_place_for_files_that_cannot_be_used_is_told(
    environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    environment.setenv("SIAGA_MEDIA_URL", str(tmp_path / "file" / "media"))
    assert problems() == [f"SIAGA_MEDIA_URL is wrong: {tmp_path / 'file'} is no folder"]


def test_a_sentence_encoder_is_tried(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = make_encoder(tmp_path / "encoder", {"kantor": 0})
    environment.setenv("SIAGA_ENCODER", str(path))
    assert problems() == []
    path.with_name("tokenizer.json").unlink()
    environment.setenv("SIAGA_PORT", "eight")
    wrong_port, wrong_encoder = problems()
    assert wrong_port.startswith("SIAGA_PORT is wrong")
    assert wrong_encoder.startswith(
        f"{path.with_name('tokenizer.json')}: the tokenizer of the encoder is not"
    )
