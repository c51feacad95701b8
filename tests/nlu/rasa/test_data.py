"""What training does before and after Rasa itself: data held out, files written, models kept, thresholds chosen."""

import json
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import ConfigurationError
from bot.nlu.models import Models
from bot.nlu.rasa import serving, training
from bot.nlu.rasa.files import marked, read_yaml, write_examples, write_yaml
from bot.nlu.rasa.models import find, folder, in_service, promote, put, rasa_models, rasa_version
from bot.nlu.rasa.serving import NothingToServe, serve_rasa
from bot.nlu.rasa.training import Source, measure, split, train_rasa
from bot.nlu.training import Example, Labels, Span, read_labels, read_training, unmark
from tests.nlu.conftest import LISTS
from tests.nlu.rasa.conftest import write_rasa_config

ABOUT = {"act": 0.9, "ask": 0.3, "accuracy": 0.8}
LABELS = Labels(("greet", "ask_outage"), ("facility", "when"))


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return write_rasa_config(tmp_path / "config")


def test_a_fifth_of_every_intent_is_held_out_and_always_the_same() -> None:
    examples = [Example(f"text {number}", "ab"[number % 2]) for number in range(100)]
    known, held = split(examples)
    assert split(list(examples)) == (known, held)
    assert sorted(one.text for one in known + held) == sorted(one.text for one in examples)
    assert [sum(one.intent == intent for one in held) for intent in "ab"] == [10, 10]


