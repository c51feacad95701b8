"""Which intent a text has, with how much certainty: a linear classifier with calibrated scores.

The certainty is calibrated on texts that the classifier did not see (one temperature for a softmax over the scores),
and the thresholds are chosen on the same texts.
"""

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
    emergency: float = 1.0
    """Probability from which a text is taken for an emergency, whatever else it is more likely to be."""

    def ranking(self, features: Features) -> list[tuple[str, float]]:
        """Intents and probabilities, best first.

        An emergency that is likely enough comes first even where something else is likelier. It is then less certain
        than the act threshold: it will be asked about, not acted on.
        """
        probabilities = self.probabilities(features)
        if not self.vocabulary.knows(features):
            probabilities = probabilities * UNKNOWN
        order = np.argsort(-probabilities, kind="stable")
        ranking = [(self.intents[at], float(probabilities[at])) for at in order]
        at = next((at for at, (intent, _) in enumerate(ranking) if intent == EMERGENCY), 0)
        return self._emergency_first(ranking, at) if at and ranking[at][1] >= self.emergency else ranking

    def _emergency_first(self, ranking: list[tuple[str, float]], at: int) -> list[tuple[str, float]]:
        """The ranking with the emergency, now at `at`, and the first one's places changed."""
        sure = [probability for _, probability in ranking]
        below = min(1.0, 0.999 * self.thresholds.act / sure[0])
        names = [
            ranking[at][0],
            *(name for name, _ in ranking[1:at]),
            ranking[0][0],
            *(name for name, _ in ranking[at + 1 :]),
        ]
        return [(name, probability * below) for name, probability in zip(names, sure, strict=True)]

    def probabilities(self, features: Features) -> Numbers:
        """The probability of each intent for one text."""
        columns, values = self.vocabulary.row(features)
        scores = np.asarray(values @ self.weights[columns] + self.bias, dtype=np.float64)
        one: Numbers = softmax(scores[None, :] * self.temperature)[0]
        return one


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
