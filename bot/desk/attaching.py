"""What an agent is told of the files that can go along with a reply."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.channels.channel import Takes
from bot.media.kinds import ENDINGS


@dataclass(frozen=True)
class Choice:
    """What the file button offers.

    Args:
        types: content types, each with the most bytes.
        kinds: the same as people say it, those of one size together: ``JPG, PNG`` and the most bytes.
    """

    types: dict[str, int]
    kinds: Sequence[tuple[str, int]]

    @property
    def accept(self) -> str:
        """For the file button. Endings too, since some systems know no type for an Ogg file."""
        return ",".join([*self.types, *(ENDINGS[one] for one in self.types)])


def choice(takes: Sequence[Takes]) -> Choice:
    """What can be sent where `takes` is taken."""
    types: dict[str, int] = {}
    for one in takes:
        types[one.content_type] = max(one.most, types.get(one.content_type, 0))
    names: dict[int, list[str]] = {}
    for content_type, most in types.items():
        names.setdefault(most, []).append(ENDINGS[content_type].removeprefix(".").upper())
    return Choice(types, [(", ".join(together), most) for most, together in sorted(names.items())])
