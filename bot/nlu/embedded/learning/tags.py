"""Training the tagger of entities."""

from array import array
from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.svm import LinearSVC

from bot.nlu.embedded.tagger import LEARNED, TAGS, Seen, Tagger
from bot.reading.words import Token

STRENGTH = 0.2
SEEN_AT_LEAST = 2


def tags_of(words: Sequence[Token], spans: Sequence[tuple[str, int, int]]) -> list[int]:
    """The tag of each word under marked spans (entity, start, end)."""
    tags = [0] * len(words)
    for entity, start, end in spans:
        inside = [at for at, token in enumerate(words) if token.start < end and start < token.end]
        if entity in LEARNED:
            for at in inside:
                tags[at] = TAGS.index(f"{'B' if at == inside[0] else 'I'}-{entity}")
    return tags


def telling(tags: Sequence[Sequence[int]]) -> list[int]:
    """The places of the texts to train on: those without a single span teach little and are many, so one in three."""
    return [at for at, of_text in enumerate(tags) if any(of_text) or at % 3 == 0]


def train_tagger(texts: Sequence[Seen], tags: Sequence[Sequence[int]], *, seed: int = 1) -> Tagger:
    """Train on described texts and the tags of their words."""
    rows = [features for text in texts for features in text.features]
    truth = np.array([tag for of_text in tags for tag in of_text])
    names, matrix = _matrix(rows)
    machine = LinearSVC(C=STRENGTH, tol=0.02, random_state=seed).fit(matrix, truth)
    weights = np.full((len(names), len(TAGS)), 0.0, np.float32)
    bias = np.full(len(TAGS), -5.0, np.float32)
    weights[:, machine.classes_] = machine.coef_.T
    bias[machine.classes_] = machine.intercept_
    return Tagger(names, weights, bias)


def _matrix(rows: Sequence[Sequence[str]]) -> tuple[tuple[str, ...], Any]:
    """The features that were seen often enough, and the words by these features."""
    column: dict[str, int] = {}
    cells, ends = array("i"), [0]
    for row in rows:
        cells.extend([column.setdefault(name, len(column)) for name in row])
        ends.append(len(cells))
    once = np.ones(len(cells), np.float32)
    matrix = csr_matrix((once, np.frombuffer(cells, np.int32), ends), shape=(len(rows), len(column)))
    found = list(column)
    often = np.nonzero(np.bincount(matrix.indices, minlength=len(found)) >= SEEN_AT_LEAST)[0]
    return tuple(found[at] for at in often), matrix[:, often]
