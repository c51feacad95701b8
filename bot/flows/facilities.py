"""Hospitals, puskesmas and clinics: near somebody, in a town, or one of them by its name."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from bot.config import FacilityKind
from bot.config.config import KINDS, facility_name
from bot.config.listed import Search
from bot.config.names import without
from bot.dialogue.questions import Choice, Question, Unclear
from bot.dialogue.state import Heard, Said
from bot.dialogue.talk import Talk
from bot.dialogue.whereabouts import FromWhere, Spot, Where, means_here
from bot.flows.distances import described, lines, rough, title
from bot.flows.lookups import FacilitiesFound, FacilitiesNamed, FindFacilities
from bot.flows.sorts import FIRST_LEVEL, HOSPITALS, Sort, read_sort
from bot.messages import Location
from bot.reading.choices import read_choice

_SHORT = 8
"""Words up to which a message goes on with a list; a longer one is something else."""
_IN_DANGER = 3
"""Emergency rooms are enough for somebody who has to leave at once."""
_TOO_FAR = 25.0
"""Kilometres beyond which a nearer hospital is better, although the list does not speak of its emergency room."""
_LOOKED_AT = 20
"""Hospitals among which those are found."""


async def find_facility(talk: Talk) -> None:
    """What is near, or what the list says of the one that was named."""
    name = talk.remember("name", _name(talk.heard))
    if name and await _about(talk, name):
        return
    sort = read_sort(talk.remember("text", " ".join(heard.text for heard in talk.heard)))
    spot = await talk.ask("near.where", Where(talk.config, talk.location))
    await nearby(talk, spot, sort.search(talk.now))


async def nearby(talk: Talk, spot: Spot, search: Search) -> None:
    """A page of facilities; then the next one, others, those that are open, for as long as it is asked for."""
    search = _at(spot, search)
    while True:
        found = await talk.look_up(FindFacilities(search))
        if not found.listed and search.city and not search.skip:
            search, found = await _around_town(talk, spot, search, found)
        wanted = await talk.may_ask(
            _key(search, found),
            GoOn(Where(talk.config), _buttons(talk, search, found)),
            title=title(talk, spot, search),
            lines=lines(talk, found.listed),
            rough=rough(talk, found.listed),
            advice=talk.word("facility.advice") if FacilityKind.HOSPITAL in search.kinds else "",
        )
        if wanted.named and await _about(talk, wanted.named):
            return
        if wanted.sort.here or (wanted.sort.far and search.near is None):
            spot = await talk.ask("near.from_where", FromWhere(talk.config, talk.location))
        spot = wanted.spot or spot
        search = search.further() if wanted.sort.more else _at(spot, wanted.applied(search, talk))


def _key(search: Search, found: FacilitiesFound) -> str:
    """Which text: that the list has none open is no word on whether there is one."""
    if found.listed:
        return "facility.found"
    if search.skip:
        return "facility.no_more"
    return "facility.none_open" if search.open_at else "facility.none"


async def emergency_rooms(talk: Talk, here: Location) -> None:
    """The nearest hospitals with an emergency room: no question, nothing to choose.

    Where none is near of which the list says so, those of which it does not say that they have none.
    """
    search = Search(kinds=HOSPITALS, emergency=True, near=here, most=_IN_DANGER)
    rooms = (await talk.look_up(FindFacilities(search))).listed
    if not rooms or (rooms[0].km or 0) > _TOO_FAR:
        every = await talk.look_up(FindFacilities(replace(search, emergency=False, most=_LOOKED_AT)))
        rooms = tuple(item for item in every.listed if item.emergency is not False)[:_IN_DANGER]
    key = "facility.emergency" if rooms else "facility.emergency_none"
    await talk.say(key, lines=lines(talk, rooms), rough=rough(talk, rooms))


async def _about(talk: Talk, name: str) -> bool:
    """What the list says of a facility, never more; False where none has that name."""
    named = await talk.look_up(FacilitiesNamed(name))
    if not named:
        await talk.say("facility.unknown", name=name)
        return False
    by_code = {item.code: item for item in named}
    code = named[0].code
    if len(named) > 1:
        code = await talk.choose(
            "facility.which", [Choice(item.code, item.name, item.city) for item in named]
        )
    await talk.say("facility.about", **described(talk, by_code[code]))
    return True


async def _around_town(
    talk: Talk, spot: Spot, search: Search, nothing: FacilitiesFound
) -> tuple[Search, FacilitiesFound]:
    """The nearest ones around a town of which the list has none; nothing where nobody knows where it lies."""
    middle = spot.place.middle if spot.place else None
    around = replace(search, city="", near=middle)
    found = await talk.look_up(FindFacilities(around)) if middle else nothing
    return (around, found) if found.listed else (search, nothing)


def _name(heard: Sequence[Heard]) -> str | None:
    """The facility that was named last: not a kind of facility, and not what another one is to be near to."""
    for item in reversed(heard):
        entity = item.last("facility")
        if entity and without(KINDS, facility_name(entity.value)):
            beside = means_here(item.text) or "dekat" in item.text.lower()
            return None if beside else entity.value
    return None


def _at(spot: Spot, search: Search) -> Search:
    """The search at a place."""
    city = spot.place.name if spot.place else ""
    return replace(search, near=spot.location, city=city, district=spot.district)


def _buttons(talk: Talk, search: Search, found: FacilitiesFound) -> tuple[Choice, ...]:
    """The next page, the open ones, the other kind: three fit on a phone as buttons."""
    first, narrow = search.kinds == HOSPITALS, bool(search.open_at or search.day_and_night)
    offered = [
        ("more", found.more),
        ("every", narrow),
        ("open", not narrow and not search.emergency and bool(found.listed)),
        ("first" if first else "hospital", True),
    ]
    return tuple(Choice(code, talk.word(f"facility.button_{code}")) for code, there in offered if there)


@dataclass(frozen=True)
class Refined:
    """What is wanted after a page of facilities."""

    sort: Sort
    named: str | None = None
    spot: Spot | None = None

    def applied(self, search: Search, talk: Talk) -> Search:
        """The next search, from its first page: what is not wished otherwise stays."""
        sort = self.sort
        if sort.every:
            search = Search(kinds=search.kinds)
        kinds = sort.kinds or (HOSPITALS if sort.emergency else search.kinds)
        return replace(
            search,
            kinds=kinds,
            emergency=sort.emergency or (search.emergency and not sort.kinds),
            day_and_night=sort.night or search.day_and_night,
            open_at=talk.now if sort.open_now else search.open_at,
            skip=0,
        )


_TAPPED: dict[str, dict[str, Any]] = {
    "more": {"more": True},
    "open": {"open_now": True},
    "every": {"every": True},
    "first": {"kinds": list(FIRST_LEVEL)},
    "hospital": {"kinds": list(HOSPITALS)},
}


@dataclass(frozen=True)
class GoOn(Question[Refined]):
    """What is wanted after a page: by button, "yang lain", "yang buka sekarang", another town, a shared place."""

    where: Where
    buttons: Sequence[Choice]
    goes_on: ClassVar[bool] = True
    correctable: ClassVar[bool] = False
    which: ClassVar[str] = "near.which_place"

    def options(self, narrowed: Sequence[str]) -> Sequence[Choice]:
        """The towns that may have been meant, else the next page and so on."""
        return self.where.options(narrowed) or self.buttons

    def read(self, said: Said, narrowed: Sequence[str], *, strictly: bool) -> Any | Unclear | None:
        """What differs from the search before, as `Refined` has it."""
        shown = self.options(narrowed)
        number = read_choice(said.text, [(choice.title,) for choice in shown])
        if number is not None:
            return self.tapped(shown[number].code)
        if _name([Heard.of(said)]):
            return {"named": _name([Heard.of(said)])} if not strictly else None
        names = [found.value for found in said.interpretation.entities if found.entity == "place"]
        sort = read_sort(said.text, *names)
        if len(said.text.split()) > _SHORT or (strictly and not sort.alone):
            return None
        place = self.where.hear(Heard.of(said)) if names or said.location else None
        if names and place is None:
            return None if strictly else self.where.read(said, narrowed, strictly=False)
        wish = sort.kept() if sort.said or place else None
        return wish | {"spot": place} if wish and place else wish

    def locate(self, here: Location) -> Any | Unclear | None:
        """The same around another place."""
        return {"spot": self.where.locate(here)}

    def tapped(self, code: str) -> Any:
        """The wish that a button stands for; a town where towns were offered."""
        return _TAPPED.get(code) or {"spot": code}

    def restore(self, kept: Any) -> Refined | None:
        """The wish, as long as its place is known."""
        spot = self.where.restore(kept["spot"]) if kept.get("spot") else None
        if kept.get("spot") and spot is None:
            return None
        return Refined(Sort.restored(kept), kept.get("named"), spot)
