"""Training Rasa from config/rasa in its own environment, and measuring how sure its model has to be to act."""

import hashlib
import json
import random
import shutil
import tempfile
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from bot.errors import ConfigurationError, SiagaError
from bot.nlu.embedded.classifier import WRONG_AT_MOST, choose_thresholds
from bot.nlu.encoder import Encoder
from bot.nlu.models import Unusable
from bot.nlu.noise import COPIED, Noise
from bot.nlu.normalising import read_pairs
from bot.nlu.rasa.files import read_yaml, write_examples, write_yaml
from bot.nlu.rasa.home import LOCK, Say, make_rasa_home, run_shown
from bot.nlu.rasa.models import RasaModel, find, put, rasa_models
from bot.nlu.training import Example, check_enough, read_labels, read_training

HELD_OUT = 0.2
"""Share of each intent's examples that the thresholds are chosen on, by a model that was trained without them."""
SIDE = ("rasa_side/tokenizer.py", "rasa_side/featurizer.py", "rasa_side/doubt.py")
CODE = (
    "normalising.py",
    "noise.py",
    "stems.py",
    "concepts.py",
    "features.py",
    "encoder.py",
    "rasa/training.py",
    *SIDE,
)
"""Files of ours that change what comes out of training."""
NEEDS = {
    "NormalisingTokenizer": ("words",),
    "WordFeaturizer": ("words", "concepts", "encoder", "encoder_key"),
}
"""What components of ours are given with their configuration, and so keep in the trained model."""

Lists = Mapping[str, Sequence[str]]


class TrainingFailed(SiagaError):
    """Rasa did not train; what it said stands above on the terminal or in the message."""


@dataclass(frozen=True)
class Source:
    """What a model is made from: the operator's configuration, names of facilities, places and systems, an encoder."""

    config_dir: Path
    lists: Lists
    encoder: Encoder | None = None

    @property
    def rasa(self) -> Path:
        """The folder of Rasa's own files."""
        return self.config_dir / "rasa"

    @property
    def lists_of_words(self) -> tuple[Path, Path]:
        """What the tokenizer knows of words: how they are meant, and what they stand for."""
        return self.config_dir / "nlu" / "normalising.yml", self.config_dir / "nlu" / "concepts.yml"

    def key(self) -> str:
        """A short hash of everything that a trained model depends on: data, names, pipeline, packages, our code."""
        nlu = Path(__file__).parent.parent
        digest = hashlib.sha256()
        operators = [*_data_files(self.rasa), self.rasa / "domain.yml", self.rasa / "config.yml"]
        for path in [*operators, *self.lists_of_words, LOCK, *(nlu / name for name in CODE)]:
            content = path.read_bytes() if path.exists() else b""
            digest.update(f"{path.name}:{len(content)}:".encode() + content)
        digest.update(repr(sorted((name, sorted(names)) for name, names in self.lists.items())).encode())
        if self.encoder:
            digest.update(self.encoder.key.encode())
        return digest.hexdigest()[:16]


def train_rasa(
    config_dir: Path, data_dir: Path, lists: Lists, say: Say, encoder: Encoder | None = None
) -> RasaModel:
    """Train a model of this configuration, without putting it into service; does nothing when there is one already.

    Makes Rasa's environment when it is missing. A fifth of the data is held out first to choose the thresholds, then
    the model is trained on all of it, so training runs twice.

    Args:
        config_dir: holds rasa/nlu/*.yml, rasa/domain.yml, rasa/config.yml, nlu/normalising.yml, nlu/concepts.yml.
        data_dir: the environment and the models are kept there.
        lists: names by entity, made into lookup tables.
        say: told how far it is; Rasa's own progress goes to the terminal.
        encoder: the operator's sentence encoder; a model is served only where that one is.

    Raises:
        ConfigurationError: a file is missing or wrong; says file and line.
        NoPython: there is no Python 3.10; says how to get one.
        NotInstalled: Rasa's environment could not be made.
        TrainingFailed: Rasa refused the data or its training failed.
    """
    source = Source(config_dir, lists, encoder)
    examples = read_training(source.rasa / "nlu", read_labels(source.rasa / "domain.yml"))
    check_enough(examples)
    config = rasa_config(source)
    with rasa_models(data_dir).locked("training"):
        if model := find(data_dir, source.key()):
            say(f"Rasa's model {model.name} is trained already.")
            return model
        python = make_rasa_home(data_dir, say)
        with tempfile.TemporaryDirectory(prefix="siaga-train-") as work:
            return _Training(source, config, python, Path(work), say).run(examples, data_dir)


