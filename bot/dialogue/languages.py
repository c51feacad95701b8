"""Which language somebody writes in, and which one they ask for. The words stand in config/texts (``language``)."""

import re

from bot.dialogue.state import Dialogue, Said
from bot.texts import Texts

LEAST = 3
"""Words of a language in a message from which it is clear: one or two may be a name or a loan."""
SHARE = 0.4
"""The part of all words that they have to be; the others may be names."""
AHEAD = 2
"""How many times as many words as of any other language."""
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")


class Languages:
    """The languages that there are texts in."""

    def __init__(self, texts: Texts) -> None:
        self._common = {code: frozenset(texts.words("language.words", code)) for code in texts.languages}
        self._called = {
            name: code for code in texts.languages for name in texts.words("language.called", code)
        }

    def written(self, text: str) -> str | None:
        """The code of the language that a message is clearly written in; None where that is not clear."""
        words = [word.replace("’", "'") for word in _WORD.findall(text.lower())]
        counts = {code: sum(word in common for word in words) for code, common in self._common.items()}
        ranked = sorted(counts, key=lambda code: -counts[code])
        best, others = counts[ranked[0]], sum(counts[code] for code in ranked[1:])
        clear = best >= LEAST and best >= SHARE * len(words) and best >= AHEAD * others
        return ranked[0] if clear else None

    def hear(self, said: Said, dialogue: Dialogue) -> bool:
        """Go on in the language that a participant clearly writes; gives whether that is another from now on.

        The first clear message decides; later two in a row have to be in another language, so that a sentence copied
        from an app changes nothing.
        """
        written = self.written(said.text) if said.tapped is None else None
        if written is None:
            return False
        if written == dialogue.language or (dialogue.settled and written != dialogue.other_language):
            dialogue.other_language = "" if written == dialogue.language else written
            dialogue.settled = True
            return False
        dialogue.language, dialogue.settled, dialogue.other_language = written, True, ""
        return True

    def named(self, text: str) -> str | None:
        """The code of the language that is named in a wish for another; None where it is none or several."""
        plain = f" {' '.join(_WORD.findall(text.lower()))} "
        found = {code for name, code in self._called.items() if f" {name} " in plain}
        return found.pop() if len(found) == 1 else None

    def is_name(self, text: str) -> bool:
        """Whether a message is nothing but the name of a language."""
        return " ".join(_WORD.findall(text.lower())) in self._called
