"""Noise for training: the same words as hurried people write them, from a seeded generator.

Standard words become their chat or regional forms (the normalising list read backwards), vowels drop out, letters fall
away or change places, small words go missing. The same seed gives the same noise.
"""

import random
import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace

from bot.nlu.training import Example

VOWELS = re.compile("[aiueo]")
BLANKS = re.compile(r"(\s+)")
COPIED = 3
"""Every third example is learned from in a noisy copy too."""
FORMS = 6
"""Of a standard word's forms, the first few are used: they are the usual ones."""


class Noise:
    """Makes noisy copies of texts.

    Args:
        words: what is written to what is meant, as in config/nlu/normalising.yml.
        seed: the same seed makes the same copies in the same order.
    """

    def __init__(self, words: Mapping[str, str], seed: int = 7) -> None:
        self._random = random.Random(seed)  # noqa: S311 - noise, not a secret
        self._forms: dict[str, list[str]] = defaultdict(list)
        for written, meant in words.items():
            if " " not in meant and len(self._forms[meant]) < FORMS:
                self._forms[meant].append(written)

    def copy(self, text: str) -> str:
        """A noisy copy of a text."""
        words = [self._noisy(word) for word in text.split() if self._random.random() > 0.05]
        return " ".join(words) or text

    def marked_copy(self, example: Example) -> Example:
        """A noisy copy of an example; its entities are left as they were written, at their new places."""
        text, at, spans = "", 0, []
        for span in sorted(example.entities, key=lambda span: span.start):
            text += self._around(example.text[at : span.start])
            at = span.end
            spans.append(replace(span, start=len(text), end=len(text) + span.end - span.start))
            text += example.text[span.start : span.end]
        return replace(example, text=text + self._around(example.text[at:]), entities=tuple(spans))

    def _around(self, text: str) -> str:
        """The words between entities, with the blanks that part them."""
        return "".join(piece if piece.isspace() else self._noisy(piece) for piece in BLANKS.split(text))

    def _noisy(self, word: str) -> str:
        lower = word.lower()
        chance = self._random.random()
        if lower in self._forms and chance < 0.5:
            return self._random.choice(self._forms[lower])
        if len(lower) > 4 and lower.isalpha() and chance < 0.32:
            return self._mistyped(lower, chance)
        return word

    def _mistyped(self, word: str, chance: float) -> str:
        """Without its vowels, without one letter, or with two letters changed round."""
        if chance < 0.15:
            return word[0] + VOWELS.sub("", word[1:-1]) + word[-1]
        at = self._random.randrange(1, len(word) - 2)
        if chance < 0.25:
            return word[:at] + word[at + 1 :]
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
