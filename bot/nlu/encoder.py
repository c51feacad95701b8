"""Texts as vectors, by a sentence encoder that the operator provides: an ONNX file with its tokenizer beside it.

Texts that mean the same get vectors that point the same way, also when they share no word. The packages for this
(`siaga[encoder]`) are imported only when an encoder is loaded. Runs in Rasa's environment (Python 3.10) too.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bot.errors import ConfigurationError
from bot.nlu.features import Floats

TOKENIZER = "tokenizer.json"
"""The file beside the model that says how texts are cut, as Hugging Face's tokenizers library writes it."""
INPUTS = ("input_ids", "attention_mask", "token_type_ids")
WHOLE = {"tensor(int64)": np.int64, "tensor(int32)": np.int32}
RANKS = {"sentence_embedding": 2, "last_hidden_state": 3}
"""Outputs that we can use, the better one first, and the axes that they have."""
LONGEST = 512
"""Tokens of a text that are read, where the tokenizer does not say less."""
MOST_TEXTS = 64
MOST_TOKENS = 4096
"""Tokens in one call, each text counted as long as the longest: bounds the memory of a call."""
PADDING = ("<pad>", "[PAD]")
TRIED = ("kartu", "kantor mana yang buka besok pagi", "kantor buka " * LONGEST)
"""Texts that an encoder has to manage before it is used: short, longer, too long."""


class Encoder:
    """A loaded encoder; made by `load_encoder`. Threads may share it.

    Args:
        path: the ONNX file.
        session: of onnxruntime.
        tokenizer: of tokenizers, without padding.
        key: names the encoder by what is in its files.
    """

    def __init__(self, path: Path, session: Any, tokenizer: Any, key: str) -> None:
        self.path = path
        self.key = key
        self._session = session
        self._tokenizer = tokenizer
        self._inputs = {one.name: WHOLE[one.type] for one in session.get_inputs()}
        self._output = next(name for name in RANKS if name in _names(session.get_outputs()))
        self._filling = _filling(tokenizer)
        self.size = self._of(tokenizer.encode_batch([TRIED[0]])).shape[1]

    def encode(self, texts: Sequence[str]) -> Floats:
        """A vector of length 1 for each text, in their order; nought for a text without a single token.

        Only the beginning of a text that is too long for the model is read. Takes some milliseconds a text.
        """
        cut = self._tokenizer.encode_batch([text.encode("utf-8", "replace").decode() for text in texts])
        vectors = np.zeros((len(texts), self.size), np.float32)
        for part in _parts([len(one.ids) for one in cut]):
            vectors[part] = self._of([cut[at] for at in part])
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        return np.asarray(vectors / np.where(lengths > 0, lengths, 1), dtype=np.float32)

    def _of(self, cut: Sequence[Any]) -> Floats:
        """What the model makes of texts that are cut into tokens, in one call."""
        shape = len(cut), max(len(one.ids) for one in cut)
        given = {name: np.zeros(shape, np.int64) for name in INPUTS}
        given["input_ids"] += self._filling
        for row, one in enumerate(cut):
            given["input_ids"][row, : len(one.ids)] = one.ids
            given["attention_mask"][row, : len(one.ids)] = 1
        feed = {name: given[name].astype(kind) for name, kind in self._inputs.items()}
        (found,) = self._session.run([self._output], feed)
        return _one_a_text(np.asarray(found, np.float32), given["attention_mask"], RANKS[self._output])


def load_encoder(path: Path, *, threads: int = 1) -> Encoder:
    """Load an encoder and try it.

    Args:
        path: an ONNX file with inputs among `INPUTS` and one of the outputs `RANKS`; `TOKENIZER` lies beside it.
        threads: that one call may use; messages come one by one, so more seldom bring anything.

    Raises:
        ConfigurationError: a file is missing or cannot be used, or the packages for it are not installed.
    """
    tokenizer_path = path.with_name(TOKENIZER)
    for needed, what in ((path, "the sentence encoder"), (tokenizer_path, "the tokenizer of the encoder")):
        if not needed.is_file():
            raise ConfigurationError([f"{needed}: {what} is not there (SIAGA_ENCODER is {path})"])
    session, tokenizer = _session(path, threads), _tokenizer(tokenizer_path)
    _check_form(path, session)
    try:
        encoder = Encoder(path, session, tokenizer, encoder_key(path))
        usable = bool(np.isfinite(encoder.encode(TRIED)).all())
    except Exception as error:  # whatever the library raises for this model, it cannot be used
        raise _refused(path, f"fails on a text: {_short(error)}") from None
    if not usable:
        raise _refused(path, "gives vectors that are no numbers")
    return encoder


