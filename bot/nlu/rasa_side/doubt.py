"""Less certainty where not one word was ever seen: another script, another language, noise.

A classifier shares all its certainty out among the intents that it knows, however strange the message. Confident and
wrong is the worst outcome, so such a message has to stay below every threshold.
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
)
from rasa.shared.nlu.training_data.message import Message  # type: ignore[import-not-found]

from bot.nlu.rasa_side.featurizer import KNOWS_A_WORD, WordFeaturizer


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class Doubt(GraphComponent):  # type: ignore[misc]
    """Multiplies the confidences by `left` when no word of a message was seen in training.

    Stands after the intent classifier.
    """

    def __init__(self, config: dict[str, Any]) -> None:
        self._left: float = config["left"]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """As much is left as in the embedded interpreter."""
        return {"left": 0.3}

    @classmethod
    def required_components(cls) -> list[type]:
        """It is the featurizer that knows which words were seen."""
        return [WordFeaturizer]

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
            if not message.get(KNOWS_A_WORD):
                ranking = [self._doubted(one) for one in message.get(INTENT_RANKING_KEY, [])]
                message.set(INTENT, self._doubted(message.get(INTENT)), add_to_output=True)
                message.set(INTENT_RANKING_KEY, ranking, add_to_output=True)
        return messages

    def _doubted(self, one: dict[str, Any]) -> dict[str, Any]:
        return {**one, PREDICTED_CONFIDENCE_KEY: one[PREDICTED_CONFIDENCE_KEY] * self._left}