@given(
    st.text(st.characters(exclude_characters="[](){}", exclude_categories=["Z", "C"]), min_size=1),
    st.data(),
)
def test_entities_are_marked_where_they_are(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    span = Span("when", text[start:], start, len(text))
    assert unmark(marked(Example(text, "greet", (span,))), LABELS) == (text, (span,), [])


def test_what_is_written_is_read_back(config: Path) -> None:
    labels = read_labels(config / "rasa" / "domain.yml")
    examples = read_training(config / "rasa" / "nlu", labels)
    written = config / "again.yml"
    write_examples(written, examples)
    sections = yaml.safe_load(written.read_text())["nlu"]
    lines = [(s["intent"], line[2:]) for s in sections for line in s["examples"].splitlines()]
    again = [(intent, *unmark(line, labels)[:2]) for intent, line in lines]
    assert again == [(one.intent, one.text, one.entities) for one in examples]
    assert "nlu:" in written.read_text().splitlines()  # by this line Rasa knows training data


def test_the_key_follows_everything_that_training_depends_on(config: Path) -> None:
    def key(lists: dict[str, list[str]] = LISTS) -> str:
        return Source(config, lists).key()

    keys = {key(), key({**LISTS, "place": ["Palembang"]})}
    for name in (
        "rasa/nlu/closure.yml",
        "rasa/domain.yml",
        "rasa/config.yml",
        "nlu/normalising.yml",
        "nlu/concepts.yml",
    ):
        with (config / name).open("a") as file:
            file.write("# more\n")
        keys.add(key())
    assert len(keys) == 7
    assert key() == key({name: names[::-1] for name, names in LISTS.items()})


def test_thresholds_are_chosen_on_what_was_held_out() -> None:
    held = [Example("a", "greet")] * 98 + [Example("b", "greet")] * 2
    sure = {"intent_ranking": [{"name": "greet", "confidence": 0.9}, {"name": "deny", "confidence": 0.1}]}
    wrong = {"intent_ranking": [{"name": "deny", "confidence": 0.6}, {"name": "greet", "confidence": 0.4}]}
    about = measure(held, [sure] * 98 + [wrong] * 2)
    assert (about["accuracy"], about["held_out"], about["confident_wrong"]) == (0.98, 100, 0.02)
    assert about["act"] == 0.6
    assert measure(held, [sure] * 90 + [wrong] * 10)["confident_wrong"] <= 0.02
    assert measure(held, [sure] * 90 + [{"intent_ranking": []}] * 10)["accuracy"] >= 0.9


def test_models_are_kept_found_and_changed(tmp_path: Path) -> None:
    archive = tmp_path / "trained.tar.gz"
    archive.write_bytes(b"model")
    assert in_service(tmp_path) is None
    first, second = put(tmp_path, "one", archive, ABOUT), put(tmp_path, "two", archive, ABOUT)
    assert in_service(tmp_path) is None
    for model in (first, second, first):
        promote(tmp_path, model)
        assert in_service(tmp_path) == model == find(tmp_path, model.name)
    assert first.thresholds.act == 0.9
    (folder(tmp_path) / "two.json").write_text(json.dumps({"act": "high"}))
    assert find(tmp_path, "two") is None
    first.path.unlink()
    assert in_service(tmp_path) is None


def test_a_model_says_which_rasa_it_needs(tmp_path: Path) -> None:
    archive, lock = tmp_path / "trained.tar.gz", tmp_path / "rasa.lock"
    archive.write_bytes(b"model")
    lock.write_text("# rasa==1\nrasa==3.5.17 \\\n    --hash=sha256:0\nrasa-sdk==3.6.2\n")
    assert (rasa_version(lock), rasa_version(tmp_path / "none")) == ("Rasa 3.5.17", "")
    models = rasa_models(tmp_path)
    assert models.made_by == "Rasa 3.6.21"
    assert models.usable(put(tmp_path, "ours", archive, ABOUT))
    old = put(tmp_path, "old", archive, {**ABOUT, "made_by": rasa_version(lock)})
    assert not models.usable(old)
    assert Models(models.folder, models.suffix, made_by="").usable(
        old
    )  # where no lock file tells, Rasa itself will


@pytest.mark.parametrize(
    "word",
    [
        "1e5",
        "2E-3",
        "0o17",
        "017",
        "08:00",
        "yes",
        "no",
        "null",
        "~",
        "1_000",
        "- a",
        "# b",
        "é😀",
        " c ",
        "",
    ],
)
def test_words_stay_words_in_rasas_yaml(tmp_path: Path, word: str) -> None:
    path = tmp_path / "x.yml"
    write_yaml(path, {"words": [word], "rate": 0.001, "epochs": 25, "on": True})
    assert read_yaml(path) == {"words": [word], "rate": 0.001, "epochs": 25, "on": True}


def test_numbers_are_read_as_rasa_reads_them(tmp_path: Path) -> None:
    path = tmp_path / "x.yml"
    path.write_text("rate: 1e-3\ntol: 2.5E2\nepochs: 25\nword: 1e\n")
    assert read_yaml(path) == {"rate": 0.001, "tol": 250.0, "epochs": 25, "word": "1e"}


def test_a_model_that_is_there_is_not_trained_again(config: Path, tmp_path: Path) -> None:
    archive, told = tmp_path / "trained.tar.gz", list[str]()
    archive.write_bytes(b"model")
    kept = put(tmp_path, Source(config, LISTS).key(), archive, ABOUT)
    assert train_rasa(config, tmp_path, LISTS, told.append) == kept
    assert told == [f"Rasa's model {kept.name} is trained already."]
    assert in_service(tmp_path) is None


@pytest.mark.parametrize(
    ("file", "content", "said"),
    [
        (
            "rasa/nlu/closure.yml",
            "nlu:\n- intent: ask_closur\n  examples: |\n    - halo\n",
            r"closure\.yml:2: found intent",
        ),
        ("rasa/config.yml", "pipeline: [", r"config\.yml: this is no pipeline"),
        ("rasa/config.yml", "recipe: default.v1\n", r"config\.yml: this is no pipeline"),
        ("nlu/normalising.yml", "tidak: [ga\n", r"normalising\.yml:1"),
    ],
)
def test_mistakes_are_named_before_anything_is_made(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str, content: str, said: str
) -> None:
    monkeypatch.setattr(training, "make_rasa_home", lambda *_: pytest.fail("too early"))
    (config / file).write_text(content)
    with pytest.raises(ConfigurationError, match=said):
        train_rasa(config, tmp_path, LISTS, print)


def test_there_is_nothing_to_serve_before_training(tmp_path: Path) -> None:
    with pytest.raises(NothingToServe, match="siaga nlu train"):
        serve_rasa(tmp_path)


def test_a_model_of_another_rasa_is_not_served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = tmp_path / "trained.tar.gz"
    archive.write_bytes(b"model")
    promote(tmp_path, put(tmp_path, "old", archive, {**ABOUT, "made_by": "Rasa 3.5.17"}))
    monkeypatch.setattr(serving, "rasa_python", lambda _: tmp_path / "python")
    with pytest.raises(NothingToServe, match=r"Model old was made by Rasa 3\.5\.17, and Rasa 3\.6\.21"):
        serve_rasa(tmp_path)
