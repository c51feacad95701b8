"""The sentence encoder: tiny ones are read as real ones would be, and whatever is no encoder is named."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper
from tokenizers import Tokenizer

from bot.errors import ConfigurationError
from bot.nlu.encoder import LONGEST, MOST_TEXTS, Encoder, encoder_key, load_encoder
from tests.nlu.tiny_encoder import SIZE, make_encoder, write_model

WORDS = {"kantor": 0, "loket": 0, "buka": 1, "tutup": 2, "kartu": 3, "[SEP]": 4}
TEXTS = ["kantor buka", "loket buka", "kartu", "kantor kantor tutup", "kartu tutup sekali"]


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Encoder:
    return load_encoder(make_encoder(tmp_path_factory.mktemp("encoder"), WORDS))


def test_vectors_have_length_1_and_say_what_is_meant(encoder: Encoder) -> None:
    vectors = encoder.encode(TEXTS)
    assert vectors.shape == (len(TEXTS), SIZE) == (len(TEXTS), encoder.size)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
    np.testing.assert_allclose(vectors[0], vectors[1], atol=1e-6)
    assert vectors[0] @ vectors[2] < 0.99


def test_many_together_are_as_each_alone(encoder: Encoder) -> None:
    """In their order, whatever their lengths; the filling counts for nothing."""
    texts = [" ".join(["kantor", "tutup", "kartu", "buka"][: 1 + at % 4] * (at % 7)) for at in range(150)]
    assert len(texts) > 2 * MOST_TEXTS
    alone = np.concatenate([encoder.encode([text]) for text in texts])
    np.testing.assert_allclose(encoder.encode(texts), alone, atol=1e-6)
    assert encoder.encode([]).shape == (0, SIZE)


@pytest.mark.parametrize("output", ["sentence_embedding", "last_hidden_state"])
@pytest.mark.parametrize("kind", [TensorProto.INT64, TensorProto.INT32])
@pytest.mark.parametrize(
    "inputs", [("input_ids", "attention_mask"), ("attention_mask", "token_type_ids", "input_ids")]
)
def test_every_usual_form_gives_the_same(
    encoder: Encoder, tmp_path: Path, output: str, kind: int, inputs: tuple[str, ...]
) -> None:
    other = load_encoder(make_encoder(tmp_path, WORDS, output=output, kind=kind, inputs=inputs))
    np.testing.assert_allclose(other.encode(TEXTS), encoder.encode(TEXTS), atol=1e-6)


def test_of_a_long_text_the_beginning_is_read(encoder: Encoder) -> None:
    begun = "kantor " * LONGEST
    cut, whole, other = encoder.encode([begun + "tutup " * 9000, begun, "kantor " * (LONGEST - 1) + "tutup"])
    np.testing.assert_allclose(cut, whole, atol=1e-6)
    assert not np.allclose(other, whole, atol=1e-6)


def test_the_tokenizer_may_want_less_and_its_own_filling_is_not_used(tmp_path: Path) -> None:
    path = make_encoder(tmp_path, WORDS)
    tokenizer = Tokenizer.from_file(str(tmp_path / "tokenizer.json"))
    tokenizer.enable_truncation(3)
    tokenizer.enable_padding(length=128, pad_id=0)
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    first, second, third = load_encoder(path).encode(
        ["kantor buka kartu tutup", "kantor buka kartu", "kantor"]
    )
    np.testing.assert_allclose(first, second, atol=1e-6)
    assert not np.allclose(first, third, atol=1e-6)


@given(st.text(max_size=200) | st.text(st.characters(categories=["Cs"]), max_size=3))
@settings(deadline=None)
def test_no_text_breaks_it(encoder: Encoder, text: str) -> None:
    (vector,) = encoder.encode([text])
    assert np.isfinite(vector).all()
    assert np.linalg.norm(vector) == pytest.approx(1) or not vector.any()


def test_its_key_is_of_what_is_in_its_files(tmp_path: Path) -> None:
    path = make_encoder(tmp_path / "a", WORDS)
    key = encoder_key(path)
    assert load_encoder(path).key == key == encoder_key(make_encoder(tmp_path / "b", WORDS))
    renamed = shutil.copytree(tmp_path / "a", tmp_path / "c") / "indo.onnx"
    renamed.with_name("model.onnx").rename(renamed)
    assert encoder_key(renamed) == key
    assert encoder_key(make_encoder(tmp_path / "d", {**WORDS, "tutup": 1})) != key
    assert encoder_key(make_encoder(tmp_path / "e", {**WORDS, "min": 5})) != key
    (tmp_path / "a" / "model.onnx_data").write_bytes(b"weights of a large model")
    assert encoder_key(path) != key


def _without_model(path: Path) -> None:
    path.unlink()


def _without_tokenizer(path: Path) -> None:
    path.with_name("tokenizer.json").unlink()


def _not_onnx(path: Path) -> None:
    path.write_text("version https://git-lfs.github.com/spec/v1\n")


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _no_tokenizer(path: Path) -> None:
    path.with_name("tokenizer.json").write_text('{"do_lower_case": true}')


def _replaced(path: Path, given: tuple[str, int, int], made: tuple[str, list[int | str]]) -> None:
    """A model that casts its one input, of a name, a type and a number of axes, to its output."""
    name, kind, axes = given
    graph = helper.make_graph(
        [helper.make_node("Cast", [name], [made[0]], to=TensorProto.FLOAT)],
        "other",
        [helper.make_tensor_value_info(name, kind, ["a", "b", "c"][:axes])],
        [helper.make_tensor_value_info(made[0], TensorProto.FLOAT, made[1])],
    )
    write_model(path, graph)


def _picture(path: Path) -> None:
    _replaced(path, ("pixel_values", TensorProto.FLOAT, 3), ("sentence_embedding", ["a", "b"]))


def _floats(path: Path) -> None:
    _replaced(path, ("input_ids", TensorProto.FLOAT, 2), ("sentence_embedding", ["a", "b"]))


def _classifier(path: Path) -> None:
    _replaced(path, ("input_ids", TensorProto.INT64, 2), ("logits", ["a", "b"]))


def _flat(path: Path) -> None:
    _replaced(path, ("input_ids", TensorProto.INT64, 2), ("last_hidden_state", ["a", "b"]))


def _one_axis_more(path: Path) -> None:
    _replaced(path, ("input_ids", TensorProto.INT64, 3), ("sentence_embedding", ["a", "b"]))


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (_without_model, r"model\.onnx: the sentence encoder is not there"),
        (_without_tokenizer, r"tokenizer\.json: the tokenizer of the encoder is not there.*SIAGA_ENCODER"),
        (_not_onnx, r"model\.onnx: this sentence encoder is no ONNX model"),
        (_empty, r"model\.onnx: this sentence encoder is no ONNX model"),
        (_no_tokenizer, r"tokenizer\.json: this is no file of tokenizers"),
        (_picture, r"model\.onnx: .* wants pixel_values \(tensor\(float\)\); expected .*input_ids"),
        (_floats, r"model\.onnx: .* wants input_ids \(tensor\(float\)\)"),
        (_classifier, r"model\.onnx: .* gives logits; expected sentence_embedding or last_hidden_state"),
        (_flat, r"model\.onnx: .* gives last_hidden_state with 2 axes; expected 3"),
        (_one_axis_more, r"model\.onnx: .* (fails on a text|is no ONNX model)"),
    ],
)
def test_what_is_no_encoder_is_named(tmp_path: Path, spoil: Callable[[Path], None], said: str) -> None:
    path = make_encoder(tmp_path, WORDS)
    spoil(path)
    with pytest.raises(ConfigurationError, match=said) as caught:
        load_encoder(path)
    assert len(caught.value.problems) == 1
    assert str(tmp_path) in caught.value.problems[0]


def test_one_that_gives_no_numbers_is_named(tmp_path: Path) -> None:
    path = make_encoder(tmp_path, WORDS)
    graph = helper.make_graph(
        [
            helper.make_node("Cast", ["input_ids"], ["real"], to=TensorProto.FLOAT),
            helper.make_node("ReduceMean", ["real"], ["mean"], axes=[1]),
            helper.make_node("Sub", ["mean", "mean"], ["nought"]),
            helper.make_node("Div", ["nought", "nought"], ["sentence_embedding"]),
        ],
        "nothing",
        [helper.make_tensor_value_info("input_ids", TensorProto.INT64, ["a", "b"])],
        [helper.make_tensor_value_info("sentence_embedding", TensorProto.FLOAT, None)],
    )
    write_model(path, graph)
    with pytest.raises(ConfigurationError, match="gives vectors that are no numbers"):
        load_encoder(path)


def test_a_package_that_is_not_installed_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = make_encoder(tmp_path, WORDS)
    for package in ("onnxruntime", "tokenizers"):
        with monkeypatch.context() as missing:
            missing.setitem(sys.modules, package, None)
            with pytest.raises(ConfigurationError, match=rf"{package} is not installed.*siaga\[encoder\]"):
                load_encoder(path)


def test_without_one_its_packages_are_not_imported() -> None:
    """They cost 50 MB; nobody pays them who has no encoder."""
    training = "bot.nlu.embedded.learning.model"
    seen = f"import sys, bot.app, {training}; print({{'onnxruntime', 'tokenizers'}} & set(sys.modules))"
    said = subprocess.run([sys.executable, "-c", seen], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "set()"
