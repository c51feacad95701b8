"""What the words of a message say about an emergency, beside what it was taken for.

The interpreter learned from whole messages, most of them in Indonesian. Four things are surer by the words themselves,
which stand in config/texts (``alarm.*``): who only urges is in no danger, nor who asks when an emergency room is open,
what is told of long ago is a complaint, and "cannot breathe" is an emergency in whatever language.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from bot.dialogue.state import Said
from bot.texts import Texts

EMERGENCY, COMPLAINT, URGED, ASKED = "emergency", "file_complaint", "_urged", "_asked_of_emergency"
_SAYS_LITTLE = ("help", "request_agent", "frustration", "greet", "affirm", "deny")
"""Intents that a cry for help is easily taken for: it says "help", or "please"."""
BY_SIGN = 0.7
"""How sure a sign is: enough to interrupt, but not somebody who tells what happened."""
ASKED_IN = 5
"""Words in a question about emergency rooms in general; whoever writes more may tell of somebody."""
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")


class Alarms:
    """The words of every language at once."""

    def __init__(self, texts: Texts) -> None:
        (
            self._signs,
            self._danger,
            self._urging,
            self._asking,
            self._past,
            self._told,
            self._now,
            self._since,
            self._pressing,
            self._grave,
            self._matters,
            self._bodies,
        ) = (
            [word for language in texts.languages for word in texts.words(f"alarm.{key}", language)]
            for key in (
                "signs",
                "danger",
                "urging",
                "asking",
                "past",
                "told",
                "now",
                "since",
                "pressing",
                "grave",
                "matters",
                "bodies",
            )
        )

    def heard(self, said: Said, *, question: bool) -> Said:
        """The message as it is to be taken: the same, or with another intent.

        Args:
            said: a message.
            question: whether it reads like a question.
        """
        plain, meant = _plain(said.text), said.interpretation
        words, taken, over = plain.split(), meant.intent == EMERGENCY, self._is_over(plain, self._past)
        if taken and words and all(word in self._urging for word in words):
            return replace(said, interpretation=replace(meant, intent=URGED, confidence=1.0, ranking=()))
        if taken and question and self._only_asks(plain):
            return replace(said, interpretation=replace(meant, intent=ASKED, confidence=1.0, ranking=()))
        if taken and over:
            ranking = ((COMPLAINT, meant.confidence),)
            return replace(said, interpretation=replace(meant, intent=COMPLAINT, ranking=ranking))
        answered = question and meant.acted_on and meant.intent not in _SAYS_LITTLE
        if not taken and not answered and not over and _has(plain, self._signs):
            sure = replace(meant, intent=EMERGENCY, confidence=BY_SIGN, ranking=((EMERGENCY, BY_SIGN),))
            return replace(said, interpretation=sure)
        return said

    def in_story(self, text: str) -> bool:
        """Whether what is told to who asked what happened may be going on: a word of danger, and nothing that is over.

        Who complains that medicine for the heart is missing sounds like an emergency, and is none.
        """
        plain = _plain(text)
        return _has(plain, [*self._danger, *self._signs]) and not self._is_over(
            plain, [*self._past, *self._told]
        )

    def only_presses(self, text: str) -> bool:
        """Whether it says how urgent something is, and names nobody in danger: "kartu saya belum jadi, darurat banget".

        A word such as "darurat" alone is a cry for help; beside a matter of papers or money it is none.
        """
        plain = _plain(text)
        dangers = [word for word in (*self._danger, *self._signs, *self._bodies) if word not in self._grave]
        presses = _has(plain, self._pressing) or (_has(plain, self._grave) and _has(plain, self._matters))
        return presses and not _has(plain, dangers)

    def _only_asks(self, plain: str) -> bool:
        """Whether it asks how an emergency room works, and nothing says that anybody is in danger."""
        short = len(plain.split()) <= ASKED_IN
        return (
            short and _has(plain, self._asking) and not _has(plain, [*self._danger, *self._signs, *self._now])
        )

    def _is_over(self, plain: str, past: Sequence[str]) -> bool:
        """Whether it tells of such a time, and of nothing now: "sejak minggu lalu" goes on."""
        if _has(plain, self._now):
            return False
        ongoing = any(f" {since} {time} " in plain for since in self._since for time in past)
        return not ongoing and _has(plain, past)


def _plain(text: str) -> str:
    """The words alone, a space on either side of each."""
    return f" {' '.join(_WORD.findall(text.lower().replace('’', chr(39))))} "


def _has(plain: str, phrases: Sequence[str]) -> bool:
    return any(f" {phrase} " in plain for phrase in phrases)
