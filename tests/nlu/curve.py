"""What more training data would bring: the embedded interpreter by how many of the lines it is trained on.

`python -m tests.nlu.curve` prints a table in Markdown; it takes some minutes. Every part is measured on lines that none
of its models has seen; the held files are not touched.
"""

import argparse
import os
import random
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from bot.config import load_config
from bot.messages import Interpretation
from bot.nlu.embedded.classifier import WRONG_AT_MOST
from bot.nlu.embedded.interpreter import assemble
from bot.nlu.embedded.learning.model import fit
from bot.nlu.measuring.evaluation import compare
from bot.nlu.training import Example, read_labels, read_training
from bot.nlu.word_lists import read_word_lists
from bot.settings import HOME

PARTS = 5
"""Parts of the lines, of which one at a time is measured on."""
SHARES = (0.25, 0.5, 0.75, 1.0)
FIGURES = ("accuracy", "top-3", "covered", "entity F1")


def parts_of(examples: Sequence[Example], seed: int = 1) -> list[list[Example]]:
    """The lines in `PARTS` parts with about as many of each intent; the same ones every time."""
    by_intent: dict[str, list[Example]] = defaultdict(list)
    for example in examples:
        by_intent[example.intent].append(example)
    chance = random.Random(seed)
    parts: list[list[Example]] = [[] for _ in range(PARTS)]
    for group in by_intent.values():
        for at, example in enumerate(chance.sample(group, len(group))):
            parts[at % PARTS].append(example)
    return parts


def some_of(examples: Sequence[Example], share: float, seed: int = 1) -> list[Example]:
    """That share of each intent's lines; a larger share has all lines of a smaller one."""
    by_intent: dict[str, list[Example]] = defaultdict(list)
    for example in examples:
        by_intent[example.intent].append(example)
    chance = random.Random(seed)
    shuffled = [chance.sample(group, len(group)) for group in by_intent.values()]
    return [example for group in shuffled for example in group[: max(1, round(len(group) * share))]]


def covered(confidences: Sequence[float], right: Sequence[bool]) -> float:
    """The largest share that could be acted on while `WRONG_AT_MOST` of all are acted on wrongly."""
    wrong, most = 0, 0
    ranked = sorted(zip(confidences, right, strict=True), key=lambda pair: -pair[0])
    for count, (_, good) in enumerate(ranked, start=1):
        wrong += not good
        if wrong <= WRONG_AT_MOST * len(ranked):
            most = count
    return most / len(ranked)


def measured(known: Sequence[Example], unknown: Sequence[Example], config_dir: Path) -> list[float]:
    """The figures on unknown lines by a model of the known ones."""
    lists, words = load_config(config_dir).nlu_lists(), read_word_lists(config_dir)
    interpreter = assemble(fit(known, words, lists), words, lists, "curve")
    read: list[Interpretation] = interpreter.read_all([example.text for example in unknown])
    report = compare(unknown, read, interpreter.thresholds)
    right = [example.intent == found.intent for example, found in zip(unknown, read, strict=True)]
    share = covered([found.confidence for found in read], right)
    return [report["intent_accuracy"], report["top3_accuracy"], share, report["entity_f1"]]


def rows(examples: Sequence[Example], config_dir: Path, rounds: int) -> Iterator[str]:
    """The table, line by line as it is ready: means over the rounds and, in brackets, the spread between them."""
    parts = parts_of(examples)
    yield f"| lines | {' | '.join(FIGURES)} |"
    yield f"| --- |{' --- |' * len(FIGURES)}"
    for share in SHARES:
        figures: list[list[float]] = []
        for at in range(rounds):
            others = [example for number, part in enumerate(parts) if number != at for example in part]
            known = some_of(others, share)
            figures.append(measured(known, parts[at], config_dir))
        columns = [
            f"{sum(column) / rounds:.1%}" + (f" ({max(column) - min(column):.1%})" if rounds > 1 else "")
            for column in zip(*figures, strict=True)
        ]
        yield f"| {len(known)} | {' | '.join(columns)} |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--rounds", type=int, default=3, choices=range(1, PARTS + 1), help="parts measured on"
    )
    rounds = parser.parse_args().rounds
    os.nice(10)
    rasa = HOME / "config" / "rasa"
    examples = read_training(rasa / "nlu", read_labels(rasa / "domain.yml"))
    begun = time.monotonic()
    for row in rows(examples, HOME / "config", rounds):
        sys.stdout.write(f"{row}\n")
        sys.stdout.flush()
    sys.stderr.write(f"{rounds} of {PARTS} parts, {time.monotonic() - begun:.0f} s\n")


if __name__ == "__main__":
    main()
