"""The embedded interpreter with a sentence encoder: what it adds, what it leaves alone, and whose a model is."""

from pathlib import Path

import numpy as np
import pytest

from bot.app import embedded_interpreter
from bot.config import load_config
from bot.nlu.current import current_embedded
from bot.nlu.embedded import store
from bot.nlu.embedded.interpreter import EmbeddedInterpreter, embedded_models, load_embedded, opened
from bot.nlu.embedded.learning.intents import train
from bot.nlu.encoder import Encoder, load_encoder
from bot.nlu.features import Floats
from bot.nlu.keys import model_key
from bot.nlu.models import Unusable
from bot.nlu.rasa.home import environment
from bot.nlu.sides import operators_encoder
from bot.nlu.word_lists import read_word_lists
from bot.settings import HOME
from tests.nlu.conftest import LISTS, write_config
from tests.nlu.tiny_encoder import SIZE, make_encoder

CLOSURE = ("kantor", "kantornya", "loket", "pelayanan")
OUTAGE = ("sistem", "aplikasi", "server", "login", "vclaim", "mobile", "jkn", "sep", "antrean")
EMERGENCY = ("pingsan", "kejang", "sesak", "stroke", "pendarahan", "kecelakaan", "bayi")
NEW = {"wisma": 0, "peladen": 1, "ambruk": 2}
"""Words that the training data does not have, each with the meaning of words that it has."""
WORDS = {word: at for at, words in enumerate((CLOSURE, OUTAGE, EMERGENCY)) for word in words} | NEW
TEXTS = [
    "kantor tutup hari ini?",
    "sistem eror min",
    "min peladen hari ini?",
    "",
    "...",
    "qzxwv",
    "ambruk min",
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("encoded")
    write_config(folder / "config")
    return folder


@pytest.fixture(scope="module")
def encoder(folder: Path) -> Encoder:
    return load_encoder(make_encoder(folder / "encoder", WORDS))


@pytest.fixture(scope="module")
def encoded(folder: Path, encoder: Encoder) -> EmbeddedInterpreter:
    return load_embedded(folder / "config", folder / "models", LISTS, encoder)


@pytest.mark.parametrize(
    ("text", "meant"), [("min peladen hari ini?", "ask_outage"), ("ambruk min", "emergency")]
)
def test_a_word_that_was_never_seen_is_understood_by_its_meaning(
    small: EmbeddedInterpreter, encoded: EmbeddedInterpreter, text: str, meant: str
) -> None:
    assert small.read(text).intent != meant
    assert encoded.read(text).intent == meant
    assert encoded.read(text).confidence > 0.9


def test_what_has_no_known_word_stays_in_doubt(encoded: EmbeddedInterpreter) -> None:
    """An encoder always says something; only words that were seen make the interpreter sure."""
    for text in ("qzxwv", "wisma", "你好，今天医院开吗"):
        assert encoded.read(text).confidence <= 0.3


async def test_several_texts_go_through_it_in_one_call(
    encoded: EmbeddedInterpreter, encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[int] = []
    encode = Encoder.encode

    def counted(self: Encoder, texts: list[str]) -> Floats:
        calls.append(len(texts))
        return encode(self, texts)

    monkeypatch.setattr(Encoder, "encode", counted)
    read = await encoded.interpret(TEXTS)
    assert calls == [len(TEXTS)]
    for one, text in zip(read, TEXTS, strict=True):
        alone = encoded.read(text)
        assert (one.text, one.intent, one.entities) == (text, alone.intent, alone.entities)
        assert one.confidence == pytest.approx(alone.confidence, abs=1e-5)


def test_the_file_gives_the_same_answers(
    folder: Path, encoder: Encoder, encoded: EmbeddedInterpreter, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object) -> None:
        pytest.fail("it is trained already")

    monkeypatch.setattr("bot.nlu.embedded.learning.model.fit", never)
    again = load_embedded(folder / "config", folder / "models", LISTS, encoder)
    assert again.read_all(TEXTS) == encoded.read_all(TEXTS)


def test_a_model_belongs_to_its_encoder(
    folder: Path, tmp_path: Path, encoder: Encoder, encoded: EmbeddedInterpreter
) -> None:
    """Started without it, or with another one, the interpreter is trained anew; a model of another is refused."""
    config, models_dir = folder / "config", tmp_path / "models"
    assert current_embedded(config, models_dir, LISTS, encoder).model == encoded.model
    kept = embedded_models(models_dir).in_service()
    assert kept is not None
    other = load_encoder(make_encoder(tmp_path / "other", {**WORDS, "peladen": 0}))
    for one in (None, other):
        with pytest.raises(Unusable, match=rf"{encoded.model}.*another sentence encoder.*SIAGA_ENCODER"):
            opened(kept, LISTS, one)
    served = {current_embedded(config, models_dir, LISTS, one).model for one in (None, other)}
    assert len(served | {encoded.model}) == 3
    again = current_embedded(config, models_dir, LISTS, encoder)
    assert again.model == encoded.model
    assert again.read("ambruk min").intent == "emergency"


def test_where_an_encoder_lies_is_no_part_of_it(folder: Path, tmp_path: Path, encoder: Encoder) -> None:
    moved = load_encoder(make_encoder(tmp_path / "elsewhere", WORDS))
    assert model_key(folder / "config", moved) == model_key(folder / "config", encoder)
    assert model_key(folder / "config", moved) != model_key(folder / "config")


def test_without_one_all_stays_as_it_is(folder: Path) -> None:
    """Bit for bit: beside vectors that say nothing the words get the very weights that they get alone."""
    _, analyser = read_word_lists(folder / "config").in_use()
    texts = ["kantor tutup", "loket buka", "libur kah", "sistem eror", "aplikasi down", "login gagal"]
    intents = ["ask_closure"] * 3 + ["ask_outage"] * 3
    analysed = [analyser(text) for text in texts]
    copies = [(0, analyser("kntor tutup")), (3, analyser("sistm eror"))]
    alone = train(analysed, intents, copies)
    beside = train(analysed, intents, copies, vectors=np.zeros((8, SIZE), np.float32))
    assert alone.dense is None
    assert beside.dense is not None
    assert not beside.dense.any()
    assert alone.weights.tobytes() == beside.weights.tobytes()
    assert alone.bias.tobytes() == beside.bias.tobytes()
    assert (alone.temperature, alone.thresholds) == (beside.temperature, beside.thresholds)
    for text in ("kantor eror", "libur"):
        assert alone.ranking(analyser(text)) == beside.ranking(analyser(text), np.ones(SIZE, np.float32))


def test_without_one_a_file_holds_none(folder: Path, tmp_path: Path) -> None:
    interpreter = load_embedded(folder / "config", tmp_path, LISTS)
    path = embedded_models(tmp_path).path(interpreter.model)
    with np.load(path) as file:
        assert "dense" not in file
    assert interpreter.encoder is None
    assert store.load(path)[0].encoder == ""


def test_the_service_and_the_commands_take_it_from_the_settings(
    folder: Path, tmp_path: Path, encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also from .env, and for Rasa's processes, which run in other folders, by its whole path."""
    monkeypatch.delenv("SIAGA_ENCODER", raising=False)
    monkeypatch.chdir(tmp_path)
    assert operators_encoder() is None
    assert "SIAGA_ENCODER" not in environment()
    path = make_encoder(tmp_path / "encoder", WORDS)
    (tmp_path / ".env").write_text("SIAGA_ENCODER=encoder/model.onnx\n")
    found = operators_encoder()
    assert found is not None
    assert found.key == encoder.key
    assert environment()["SIAGA_ENCODER"] == str(path)
    config = load_config(HOME / "config")
    interpreter = embedded_interpreter(folder / "config", tmp_path / "data", config, path)
    assert interpreter.model == model_key(folder / "config", encoder)
    assert interpreter.read("ambruk min").intent == "emergency"
