"""What the classifier counts in a text: stems, skeletons and letters of words, and concepts in pairs.

Five blocks, each weighted by rarity and brought to length 1, so that none outshouts the others:

- ``s``: stems of the normalised words and pairs of neighbours
- ``k``: their consonant skeletons, for abbreviations and regional vowels, with pairs of neighbours
- ``c``: three or four letters within the normalised words
- ``r``: the same within the words as written
- ``p``: concepts, and pairs of concepts anywhere in the text
"""

import itertools
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from bot.nlu.concepts import Concepts
from bot.nlu.normalising import Normaliser
from bot.nlu.stems import skeleton, stem

WEIGHTS = {"s": 1.0, "k": 1.0, "c": 1.0, "r": 1.0, "p": 0.7}
LEAST_SEEN = {"s": 2, "k": 2, "c": 3, "r": 3, "p": 2}
LIGHT = frozenset(".,:;-_'\"()/")
"""Signs that say nothing; question marks, exclamation marks and emoji do."""

Floats = NDArray[np.float32]
Features = dict[str, list[str]]
"""The features of a text by block, repeated as often as they occur."""
Row = tuple[NDArray[np.int32], Floats]


@dataclass(frozen=True, slots=True)
class Analyser:
    """Turns a text into its features, by block."""

    normaliser: Normaliser
    concepts: Concepts

    def __call__(self, text: str) -> Features:
        """The features of a text."""
        words = self.normaliser.normalise(text).text.split()
        stems = [stem(word) for word in words if word not in LIGHT]
        return {
            "s": _with_neighbours(stems),
            "k": _with_neighbours([skeleton(word) for word in stems]),
            "c": [gram for word in words for gram in grams(word)],
            "r": [gram for word in text.lower().split() for gram in grams(word[:40])],
            "p": _in_pairs(self.concepts.found(words)),
        }


def _with_neighbours(words: Sequence[str]) -> list[str]:
    return [*words, *(f"{first} {second}" for first, second in itertools.pairwise(words))]


def _in_pairs(concepts: Sequence[str]) -> list[str]:
    pairs = (f"{first}+{second}" for at, first in enumerate(concepts) for second in concepts[at + 1 :])
    return [*concepts, *pairs]


@lru_cache(maxsize=50_000)
def grams(word: str) -> tuple[str, ...]:
    """Every run of three or four letters of the word between blanks."""
    padded = f" {word} "
    return tuple(padded[at : at + size] for size in (3, 4) for at in range(max(len(padded) - size + 1, 1)))


class Vocabulary:
    """The features that training saw, their columns (grouped by block) and their rarity.

    Rarity is the inverse document frequency; 0 for a feature too seldom to count.
    """

    def __init__(self, names: Sequence[str], rarity: Floats) -> None:
        self.names = list(names)
        self.rarity = rarity
        self._columns: dict[str, dict[str, int]] = {block: {} for block in WEIGHTS}
        for column, name in enumerate(self.names):
            self._columns[name[0]][name[1:]] = column

    def knows(self, features: Features) -> bool:
        """Whether any single word of a text, or its skeleton, was seen in training."""
        return any(
            " " not in one and one in self._columns[block] for block in "sk" for one in features[block]
        )

    def row(self, features: Features) -> Row:
        """Columns and weighted values of one text."""
        columns: list[int] = []
        values: list[Floats] = []
        for block, found in features.items():
            known = self._columns[block]
            counts = Counter(column for feature in found if (column := known.get(feature)) is not None)
            if counts:
                columns += counts
                values.append(self._block(counts, WEIGHTS[block]))
        joined = np.concatenate(values) if values else np.zeros(0, np.float32)
        return np.array(columns, np.int32), joined

    def _block(self, counts: Counter[int], weight: float) -> Floats:
        often = np.fromiter(counts.values(), np.float32, len(counts))
        value = (1 + np.log(often)) * self.rarity[np.fromiter(counts, np.int32, len(counts))]
        length = float(np.linalg.norm(value)) or 1.0
        return np.asarray(value * (weight / length), dtype=np.float32)
