"""The features of all training texts as one matrix."""

from array import array
from collections import Counter
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
            texts = [Counter(item[block]) for item in analysed]
            seen: Counter[str] = Counter()
            for text in texts:
                seen.update(text.keys())
            kept = sorted(name for name, count in seen.items() if count >= LEAST_SEEN[block])
            names += [block + name for name in kept]
            parts.append(_counted(texts, {name: at for at, name in enumerate(kept)}))
        return cls(tuple(names), hstack(parts, format="csr"))

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


def _counted(texts: Sequence[Counter[str]], column: dict[str, int]) -> Any:
    """Texts by features of one block, as a sparse matrix of counts."""
    columns, values, ends = array("i"), array("f"), [0]
    for text in texts:
        known = [name for name in text if name in column]
        columns.extend(column[name] for name in known)
        values.extend(text[name] for name in known)
        ends.append(len(columns))
    cells = np.frombuffer(values, np.float32), np.frombuffer(columns, np.int32), np.array(ends)
    return csr_matrix(cells, shape=(len(texts), len(column)))
