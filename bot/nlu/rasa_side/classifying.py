"""One matrix for many messages, where Rasa's LogisticRegressionClassifier copies and joins one a message.

That joining costs four times as much as the classifying, and half of what is left goes into turning the weights
round at every call. Columns keep their order: sparse features of the whole message as they were added, then dense ones.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from rasa.nlu.classifiers.logistic_regression_classifier import (  # type: ignore[import-not-found]
    LogisticRegressionClassifier,
)
from rasa.shared.nlu.constants import FEATURE_TYPE_SENTENCE, TEXT  # type: ignore[import-not-found]
from rasa.shared.nlu.training_data.message import Message  # type: ignore[import-not-found]
from scipy.sparse import csr_matrix

Row = tuple[Any, Any, int]
"""Columns, their values, and how many columns there could be."""


def classify_together(classifier: LogisticRegressionClassifier) -> None:
    """Let a classifier work in this way."""
    classifier._create_X = _one_matrix
    if hasattr(classifier.clf, "coef_"):  # trained
        classifier.clf.coef_ = np.asfortranarray(classifier.clf.coef_)


def _one_matrix(messages: list[Message]) -> csr_matrix:
    """What ``LogisticRegressionClassifier._create_X`` makes of messages."""
    rows = [_row(message) for message in messages]
    ends = np.cumsum([0, *(len(columns) for columns, _, _ in rows)])
    columns = np.concatenate([columns for columns, _, _ in rows])
    values = np.concatenate([values for _, values, _ in rows])
    return csr_matrix((values, columns, ends), shape=(len(rows), max(width for _, _, width in rows)))


def _row(message: Message) -> Row:
    """The features of a whole message side by side."""
    whole = [one for one in message.features if one.attribute == TEXT and one.type == FEATURE_TYPE_SENTENCE]
    columns, values, width = [np.zeros(0, int)], [np.zeros(0)], 0
    for features in sorted(whole, key=lambda one: not one.is_sparse()):
        if features.is_sparse():
            matrix = features.features.tocoo()
            columns.append(matrix.col + width)
            values.append(matrix.data)
        else:
            columns.append(np.arange(width, width + features.features.shape[1]))
            values.append(features.features[0])
        width += features.features.shape[1]
    return np.concatenate(columns), np.concatenate(values), width
