"""What words stand for (config/nlu/concepts.yml): knowledge of the field that no training line has to carry."""

from collections.abc import Iterable, Sequence

from bot.nlu.normalising import Normaliser
from bot.nlu.stems import stem


class Concepts:
    """Finds the concepts that stand in a text.

    Args:
        pairs: (word or words, concept); a word that ends in ``*`` stands for all that begin so,
            any other for itself and what is made of it (``lahir`` for ``kelahiran``, not the other way).
        normaliser: rewrites the list's own words as it does those of a message, so that the two meet.
    """

    def __init__(self, pairs: Iterable[tuple[str, str]], normaliser: Normaliser) -> None:
        self._words: dict[str, set[str]] = {}
        self._beginnings: list[tuple[str, str]] = []
        self._phrases: dict[str, list[tuple[list[str], str]]] = {}
        self._known: dict[str, frozenset[str]] = {}
        for written, concept in pairs:
            self._add(normaliser.normalise(written.rstrip("*")).text.split(), written.endswith("*"), concept)

    def _add(self, words: list[str], beginning: bool, concept: str) -> None:
        if len(words) > 1:
            self._phrases.setdefault(words[0], []).append((words, concept))
        elif words and beginning:
            self._beginnings.append((words[0], concept))
        elif words:
            self._words.setdefault(words[0], set()).add(concept)

    def found(self, words: Sequence[str]) -> list[str]:
        """The concepts in normalised words, each once, in the order of their names."""
        concepts: set[str] = set()
        for at, word in enumerate(words):
            concepts |= self._of(word)
            for phrase, concept in self._phrases.get(word, ()):
                if words[at : at + len(phrase)] == phrase:
                    concepts.add(concept)
        return sorted(concepts)

    def _of(self, word: str) -> frozenset[str]:
        known = self._known.get(word)
        if known is None:
            by_word = self._words.get(word) or self._words.get(stem(word)) or set()
            beginnings = {concept for start, concept in self._beginnings if word.startswith(start)}
            known = frozenset(by_word | beginnings)
            if len(self._known) < 50_000:
                self._known[word] = known
        return known
