"""One text with its placeholders and optional lines: read once, filled in often."""

import string
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from babel import Locale

from bot.config.problems import quoted
from bot.texts.formats import FORMATS, say_moment


@dataclass(frozen=True, slots=True)
class Blank:
    """A placeholder: what goes there, and in which format ("" as it is)."""

    name: str
    format: str


Line = tuple[str | Blank, ...]


@dataclass(frozen=True, slots=True)
class Sentence:
    """One text in one language, ready to be filled in."""

    lines: tuple[Line, ...]

    @property
    def names(self) -> set[str]:
        """The placeholders in it."""
        return {part.name for line in self.lines for part in line if isinstance(part, Blank)}


def read_sentence(text: str) -> Sentence:
    """The lines of a text with their placeholders; ValueError says what is wrong with one."""
    return Sentence(tuple(tuple(_parts(line)) for line in text.split("\n")))


def _parts(line: str) -> Iterator[str | Blank]:
    try:
        parsed = list(string.Formatter().parse(line))
    except ValueError:
        raise ValueError(
            f'found a single brace in {quoted(line)}, expected "{{name}}", or "{{{{" for a brace'
        ) from None
    for literal, name, spec, conversion in parsed:
        if literal:
            yield literal
        if name is not None:
            yield _blank(name, spec or "", conversion)


def _blank(name: str, spec: str, conversion: str | None) -> Blank:
    if not name.isidentifier() or conversion:
        raise ValueError(f'found placeholder "{{{name}}}", expected a name such as "{{branch}}"')
    if spec and spec not in FORMATS:
        raise ValueError(f'found "{{{name}:{spec}}}", expected a format out of {", ".join(FORMATS)}')
    return Blank(name, spec)


@dataclass(frozen=True, slots=True)
class Speech:
    """How a language writes what is inserted: its locale, and the word between a date and a time."""

    locale: Locale
    at: str = ""


def filled(sentence: Sentence, speech: Speech, values: Mapping[str, object]) -> str:
    """The sentence with its values, without the lines whose placeholders are all empty.

    Raises:
        TypeError: a value is of the wrong kind for its format.
    """
    kept: list[tuple[Line, str]] = []
    dropped = False
    for line in sentence.lines:
        names = [part.name for part in line if isinstance(part, Blank)]
        if names and all(_empty(values[name]) for name in names):
            dropped = True
        elif not (dropped and not line and (not kept or not kept[-1][0])):  # no two empty lines around a gap
            kept.append((line, "".join(_said(part, speech, values) for part in line)))
    while kept and not kept[-1][0]:
        kept.pop()
    return "\n".join(text for _, text in kept)


def _said(part: str | Blank, speech: Speech, values: Mapping[str, object]) -> str:
    if isinstance(part, str):
        return part
    value = values[part.name]
    if _empty(value):
        return ""
    if not part.format:
        return str(value)
    try:
        if part.format == "moment":
            return say_moment(value, speech.locale, speech.at)
        return FORMATS[part.format](value, speech.locale)
    except TypeError as error:
        raise TypeError(f"{{{part.name}:{part.format}}} {error}") from None


def _empty(value: object) -> bool:
    return value is None or (isinstance(value, str | list | tuple) and not value)
