"""Trained models as files: numbers and names only, nothing that could run when it is read."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from bot.nlu.embedded.classifier import Classifier
from bot.nlu.embedded.tagger import Tagger
from bot.nlu.features import Vocabulary
from bot.nlu.interpreter import Thresholds
from bot.nlu.word_lists import WordLists

DAMAGED = (OSError, ValueError, KeyError, EOFError, BadZipFile)
"""What reading a file raises that is no model of ours."""


@dataclass(frozen=True, slots=True)
class Model:
    """Everything that training finds out; `common` are words that are no misspelt names."""

    classifier: Classifier
    tagger: Tagger
    common: frozenset[str]
    encoder: str = ""
    """Key of the sentence encoder that it was trained with, and cannot be used without."""


def save(path: Path, model: Model, lists: WordLists) -> None:
    """Write a model and the word lists that it was trained with."""
    classifier, tagger = model.classifier, model.tagger
    about = {
        "intents": classifier.intents,
        "temperature": classifier.temperature,
        "act": classifier.thresholds.act,
        "ask": classifier.thresholds.ask,
        "emergency": classifier.emergency,
        "words": dict(lists.words),
        "concepts": list(lists.concepts),
        "encoder": model.encoder,
    }
    dense: dict[str, Any] = {} if classifier.dense is None else {"dense": classifier.dense}
    with path.open("wb") as file:
        np.savez(
            file,
            about=_packed([json.dumps(about)]),
            names=_packed(classifier.vocabulary.names),
            rarity=classifier.vocabulary.rarity,
            weights=classifier.weights,
            bias=classifier.bias,
            tag_names=_packed(tagger.names),
            tag_weights=tagger.weights,
            tag_bias=tagger.bias,
            common=_packed(sorted(model.common)),
            **dense,
        )


def load(path: Path) -> tuple[Model, WordLists]:
    """Read a model back, and the word lists that belong to it.

    Raises:
        one of `DAMAGED`: the file is missing, damaged, or not of this form.
    """
    with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
        about = json.loads(_unpacked(file["about"])[0])
        classifier = Classifier(
            intents=tuple(about["intents"]),
            vocabulary=Vocabulary(_unpacked(file["names"]), file["rarity"]),
            weights=file["weights"],
            bias=file["bias"],
            temperature=about["temperature"],
            thresholds=Thresholds(act=about["act"], ask=about["ask"]),
            emergency=about["emergency"],
            dense=file.get("dense"),
        )
        tagger = Tagger(tuple(_unpacked(file["tag_names"])), file["tag_weights"], file["tag_bias"])
        concepts = tuple((written, concept) for written, concept in about["concepts"])
        model = Model(classifier, tagger, frozenset(_unpacked(file["common"])), about["encoder"])
        return model, WordLists(about["words"], concepts)


def _packed(names: list[str] | tuple[str, ...]) -> NDArray[np.uint8]:
    """Names as bytes, parted by a character that no name can hold."""
    return np.frombuffer("\0".join(names).encode(), dtype=np.uint8)


def _unpacked(packed: NDArray[np.uint8]) -> list[str]:
    return packed.tobytes().decode().split("\0")
