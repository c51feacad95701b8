"""Lookup tables as regular expressions that match the same and are tried faster.

Rasa makes one expression of a table, ``(\\bAceh\\b|\\bAceh Barat\\b|...)``, and Python tries one name after the
other at every word. With the names sorted under their first letters only those with the right one are tried. Names
with the same letter keep their order, which decides where several match; so what matches stays the same.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rasa.nlu.featurizers.sparse_featurizer.regex_featurizer import (  # type: ignore[import-not-found]
        RegexFeaturizer,
    )

BEGIN, BETWEEN, END = r"(\b", r"\b|\b", r"\b)"


def sort_lookups(featurizer: RegexFeaturizer) -> None:
    """Give a featurizer the faster expressions; its own code goes on working with them."""
    for pattern in featurizer.known_patterns:
        pattern["pattern"] = by_first_letter(pattern["pattern"])


def by_first_letter(expression: str) -> str:
    """The expression of a lookup table by first letters; any other expression as it is."""
    if not (expression.startswith(BEGIN) and expression.endswith(END)):
        return expression
    names = expression[len(BEGIN) : -len(END)].split(BETWEEN)
    if not all(name and re.escape(_plain(name)) == name for name in names):
        return expression
    letters: dict[str, list[str]] = {}
    for name in names:
        letters.setdefault(_plain(name)[0].casefold(), []).append(name)
    parts = [f"(?=[{_firsts(alike)}])(?:{'|'.join(alike)})" for alike in letters.values()]
    return rf"\b((?:{'|'.join(parts)})\b)"


def _firsts(names: list[str]) -> str:
    """The first letters of names, as they stand between brackets."""
    return "".join(sorted({re.escape(_plain(name)[0]) for name in names}))


def _plain(name: str) -> str:
    return re.sub(r"\\(.)", r"\1", name, flags=re.DOTALL)
