"""Names from the operator's lists (facilities, places, systems), found in a text as written or nearly so."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from rapidfuzz import fuzz, process

from bot.reading.words import Token, tokens

LONGEST = 6
"""Words in the longest name that is looked for."""
SHORTEST_FUZZY = 6
"""Letters from which a misspelt word may still be a name."""
ALIKE = 88


class Gazetteer:
    """Finds the names of lists.

    Args:
        lists: entity to the names that it goes by.
        common: words that are never taken for a misspelt name.
    """

    def __init__(self, lists: Mapping[str, Sequence[str]], common: Iterable[str] = ()) -> None:
        self._names: dict[tuple[str, ...], set[str]] = defaultdict(set)
        for entity, names in lists.items():
            for name in names:
                words = tuple(token.word for token in tokens(name))
                if 0 < len(words) <= LONGEST:
                    self._names[words].add(entity)
        self._sizes: dict[str, list[int]] = defaultdict(list)
        """By first word, how many words names have, the longest first."""
        for first, size in sorted({(words[0], len(words)) for words in self._names}, reverse=True):
            self._sizes[first].append(size)
        single = {words[0] for words in self._names if len(words) == 1}
        self._single = sorted(word for word in single if len(word) >= SHORTEST_FUZZY)
        self._common = frozenset(common)
        self._near: dict[str, str | None] = {}

    def found(self, words: Sequence[Token]) -> list[tuple[int, int, frozenset[str]]]:
        """Every longest name, as (first token, token after the last, entities it may be), left to right."""
        result: list[tuple[int, int, frozenset[str]]] = []
        at = 0
        while at < len(words):
            size, entities = self._longest(words, at)
            if size:
                result.append((at, at + size, entities))
            at += size or 1
        return result

    def _longest(self, words: Sequence[Token], at: int) -> tuple[int, frozenset[str]]:
        for size in self._sizes.get(words[at].word, ()):
            name = tuple(token.word for token in words[at : at + size])
            if name in self._names:
                return len(name), frozenset(self._names[name])
        near = self._nearest(words[at].word)
        return (1, frozenset(self._names[(near,)])) if near else (0, frozenset())

    def _nearest(self, word: str) -> str | None:
        """The one-word name that a misspelt word is nearest to."""
        if len(word) < SHORTEST_FUZZY or word in self._common or not word.isalpha():
            return None
        if word not in self._near:
            best = process.extractOne(word, self._single, scorer=fuzz.ratio, score_cutoff=ALIKE)
            if len(self._near) > 20_000:
                self._near.clear()
            self._near[word] = best[0] if best and best[0][0] == word[0] else None
        return self._near[word]
