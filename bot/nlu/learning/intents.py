"""Training the classifier of intents: fit, calibrate on texts that it did not see, choose thresholds on the same."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import minimize_scalar
from sklearn.model_selection import StratifiedKFold
from sklearn.svm import LinearSVC

from bot.nlu.classifier import EMERGENCY, Classifier, Numbers, Places, choose_thresholds, softmax
from bot.nlu.features import Features, Floats, Vocabulary
from bot.nlu.learning.counts import Counts

FOLDS = 3
"""Parts of the training data, of which one is held out for calibration: more would cost seconds at every change."""
STRENGTH = 0.4
EMERGENCY_RECALL = 0.97
"""Share of emergencies that should come first, rightly or by caution."""
EMERGENCY_LEAST = 0.07
"""Below this probability caution would cry wolf: about ten false alarms for one emergency found."""


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


def _emergency(probabilities: Numbers, truth: Places, names: Sequence[str]) -> float:
    """The highest probability from which enough emergencies are recognised, within `EMERGENCY_LEAST`."""
    if EMERGENCY not in names:
        return 1.0
    at = names.index(EMERGENCY)
    own = np.sort(probabilities[truth == at, at])
    missed = int((1 - EMERGENCY_RECALL) * len(own))
    return max(EMERGENCY_LEAST, float(own[missed]) if len(own) else 1.0)
