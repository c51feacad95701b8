"""The embedded interpreter: trained, kept, read back; and what it makes of anything people may send."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.errors import ConfigurationError
from bot.nlu import store
from bot.nlu.classifier import choose_thresholds
from bot.nlu.embedded import EmbeddedInterpreter, load_embedded, model_key
from tests.nlu.conftest import LISTS


async def test_texts_are_answered_in_their_order(small: EmbeddedInterpreter) -> None:
    texts = ["kantor tutup hari ini?", "sistem eror min", "tolong, pingsan tidak sadar"] * 5
    read = await small.interpret(texts)
    assert [one.text for one in read] == texts
    assert [one.intent for one in read[:3]] == ["ask_closure", "ask_outage", "emergency"]
    assert {one.interpreter for one in read} == {"embedded"}
    assert await small.interpret([]) == []


def test_entities_are_found_at_their_places(small: EmbeddedInterpreter) -> None:
    text = "SEP gabisa di RS SMC dari jam 8, hp 0812-7000-1234 kartu 0001234567890 aduan plb 2611 00042"
    found = {entity.entity: entity for entity in small.read(text).entities}
    assert found["system"].value == "SEP"
    assert found["facility"].value == "RS SMC"
    assert found["phone"].value == "0812-7000-1234"
    assert found["jkn_number"].value == "0001234567890"
    assert found["case_number"].value == "PLB-2611-00042"
    assert all(text[one.start : one.end] for one in found.values())


@given(st.text(max_size=300))
@settings(deadline=None)
def test_no_text_breaks_it(small: EmbeddedInterpreter, text: str) -> None:
    read = small.read(text)
    assert 0 <= read.confidence <= 1
    end = 0
    for entity in read.entities:
        assert end <= entity.start < entity.end <= len(text)
        end = entity.end
    assert [sure for _, sure in read.ranking] == sorted((sure for _, sure in read.ranking), reverse=True)


@pytest.mark.parametrize(
    "text", ["", "   ", "\n", "...", "مرحبا كيف حالك", "你好，今天医院开吗", "здравствуйте", "qzxwv"]
)
def test_what_it_has_never_seen_is_not_understood(embedded: EmbeddedInterpreter, text: str) -> None:
    assert embedded.read(text).confidence < embedded.thresholds.act / 2


def test_a_very_long_text_is_cut(small: EmbeddedInterpreter) -> None:
    text = "kantor tutup hari ini? " + "lorem ipsum " * 10_000
    assert small.read(text).text == text


def test_the_same_data_is_trained_once(config_dir: Path, tmp_path: Path) -> None:
    first = load_embedded(config_dir, tmp_path / "models", LISTS)
    (file,) = (tmp_path / "models").iterdir()
    written = file.stat().st_mtime_ns
    again = load_embedded(config_dir, tmp_path / "models", LISTS)
    assert file.stat().st_mtime_ns == written
    assert again.model == first.model
    for text in ("mobile jkn eror", "palembang buka besok?", "sesak"):
        assert again.read(text) == first.read(text)


def test_other_data_is_another_model(config_dir: Path, tmp_path: Path) -> None:
    before = model_key(config_dir, LISTS)
    assert model_key(config_dir, {**LISTS, "place": ["Palu"]}) != before
    path = config_dir / "rasa" / "nlu" / "closure.yml"
    path.write_text(path.read_text("utf-8") + "    - hari raya buka?\n", "utf-8")
    assert model_key(config_dir, LISTS) != before


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04 nothing", b"\x80\x04cposix\nsystem\n."])
def test_a_damaged_file_is_trained_anew(config_dir: Path, tmp_path: Path, damage: bytes) -> None:
    load_embedded(config_dir, tmp_path / "models", LISTS)
    (file,) = (tmp_path / "models").iterdir()
    file.write_bytes(damage)
    assert load_embedded(config_dir, tmp_path / "models", LISTS).read("sistem eror").intent == "ask_outage"
    assert file.read_bytes() != damage


def test_a_file_that_holds_an_object_to_run_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "embedded-x.npz"
    np.savez(path, about=np.array([object()], dtype=object))
    with pytest.raises(ValueError, match="pickle"):
        store.load(path)


def test_a_missing_word_list_is_named(config_dir: Path, tmp_path: Path) -> None:
    (config_dir / "nlu" / "concepts.yml").unlink()
    with pytest.raises(ConfigurationError, match=r"concepts\.yml"):
        load_embedded(config_dir, tmp_path / "models", LISTS)


def test_the_act_threshold_lets_few_mistakes_through() -> None:
    random = np.random.default_rng(1)
    truth = random.integers(0, 5, 2000)
    scores = random.normal(size=(2000, 5))
    scores[np.arange(2000), truth] += 2.0
    sure = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    chosen = choose_thresholds(sure, truth)
    acted = sure.max(axis=1) >= chosen.act
    wrong = acted & (sure.argmax(axis=1) != truth)
    assert 0.015 < wrong.mean() <= 0.02
    assert chosen.ask <= chosen.act
