"""The embedded interpreter: trained, kept, read back; and what it makes of anything people may send."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.errors import ConfigurationError
from bot.nlu.embedded import store
from bot.nlu.embedded.classifier import Classifier, choose_thresholds
from bot.nlu.embedded.gazetteer import Gazetteer
from bot.nlu.embedded.interpreter import EmbeddedInterpreter, embedded_models, load_embedded
from bot.nlu.embedded.learning.counts import Counts
from bot.nlu.features import Vocabulary
from bot.nlu.interpreter import Thresholds
from bot.nlu.noise import Noise
from bot.nlu.training import Example, Span
from bot.nlu.word_lists import read_word_lists
from bot.reading.words import tokens
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


@pytest.mark.parametrize(
    ("text", "entity"), [(" samarinda ", "place"), ("SAMARINDA", "place"), ("halo", None)]
)
def test_a_name_that_stands_alone_is_a_name(
    small: EmbeddedInterpreter, text: str, entity: str | None
) -> None:
    found = small.read(text).entities
    assert [(one.entity, text[one.start : one.end]) for one in found] == (
        [(entity, text.strip())] if entity else []
    )


def test_a_very_long_text_is_cut(small: EmbeddedInterpreter) -> None:
    text = "kantor tutup hari ini? " + "lorem ipsum " * 10_000
    assert small.read(text).text == text


def test_the_same_data_is_trained_once(config_dir: Path, tmp_path: Path) -> None:
    first = load_embedded(config_dir, tmp_path / "models", LISTS)
    (file,) = (tmp_path / "models").glob("embedded/*.npz")
    written = file.stat().st_mtime_ns
    again = load_embedded(config_dir, tmp_path / "models", LISTS)
    assert file.stat().st_mtime_ns == written
    assert again.model == first.model == file.stem
    for text in ("mobile jkn eror", "palembang buka besok?", "sesak"):
        assert again.read(text) == first.read(text)


def test_training_puts_nothing_into_service(config_dir: Path, tmp_path: Path) -> None:
    load_embedded(config_dir, tmp_path / "models", LISTS)
    assert embedded_models(tmp_path / "models").current() == ""


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04 nothing", b"\x80\x04cposix\nsystem\n."])
def test_a_damaged_file_is_trained_anew(config_dir: Path, tmp_path: Path, damage: bytes) -> None:
    load_embedded(config_dir, tmp_path / "models", LISTS)
    (file,) = (tmp_path / "models").glob("embedded/*.npz")
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


DANGER = {"s": ["x"], "k": ["x"], "c": [], "r": [], "p": []}


def cautious(weights: list[float], *, act: float) -> Classifier:
    """A classifier that gives every text the same scores for chat, emergency and other."""
    return Classifier(
        intents=("chat", "emergency", "other"),
        vocabulary=Vocabulary(["sx"], np.ones(1, np.float32)),
        weights=np.zeros((1, 3), np.float32),
        bias=np.log(np.array(weights, np.float32)),
        temperature=1.0,
        thresholds=Thresholds(act=act, ask=0.1),
        emergency=0.1,
    )


def test_an_emergency_is_taken_for_likelier_than_it_is() -> None:
    ranking = cautious([0.7, 0.2, 0.1], act=0.6).ranking(DANGER)
    assert ranking == [
        ("emergency", pytest.approx(0.692, abs=0.001)),
        ("chat", pytest.approx(0.269, abs=0.001)),
        ("other", pytest.approx(0.038, abs=0.001)),
    ]


def test_an_unlikely_emergency_stays_where_it_is() -> None:
    ranking = cautious([0.8, 0.05, 0.15], act=0.9).ranking(DANGER)
    assert [intent for intent, _ in ranking] == ["chat", "other", "emergency"]
    assert ranking[0][1] == pytest.approx(0.8)


@pytest.mark.parametrize(
    "text",
    [
        "tolong bapak saya sesak napas, harus kemana",
        "ANAK SY KEJANG TLG CPT",
        "ibu ambo pingsan indak sadar, ka rumah sakik ma?",
        "bapakku sesek ra iso ambegan piye iki",
        "kecelakaan darahnya banyak banget igd mana yg deket",
    ],
)
def test_danger_is_heard_in_many_tongues(embedded: EmbeddedInterpreter, text: str) -> None:
    assert embedded.read(text).intent == "emergency"


def test_rows_of_one_text_and_of_all_are_the_same(config_dir: Path) -> None:
    _, analyser = read_word_lists(config_dir).in_use()
    analysed = [
        analyser(text) for text in ("kantor tutup hari ini", "sistem eror terus terus", "kantor eror gabisa")
    ]
    counts = Counts.of(analysed)
    rarity = counts.rarity()
    together = counts.weighted(rarity).toarray()
    vocabulary = Vocabulary(counts.names, rarity)
    for number, features in enumerate(analysed):
        columns, values = vocabulary.row(features)
        alone = np.zeros(len(counts.names))
        alone[columns] = values
        np.testing.assert_allclose(alone, together[number], atol=1e-6)


@given(st.text(max_size=80))
def test_noise_is_the_same_for_the_same_seed(text: str) -> None:
    words = {"gmn": "bagaimana", "sy": "saya"}
    assert Noise(words, seed=3).copy(text) == Noise(words, seed=3).copy(text)


def test_noise_writes_as_people_do() -> None:
    noise = Noise({"gmn": "bagaimana", "sy": "saya"})
    copies = " ".join(noise.copy("bagaimana saya mendaftarkan keluarga") for _ in range(50)).split()
    assert {"gmn", "sy", "saya"} <= set(copies)
    assert len(set(copies)) > 10


@given(st.lists(st.sampled_from(["di", "Palu", "mau", "daftar", "keluarga", "RS  SMC", "???"]), min_size=1))
def test_noise_leaves_entities_as_they_are(words: list[str]) -> None:
    text, spans = "", []
    for word in words:
        if word in ("Palu", "RS  SMC"):
            spans.append(Span("place", word, len(text), len(text) + len(word)))
        text += word + " "
    copy = Noise({"gmn": "bagaimana", "dftr": "daftar"}).marked_copy(Example(text, "x", tuple(spans)))
    assert [copy.text[span.start : span.end] for span in copy.entities] == [span.value for span in spans]


def test_misspelt_names_are_found_and_common_words_are_none() -> None:
    gazetteer = Gazetteer({"place": ["Palembang", "Samarinda Ulu"]}, ["palembanh"])
    found = gazetteer.found(tokens("di palembng, samarinda ulu, palembanh"))
    assert [(start, end) for start, end, _ in found] == [(1, 2), (2, 4)]