def encoder_key(path: Path) -> str:
    """A short hash of an encoder's files: the model, what large models keep beside it, and the tokenizer."""
    digest = hashlib.sha256()
    for file in sorted([*path.parent.glob(f"{path.name}*"), path.with_name(TOKENIZER)]):
        digest.update(f"{file.name.removeprefix(path.name)}:{file.stat().st_size}:".encode())
        with file.open("rb") as opened:
            while piece := opened.read(1 << 20):
                digest.update(piece)
    return digest.hexdigest()[:16]


def _session(path: Path, threads: int) -> Any:
    try:
        import onnxruntime  # noqa: PLC0415 - large, and needed by few
    except ImportError as error:
        raise _not_installed(path, error) from None
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # the library has a dozen kinds, all its own
        raise _refused(path, f"is no ONNX model that can be run: {_short(error)}") from None


def _tokenizer(path: Path) -> Any:
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")  # its threads are not worth their while either
    try:
        from tokenizers import Tokenizer  # noqa: PLC0415 - as above
    except ImportError as error:
        raise _not_installed(path, error) from None
    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:  # the library raises nothing finer
        raise ConfigurationError([f"{path}: this is no file of tokenizers: {_short(error)}"]) from None
    told = (tokenizer.truncation or {}).get("max_length", LONGEST)
    tokenizer.enable_truncation(min(told, LONGEST))
    return tokenizer


def _check_form(path: Path, session: Any) -> None:
    """Refuse a model whose inputs and outputs are not those of a sentence encoder."""
    wanted, given = _names(session.get_inputs()), _names(session.get_outputs())
    kinds = [f"{one.name} ({one.type})" for one in session.get_inputs() if one.type not in WHOLE]
    if "input_ids" not in wanted or not set(wanted) <= set(INPUTS) or kinds:
        said = ", ".join(kinds or wanted)
        raise _refused(path, f"wants {said}; expected whole numbers for some of {', '.join(INPUTS)}")
    output = next((one for name in RANKS for one in session.get_outputs() if one.name == name), None)
    if output is None:
        raise _refused(path, f"gives {', '.join(given)}; expected {' or '.join(RANKS)}")
    if len(output.shape or ()) not in (0, RANKS[output.name]):
        raise _refused(
            path, f"gives {output.name} with {len(output.shape)} axes; expected {RANKS[output.name]}"
        )


def _one_a_text(found: Floats, mask: Any, rank: int) -> Floats:
    """One vector a text: as the model gives it, or the mean over the text's tokens."""
    if found.ndim != rank:
        raise ValueError(f"the output has {found.ndim} axes; expected {rank}")
    if rank == RANKS["sentence_embedding"]:
        return found
    weights = mask[:, :, None].astype(np.float32)
    return np.asarray((found * weights).sum(axis=1) / weights.sum(axis=1), dtype=np.float32)


def _parts(lengths: Sequence[int]) -> Iterator[list[int]]:
    """The places of texts by their lengths in tokens, shortest first, in calls of a bounded size; none for no token."""
    part: list[int] = []
    for at in sorted(range(len(lengths)), key=lengths.__getitem__):
        if part and (len(part) == MOST_TEXTS or (len(part) + 1) * lengths[at] > MOST_TOKENS):
            yield part
            part = []
        if lengths[at]:
            part.append(at)
    if part:
        yield part


def _filling(tokenizer: Any) -> int:
    """The token that shorter texts are filled up with; then padding is left to us."""
    told = tokenizer.padding
    tokenizer.no_padding()
    known = [number for name in PADDING if (number := tokenizer.token_to_id(name)) is not None]
    return int(told["pad_id"] if told else (known or [0])[0])


def _names(described: Sequence[Any]) -> list[str]:
    return [one.name for one in described]


def _refused(path: Path, why: str) -> ConfigurationError:
    return ConfigurationError([f"{path}: this sentence encoder {why}"])


def _not_installed(path: Path, error: ImportError) -> ConfigurationError:
    return ConfigurationError([f"{path}: {error.name} is not installed: pip install 'siaga[encoder]'"])


def _short(error: Exception) -> str:
    """The first line of what a library says, bounded."""
    return (str(error) or type(error).__name__).splitlines()[0][:200]
