"""The operator's lists of words (config/nlu): how words are meant, and what they stand for.

They belong to the model that was trained with them and are kept with it, so that an older model goes on as it was
measured when a list has changed since.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from bot.errors import ConfigurationError
from bot.nlu.concepts import Concepts
from bot.nlu.features import Analyser
from bot.nlu.normalising import Normaliser, read_pairs, read_words

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class WordLists:
    """What is written to what is meant, and (word, concept) pairs."""

    words: Mapping[str, str]
    concepts: Sequence[tuple[str, str]]

    def in_use(self) -> tuple[Normaliser, Analyser]:
        """The lists as the interpreter and its training use them."""
        normaliser = Normaliser(self.words)
        return normaliser, Analyser(normaliser, Concepts(self.concepts, normaliser))


def read_word_lists(config_dir: Path) -> WordLists:
    """The lists of a configuration.

    Raises:
        ConfigurationError: a list is missing or wrong; says file and line.
    """
    folder = config_dir / "nlu"
    return WordLists(
        _read(folder / "normalising.yml", read_words),
        _read(folder / "concepts.yml", lambda lines: tuple(read_pairs(lines))),
    )


def _read(path: Path, parse: Callable[[list[str]], R]) -> R:
    try:
        return parse(path.read_text("utf-8").splitlines())
    except (OSError, ValueError) as error:
        raise ConfigurationError([f"{path}:{error}"]) from None
