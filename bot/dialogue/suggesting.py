"""The question what may be wanted next, once the work of a flow is done."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bot.dialogue.questions import FEW, Choose, Unclear
from bot.dialogue.state import Said
from bot.reading.choices import read_yes_no

ENOUGH = "enough"
"""The code of the choice that nothing more is wanted."""


@dataclass(frozen=True)
class WhatNext(Choose):
    """One of a few suggestions, or `ENOUGH`. What was said before answers it never."""

    by_words: bool = False

    def read(self, said: Said, narrowed: Sequence[str], *, strictly: bool) -> Any | Unclear | None:
        """The code; a short no is enough, "kenapa tidak aktif?" is not."""
        short = len(said.text.split()) <= FEW
        if short and (said.agrees is False or read_yes_no(said.text) is False):
            return ENOUGH
        return super().read(said, narrowed, strictly=strictly)
