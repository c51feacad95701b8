"""How much alike lines of training data are: what shows that a line is only another one with a word changed.

`python -m tests.nlu.breadth FILE...` checks lines that are not in config/rasa/nlu yet against those that are, and
against the held files.
"""

import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix

from bot.nlu.training import Example, read_examples, read_labels, read_training
from bot.settings import HOME

LETTERS = 4
WITHIN_A_LABEL = 0.6
"""Most of their n-grams that two lines of one label may share."""
WITH_A_HELD_LINE = 0.5
SHORT = 20
"""Characters up to which people do write the same: there only equal lines are duplicates."""
HELD = tuple(HOME / "tests" / "nlu" / f"{name}.yml" for name in ("held", "held_more", "held_fresh"))


def masked(example: Example) -> str:
    """The line in lower case with one sign for each entity."""
    text = example.text
    for span in sorted(example.entities, key=lambda span: -span.start):
        text = f"{text[: span.start]}#{text[span.end :]}"
    return " ".join(text.lower().split())


def alike(
    lines: Sequence[Example], others: Sequence[Example], most: float
) -> Iterator[tuple[Example, Example]]:
    """Pairs of a line and another one that share more than `most` of their n-grams."""
    columns: dict[str, int] = {}
    left, right = [masked(line) for line in lines], [masked(line) for line in others]
    one, two = _grams(left, columns), _grams(right, columns)
    one.resize((len(left), len(columns)))
    shared = (one @ two.T).toarray()
    sizes = np.add.outer(one.getnnz(axis=1), two.getnnz(axis=1))
    for a, b in zip(*np.nonzero(shared / (sizes - shared) > most), strict=True):
        if lines[a] is not others[b] and (min(len(left[a]), len(right[b])) > SHORT or left[a] == right[b]):
            yield lines[a], others[b]


def _grams(texts: Sequence[str], columns: dict[str, int]) -> Any:
    """Texts by n-grams of letters, 1 where a text has one."""
    cells: list[int] = []
    ends = [0]
    for text in texts:
        grams = {text[at : at + LETTERS] for at in range(max(1, len(text) - LETTERS + 1))}
        cells += [columns.setdefault(gram, len(columns)) for gram in sorted(grams)]
        ends.append(len(cells))
    return csr_matrix((np.ones(len(cells), np.float32), cells, ends), shape=(len(texts), len(columns)))


def by_intent(examples: Sequence[Example]) -> dict[str, list[Example]]:
    """Examples by their label."""
    groups: dict[str, list[Example]] = defaultdict(list)
    for example in examples:
        groups[example.intent].append(example)
    return groups


def main() -> None:
    """Print what is too much alike in the files named on the command line, and how many lines each label has there."""
    labels = read_labels(HOME / "config" / "rasa" / "domain.yml")
    known = read_training(HOME / "config" / "rasa" / "nlu", labels)
    held = [example for path in HELD for example in read_examples(path, labels)]
    new = [example for path in sys.argv[1:] for example in read_examples(Path(path), labels)]
    groups = by_intent([*known, *new])
    pairs = [
        pair
        for intent, lines in by_intent(new).items()
        for pair in alike(lines, groups[intent], WITHIN_A_LABEL)
    ]
    for line, other in [*pairs, *alike(new, held, WITH_A_HELD_LINE)]:
        sys.stdout.write(f"{line.file}:{line.line}: {line.text}\n   is like {other.file}:{other.line}\n")
    counts = ", ".join(f"{intent} {len(lines)}" for intent, lines in sorted(by_intent(new).items()))
    sys.stdout.write(f"{len(new)} lines: {counts}\n")


if __name__ == "__main__":
    main()
