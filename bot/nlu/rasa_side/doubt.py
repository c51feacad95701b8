"""Less certainty where not one word was ever seen: another script, another language, noise.

DIET shares all its certainty out among the intents that it knows, however strange the message. Confident and wrong is
the worst outcome, so such a message has to stay below every threshold.
"""

from __future__ import annotations

from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent  # type: ignore[import-not-found]
from rasa.engine.recipes.default_recipe import DefaultV1Recipe  # type: ignore[import-not-found]
from rasa.engine.storage.resource import Resource  # type: ignore[import-not-found]
from rasa.engine.storage.storage import ModelStorage  # type: ignore[import-not-found]
from rasa.shared.nlu.constants import (  # type: ignore[import-not-found]
    INTENT,
    INTENT_RANKING_KEY,
    PREDICTED_CONFIDENCE_KEY,
    TEXT,
    TEXT_TOKENS,
)
from rasa.shared.nlu.training_data.message import Message  # type: ignore[import-not-found]


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class Doubt(GraphComponent):  # type: ignore[misc]
    """Multiplies the confidences by `left` when no word of a message was seen in training.

    Stands after the intent classifier. ``featurizers`` names (by alias) those that count whole words.
    """

    def __init__(self, config: dict[str, Any]) -> None:
        self._featurizers: list[str] = config["featurizers"]
        self._left: float = config["left"]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """As much is left as in the embedded interpreter."""
        return {"featurizers": [], "left": 0.3}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> Doubt:
        """Rasa's constructor."""
        return cls(config)

    def process(self, messages: list[Message]) -> list[Message]:
        """Lower the confidences where they are unfounded."""
        for message in messages:
            if not self._knows_a_word(message):
                ranking = [self._doubted(one) for one in message.get(INTENT_RANKING_KEY, [])]
                message.set(INTENT, self._doubted(message.get(INTENT)), add_to_output=True)
                message.set(INTENT_RANKING_KEY, ranking, add_to_output=True)
        return messages

    def _knows_a_word(self, message: Message) -> bool:
        """Whether a word with a letter or a digit in it has a feature."""
        counted, _ = message.get_sparse_features(TEXT, self._featurizers)
        if counted is None:
            return False
        known = counted.features.tocsr().getnnz(axis=1)
        words = (any(char.isalnum() for char in token.text) for token in message.get(TEXT_TOKENS))
        return any(word and count for word, count in zip(words, known, strict=True))

    def _doubted(self, one: dict[str, Any]) -> dict[str, Any]:
        return {**one, PREDICTED_CONFIDENCE_KEY: one[PREDICTED_CONFIDENCE_KEY] * self._left}
