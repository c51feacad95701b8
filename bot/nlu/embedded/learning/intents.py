"""Training the classifier of intents: fit, calibrate on texts that it did not see, choose thresholds on the same."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.sparse import csr_matrix, hstack
from sklearn.model_selection import StratifiedKFold
from sklearn.svm import LinearSVC

from bot.nlu.embedded.classifier import (
    EMERGENCY,
    Classifier,
    Numbers,
    Places,
    cautious,
    choose_thresholds,
    softmax,
)
from bot.nlu.embedded.learning.counts import Counts
from bot.nlu.features import Features, Floats, Vocabulary

FOLDS = 3
"""Parts of the training data, of which one is held out for calibration: more would cost seconds at every change."""
STRENGTH = 0.4
EMERGENCY_RECALL = 0.97
"""Share of emergencies that should come first, rightly or by caution."""
EMERGENCY_LEAST = 0.07
"""Below this probability caution would cry wolf: about ten false alarms for one emergency found."""
LENGTHS = (1.0, 2.0, 4.0)
"""Lengths that a sentence encoder's vectors are tried with beside the blocks of words, which have about length 1."""


def train(
    analysed: Sequence[Features],
    intents: Sequence[str],
    copies: Sequence[tuple[int, Features]] = (),
    *,
    seed: int = 1,
    vectors: Floats | None = None,
) -> Classifier:
    """Train on texts and their intents; at least two intents with at least `FOLDS` texts each.

    Args:
        analysed: the features of each text.
        intents: the intent of each text.
        copies: noisy copies: which text it is of, and its features. A copy is only learned from with its text.
        seed: the same data and seed give the same classifier.
        vectors: a sentence encoder's, of the texts and then of the copies; None without one.
    """
    names = tuple(sorted(set(intents)))
    truth = np.array([names.index(intent) for intent in intents])
    counts = Counts.of([*analysed, *(item for _, item in copies)])
    material = _Material(counts, truth, np.array([at for at, _ in copies], int))
    if vectors is not None:
        material = _with_vectors(material, vectors, seed)
    places, held = held_out_scores(material, seed=seed)
    fitted = material.fit(np.arange(len(truth)), seed)
    temperature = _temperature(held, truth[places])
    sure = softmax(held * temperature)
    emergency = _emergency(sure, truth[places], names)
    return Classifier(
        intents=names,
        vocabulary=Vocabulary(counts.names, fitted.rarity),
        weights=fitted.weights[: len(counts.names)],
        bias=fitted.bias,
        temperature=temperature,
        thresholds=choose_thresholds(cautious(sure, names, emergency), truth[places]),
        emergency=emergency,
        dense=None if vectors is None else fitted.weights[len(counts.names) :] * material.length,
    )


@dataclass(frozen=True, slots=True)
class _Fitted:
    """What was learned; the weights of an encoder's numbers come after those of the features."""

    rarity: Floats
    weights: Floats
    bias: Floats


@dataclass(frozen=True, slots=True)
class _Material:
    """What is learned from: the texts with their truth, then the copies with the places of their texts."""

    counts: Counts
    truth: Places
    copied: Places
    vectors: Floats | None = None
    length: float = 1.0
    """What an encoder's vectors are brought to."""

    def fit(self, known: Places, seed: int) -> _Fitted:
        """Learn from some of the texts and their copies."""
        copies = np.nonzero(np.isin(self.copied, known))[0]
        rows = np.concatenate([known, copies + len(self.truth)])
        rarity = self.counts.rarity(rows)
        truth = self.truth[np.concatenate([known, self.copied[copies]])]
        weights, bias = _fit(self.matrix(rarity, rows), truth, seed)
        return _Fitted(rarity, weights, bias)

    def matrix(self, rarity: Floats, rows: Places) -> Any:
        """Some of the texts as the classifier wants them."""
        words = self.counts.weighted(rarity, rows)
        if self.vectors is None:
            return words
        return hstack([words, csr_matrix(self.vectors[rows] * np.float32(self.length))], format="csr")


def _with_vectors(material: _Material, vectors: Floats, seed: int) -> _Material:
    """The material with an encoder's vectors in the length that tells most about texts not seen.

    How much an encoder knows beside the words is a matter of the encoder.
    """

    def surprise(one: _Material) -> float:
        places, held = held_out_scores(one, seed=seed)
        truth = one.truth[places]
        return _surprise(held * _temperature(held, truth), truth)

    return min((replace(material, vectors=vectors, length=length) for length in LENGTHS), key=surprise)


def held_out_scores(material: _Material, *, seed: int = 1) -> tuple[Places, Numbers]:
    """One fold of the texts, and their scores by a classifier that was trained on the others."""
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=seed)
    known, unknown = next(folds.split(np.zeros(len(material.truth)), material.truth))
    fitted = material.fit(known, seed)
    return unknown, material.matrix(fitted.rarity, unknown) @ fitted.weights + fitted.bias


def _fit(matrix: Any, truth: Places, seed: int) -> tuple[Floats, Floats]:
    machine = LinearSVC(C=STRENGTH, tol=0.5, random_state=seed)
    machine.fit(matrix, truth)
    weights, bias = machine.coef_.T, machine.intercept_
    if weights.shape[1] == 1:  # two intents: one column for both
        weights, bias = np.hstack([-weights, weights]), np.hstack([-bias, bias])
    return np.ascontiguousarray(weights, dtype=np.float32), bias.astype(np.float32)


def _temperature(scores: Numbers, truth: Places) -> float:
    """The factor that makes the softmax of the scores most honest about the truth."""

    def surprise(log_factor: float) -> float:
        return _surprise(scores * np.exp(log_factor), truth)

    return float(np.exp(minimize_scalar(surprise, bounds=(-2.0, 4.0), method="bounded").x))


def _surprise(scores: Numbers, truth: Places) -> float:
    """How little the softmax of the scores expected the truth: the mean negative logarithm."""
    found = softmax(scores)[np.arange(len(truth)), truth]
    return float(-np.log(found + 1e-12).mean())


def _emergency(probabilities: Numbers, truth: Places, names: Sequence[str]) -> float:
    """The highest probability from which enough emergencies are recognised, within `EMERGENCY_LEAST` and a half."""
    if EMERGENCY not in names:
        return 0.5
    at = names.index(EMERGENCY)
    own = np.sort(probabilities[truth == at, at])
    missed = int((1 - EMERGENCY_RECALL) * len(own))
    return min(max(EMERGENCY_LEAST, float(own[missed])), 0.5)
