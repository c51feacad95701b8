"""The features of all training texts as one matrix."""

import itertools
from array import array
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix, hstack

from bot.nlu.features import LEAST_SEEN, WEIGHTS, Features, Floats


@dataclass(frozen=True, slots=True)
class Counts:
    """How often each feature stands in each training text, counted once for all folds."""

    names: tuple[str, ...]
    matrix: Any
    """Texts by features, scipy CSR."""

    @classmethod
    def of(cls, analysed: Sequence[Features]) -> "Counts":
        """Count what the analyser found; features too seldom to count are left out."""
        names: list[str] = []
        parts: list[Any] = []
        for block in sorted(WEIGHTS):
            found, counts = counted([item[block] for item in analysed])
            counts.sum_duplicates()
            often = np.bincount(counts.indices, minlength=len(found)) >= LEAST_SEEN[block]
            kept = sorted(np.nonzero(often)[0], key=found.__getitem__)
            names += [block + found[at] for at in kept]
            parts.append(counts[:, kept])
        matrix = hstack(parts, format="csr")
        matrix.sort_indices()
        return cls(tuple(names), matrix)

    def rarity(self, rows: Any = slice(None)) -> Floats:
        """The rarity of each feature within some of the texts."""
        part = self.matrix[rows]
        seen = np.bincount(part.indices, minlength=len(self.names))
        least = np.array([LEAST_SEEN[name[0]] for name in self.names])
        rarity = np.log((1 + part.shape[0]) / (1 + seen)) + 1
        return np.where(seen >= least, rarity, 0).astype(np.float32)

    def weighted(self, rarity: Floats, rows: Any = slice(None)) -> Any:
        """The texts as the classifier wants them: the same values that `Vocabulary.row` gives."""
        part = self.matrix[rows].copy()
        part.data = (1 + np.log(part.data)) * rarity[part.indices]
        starts = np.array([name[0] for name in self.names])
        for block, weight in WEIGHTS.items():
            inside = (starts == block)[part.indices]
            row_of = np.repeat(np.arange(part.shape[0]), np.diff(part.indptr))[inside]
            squares = np.bincount(row_of, part.data[inside] ** 2, minlength=part.shape[0])
            part.data[inside] *= (weight / np.sqrt(np.where(squares > 0, squares, 1.0)))[row_of]
        return part


def counted(rows: Sequence[Sequence[str]]) -> tuple[list[str], Any]:
    """All features in the order they are met, and rows by features: scipy CSR with a 1 for each time one is met."""
    column: defaultdict[str, int] = defaultdict(itertools.count().__next__)
    cells, ends = array("i"), [0]
    for row in rows:
        cells.extend(map(column.__getitem__, row))
        ends.append(len(cells))
    once = np.ones(len(cells), np.float32)
    matrix = csr_matrix((once, np.frombuffer(cells, np.int32), ends), shape=(len(rows), len(column)))
    return list(column), matrix
