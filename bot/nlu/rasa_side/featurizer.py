"""What the embedded interpreter counts in a text, as features for Rasa's intent classifiers.

Measured against Rasa's own CountVectorsFeaturizer: docs/adr/0006-rasa-pipeline.md.
"""

from __future__ import annotations

import json
import math
import os
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent  # type: ignore[import-not-found]
from rasa.engine.recipes.default_recipe import DefaultV1Recipe  # type: ignore[import-not-found]
from rasa.engine.storage.resource import Resource  # type: ignore[import-not-found]
from rasa.engine.storage.storage import ModelStorage  # type: ignore[import-not-found]
from rasa.nlu.tokenizers.tokenizer import Tokenizer  # type: ignore[import-not-found]
from rasa.shared.exceptions import InvalidConfigException  # type: ignore[import-not-found]
from rasa.shared.nlu.constants import FEATURE_TYPE_SENTENCE, TEXT  # type: ignore[import-not-found]
from rasa.shared.nlu.training_data.features import Features  # type: ignore[import-not-found]
from rasa.shared.nlu.training_data.message import Message  # type: ignore[import-not-found]
from rasa.shared.nlu.training_data.training_data import TrainingData  # type: ignore[import-not-found]
from scipy.sparse import coo_matrix

from bot.errors import ConfigurationError
from bot.nlu.concepts import Concepts
from bot.nlu.encoder import Encoder, load_encoder
from bot.nlu.features import Analyser, Floats, Vocabulary
from bot.nlu.normalising import Normaliser
from bot.nlu.rasa_side.tokenizer import LONGEST_TEXT

FILE = "vocabulary.json"
SEEN_AT_LEAST = {"c": 3, "r": 3}
"""Texts that letters have to be seen in to count; anything else has to be seen in two."""
KNOWS_A_WORD = "knows_a_word"
"""Of a message: whether any word of it was seen in training."""


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=True)
class WordFeaturizer(GraphComponent):  # type: ignore[misc]
    """Stems, skeletons, letters and concepts of a whole text, weighted by rarity, each kind brought to one length.

    That length is ``strength``: Rasa's LogisticRegressionClassifier has no setting for its regularisation, and
    features five times as long are regularised a twenty-fifth as much. Where the configuration names a sentence
    encoder, its vector is added as a dense feature of the same length.
    """

    def __init__(self, config: dict[str, Any], storage: ModelStorage, resource: Resource, name: str) -> None:
        normaliser = Normaliser(config["words"])
        pairs = [(word, concept) for word, concept in config["concepts"]]
        self._analyser = Analyser(normaliser, Concepts(pairs, normaliser))
        self._strength: float = config["strength"]
        self._encoder = _encoder(config["encoder"], config["encoder_key"]) if config["encoder"] else None
        self._storage, self._resource, self._name = storage, resource, name
        self._vocabulary = Vocabulary([], np.zeros(0, np.float32))

    @classmethod
    def required_components(cls) -> list[type]:
        """Words come first, as for every featurizer."""
        return [Tokenizer]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Training adds the lists of words and, where the operator has one, the sentence encoder's file and key."""
        return {"words": {}, "concepts": [], "strength": 5.0, "encoder": None, "encoder_key": ""}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> WordFeaturizer:
        """Rasa's constructor for training."""
        return cls(config, model_storage, resource, execution_context.node_name)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> WordFeaturizer:
        """Rasa's constructor for predicting."""
        one = cls(config, model_storage, resource, execution_context.node_name)
        with model_storage.read_from(resource) as folder:
            kept = json.loads((folder / FILE).read_text("utf-8"))
        one._vocabulary = Vocabulary(list(kept), np.array(list(kept.values()), np.float32))
        return one

    def train(self, training_data: TrainingData) -> Resource:
        """Learn which features there are and how rare they are (inverse document frequency)."""
        seen: Counter[str] = Counter()
        texts = [message.get(TEXT) for message in training_data.training_examples if message.get(TEXT)]
        for text in texts:
            for block, found in self._analyser(text).items():
                seen.update(block + feature for feature in set(found))
        rarity = {
            name: round(math.log((1 + len(texts)) / (1 + count)) + 1, 5)
            for name, count in sorted(seen.items())
            if count >= SEEN_AT_LEAST.get(name[0], 2)
        }
        self._vocabulary = Vocabulary(list(rarity), np.array(list(rarity.values()), np.float32))
        with self._storage.write_to(self._resource) as folder:
            (folder / FILE).write_text(json.dumps(rarity, ensure_ascii=False), "utf-8")
        return self._resource

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Add the features to the training examples."""
        self.process(training_data.training_examples)
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        """Add the features to messages, and note whether they hold a known word."""
        told = [message for message in messages if message.get(TEXT)]
        for message in told:
            features = self._analyser(message.get(TEXT)[:LONGEST_TEXT])
            columns, values = self._vocabulary.row(features)
            row = coo_matrix(
                (values * self._strength, (np.zeros(len(columns), int), columns)),
                shape=(1, len(self._vocabulary.names)),
            )
            message.add_features(Features(row, FEATURE_TYPE_SENTENCE, TEXT, self._name))
            message.set(KNOWS_A_WORD, self._vocabulary.knows(features))
        if self._encoder:
            self._add_vectors(told, self._encoder)
        return messages

    def _add_vectors(self, messages: Sequence[Message], encoder: Encoder) -> None:
        """Add the encoder's vectors of the normalised texts, of all messages together."""
        normalise = self._analyser.normaliser.normalise
        vectors: Floats = encoder.encode([normalise(one.get(TEXT)[:LONGEST_TEXT]).text for one in messages])
        for message, vector in zip(messages, vectors * np.float32(self._strength), strict=True):
            message.add_features(Features(vector[None, :], FEATURE_TYPE_SENTENCE, TEXT, self._name))


@lru_cache(maxsize=1)  # models that follow each other in a server share it
def _encoder(named: str, key: str) -> Encoder:
    """The encoder that training used: where it was then, or where `SIAGA_ENCODER` says that it is on this machine.

    Raises:
        InvalidConfigException: it is not there, cannot be used, or is another one.
    """
    path = Path(named)
    if not path.is_file():
        path = Path(os.environ.get("SIAGA_ENCODER") or named)
    try:
        encoder = load_encoder(path)
    except ConfigurationError as error:
        raise InvalidConfigException(str(error)) from None
    if encoder.key != key:
        raise InvalidConfigException(f"{path}: the model was trained with another sentence encoder")
    return encoder