@dataclass
class _Training:
    source: Source
    config: dict[str, Any]
    python: Path
    work: Path
    say: Say

    def run(self, examples: Sequence[Example], data_dir: Path) -> RasaModel:
        begun = time.monotonic()
        key = self.source.key()
        whole = self._folder("whole")
        for path in _data_files(self.source.rasa):
            shutil.copy(path, whole / "nlu")
        self._validate(whole)
        write_examples(whole / "nlu" / "copies.yml", self._copies(examples))
        known, held = split(examples)
        part = self._folder("part")
        write_examples(part / "nlu" / "examples.yml", [*known, *self._copies(known)])
        self.say(
            f"Training on {len(known)} messages to see how sure the model has to be on {len(held)} others ..."
        )
        answers = predicted(
            self.python, self._train(part, key), [example.text for example in held], self.work
        )
        about = measure(held, answers)
        self.say(
            f"Of these it understands {about['accuracy']:.1%}. Training on all {len(examples)} messages ..."
        )
        archive = self._train(whole, key)
        about |= {"lines": len(examples), "seconds": round(time.monotonic() - begun)}
        return put(data_dir, key, archive, about)

    def _copies(self, examples: Sequence[Example]) -> list[Example]:
        """Noisy copies of some examples, as the embedded interpreter learns from them too."""
        noise = Noise(dict(_pairs(self.source.lists_of_words[0])))
        return [noise.marked_copy(example) for example in examples[::COPIED]]

    def _folder(self, name: str) -> Path:
        """A folder with everything that Rasa reads but the examples."""
        folder = self.work / name
        (folder / "nlu").mkdir(parents=True)
        shutil.copy(self.source.rasa / "domain.yml", folder)
        write_yaml(folder / "config.yml", self.config)
        tables = [
            {"lookup": entity, "examples": "".join(f"- {name}\n" for name in sorted(set(names)))}
            for entity, names in sorted(self.source.lists.items())
        ]
        write_yaml(folder / "nlu" / "lookups.yml", {"version": "3.1", "nlu": tables})
        return folder

    def _validate(self, folder: Path) -> None:
        """Rasa's own look at the data.

        Raises:
            TrainingFailed: it found mistakes; they are on the terminal.
        """
        self.say("Validating the data ...")
        words = ["data", "validate", "--domain", "domain.yml", "--data", "nlu", "--config", "config.yml"]
        if run_shown([self.python, "-m", "rasa", *words], folder):
            raise TrainingFailed("Rasa refuses the data, see above.")

    def _train(self, folder: Path, name: str) -> Path:
        """Train in a folder, with Rasa's progress on the terminal."""
        words = ["train", "nlu", "--nlu", "nlu", "--domain", "domain.yml", "--config", "config.yml"]
        words += ["--out", "out", "--fixed-model-name", f"{name}.tar.gz"]
        failed = run_shown([self.python, "-m", "rasa", *words], folder)
        archive = folder / "out" / f"{name}.tar.gz"
        if failed or not archive.exists():
            raise TrainingFailed("Rasa's training failed, see above.")
        return archive


