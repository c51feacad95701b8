"""Training the tagger of entities."""

from collections.abc import Sequence

import numpy as np
from sklearn.svm import LinearSVC

from bot.nlu.embedded.learning.counts import counted
from bot.nlu.embedded.tagger import LEARNED, TAGS, Seen, Tagger
from bot.nlu.training import Example, Span
from bot.reading.words import Token

STRENGTH = 0.2
SEEN_AT_LEAST = 2


def tags_of(words: Sequence[Token], spans: Sequence[Span]) -> list[int]:
    """The tag of each word under marked spans."""
    tags = [0] * len(words)
    for span in spans:
        inside = [at for at, token in enumerate(words) if token.start < span.end and span.start < token.end]
        if span.entity in LEARNED:
            for at in inside:
                tags[at] = TAGS.index(f"{'B' if at == inside[0] else 'I'}-{span.entity}")
    return tags


def telling(examples: Sequence[Example]) -> list[Example]:
    """The examples to train on: those without a span to learn teach little and are many, so one in three."""
    return [
        example
        for at, example in enumerate(examples)
        if at % 3 == 0 or any(span.entity in LEARNED for span in example.entities)
    ]


def train_tagger(texts: Sequence[Seen], tags: Sequence[Sequence[int]], *, seed: int = 1) -> Tagger:
    """Train on described texts and the tags of their words."""
    rows = [features for text in texts for features in text.features]
    truth = np.array([tag for of_text in tags for tag in of_text])
    found, counts = counted(rows)
    often = np.nonzero(np.bincount(counts.indices, minlength=len(found)) >= SEEN_AT_LEAST)[0]
    names, matrix = tuple(found[at] for at in often), counts[:, often]
    # With more words than features scikit-learn would choose the primal problem, which takes five times as long.
    machine = LinearSVC(C=STRENGTH, tol=0.02, dual=True, random_state=seed).fit(matrix, truth)
    weights = np.full((len(names), len(TAGS)), 0.0, np.float32)
    bias = np.full(len(TAGS), -5.0, np.float32)
    weights[:, machine.classes_] = machine.coef_.T
    bias[machine.classes_] = machine.intercept_
    return Tagger(names, weights, bias)
