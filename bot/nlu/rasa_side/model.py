"""A trained model in memory: many texts in, what Rasa would answer to each out."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import rasa  # type: ignore[import-not-found]
from rasa.core.channels.channel import UserMessage  # type: ignore[import-not-found]
from rasa.engine.constants import PLACEHOLDER_MESSAGE, PLACEHOLDER_TRACKER  # type: ignore[import-not-found]
from rasa.engine.loader import load_predict_graph_runner  # type: ignore[import-not-found]
from rasa.engine.runner.dask import DaskGraphRunner  # type: ignore[import-not-found]
from rasa.engine.storage.local_model_storage import LocalModelStorage  # type: ignore[import-not-found]
from rasa.nlu.classifiers.diet_classifier import DIETClassifier  # type: ignore[import-not-found]
from rasa.nlu.classifiers.logistic_regression_classifier import (  # type: ignore[import-not-found]
    LogisticRegressionClassifier,
)
from rasa.nlu.extractors.crf_entity_extractor import CRFEntityExtractor  # type: ignore[import-not-found]
from rasa.nlu.featurizers.sparse_featurizer.regex_featurizer import (  # type: ignore[import-not-found]
    RegexFeaturizer,
)
from rasa.shared.core.trackers import DialogueStateTracker  # type: ignore[import-not-found]

from bot.nlu.rasa_side.batching import process_together
from bot.nlu.rasa_side.classifying import classify_together
from bot.nlu.rasa_side.extracting import describe_once
from bot.nlu.rasa_side.lookups import sort_lookups

RASA_VERSION: str = rasa.__version__
NOTHING = {"text": "", "intent": {"name": None, "confidence": 0.0}, "entities": []}


class Model:
    """A model file, loaded and warm.

    Args:
        path: the ``.tar.gz`` that Rasa's training wrote.

    Raises:
        rasa.shared.exceptions.RasaException: it is no model, or one of another Rasa version; says which.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with tempfile.TemporaryDirectory(prefix="siaga-rasa-") as unpacked:
            metadata, self._graph = load_predict_graph_runner(
                Path(unpacked), path, LocalModelStorage, DaskGraphRunner
            )
        self.id = str(metadata.model_id)
        self._target = metadata.nlu_target
        self._put_together()
        self.parse(
            ["siap", "tolong cek kartu bapak di rs ya min"]
        )  # TensorFlow builds its graph at the first call

    def _put_together(self) -> None:
        """Let Rasa's components use our ways of working on many messages; a node keeps what it calls in `_fn`."""
        for node in self._graph._instantiated_nodes.values():
            match node._component:
                case DIETClassifier():
                    node._fn = process_together
                case LogisticRegressionClassifier() as classifier:
                    classify_together(classifier)
                case CRFEntityExtractor() as extractor:
                    describe_once(extractor)
                case RegexFeaturizer() as featurizer:
                    sort_lookups(featurizer)

    def parse(self, texts: list[str]) -> list[dict[str, Any]]:
        """Rasa's answer to each text, in the same order; a text of blanks, which some classifiers fail on, has none."""
        answers = iter(self._answers([text for text in texts if text.strip()]))
        return [next(answers) if text.strip() else {**NOTHING, "intent_ranking": []} for text in texts]

    def _answers(self, texts: list[str]) -> list[dict[str, Any]]:
        if not texts:
            return []
        results = self._graph.run(
            inputs={
                PLACEHOLDER_MESSAGE: [UserMessage(text) for text in texts],
                PLACEHOLDER_TRACKER: DialogueStateTracker.from_events("", []),
            },
            targets=[self._target],
        )
        return [_answer(message) for message in results[self._target]]


def _answer(message: Any) -> dict[str, Any]:
    """Rasa's form of an answer (``MessageProcessor._parse_message_with_graph``)."""
    return {**NOTHING, **message.as_dict(only_output_properties=True)}
