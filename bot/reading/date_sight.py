"""What the pieces of a time are read from: the words, the day it is, and whether something begins or ends."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from bot.reading import date_words as w
from bot.reading.words import Token


class Direction(StrEnum):
    """Whether a time begins something, ends it, or neither is said."""

    SINCE = "since"
    UNTIL = "until"
    NEITHER = "neither"


class Kind(StrEnum):
    """What a piece says."""

    DAY = "day"
    SPAN = "span"
    CLOCK = "clock"
    PART = "part"
    LENGTH = "length"


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One piece of `size` tokens. Days of a span: from `day` until before `after`; a length has amount and unit."""

    kind: Kind
    size: int
    day: date | None = None
    after: date | None = None
    clock: tuple[int, int] | None = None
    clock_end: tuple[int, int] | None = None
    zone: int | None = None
    part: str | None = None
    amount: int = 0
    unit: str = ""
    ago: int = 0
    """-1 for a length ago, 1 for a length from now, 0 when not said."""


@dataclass(frozen=True, slots=True)
class Sight:
    """The words of a text, seen from `today`."""

    found: Sequence[Token]
    today: date
    direction: Direction = Direction.NEITHER

    def word(self, at: int) -> str:
        """The word at `at`, empty past the end or after a stop in the sentence."""
        return self.found[at].word if 0 <= at < len(self.found) else ""

    def follows(self, at: int) -> str:
        """The word at `at` if it belongs to what stands before it (no stop or comma in between)."""
        return self.word(at) if at < len(self.found) and self.found[at].glued else ""

    def _which(self, at: int) -> tuple[int, str]:
        """``lalu``, ``yang lalu``, ``depan``, ``ini`` at `at`: the tokens taken and the word."""
        if self.follows(at) in w.WHICH and self.follows(at + 1) in w.LAST | w.NEXT:
            return 2, self.follows(at + 1)
        if self.follows(at) in {"akan", "bakal"} and self.follows(at + 1) in w.NEXT:
            return 2, self.follows(at + 1)
        return 1, self.follows(at)
