"""Which intent a text has, with how much certainty: a linear classifier with calibrated scores.

The certainty is calibrated on texts that the classifier did not see (one temperature for a softmax over the scores),
and the thresholds are chosen on the same texts.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.nlu.features import Features, Floats, Vocabulary
from bot.nlu.interpreter import Thresholds

WRONG_AT_MOST = 0.02
"""Share of all messages that may be acted on wrongly at the act threshold."""
BUTTONS = 3
USELESS = 0.5
"""Below the ask threshold fewer than this share would find their wish among the buttons."""

EMERGENCY = "emergency"
UNKNOWN = 0.3
"""What is left of the certainty when not one word was ever seen: another script, another language, noise."""

Numbers = NDArray[np.float64]
Places = NDArray[np.int64]


@dataclass(frozen=True)
class Classifier:
    """Intents in the order of the columns of `weights`; `temperature` divides nothing but scales scores up."""

    intents: tuple[str, ...]
    vocabulary: Vocabulary
    weights: Floats
    bias: Floats
    temperature: float
    thresholds: Thresholds
    emergency: float = 0.5
    """Probability from which a text is taken for an emergency: missing one is worse than asking once too often."""
    dense: Floats | None = None
    """Weights of the numbers of a sentence encoder's vector; None when it was trained without one."""

    def ranking(self, features: Features, vector: Floats | None = None) -> list[tuple[str, float]]:
        """Intents and probabilities, best first; `vector` is the sentence encoder's, of length 1."""
        probabilities = self.probabilities(features, vector)
        if not self.vocabulary.knows(features):
            probabilities = probabilities * UNKNOWN
        order = np.argsort(-probabilities, kind="stable")
        return [(self.intents[at], float(probabilities[at])) for at in order]

    def probabilities(self, features: Features, vector: Floats | None = None) -> Numbers:
        """The probability of each intent for one text."""
        columns, values = self.vocabulary.row(features)
        scores = np.asarray(values @ self.weights[columns] + self.bias, dtype=np.float64)
        if self.dense is not None and vector is not None:
            scores += vector @ self.dense
        one: Numbers = cautious(softmax(scores[None, :] * self.temperature), self.intents, self.emergency)[0]
        return one


def cautious(probabilities: Numbers, intents: Sequence[str], least: float) -> Numbers:
    """Rows of probabilities, in which an emergency that is likelier than `least` is made likelier than all else.

    Its odds are multiplied by as much as makes `least` one half; rows without such a likelihood stay as they are.
    """
    if EMERGENCY not in intents:
        return probabilities
    raised = probabilities.copy()
    at = intents.index(EMERGENCY)
    raised[raised[:, at] >= least, at] *= (1 - least) / least
    return np.asarray(raised / raised.sum(axis=1, keepdims=True), dtype=np.float64)


def softmax(scores: Numbers) -> Numbers:
    """Rows of scores as rows of probabilities."""
    raised = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True), dtype=np.float64)


def choose_thresholds(probabilities: Numbers, truth: Places) -> Thresholds:
    """Thresholds from held-out probabilities: see the constants of this module."""
    order = np.argsort(-probabilities, axis=1)
    best = probabilities.max(axis=1)
    wrong = order[:, 0] != truth
    shown = (order[:, :BUTTONS] == truth[:, None]).any(axis=1)
    act = _act(best, wrong)
    return Thresholds(act=act, ask=min(act, _ask(best, shown)))


def _act(best: Numbers, wrong: NDArray[np.bool_]) -> float:
    """The lowest certainty above which at most `WRONG_AT_MOST` of all are wrong."""
    falling = np.argsort(-best)
    allowed = np.cumsum(wrong[falling]) <= WRONG_AT_MOST * len(best)
    taken = int(np.argmin(allowed)) if not allowed.all() else len(best)
    return float(best[falling[taken - 1]]) if taken else 1.0


def _ask(best: Numbers, shown: NDArray[np.bool_]) -> float:
    """The highest certainty below which the buttons would more often miss than hold the wish."""
    rising = np.argsort(best)
    share = np.cumsum(shown[rising]) / np.arange(1, len(best) + 1)
    useless = np.nonzero(share < USELESS)[0]
    return float(best[rising[useless[-1]]]) if len(useless) else 0.0
