"""Which intent a text has, with how much certainty: a linear classifier with calibrated scores.

The certainty is calibrated on folds that the classifier did not see (one temperature for a softmax over the scores),
and the thresholds are chosen on the same folds.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from sklearn.model_selection import StratifiedKFold
from sklearn.svm import LinearSVC

from bot.nlu.features import Counts, Features, Floats, Vocabulary
from bot.nlu.interpreter import Thresholds

FOLDS = 4
"""Parts of the training data; each of the first half of them is held out once."""
STRENGTH = 0.3
WRONG_AT_MOST = 0.02
"""Share of all messages that may be acted on wrongly at the act threshold."""
BUTTONS = 3
USELESS = 0.5
"""Below the ask threshold fewer than this share would find their wish among the buttons."""

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
    """Probability from which a text with a word of danger is taken for an emergency, whatever else it may be."""

    def ranking(self, features: Features) -> list[tuple[str, float]]:
        """Intents and probabilities, best first; a likely emergency comes first, to be asked about at least."""
        probabilities = self.probabilities(features)
        if not self.vocabulary.knows(features):
            probabilities = probabilities * UNKNOWN
        order = np.argsort(-probabilities, kind="stable")
        ranking = [(self.intents[at], float(probabilities[at])) for at in order]
        return ranking

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


def train(analysed: Sequence[Features], intents: Sequence[str], *, seed: int = 1) -> Classifier:
    """Train on texts and their intents; at least two intents with at least `FOLDS` texts each.

    The same data and seed give the same classifier.
    """
    names = tuple(sorted(set(intents)))
    truth = np.array([names.index(intent) for intent in intents])
    counts = Counts.of(analysed)
    places, held = held_out_scores(counts, truth, seed=seed)
    temperature = _temperature(held, truth[places])
    thresholds = choose_thresholds(softmax(held * temperature), truth[places])
    rarity = counts.rarity()
    weights, bias = _fit(counts.weighted(rarity), truth, seed)
    return Classifier(names, Vocabulary(counts.names, rarity), weights, bias, temperature, thresholds)


def held_out_scores(counts: Counts, truth: Places, *, seed: int = 1) -> tuple[Places, Numbers]:
    """Half of the texts, and their scores by classifiers that were trained without them."""
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=seed)
    places: list[Places] = []
    scores: list[Numbers] = []
    for known, unknown in islice(folds.split(np.zeros(len(truth)), truth), FOLDS // 2):
        rarity = counts.rarity(known)
        weights, bias = _fit(counts.weighted(rarity, known), truth[known], seed)
        places.append(unknown)
        scores.append(counts.weighted(rarity, unknown) @ weights + bias)
    return np.concatenate(places), np.concatenate(scores)


def _fit(matrix: Any, truth: Places, seed: int) -> tuple[Floats, Floats]:
    machine = LinearSVC(C=STRENGTH, tol=0.1, random_state=seed)
    machine.fit(matrix, truth)
    weights, bias = machine.coef_.T, machine.intercept_
    if weights.shape[1] == 1:  # two intents: one column for both
        weights, bias = np.hstack([-weights, weights]), np.hstack([-bias, bias])
    return np.ascontiguousarray(weights, dtype=np.float32), bias.astype(np.float32)


def _temperature(scores: Numbers, truth: Places) -> float:
    """The factor that makes the softmax of the scores most honest about the truth."""

    def surprise(log_factor: float) -> float:
        found = softmax(scores * np.exp(log_factor))[np.arange(len(truth)), truth]
        return float(-np.log(found + 1e-12).mean())

    return float(np.exp(minimize_scalar(surprise, bounds=(-2.0, 4.0), method="bounded").x))


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
