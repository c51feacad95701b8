"""The embedded interpreter: in process, trained in seconds from the same data as Rasa, there when Rasa is not."""

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import structlog

from bot.errors import ConfigurationError
from bot.messages import Interpretation
from bot.nlu import store
from bot.nlu.classifier import Classifier
from bot.nlu.concepts import load_concepts
from bot.nlu.entities import spot
from bot.nlu.features import Analyser
from bot.nlu.gazetteer import Gazetteer
from bot.nlu.interpreter import Thresholds
from bot.nlu.normalising import Normaliser, load_normaliser
from bot.nlu.store import Model
from bot.nlu.tagger import Looker, Tagger

LONGEST = 4096
"""Characters that are read of one message; providers let nobody write more."""
AT_ONCE = 8
"""Texts up to which no thread is worth its while."""
RANKED = 10
KEPT = 3
"""Model files that are kept."""
TRAINING_CODE = [
    "classifier",
    "concepts",
    "embedded",
    "features",
    "gazetteer",
    "noise",
    "normalising",
    "stems",
    "store",
    "tagger",
    "training",
]
"""Modules of this package that change what a trained model is."""

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

    @property
    def thresholds(self) -> Thresholds:
        """From which confidence to act, and from which to ask back."""
        return self.classifier.thresholds

    async def interpret(self, texts: Sequence[str]) -> list[Interpretation]:
        """One interpretation a text, in the same order."""
        if len(texts) > AT_ONCE:
            return await asyncio.to_thread(lambda: [self.read(text) for text in texts])
        return [self.read(text) for text in texts]

    def read(self, text: str) -> Interpretation:
        """The interpretation of one text; only its first `LONGEST` characters are looked at."""
        part = text[:LONGEST]
        features = self.analyser(part)
        if not any(features.values()):
            return Interpretation(text=text, intent="", confidence=0.0, interpreter=self.name)
        ranking = self.classifier.ranking(features)
        return Interpretation(
            text=text,
            intent=ranking[0][0],
            confidence=ranking[0][1],
            ranking=tuple(ranking[:RANKED]),
            entities=spot(part, self.looker, self.tagger),
            interpreter=self.name,
        )


Lists = Mapping[str, Sequence[str]]
"""Names by entity (facility, place, system), from the operator's configuration."""


def load_embedded(config_dir: Path, models_dir: Path, lists: Lists) -> EmbeddedInterpreter:
    """The interpreter for this configuration: from its file, or trained now where there is none for this data.

    Args:
        config_dir: holds rasa/nlu/*.yml, rasa/domain.yml, nlu/normalising.yml and nlu/concepts.yml.
        models_dir: ours alone; a model's file is named by a hash of all it depends on.
        lists: names of facilities, places and systems.

    Raises:
        ConfigurationError: training data or a list is missing or wrong; says file and line.
    """
    key = model_key(config_dir, lists)
    path = models_dir / f"embedded-{key}.npz"
    if path.exists():
        try:
            return assemble(store.load(path), config_dir, lists, key)
        except store.DAMAGED:
            log.warning("nlu.model_damaged", model=key)
    from bot.nlu.learning.model import train_embedded  # noqa: PLC0415 - scikit-learn takes a second to import

    trained = train_embedded(config_dir, lists)
    store.save(path, trained)
    _forget_old(models_dir)
    return assemble(trained, config_dir, lists, key)


def _forget_old(models_dir: Path) -> None:
    """Leave the newest `KEPT` models: the data changes often, and an older model is trained again in seconds."""
    files = sorted(models_dir.glob("embedded-*.npz"), key=lambda path: path.stat().st_mtime_ns, reverse=True)
    for path in files[KEPT:]:
        path.unlink(missing_ok=True)


def assemble(model: Model, config_dir: Path, lists: Lists, key: str) -> EmbeddedInterpreter:
    """An interpreter from a trained model and the configuration that it was trained with."""
    normaliser, analyser = word_lists(config_dir)
    looker = Looker(normaliser, Gazetteer(lists, model.common), model.common)
    return EmbeddedInterpreter(model.classifier, analyser, looker, model.tagger, key)


def word_lists(config_dir: Path) -> tuple[Normaliser, Analyser]:
    """The configuration's word lists, as the interpreter and its training use them."""
    try:
        normaliser = load_normaliser(config_dir / "nlu" / "normalising.yml")
    except (OSError, ValueError) as error:
        raise ConfigurationError([str(error)]) from None
    return normaliser, Analyser(normaliser, load_concepts(config_dir / "nlu" / "concepts.yml", normaliser))


def model_key(config_dir: Path, lists: Lists) -> str:
    """A short hash of everything that a trained model depends on: data, word lists, names, and our code."""
    digest = hashlib.sha256()
    files = sorted([*(config_dir / "rasa" / "nlu").glob("*.y*ml"), config_dir / "rasa" / "domain.yml"])
    files += [config_dir / "nlu" / "normalising.yml", config_dir / "nlu" / "concepts.yml"]
    here = Path(__file__).parent
    code = [here / f"{name}.py" for name in TRAINING_CODE]
    code += sorted((here / "learning").glob("*.py")) + sorted((here.parent / "reading").glob("*.py"))
    for path in [*files, *code]:
        content = path.read_bytes() if path.exists() else b""
        digest.update(f"{path.name}:{len(content)}:".encode() + content)
    digest.update(repr(sorted((entity, sorted(names)) for entity, names in lists.items())).encode())
    return digest.hexdigest()[:16]
