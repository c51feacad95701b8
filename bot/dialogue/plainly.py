"""What a few words say more surely than an interpreter that learned from sentences.

The words stand in config/texts (``plain.*``): a bare "status" is a question about one's own matter, "my report" names
it, and "thanks bye" is nobody's name.
"""

import re
from collections.abc import Iterable
from dataclasses import replace

from bot.dialogue.state import LIKELY, Said
from bot.texts import Texts

STATUS, CASES, THANK, BYE = "_status", "ask_case_status", "thank", "goodbye"
_WORD = re.compile(r"[^\W_]+")


class Plainly:
    """The words of every language at once."""

    def __init__(self, texts: Texts) -> None:
        listed = {
            key: [word for language in texts.languages for word in texts.words(f"plain.{key}", language)]
            for key in ("status", "around_status", "own_case", "thanks", "bye", "around_manners")
        }
        self._status, self._around_status = _any(listed["status"]), _any(listed["around_status"])
        self._own_case = _any(listed["own_case"])
        self._thanks, self._bye = _any(listed["thanks"]), _any(listed["bye"])
        self._around_manners = _any(listed["around_manners"])

    def heard(self, said: Said) -> Said:
        """The message as it is to be taken: the same, or with another intent or certainty."""
        plain, meant = _plain(said.text), said.interpretation
        intent = self.manners(said.text)
        if self._only(plain, self._status, self._around_status):
            intent = STATUS
        elif meant.intent == CASES and meant.confidence >= LIKELY and self._own_case.search(plain):
            intent = CASES
        if intent is None:
            return said
        return replace(said, interpretation=replace(meant, intent=intent, confidence=1.0, ranking=()))

    def manners(self, text: str) -> str | None:
        """`THANK` or `BYE`, where a text says nothing else."""
        plain = _plain(text)
        without = self._thanks.sub(" ", plain)
        if self._only(without, self._bye, self._around_manners):
            return BYE
        return THANK if self._only(plain, self._thanks, self._around_manners) else None

    @staticmethod
    def _only(plain: str, wanted: re.Pattern[str], around: re.Pattern[str]) -> bool:
        """Whether one of the words wanted stands in a text, and nothing but what may stand around it."""
        rest = wanted.sub(" ", plain)
        return rest != plain and not around.sub(" ", rest).strip()


def _plain(text: str) -> str:
    return f" {' '.join(_WORD.findall(text.lower()))} "


def _any(words: Iterable[str]) -> re.Pattern[str]:
    """Any of these words, the longest first."""
    ranked = sorted(words, key=len, reverse=True)
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, ranked))})\b")