def predicted(python: Path, archive: Path, texts: Sequence[str], work: Path) -> list[dict[str, Any]]:
    """What a model makes of texts, in Rasa's form, without a server.

    Args:
        python: of Rasa's environment.
        archive: the model.
        texts: what is asked.
        work: an empty folder, or one that may be written into.

    Raises:
        Unusable: the model cannot be used, such as one of another Rasa version; what Rasa says is on the terminal.
    """
    asked, answers = work / "asked.json", work / "answers.json"
    asked.write_text(json.dumps(texts), "utf-8")
    if run_shown([python, "-m", "bot.nlu.rasa_side.predicting", archive, asked, answers], work):
        raise Unusable(f"The model {archive.name} cannot be used, see above.")
    found: list[dict[str, Any]] = json.loads(answers.read_text("utf-8"))
    return found


def split(examples: Sequence[Example], *, seed: int = 1) -> tuple[list[Example], list[Example]]:
    """Examples to train on, and of every intent the share `HELD_OUT` to measure on; the same ones every time."""
    by_intent: dict[str, list[Example]] = defaultdict(list)
    for example in examples:
        by_intent[example.intent].append(example)
    chance = random.Random(seed)  # noqa: S311 - nothing secret
    known: list[Example] = []
    held: list[Example] = []
    for group in by_intent.values():
        shuffled = chance.sample(group, len(group))
        count = round(len(group) * HELD_OUT)
        held += shuffled[:count]
        known += shuffled[count:]
    return known, held


def measure(held: Sequence[Example], answers: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Thresholds, chosen as for the embedded interpreter, and what they come to on the held-out messages."""
    names = sorted(
        {example.intent for example in held} | {one["name"] for a in answers for one in _ranking(a)}
    )
    column = {name: at for at, name in enumerate(names)}
    sure = np.zeros((len(held), len(names)))
    for row, answer in enumerate(answers):
        for one in _ranking(answer):
            sure[row, column[one["name"]]] = one["confidence"]
    truth = np.array([column[example.intent] for example in held])
    thresholds = choose_thresholds(sure, truth)
    right, best = sure.argmax(axis=1) == truth, sure.max(axis=1)
    act = thresholds.act
    if (
        ~right & (best >= act)
    ).mean() > WRONG_AT_MOST:  # many messages may share the highest confidence there is
        act = float(np.nextafter(act, 2))
    acted = best >= act
    return {
        "act": act,
        "ask": thresholds.ask,
        "held_out": len(held),
        "accuracy": round(float(right.mean()), 4),
        "coverage": round(float(acted.mean()), 4),
        "confident_wrong": round(float((acted & ~right).mean()), 4),
    }


def _ranking(answer: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [one for one in answer.get("intent_ranking", []) if one["name"]]


def _data_files(rasa: Path) -> list[Path]:
    return sorted((rasa / "nlu").glob("*.y*ml"))


def rasa_config(source: Source) -> dict[str, Any]:
    """The pipeline with the lists of words in it, so that a trained model carries those that it was trained with.

    Raises:
        ConfigurationError: it is missing or no pipeline, or a list is wrong.
    """
    path = source.rasa / "config.yml"
    try:
        config: dict[str, Any] = read_yaml(path)
        ours = [
            (component, NEEDS.get(component["name"].split(".")[-1], ())) for component in config["pipeline"]
        ]
    except (OSError, yaml.YAMLError, KeyError, TypeError) as error:
        raise ConfigurationError([f"{path}: this is no pipeline of Rasa: {error}"]) from None
    words, concepts = (_pairs(path) for path in source.lists_of_words)
    given = {"words": dict(words), "concepts": [list(pair) for pair in concepts], **_named(source.encoder)}
    for component, needed in ours:
        component.update({name: given[name] for name in needed if name in given})
    return config


def _named(encoder: Encoder | None) -> dict[str, Any]:
    """What a component is told of an encoder; it runs in folders and processes of Rasa's, so by its whole path."""
    return {"encoder": str(encoder.path.resolve()), "encoder_key": encoder.key} if encoder else {}


def _pairs(path: Path) -> list[tuple[str, str]]:
    try:
        return list(read_pairs(path.read_text("utf-8").splitlines()))
    except (OSError, ValueError) as error:
        raise ConfigurationError([f"{path}:{error}"]) from None
