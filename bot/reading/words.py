"""Words and numbers as people write them, with their places in the text: what all readers start from."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

TOKEN = re.compile(r"\d+(?:[.:/-]\d+)*|[^\W\d_]+(?:['’`ʼ][^\W\d_]+)*")
APOSTROPHES = re.compile("['’`ʼ]")
GLUE = re.compile(r"[\s–-]*")


def word_set(words: str) -> frozenset[str]:
    """The words of a string, split at blanks."""
    return frozenset(words.split())


@dataclass(frozen=True, slots=True)
class Token:
    """A word or a number: `word` in lower case without apostrophes, at ``text[start:end]``.

    `glued` says that nothing but blanks or a dash stands between it and the token before.
    """

    word: str
    start: int
    end: int
    glued: bool
    comma: bool

    @property
    def number(self) -> int | None:
        """The whole number that it is written as in digits, else None."""
        return int(self.word) if self.word.isdecimal() and len(self.word) <= 9 else None


def tokens(text: str) -> list[Token]:
    """Every word and number of `text`, in order; `glued` is False for the first."""
    return list(_tokens(text))


def _tokens(text: str) -> Iterator[Token]:
    end = -1
    for match in TOKEN.finditer(text):
        between = text[end : match.start()] if end >= 0 else "|"
        word = APOSTROPHES.sub("", match.group()).lower()
        glued = bool(GLUE.fullmatch(between))
        yield Token(word, match.start(), match.end(), glued, between.strip() == ",")
        end = match.end()


UNITS = {
    word: value
    for value, words in enumerate(
        (
            "nol kosong",
            "satu sikok siji setunggal hiji saeekok ciek sa sebuah one",
            "dua duo loro kalih duwa due two",
            "tiga tigo telu tilu tallu three",
            "empat ampek papat opat ampat four",
            "lima limo gangsal five",
            "enam anam nem genep six",
            "tujuh tujuah pitu seven",
            "delapan lapan salapan wolu dalapan eight",
            "sembilan sambilan songo salapanbelas nine",
            "sepuluh sapuluah sapuluh sedasa ten",
            "sebelas sabaleh sewelas sabelas eleven",
        )
    )
    for word in words.split()
}
"""Number words up to eleven: Indonesian, the regional ones of the service area, English."""
del UNITS["salapanbelas"], UNITS["saeekok"], UNITS["sa"]

TEENS = {"belas", "baleh", "welas"}
TENS = {"puluh", "puluah"}


def number_at(found: Sequence[Token], at: int) -> tuple[int, int] | None:
    """The number that starts at token `at`, in digits or in words, with how many tokens it takes."""
    if at >= len(found):
        return None
    first = found[at]
    if first.number is not None:
        return first.number, 1
    if first.word not in UNITS:
        return None
    return _spelled(found, at)


def _spelled(found: Sequence[Token], at: int) -> tuple[int, int]:
    value = UNITS[found[at].word]
    following = found[at + 1].word if at + 1 < len(found) else ""
    if value < 10 and following in TEENS:
        return value + 10, 2
    if value < 10 and following in TENS:
        rest = UNITS.get(found[at + 2].word) if at + 2 < len(found) else None
        return (value * 10 + rest, 3) if rest and rest < 10 else (value * 10, 2)
    return value, 1
