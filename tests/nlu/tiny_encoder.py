"""A sentence encoder of a few words, made as the real ones are: an ONNX file and a tokenizer."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.normalizers import Lowercase
from tokenizers.pre_tokenizers import Whitespace

SIZE = 8
IR, OPSET = 8, 17
"""Old enough for the oldest onnxruntime that we use, which is Rasa's."""
PAD, UNKNOWN = "[PAD]", "[UNK]"


def make_encoder(
    folder: Path,
    words: Mapping[str, int],
    *,
    inputs: Sequence[str] = ("input_ids", "attention_mask"),
    output: str = "sentence_embedding",
    kind: int = TensorProto.INT64,
) -> Path:
    """Write an encoder: an embedding looked up for each word, and the mean of these over the text.

    Args:
        folder: gets ``model.onnx`` and ``tokenizer.json``.
        words: each with the number of its meaning; words of one number have one vector.
        inputs: what the model asks for.
        output: ``last_hidden_state`` leaves the mean to the reader.
        kind: of the inputs' numbers.
    """
    folder.mkdir(parents=True, exist_ok=True)
    write_tokenizer(folder / "tokenizer.json", list(words))
    meanings = np.random.default_rng(1).normal(size=(max(words.values()) + 1, SIZE))
    table = np.zeros((len(words) + 2, SIZE), np.float32)
    table[0] = 100.0  # filling: must not count
    for at, number in enumerate(words.values(), start=2):
        table[at] = meanings[number]
    nodes = [helper.make_node("Gather", ["table", "input_ids"], ["last_hidden_state"])]
    if output == "sentence_embedding":
        nodes += [
            helper.make_node("Cast", ["attention_mask"], ["mask"], to=TensorProto.FLOAT),
            helper.make_node("Unsqueeze", ["mask", "last"], ["wide"]),
            helper.make_node("Mul", ["last_hidden_state", "wide"], ["kept"]),
            helper.make_node("ReduceSum", ["kept", "second"], ["sum"], keepdims=0),
            helper.make_node("ReduceSum", ["mask", "second"], ["count"], keepdims=1),
            helper.make_node("Div", ["sum", "count"], ["sentence_embedding"]),
        ]
    axes: list[str | int | None] = (
        ["texts", SIZE] if output == "sentence_embedding" else ["texts", "tokens", SIZE]
    )
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info(name, kind, ["texts", "tokens"]) for name in inputs],
        [helper.make_tensor_value_info(output, TensorProto.FLOAT, axes)],
        [
            numpy_helper.from_array(table, "table"),
            numpy_helper.from_array(np.array([2]), "last"),
            numpy_helper.from_array(np.array([1]), "second"),
        ],
    )
    return write_model(folder / "model.onnx", graph)


def write_model(path: Path, graph: onnx.GraphProto) -> Path:
    """Write a graph as a model."""
    opset = [helper.make_opsetid("", OPSET)]
    onnx.save(helper.make_model(graph, ir_version=IR, opset_imports=opset), str(path))
    return path


def write_tokenizer(path: Path, words: Sequence[str]) -> None:
    """Write a tokenizer that knows these words; any other is the unknown one."""
    known = {word: at for at, word in enumerate([PAD, UNKNOWN, *words])}
    tokenizer = Tokenizer(WordLevel(known, unk_token=UNKNOWN))
    tokenizer.normalizer = Lowercase()
    tokenizer.pre_tokenizer = Whitespace()
    tokenizer.save(str(path))
