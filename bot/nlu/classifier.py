"""Which intent a text has, with how much certainty: a linear classifier with calibrated scores.

The certainty is calibrated on texts that the classifier did not see (one temperature for a softmax over the scores),
and the thresholds are chosen on the same texts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from sklearn.model_selection import StratifiedKFold
from sklearn.svm import LinearSVC

from bot.nlu.features import Counts, Features, Floats, Vocabulary
from bot.nlu.interpreter import Thresholds

FOLDS = 3
"""Parts of the training data, of which one is held out for calibration: more would cost seconds at every change."""
STRENGTH = 0.4
WRONG_AT_MOST = 0.02
"""Share of all messages that may be acted on wrongly at the act threshold."""
BUTTONS = 3
USELESS = 0.5
"""Below the ask threshold fewer than this share would find their wish among the buttons."""

EMERGENCY = "emergency"
EMERGENCY_RECALL = 0.97
"""Share of emergencies that should come first, rightly or by caution."""
EMERGENCY_LEAST = 0.07
"""Below this probability caution would cry wolf: about ten false alarms for one emergency found."""
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


def train(
    analysed: Sequence[Features],
    intents: Sequence[str],
    copies: Sequence[tuple[int, Features]] = (),
    *,
    seed: int = 1,
) -> Classifier:
    """Train on texts and their intents; at least two intents with at least `FOLDS` texts each.

    Args:
        analysed: the features of each text.
        intents: the intent of each text.
        copies: noisy copies: which text it is of, and its features. A copy is only learned from with its text.
        seed: the same data and seed give the same classifier.
    """
    names = tuple(sorted(set(intents)))
    truth = np.array([names.index(intent) for intent in intents])
    material = _Material(
        Counts.of([*analysed, *(item for _, item in copies)]), truth, np.array([at for at, _ in copies], int)
    )
    places, held = held_out_scores(material, seed=seed)
    temperature = _temperature(held, truth[places])
    sure = softmax(held * temperature)
    known = np.arange(len(truth))
    rarity, weights, bias = material.fit(known, seed)
    return Classifier(
        intents=names,
        vocabulary=Vocabulary(material.counts.names, rarity),
        weights=weights,
        bias=bias,
        temperature=temperature,
        thresholds=choose_thresholds(sure, truth[places]),
        emergency=_emergency(sure, truth[places], names),
    )


@dataclass(frozen=True, slots=True)
class _Material:
    """What is learned from: the texts with their truth, then the copies with the places of their texts."""

    counts: Counts
    truth: Places
    copied: Places

    def fit(self, known: Places, seed: int) -> tuple[Floats, Floats, Floats]:
        """Rarity, weights and bias from some of the texts and their copies."""
        copies = np.nonzero(np.isin(self.copied, known))[0]
        rows = np.concatenate([known, copies + len(self.truth)])
        rarity = self.counts.rarity(rows)
        truth = self.truth[np.concatenate([known, self.copied[copies]])]
        weights, bias = _fit(self.counts.weighted(rarity, rows), truth, seed)
        return rarity, weights, bias


def held_out_scores(material: _Material, *, seed: int = 1) -> tuple[Places, Numbers]:
    """One fold of the texts, and their scores by a classifier that was trained on the others."""
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=seed)
    known, unknown = next(folds.split(np.zeros(len(material.truth)), material.truth))
    rarity, weights, bias = material.fit(known, seed)
    return unknown, material.counts.weighted(rarity, unknown) @ weights + bias


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


def _emergency(probabilities: Numbers, truth: Places, names: Sequence[str]) -> float:
    """The highest probability from which enough emergencies are recognised, within `EMERGENCY_LEAST`."""
    if EMERGENCY not in names:
        return 1.0
    at = names.index(EMERGENCY)
    own = np.sort(probabilities[truth == at, at])
    missed = int((1 - EMERGENCY_RECALL) * len(own))
    return max(EMERGENCY_LEAST, float(own[missed]) if len(own) else 1.0)
