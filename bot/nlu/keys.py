"""What a trained model was made from, as short hashes: the operator's data, and our code."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

from bot.nlu.encoder import Encoder

HERE = Path(__file__).parent
CODE = (
    "concepts",
    "encoder",
    "features",
    "noise",
    "normalising",
    "stems",
    "training",
    "word_lists",
)
"""Modules of this package that change what the embedded interpreter learns, beside those of embedded/."""


def model_key(config_dir: Path, encoder: Encoder | None = None) -> str:
    """The name of the embedded interpreter's model of these data, trained by this code with this encoder."""
    return f"{data_key(config_dir)}-{maker_key(encoder)}"


def data_key(config_dir: Path) -> str:
    """A short hash of all that an operator's changes teach: examples, labels, word lists.

    Names of facilities, places and systems are no part of it: they are looked up in the present configuration.
    """
    examples = sorted((config_dir / "rasa" / "nlu").glob("*.y*ml"))
    lists = [config_dir / "nlu" / "normalising.yml", config_dir / "nlu" / "concepts.yml"]
    return _hash([*examples, config_dir / "rasa" / "domain.yml", *lists])


def code_key() -> str:
    """A short hash of the code that trains the embedded interpreter and that understands with what it learned."""
    code = [HERE / f"{name}.py" for name in CODE]
    code += [*sorted((HERE / "embedded").rglob("*.py")), *sorted((HERE.parent / "reading").glob("*.py"))]
    return _hash(code)


def maker_key(encoder: Encoder | None = None) -> str:
    """The code's key, and where there is a sentence encoder also that one's."""
    return f"{code_key()}-{encoder.key}" if encoder else code_key()


def _hash(paths: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        content = path.read_bytes() if path.is_file() else b""
        digest.update(f"{path.name}:{len(content)}:".encode() + content)
    return digest.hexdigest()[:10]
