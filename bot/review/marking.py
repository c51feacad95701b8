"""Texts on one line, and entities marked in them as in training data: ``di [RS SMC](facility)``."""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bot.errors import SiagaError
from bot.nlu.normalising import Normaliser
from bot.nlu.training import Labels, Span, unmark
from bot.reading.numbers import mask

LONGEST = 1000
"""Characters that are kept of a text."""
_BRACKETS = {"[": "(", "]": ")"}
_UNWRITTEN = frozenset({"Cc", "Cs", "Zl", "Zp"})
_NO_CHARACTERS = frozenset("\ufeff\ufffe\uffff")
"""Line ends, control characters and what is no character: YAML has no place for them on a line."""


class BadMarks(SiagaError):
    """Marks that cannot be read; `kind` is ``changed`` (other words than the text's) or ``wrong``."""

    def __init__(self, kind: str, found: str = "") -> None:
        self.kind = kind
        self.found = found
        super().__init__(kind)


def on_one_line(text: str) -> str:
    """`text` as it is kept and shown: one line, no square brackets, since these mark entities in training data.

    Every character stands for one of the original, but for blanks at the ends. Doing it twice changes nothing.
    """
    return _flat(text)[:LONGEST].strip()


def kept(text: str) -> str:
    """What is kept of a participant's words: personal numbers masked, also where they go over the end of a line."""
    return on_one_line(mask(_flat(text)))


def _flat(text: str) -> str:
    return "".join(_written(char) for char in text).strip()


def _written(char: str) -> str:
    if char in _NO_CHARACTERS or unicodedata.category(char) in _UNWRITTEN:
        return " "
    return _BRACKETS.get(char, char)


def marked(text: str, spans: Iterable[Span]) -> str:
    """`text` with its entities marked; a span that overlaps an earlier one is left out."""
    parts: list[str] = []
    at = 0
    for span in sorted(spans, key=lambda span: (span.start, -span.end)):
        if at <= span.start < span.end <= len(text):
            parts += text[at : span.start], f"[{text[span.start : span.end]}]({span.entity})"
            at = span.end
    return "".join([*parts, text[at:]])


def read_marks(written: str, text: str, labels: Labels) -> tuple[Span, ...]:
    """The entities that somebody marked in `text`.

    Args:
        written: the text with marks, as it came from a form.
        text: what was to be marked, `on_one_line`.
        labels: the entities that there are.

    Raises:
        BadMarks: a bracket is not closed, an entity is unknown, or the words are others.
    """
    plain, spans, mistakes = unmark(" ".join(written.split("\n")).strip(), labels)
    if mistakes:
        raise BadMarks("wrong", mistakes[0])
    if plain != text:
        raise BadMarks("changed")
    return spans


def carried_over(spans: Sequence[Span], source: str, target: str, normaliser: Normaliser) -> tuple[Span, ...]:
    """The entities of `source` in `target`, which is the same text after normalising.

    Both are looked at in their common form, whose characters know where they come from.
    """
    if source == target or not spans:
        return tuple(spans)
    before, after = normaliser.normalise(source), normaliser.normalise(target)
    if before.text != after.text:
        return ()
    found = []
    for span in spans:
        inside = [
            at
            for at in range(len(before.text))
            if before.starts[at] < span.end and before.ends[at] > span.start
        ]
        if inside:
            start, end = after.original(inside[0], inside[-1] + 1)
            found.append(Span(span.entity, target[start:end], start, end))
    return tuple(found)


def to_json(spans: Iterable[Span]) -> list[dict[str, Any]]:
    """Spans as they are stored."""
    return [{"entity": span.entity, "start": span.start, "end": span.end} for span in spans]


def from_json(stored: Sequence[Mapping[str, Any]] | None, text: str) -> tuple[Span, ...]:
    """The spans that `to_json` stored of `text`."""
    return tuple(
        Span(item["entity"], text[item["start"] : item["end"]], item["start"], item["end"])
        for item in stored or ()
    )
