"""The embedded interpreter: in process, trained in seconds from the same data as Rasa, there when Rasa is not."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import structlog

from bot.messages import Interpretation
from bot.nlu.embedded import store
from bot.nlu.embedded.classifier import Classifier
from bot.nlu.embedded.entities import spot
from bot.nlu.embedded.gazetteer import Gazetteer
from bot.nlu.embedded.store import Model
from bot.nlu.embedded.tagger import Looker, Tagger
from bot.nlu.encoder import Encoder
from bot.nlu.features import Analyser, Floats
from bot.nlu.interpreter import Thresholds
from bot.nlu.keys import maker_key, model_key
from bot.nlu.models import Kept, Models, Unusable
from bot.nlu.training import check_enough, read_labels, read_training
from bot.nlu.word_lists import WordLists, read_word_lists

LONGEST = 4096
"""Characters that are read of one message; providers let nobody write more."""
AT_ONCE = 8
"""Texts up to which no thread is worth its while."""
RANKED = 10
log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class EmbeddedInterpreter:
    """Understands texts by a linear model; `model` names the data and the code that it was trained with."""

    classifier: Classifier
    analyser: Analyser
    looker: Looker
    tagger: Tagger
    model: str
    name: str = "embedded"
    encoder: Encoder | None = None

    @property
    def thresholds(self) -> Thresholds:
        """From which confidence to act, and from which to ask back."""
        return self.classifier.thresholds

    async def interpret(self, texts: Sequence[str]) -> list[Interpretation]:
        """One interpretation a text, in the same order."""
        if len(texts) > AT_ONCE or self.encoder:
            return await asyncio.to_thread(self.read_all, texts)
        return self.read_all(texts)

    def read_all(self, texts: Sequence[str]) -> list[Interpretation]:
        """One interpretation a text; only its first `LONGEST` characters are looked at."""
        return [self._read(text, vector) for text, vector in zip(texts, self._vectors(texts), strict=True)]

    def read(self, text: str) -> Interpretation:
        """The interpretation of one text, as `read_all` gives it."""
        return self.read_all([text])[0]

    def _vectors(self, texts: Sequence[str]) -> Sequence[Floats | None]:
        """What the sentence encoder, if there is one, makes of texts in their normalised form."""
        if self.encoder is None:
            return [None] * len(texts)
        normalise = self.analyser.normaliser.normalise
        return list(self.encoder.encode([normalise(text[:LONGEST]).text for text in texts]))

    def _read(self, text: str, vector: Floats | None) -> Interpretation:
        part = text[:LONGEST]
        features = self.analyser(part)
        if not any(features.values()):
            return self._nothing(text)
        ranking = self.classifier.ranking(features, vector)
        return Interpretation(
            text=text,
            intent=ranking[0][0],
            confidence=ranking[0][1],
            ranking=tuple(ranking[:RANKED]),
            entities=spot(part, self.looker, self.tagger),
            interpreter=self.name,
            model=self.model,
            thresholds=self.thresholds,
        )

    def _nothing(self, text: str) -> Interpretation:
        return Interpretation(
            text=text,
            intent="",
            confidence=0.0,
            interpreter=self.name,
            model=self.model,
            thresholds=self.thresholds,
        )


Lists = Mapping[str, Sequence[str]]
"""Names by entity (facility, place, system), from the operator's configuration."""


def embedded_models(models_dir: Path, encoder: Encoder | None = None) -> Models:
    """The trained models of the embedded interpreter.

    One that was made by other code, or with another sentence encoder, cannot be used by this one.
    """
    return Models(models_dir / "embedded", ".npz", made_by=maker_key(encoder))


def load_embedded(
    config_dir: Path, models_dir: Path, lists: Lists, encoder: Encoder | None = None
) -> EmbeddedInterpreter:
    """The interpreter for this configuration: from its file, or trained now where there is none for this data.

    Args:
        config_dir: holds rasa/nlu/*.yml, rasa/domain.yml, nlu/normalising.yml and nlu/concepts.yml.
        models_dir: the folder of all models.
        lists: names of facilities, places and systems.
        encoder: the operator's sentence encoder; a model belongs to the one that it was trained with.

    Raises:
        ConfigurationError: training data or a list is missing or wrong; says file and line.
    """
    return found_or_trained(embedded_models(models_dir, encoder), config_dir, lists, encoder)[1]


def found_or_trained(
    models: Models, config_dir: Path, lists: Lists, encoder: Encoder | None = None
) -> tuple[Kept, EmbeddedInterpreter]:
    """The model of this configuration and its interpreter, as `load_embedded`; it is not put into service."""
    name = model_key(config_dir, encoder)
    if found := _found(models, name, lists, encoder):
        return found
    with models.locked("training"):
        found = _found(models, name, lists, encoder)
        return found or _trained(models, name, config_dir, lists, encoder)


def opened(kept: Kept, lists: Lists, encoder: Encoder | None = None) -> EmbeddedInterpreter:
    """The interpreter of a model, with the names of the present configuration.

    Raises:
        Unusable: its file is damaged, or it was trained with another encoder.
    """
    try:
        model, words = store.load(kept.path)
    except store.DAMAGED:
        raise Unusable(f"The model's file {kept.path} is damaged.") from None
    return assemble(model, words, lists, kept.name, encoder)


def _found(
    models: Models, name: str, lists: Lists, encoder: Encoder | None
) -> tuple[Kept, EmbeddedInterpreter] | None:
    kept = models.find(name)
    try:
        return (kept, opened(kept, lists, encoder)) if kept else None
    except Unusable:
        log.warning("nlu.model_damaged", model=name)
        return None


def _trained(
    models: Models, name: str, config_dir: Path, lists: Lists, encoder: Encoder | None
) -> tuple[Kept, EmbeddedInterpreter]:
    from bot.nlu.embedded.learning.model import fit  # noqa: PLC0415 - scikit-learn takes a second to import

    begun = time.monotonic()
    rasa = config_dir / "rasa"
    words = read_word_lists(config_dir)
    examples = read_training(rasa / "nlu", read_labels(rasa / "domain.yml"))
    check_enough(examples)
    model = fit(examples, words, lists, encoder)
    limits = model.classifier.thresholds
    about = {
        "act": limits.act,
        "ask": limits.ask,
        "lines": len(examples),
        "seconds": round(time.monotonic() - begun, 1),
    }
    kept = models.put(name, lambda path: store.save(path, model, words), about)
    return kept, assemble(model, words, lists, name, encoder)


def assemble(
    model: Model, words: WordLists, lists: Lists, name: str, encoder: Encoder | None = None
) -> EmbeddedInterpreter:
    """An interpreter from a trained model, the word lists and the sentence encoder of its training, and names.

    Raises:
        Unusable: the model was trained with another encoder.
    """
    if model.encoder != (encoder.key if encoder else ""):
        raise Unusable(f"Model {name} was trained with another sentence encoder (SIAGA_ENCODER).")
    normaliser, analyser = words.in_use()
    looker = Looker(normaliser, Gazetteer(lists, model.common), model.common)
    return EmbeddedInterpreter(model.classifier, analyser, looker, model.tagger, name, encoder=encoder)
