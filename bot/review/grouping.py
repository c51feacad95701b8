"""Which texts are alike. Pure: the same texts always make the same groups."""

from collections.abc import Iterable
from dataclasses import dataclass

from rapidfuzz import fuzz, process

LIKE = 82.0
"""Likeness (0 to 100, the share of letters in common) from which two texts are listed together."""
SHORTEST = 6
"""Letters of a text that may be like another: "sep" and "sec" are as near as they are different."""
COMPARED = 200
"""Letters of a text that are compared."""
OTHERS = 12
"""Texts that one group lists besides its own; what else is like them comes up once these are done."""


@dataclass(frozen=True, slots=True)
class Counted:
    """A text in its common form (`Normaliser`), how many messages have it, and the newest of them by its id."""

    alike: str
    count: int
    newest: int


@dataclass(frozen=True, slots=True)
class Group:
    """A text and those that are merely similar to it."""

    text: Counted
    others: tuple[Counted, ...] = ()

    @property
    def count(self) -> int:
        """Messages in it."""
        return self.text.count + sum(other.count for other in self.others)

    @property
    def newest(self) -> int:
        """The newest message in it."""
        return max(self.text.newest, *(other.newest for other in self.others), 0)


def groups(texts: Iterable[Counted]) -> list[Group]:
    """The texts in groups, the most frequent group first, then the newest.

    The most frequent text gathers what is like it, then the most frequent of what is left, and so on. Every text is
    compared with every one before it that leads a group: for 2,000 of them that is a fifth of a second.
    """
    ordered = sorted(texts, key=lambda text: (-text.count, -text.newest, text.alike))
    left = {at: text.alike[:COMPARED] for at, text in enumerate(ordered)}
    made: list[Group] = []
    for at, text in enumerate(ordered):
        if at not in left:
            continue
        del left[at]
        others = _like(text.alike[:COMPARED], left)
        for other in others:
            del left[other]
        made.append(Group(text, tuple(ordered[other] for other in others)))
    return sorted(made, key=lambda group: (-group.count, -group.newest, group.text.alike))


def _like(alike: str, left: dict[int, str]) -> list[int]:
    """The places of the texts that are most like one, in the order of all."""
    if len(alike) < SHORTEST:
        return []
    found = process.extract(alike, left, scorer=fuzz.ratio, score_cutoff=LIKE, limit=OTHERS)
    return sorted(at for _, _, at in found)
