"""The question where somebody is or looks for something: a shared place, or a town or district by name."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from bot.config import Config, FoundPlace, Place
from bot.dialogue.naming import somewhere
from bot.dialogue.questions import Choice, Question, Unclear
from bot.dialogue.state import Heard, Said
from bot.messages import Location
from bot.reading.choices import read_choice

_AT = re.compile(
    r"\b(?:di|ke|daerah|wilayah|sekitar|kecamatan|kec|kota|kab|kabupaten|dekat|deket|in|near|around)\s+(.+)",
    re.IGNORECASE,
)
_MOST_WORDS = 4
"""Words of the longest name of a town or district."""
_HERE = re.compile(
    r"\b(terdekat|terdeket|paling dekat|dekat sini|deket sini|di ?sini|sekitar sini|lokasi saya|"
    r"nearest|near me|nearby)\b",
    re.IGNORECASE,
)
"""Words for where one is oneself."""


def means_here(text: str) -> bool:
    """Whether somebody asks about where they are: "puskesmas terdekat"."""
    return _HERE.search(text) is not None


@dataclass(frozen=True)
class Spot:
    """Where to look: around a shared place, or in a town and maybe a district of it."""

    location: Location | None = None
    place: Place | None = None
    district: str = ""


@dataclass(frozen=True)
class Where(Question[Spot]):
    """Where to look. Of several towns with one name (Malang) it is asked which.

    Args:
        config: knows the places.
        shared: the place that was shared a while ago, taken where none is named.
    """

    config: Config
    shared: Location | None = None
    hint: ClassVar[str] = "near.hint"
    which: ClassVar[str] = "near.which_place"

    def options(self, narrowed: Sequence[str]) -> Sequence[Choice]:
        """The towns that were meant perhaps."""
        return [Choice(name, name.replace("Kabupaten ", "Kab. ")) for name in narrowed]

    def read(self, said: Said, narrowed: Sequence[str], *, strictly: bool) -> Any | Unclear | None:
        """`[latitude, longitude]`, or ``Kota Palembang``, or ``Kota Palembang/Plaju``."""
        number = read_choice(said.text, [(choice.title, choice.code) for choice in self.options(narrowed)])
        if number is not None:
            return narrowed[number]
        heard = self.hear(Heard.of(said))
        if heard is not None or (strictly and len(said.text.split()) > _MOST_WORDS):
            return heard
        found = self.config.find_place(said.text)
        if found.place:
            return f"{found.place.name}/{found.district}".rstrip("/")
        near = tuple(place.name for place in found.near)
        return Unclear(near) if near or (said.interpretation.first("place") and not strictly) else None

    def locate(self, here: Location) -> Any | Unclear | None:
        """Around it."""
        return [here.latitude, here.longitude]

    def hear(self, heard: Heard) -> Any | None:
        """A place that was shared or named."""
        if heard.location:
            return self.locate(heard.location)
        place = self._found(heard)
        return f"{place.place.name}/{place.district}".rstrip("/") if place and place.place else None

    def _found(self, heard: Heard) -> FoundPlace | None:
        """What was marked as a place, also misspelt; else what stands after "di" or "dekat", as it is written."""
        marked = [entity.value for entity in heard.entities if entity.entity == "place"]
        written = [(name, False) for name in marked] or [(name, True) for name in _after(heard.text)]
        found = (self.config.find_place(name, whole=whole) for name, whole in written)
        return next((place for place in found if place.place or place.near), None)

    def assume(self, heard: Sequence[Heard]) -> Any | None:
        """The place that was shared a while ago, where no other is named."""
        named = any(item.first("place") for item in heard)
        return self.locate(self.shared) if self.shared and not named else None

    def nearest(self, heard: Sequence[Heard]) -> Unclear | None:
        """The towns that a name may mean; of a name that means none, that it is not known."""
        found = next((found for item in reversed(heard) if (found := self._found(item))), None)
        if found or any(item.first("place") for item in heard):
            return Unclear(tuple(place.name for place in found.near) if found else ())
        written = next((word for item in reversed(heard) if (word := somewhere(item.text))), "")
        return Unclear(says="form.unknown_place", values={"place": written}) if written else None

    def restore(self, kept: Any) -> Spot | None:
        """The place, as long as places.yml has it."""
        if isinstance(kept, list):
            return Spot(Location(latitude=kept[0], longitude=kept[1]))
        name, _, district = str(kept).partition("/")
        place = self.config.place_named(name)
        return Spot(None, place, district) if place else None


@dataclass(frozen=True)
class FromWhere(Where):
    """From where the way is reckoned: only a shared place, or a place that is named now."""

    def hear(self, heard: Heard) -> Any | None:
        """A place that was shared."""
        return self.locate(heard.location) if heard.location else None

    def assume(self, heard: Sequence[Heard]) -> Any | None:
        """The place that was shared a while ago."""
        return self.locate(self.shared) if self.shared else None

    def nearest(self, heard: Sequence[Heard]) -> Unclear | None:
        """Nothing: what was named before is where they want to go."""
        return None

    def restore(self, kept: Any) -> Spot | None:
        """A place on the map: of a town its middle."""
        spot = super().restore(kept)
        return Spot(spot.place.middle) if spot and spot.place and spot.place.middle else spot


def _after(text: str) -> list[str]:
    """What may be the name of a place: the words that follow "di" or "dekat", the longest run first."""
    after = _AT.search(text)
    words = after[1].split() if after else []
    return [" ".join(words[:count]) for count in range(min(_MOST_WORDS, len(words)), 0, -1)]
