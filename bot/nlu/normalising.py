"""One way of writing for what people write in many: before both interpreters, in training and in service.

Unicode forms, letters held down (``lamaaa``), chat abbreviations and regional words, doubling by ``2``. Nothing but
the standard library and nothing newer than Python 3.10, since the training environment of Rasa has that version.
Every character of the result knows where it came from, so that a span found in it points into the original text.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

WORD = re.compile(r"[^\W\d_]+(?:['’`ʼ-][^\W\d_]+)*(?:2(?!\d))?|\d+(?:[.,:/-]\d+)*|[^\w\s]|_")
HELD = re.compile(r"([^\W\d_])\1{2,}")
NAMES_SKIPPED = frozenset({"Cf", "Cc", "Mn"})


@dataclass(frozen=True)
class Normalised:
    """`text` with, for each of its characters, the start and end in the original of what it came from."""

    text: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]

    def original(self, start: int, end: int) -> tuple[int, int]:
        """The span of the original that ``text[start:end]`` stands for; start < end."""
        return min(self.starts[start:end]), max(self.ends[start:end])


@dataclass(frozen=True)
class _Word:
    text: str
    start: int
    end: int


class Normaliser:
    """Rewrites words by a list.

    Args:
        words: what is written to what is meant, both in lower case; what is meant may be several words.
            A key of several words is looked for as such (``dak katek``).
    """

    def __init__(self, words: Mapping[str, str]) -> None:
        self.words = dict(words)
        self._words = {key: value for key, value in words.items() if " " not in key}
        phrases = [(tuple(key.split()), value) for key, value in words.items() if " " in key]
        self._phrases: dict[str, list[tuple[tuple[str, ...], str]]] = {}
        for parts, value in sorted(phrases, key=lambda phrase: -len(phrase[0])):
            self._phrases.setdefault(parts[0], []).append((parts, value))

    def normalise(self, text: str) -> Normalised:
        """`text` in lower case with single blanks between its words and signs. Never raises."""
        chars: list[str] = []
        starts: list[int] = []
        ends: list[int] = []
        for word in self._rewritten(list(_words(text))):
            if chars:
                chars.append(" ")
                starts.append(word.start)
                ends.append(word.start)
            chars.extend(word.text)
            starts.extend([word.start] * len(word.text))
            ends.extend([word.end] * len(word.text))
        return Normalised("".join(chars), tuple(starts), tuple(ends))

    def _rewritten(self, words: list[_Word]) -> Iterator[_Word]:
        at = 0
        while at < len(words):
            parts, meaning = self._phrase(words, at)
            last = words[at + parts - 1]
            if parts == 1:
                meaning = self._single(words[at].text)
            yield _Word(meaning, words[at].start, last.end)
            at += parts

    def _phrase(self, words: list[_Word], at: int) -> tuple[int, str]:
        for parts, meaning in self._phrases.get(words[at].text, ()):
            if tuple(word.text for word in words[at : at + len(parts)]) == parts:
                return len(parts), meaning
        return 1, ""

    def _single(self, word: str) -> str:
        if word in self._words:
            return self._words[word]
        if word.endswith("2") and len(word) > 2:  # "bener2"
            once = self._single(word[:-1])
            return f"{once} {once}"
        once = HELD.sub(r"\1", word)
        if once != word:
            return self._words.get(once) or self._words.get(HELD.sub(r"\1\1", word)) or once
        return word


def _words(text: str) -> Iterator[_Word]:
    """Words and signs of `text` in compatibility form and lower case, with their places in the original."""
    plain, places = _plain(text)
    for match in WORD.finditer(plain):
        start, end = match.span()
        yield _Word(match.group(), places[start], places[end - 1] + 1)


def _plain(text: str) -> tuple[str, list[int]]:
    """NFKC, lower case, without invisible characters and accents; and the original index of each character."""
    if text.isascii():
        return text.lower(), list(range(len(text)))
    chars: list[str] = []
    places: list[int] = []
    for at, char in enumerate(text):
        for piece in unicodedata.normalize("NFKD", char).lower():
            if unicodedata.category(piece) not in NAMES_SKIPPED or piece in "\n\t":
                chars.append(piece)
                places.append(at)
    return "".join(chars), places


def read_pairs(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    """The (written, meant) pairs of lists like ``tidak: [ga, gak, dak katek]``; # begins a comment.

    A list may go over several lines. The files are YAML, but the Python of Rasa has no YAML reader for us to use.

    Raises:
        ValueError: a line is no such list; begins with the number of the line.
    """
    meaning = ""
    for number, line in enumerate(lines, start=1):
        content = line.split("#")[0].strip()
        if content and not meaning:
            meaning, opened, content = (part.strip() for part in content.partition(": ["))
            if not opened:
                raise ValueError(
                    f"{number}: found {line.strip()!r}, expected: word: [variant, variant, two words]"
                )
        for written in filter(None, map(str.strip, content.rstrip("]").split(","))):
            yield written, meaning
        meaning = "" if content.endswith("]") else meaning
    if meaning:
        raise ValueError(f"{number}: found no ] that closes the list of {meaning!r}")


def read_words(lines: Iterable[str]) -> dict[str, str]:
    """The list as written word to meant word.

    Raises:
        ValueError: as `read_pairs`, or a word is given two meanings.
    """
    words: dict[str, str] = {}
    for written, meaning in read_pairs(lines):
        if words.setdefault(written, meaning) != meaning:
            raise ValueError(f" {written!r} is both {words[written]!r} and {meaning!r}; leave one")
    return words


def load_normaliser(path: Path) -> Normaliser:
    """The normaliser of a list file.

    Raises:
        OSError: the file cannot be read.
        ValueError: the list is wrong; says the file and, where it is one line, which.
    """
    try:
        return Normaliser(read_words(path.read_text("utf-8").splitlines()))
    except ValueError as error:
        raise ValueError(f"{path}:{error}") from None
