"""Which question is asked: the one whose phrases share most with the words, and how sure that is. Pure, in process.

A text is compared with every phrase of config/faq.yml by what the embedded interpreter counts in it
(`bot.nlu.features`): stems, skeletons, letters, concepts, each weighted by how few questions have it. What no phrase
has counts against a likeness: "harga emas hari ini" is not near because "hari" is.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bot.config import Config, Question
from bot.nlu.concepts import Concepts
from bot.nlu.features import Analyser, Floats
from bot.nlu.normalising import Normaliser
from bot.nlu.word_lists import read_word_lists

SURE = 0.32
"""The likeness from which a question counts as asked. It and `LEAD` were chosen on the even lines of
tests/answers/held.yml for at most 4% wrong answers, and are measured on the odd ones: tests/answers/test_held.py."""
LEAD = 0.06
"""How much nearer than the next one it has to be; else both are offered."""
WITHIN = 0.06
"""How much nearer a question is that belongs to the meaning which the interpreter is sure of."""
MOST = 3
"""Questions that are offered at once."""

WEIGHTS = {"s": 1.0, "k": 0.5, "c": 1.0, "r": 0.5, "p": 0.5}
"""What each kind of feature counts (`bot.nlu.features` names them)."""
CLOSEST = 0.7
"""The share of the nearest phrase; the rest is that of all phrases of the question."""
LONGEST = 600
"""Characters that are looked at: who writes more tells a story."""

Ints = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Match:
    """A question that may have been asked; `likeness` is 0 to 1."""

    code: str
    likeness: float


class Index:
    """The phrases of all questions. It is made in a fifth of a second, once; a look-up takes about a millisecond."""

    def __init__(self, questions: Sequence[Question], analyser: Analyser) -> None:
        self._analyser = analyser
        self._codes = [question.code for question in questions]
        self._intents = [frozenset(question.intents) for question in questions]
        owners = [place for place, question in enumerate(questions) for _ in question.phrases]
        self._owner = np.array(owners, np.int32)
        self._phrases = np.bincount(self._owner, minlength=len(questions)).astype(np.float32)
        counted = [self._counted(phrase) for question in questions for phrase in question.phrases]
        self._unseen = math.log(1 + len(questions))
        self._rarity = _rarity(owners, counted, len(questions))
        self._postings = self._inverted(counted)

    def nearest(self, text: str, intent: str = "") -> list[Match]:
        """The questions that the text may ask, best first.

        Args:
            text: what was written.
            intent: what it is surely taken to mean; "" where that is not sure.
        """
        if not self._codes:
            return []
        likeness = self._likeness(text[:LONGEST])
        if intent:
            belongs = np.array([intent in intents for intents in self._intents])
            likeness += np.where(belongs & (likeness > 0), WITHIN, 0.0)
        order = np.argsort(-likeness, kind="stable")
        return [Match(self._codes[at], float(likeness[at])) for at in order if likeness[at] > 0]

    def asked(self, text: str, intent: str = "") -> list[Match]:
        """The one question that is asked; a few where they are near each other; none where nothing is near enough."""
        nearest = self.nearest(text, intent)
        if not nearest or nearest[0].likeness < SURE:
            return []
        return [match for match in nearest[:MOST] if match.likeness > nearest[0].likeness - LEAD]

    def _likeness(self, text: str) -> Floats:
        """Of each question: that of its nearest phrase, and of all of them."""
        shares = np.zeros(len(self._owner), np.float32)
        for feature, weight in self._weighed(self._counted(text)).items():
            if feature in self._postings:
                phrases, weights = self._postings[feature]
                shares[phrases] += weight * weights
        closest = np.zeros(len(self._codes), np.float32)
        np.maximum.at(closest, self._owner, shares)
        every = np.zeros(len(self._codes), np.float32)
        np.add.at(every, self._owner, shares)
        return np.asarray(CLOSEST * closest + (1 - CLOSEST) * every / self._phrases, np.float32)

    def _counted(self, text: str) -> Counter[str]:
        features = self._analyser(text)
        return Counter(f"{block}{feature}" for block in WEIGHTS for feature in features[block])

    def _weighed(self, counted: Mapping[str, int]) -> dict[str, float]:
        """The weight of every feature of a text; its blocks count as `WEIGHTS` says, and all have length 1 together."""
        raw = {
            feature: (1 + math.log(times)) * self._rarity.get(feature, self._unseen)
            for feature, times in counted.items()
        }
        squares: dict[str, float] = defaultdict(float)
        for feature, weight in raw.items():
            squares[feature[0]] += weight * weight
        whole = math.sqrt(sum(WEIGHTS[block] for block, square in squares.items() if square)) or 1.0
        return {
            feature: weight * math.sqrt(WEIGHTS[feature[0]] / squares[feature[0]]) / whole
            for feature, weight in raw.items()
            if weight
        }

    def _inverted(self, counted: Sequence[Counter[str]]) -> dict[str, tuple[Ints, Floats]]:
        """By feature: the phrases that have it, and its weight in each."""
        having: dict[str, list[tuple[int, float]]] = defaultdict(list)
        for place, features in enumerate(counted):
            for feature, weight in self._weighed(features).items():
                having[feature].append((place, weight))
        return {
            feature: (
                np.array([place for place, _ in pairs], np.int32),
                np.array([weight for _, weight in pairs], np.float32),
            )
            for feature, pairs in having.items()
        }


def _rarity(owners: Sequence[int], counted: Sequence[Counter[str]], questions: int) -> dict[str, float]:
    """How telling a feature is, by the number of questions that have it: a word of one question tells most."""
    having: dict[str, set[int]] = defaultdict(set)
    for owner, features in zip(owners, counted, strict=True):
        for feature in features:
            having[feature].add(owner)
    return {feature: math.log((1 + questions) / len(owned)) for feature, owned in having.items()}


def no_questions() -> Index:
    """An index that finds nothing."""
    normaliser = Normaliser({})
    return Index((), Analyser(normaliser, Concepts((), normaliser)))


def load_index(config_dir: Path, config: Config) -> Index:
    """The index of a configuration's questions.

    Raises:
        ConfigurationError: a list of config/nlu is missing or wrong; says file and line.
    """
    _, analyser = read_word_lists(config_dir).in_use()
    return Index(tuple(config.questions.values()), analyser)
