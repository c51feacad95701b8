"""Finding what a person meant among known names: exact, as an alias, inside a sentence, or misspelt."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from rapidfuzz import fuzz, process

_AROUND = (
    "kantor cabang kc bpjs kesehatan jkn kota kab kabupaten kecamatan kec provinsi prov daerah wilayah "
    "di ke dari dr yang yg ya kak min admin pak bu dong saja aja sih itu nya the in of at branch office city"
)

FILLERS = frozenset(_AROUND.split())
"""Words around a name that do not tell one from another. A name that is one of them is tried whole first."""

LONGEST = 80
"""Characters looked at: no name is longer, and a long text is no name."""

MISSPELT = 84
"""Similarity (0-100) from which one name is taken to be another misspelt: `balikpapn`, `samarindah`."""

AHEAD = 6
"""How far the best must be ahead of the next different one, else we ask."""

ALIKE = 55
"""Similarity from which a name is worth offering as "did you mean"."""


def plain(text: str) -> str:
    """`text` for comparing: lower case, no accents, punctuation as single blanks, at most 80 characters."""
    bare = unicodedata.normalize("NFKD", text[:LONGEST]).lower()
    bare = "".join(char for char in bare if not unicodedata.combining(char))
    bare = re.sub(r"(?<=\w)\.(?=\w\b)", "", bare)
    return " ".join(re.findall(r"[^\W_]+", bare.replace("'", "")))


def without(words: frozenset[str], text: str) -> str:
    """`text`, already plain, without those words."""
    return " ".join(word for word in text.split() if word not in words)


@dataclass(frozen=True)
class Names:
    """Known names and the codes that each may mean.

    `common` are words that many of the names share (rsud, puskesmas): two names are only alike if what is left
    without them is alike too.
    """

    codes: dict[str, tuple[str, ...]]
    common: frozenset[str] = frozenset()

    @classmethod
    def of(cls, pairs: Iterable[tuple[str, str]], common: frozenset[str] = frozenset()) -> "Names":
        """Names from (name, code) pairs; a name given twice means several codes."""
        found: dict[str, dict[str, None]] = {}
        for name, code in pairs:
            found.setdefault(plain(name), {})[code] = None
        return cls({name: tuple(codes) for name, codes in found.items() if name}, common)

    def exact(self, text: str) -> tuple[str, ...]:
        """The codes that the whole text means, with or without the words around a name."""
        whole = plain(text)
        return self.codes.get(whole) or self.codes.get(without(FILLERS, whole), ())

    def inside(self, text: str) -> tuple[str, ...]:
        """The codes of the longest names that stand in the text as words of their own."""
        words = plain(text).split()
        for length in range(min(6, len(words)), 0, -1):
            runs = (" ".join(words[start : start + length]) for start in range(len(words) - length + 1))
            found = [code for run in runs if len(run) > 2 for code in self.codes.get(run, ())]
            if found:
                return tuple(dict.fromkeys(found))
        return ()

    def misspelt(self, text: str) -> tuple[str, ...]:
        """The code whose name the text misspells, or several that are as near, or none."""
        ranked = self._ranked(text, MISSPELT)
        return tuple(code for code, score in ranked if ranked[0][1] - score < AHEAD)

    def near(self, text: str, at_most: int = 3) -> tuple[str, ...]:
        """The codes with the most similar names, best first."""
        return tuple(code for code, _ in self._ranked(text, ALIKE)[:at_most])

    def _ranked(self, text: str, cutoff: float) -> list[tuple[str, float]]:
        asked = without(FILLERS, plain(text))
        if len(asked) < 4:
            return []
        scores: dict[str, float] = {}
        for name, score, _ in process.extract(
            asked, self.codes.keys(), scorer=fuzz.ratio, score_cutoff=cutoff, limit=20
        ):
            likeness = min(score, fuzz.ratio(without(self.common, asked), without(self.common, name)))
            for code in self.codes[name] if likeness >= cutoff else ():
                scores[code] = max(likeness, scores.get(code, 0))
        return sorted(scores.items(), key=lambda item: -item[1])
