"""Reading config/texts, with every mistake named at once."""

from collections.abc import Iterator
from pathlib import Path

from babel import Locale, UnknownLocaleError
from rapidfuzz import process

from bot.config.document import Document, Trail, shown
from bot.config.problems import quoted
from bot.errors import ConfigurationError
from bot.texts.sentences import Sentence, read_sentence
from bot.texts.speaking import FIRST, Texts

LONGEST = 1000
"""Characters: a message that is longer is a wall of text (and WhatsApp takes 1,600)."""


def load_texts(folder: Path) -> Texts:
    """The texts of every ``<language>.yaml`` in `folder`.

    Raises:
        ConfigurationError: with every mistake: not YAML, not text, a broken placeholder, an unknown format, too long,
            a key or a placeholder that one language has and another has not.
    """
    files: dict[str, _File] = {}
    wrong: list[str] = []
    for path in sorted(folder.glob("*.yaml")):
        try:
            files[path.stem] = _File(path)
            wrong += files[path.stem].wrong
        except ConfigurationError as error:
            wrong += error.problems
    first = files.get(FIRST)
    if first is None and not wrong:
        wrong.append(f"{shown(folder / f'{FIRST}.yaml')}: no such file")
    for language, file in files.items():
        wrong += file.differences(first) if first and language != FIRST else []
    wrong += _claimed_twice(list(files.values()))
    if wrong:
        raise ConfigurationError(wrong)
    return Texts({language: file.sentences for language, file in files.items()})


TELLING = ("language.words", "language.called")
"""Texts whose words have to be one language's alone."""


class _File:
    """One language's file: its sentences, where they stand, and what is wrong with them."""

    def __init__(self, path: Path) -> None:
        self.document = Document(path)
        self.sentences: dict[str, Sentence] = {}
        self.trails: dict[str, Trail] = {}
        self.wrong: list[str] = []
        try:
            Locale.parse(path.stem)
        except (UnknownLocaleError, ValueError):
            self.wrong.append(f"{self.document.name}: no language {quoted(path.stem)}, expected id, en, ...")
        if not isinstance(self.document.value, dict):
            self.wrong.append(f"{self.document.name}:1: expected texts by key")
            return
        for trail, value in _leaves((), self.document.value):
            self._take(trail, value)

    def differences(self, first: "_File") -> list[str]:
        """What this file lacks or has more than that of the first language."""
        name = self.document.name
        wrong = [
            f"{name}: {key}: missing; it is in {first.place(key)}"
            for key in first.trails
            if key not in self.trails
        ]
        for key, trail in self.trails.items():
            if key not in first.trails:
                wrong.append(f"{self.document.at(trail)}: not in {first.document.name}{_close(key, first)}")
            elif key in self.sentences and key in first.sentences:
                wrong += self._other_names(key, first)
        return wrong

    def words(self, key: str) -> list[str]:
        """The words of a text that lists them."""
        sentence = self.sentences.get(key)
        listed = "".join(str(part) for part in sentence.lines[0]) if sentence else ""
        return [word.strip().lower() for word in listed.split(",") if word.strip()]

    def place(self, key: str) -> str:
        """Where a text stands: ``config/texts/id.yaml:12``."""
        return f"{self.document.name}:{self.document.line(self.trails[key])}"

    def _take(self, trail: Trail, value: object) -> None:
        key = ".".join(str(step) for step in trail)
        where = self.document.at(trail)
        if key in self.trails:
            self.wrong.append(f"{where}: found twice, first in {self.place(key)}")
            return
        self.trails[key] = trail
        if not isinstance(value, str):
            self.wrong.append(f"{where}: found {quoted(value)}, expected text (put it in quotes)")
            return
        try:
            self.sentences[key] = read_sentence(value.strip())
        except ValueError as error:
            self.wrong.append(f"{where}: {error}")
        if len(value) > LONGEST:
            self.wrong.append(f"{where}: found {len(value)} characters, expected at most {LONGEST}")

    def _other_names(self, key: str, first: "_File") -> list[str]:
        mine, theirs = self.sentences[key].names, first.sentences[key].names
        if mine == theirs:
            return []
        found, expected = (
            ", ".join(f"{{{name}}}" for name in sorted(names)) or "none" for names in (mine, theirs)
        )
        where = self.document.at(self.trails[key])
        return [f"{where}: found placeholders {found}, expected {expected} as in {first.place(key)}"]


def _claimed_twice(files: list[_File]) -> list[str]:
    """Words that should tell one language from the others, and stand in two of them."""
    wrong: list[str] = []
    for key in TELLING:
        first: dict[str, _File] = {}
        for file in files:
            for word in file.words(key):
                other = first.setdefault(word, file)
                if other is not file:
                    where = file.document.at(file.trails[key])
                    wrong.append(
                        f"{where}: found {quoted(word)}, expected words that are not in {other.place(key)} too"
                    )
    return wrong


def _leaves(trail: Trail, value: object) -> Iterator[tuple[Trail, object]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _leaves((*trail, key), inner)
    else:
        yield trail, value


def _close(key: str, first: _File) -> str:
    close = process.extractOne(key, list(first.trails), score_cutoff=75)
    return f' (did you mean "{close[0]}"?)' if close else ""
