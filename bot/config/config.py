"""The operator's configuration as one object that answers questions about places, names and codes."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from bot.config.administration import Agreed, ServiceForm
from bot.config.answers import Answer, Question
from bot.config.contacts import Contact, Topic
from bot.config.holidays import Holidays
from bot.config.listed import Listed, as_listed
from bot.config.names import Names, plain
from bot.config.places import Branch, Facility, Place, Province
from bot.config.services import CaseRules, Category, FallbackOffice, System
from bot.config.sphere import kilometres
from bot.config.templates import Template
from bot.config.values import HOME_ZONE
from bot.messages import Location

NEAR_KM = 60.0
"""From farther than this, a city's middle says nothing about which city one is in."""


@dataclass(frozen=True, slots=True)
class FoundBranch:
    """The branch that was meant; or None and the branches that may have been, best first."""

    branch: Branch | None
    near: tuple[Branch, ...] = ()
    known: bool = True
    """Whether the text names something that we know; else `near` have the most similar names."""


@dataclass(frozen=True, slots=True)
class FoundFacility:
    """The facility that was meant; or None and the facilities that may have been, best first."""

    facility: Facility | None
    near: tuple[Facility, ...] = ()


@dataclass(frozen=True, slots=True)
class FoundPlace:
    """The city or regency that was meant, and the district in it if one was named; or None and those it may be."""

    place: Place | None
    district: str = ""
    near: tuple[Place, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Config:
    """Everything that config/ says (but the texts, see bot.texts), by code, in the order of the files."""

    branches: dict[str, Branch]
    fallback_prefix: str
    """The case prefix where no branch is known."""
    default_branch: Branch | None
    provinces: tuple[Province, ...]
    facilities: dict[str, Facility]
    systems: dict[str, System]
    categories: dict[str, Category]
    contacts: dict[str, Contact]
    faq: dict[str, Answer]
    """Answers by intent."""
    questions: dict[str, Question]
    topics: dict[str, Topic]
    """What the contacts are good for."""
    holidays: Holidays
    cases: CaseRules
    services: dict[str, ServiceForm]
    """Administrative services by code, in the order in which they are listed."""
    consent: Agreed
    """What participants agree to before anything personal is taken down."""
    templates: tuple[Template, ...] = ()

    def branch(self, code: str) -> Branch:
        """The branch with that code; KeyError where there is none."""
        return self.branches[code]

    def office(self, code: str | None) -> Branch | FallbackOffice:
        """Whose hours count for a case of that branch; the fallback office where there is none, or none any more."""
        return self.branches.get(code or "", self.cases.fallback_office)

    def place(self, text: str) -> Place | None:
        """The city or regency that a name, alias or district means, if it can be one only."""
        found = self._place_names.exact(text)
        return self._places[found[0]] if len(found) == 1 else None

    def find_place(self, text: str, *, whole: bool = False) -> FoundPlace:
        """The city or regency that `text` names: by name, alias or district, in a sentence, misspelt.

        Where it names several (Malang), they are `near`. With `whole` the text has to be a name as it is written.
        """
        names = self._place_names
        found = names.exact(text)
        if not found and not whole:
            found = names.inside(text) or names.misspelt(text)
        places = tuple(self._places[name] for name in found)
        if len(found) != 1:
            return FoundPlace(None, near=places)
        said = f" {plain(text)} "
        named = (item for item in places[0].districts if f" {plain(item)} " in said)
        return FoundPlace(places[0], district=next(named, ""))

    def place_named(self, name: str) -> Place | None:
        """The city or regency with that full name (``Kota Palembang``)."""
        return self._places.get(name)

    def branch_at(self, here: Location) -> Branch | None:
        """The branch that serves the city or regency whose middle is nearest, if one is near and has a branch.

        It is a guess, since places.yml knows no borders: always name the branch to the participant.
        """
        middles = (
            (kilometres(here, place.middle), name) for name, place in self._places.items() if place.middle
        )
        km, nearest = min(middles, default=(NEAR_KM, ""))
        return self.branch_covering(nearest) if km < NEAR_KM else None

    def nearest_branches(self, here: Location) -> tuple[tuple[Branch, float], ...]:
        """Every branch with its distance in km, nearest first."""
        away = ((item, kilometres(here, item.location)) for item in self.branches.values())
        return tuple(sorted(away, key=lambda pair: pair[1]))

    @cached_property
    def listed(self) -> tuple[Listed, ...]:
        """The facilities of facilities.yml as participants are told of them."""
        return tuple(as_listed(item, self._places[item.city]) for item in self.facilities.values())

    def zone_of(self, place: str) -> ZoneInfo | None:
        """The time zone of a town, district, province or branch; None where it is unknown or could be two."""
        zones = {self._places[name].zone for name in self._place_names.exact(place)}
        zones |= {
            item.zone for item in self.provinces if plain(place) in map(plain, (item.name, *item.aliases))
        }
        branch = self.branch_covering(place)
        zones = {branch.zone} if branch else zones
        return ZoneInfo(zones.pop()) if len(zones) == 1 else None

    def zone_of_branch(self, code: str | None) -> ZoneInfo:
        """The clock of a branch; the home's where there is none, or it is no longer configured."""
        branch = self.branches.get(code or "")
        return ZoneInfo(branch.zone) if branch else HOME_ZONE

    def zone_of_scope(self, scope: Mapping[str, Any]) -> ZoneInfo:
        """The clock by which a notice is entered and told: that of the first place of its `scope`, else the home's."""
        branches = [self.branches[code].zone for code in scope.get("branches", ()) if code in self.branches]
        known = {branch.province: branch.zone for branch in self.branches.values()}
        known |= {province.name: province.zone for province in self.provinces}
        provinces = [known[name] for name in scope.get("provinces", ()) if name in known]
        return next((ZoneInfo(zone) for zone in branches + provinces), HOME_ZONE)

    def branch_covering(self, place: str) -> Branch | None:
        """The branch that serves a city, regency or district (or has its name), if it is exactly one."""
        return self._meant(self._offices.exact(place)).branch

    def find_branch(self, text: str) -> FoundBranch:
        """The branch that `text` names: by name or alias, by a town that it serves, in a sentence, misspelt.

        Where the text names a town or province without one branch of its own, `near` are the branches of that
        province; where it names nothing that we know, those with the most similar names.
        """
        names = self._offices
        found = names.exact(text) or names.inside(text) or names.misspelt(text)
        if found:
            return self._meant(found)
        return FoundBranch(
            None, tuple(self.branches[code] for code in self._own_names.near(text)), known=False
        )

    def find_facility(self, text: str) -> FoundFacility:
        """The facility that `text` names: by name or alias, in a sentence, misspelt; else the most similar."""
        names, asked = self._facility_names, facility_name(text)
        found = names.exact(asked) or names.inside(asked) or names.misspelt(asked)
        listed = tuple(self.facilities[code] for code in found or names.near(asked))
        return FoundFacility(listed[0]) if len(found) == 1 else FoundFacility(None, listed)

    def find_system(self, text: str) -> System | None:
        """The system that `text` names, also in a sentence or misspelt; the first where it names several."""
        names = self._system_names
        found = names.exact(text) or names.inside(text) or names.misspelt(text)
        return self.systems[found[0]] if found else None

    def nlu_lists(self) -> dict[str, list[str]]:
        """Names and aliases of facilities, places and systems, as the interpreters look them up."""
        provinces = [name for item in self.provinces for name in (item.name, *item.aliases)]
        towns = [
            name
            for place in self._places.values()
            for name in (place.bare, place.name, *place.aliases, *place.districts)
        ]
        offices = [name for item in self.branches.values() for name in (item.name, *item.aliases)]
        systems = [
            name for item in self.systems.values() for name in (item.name.id, item.name.en, *item.aliases)
        ]
        facilities = [name for item in self.facilities.values() for name in (item.name, *item.aliases)]
        lists = {"facility": facilities, "place": provinces + towns + offices, "system": systems}
        return {entity: list(dict.fromkeys(names)) for entity, names in lists.items()}

    @cached_property
    def _places(self) -> dict[str, Place]:
        return {place.name: place for province in self.provinces for place in province.places()}

    @cached_property
    def _place_names(self) -> Names:
        return Names.of((name, place.name) for place in self._places.values() for name in spellings(place))

    @cached_property
    def _offices(self) -> Names:
        """Every name of a place or branch, with the branches (``=code``) or provinces it leads to."""
        serving = {town: f"={item.code}" for item in self.branches.values() for town in item.covers}
        towns = Names.of(
            (name, serving.get(place.name, place.province))
            for place in self._places.values()
            for name in spellings(place)
        )
        provinces = Names.of(
            (name, item.name) for item in self.provinces for name in (item.name, *item.aliases)
        )
        own = {name: tuple(f"={code}" for code in codes) for name, codes in self._own_names.codes.items()}
        return Names(towns.codes | provinces.codes | own)

    @cached_property
    def _own_names(self) -> Names:
        return Names.of(
            (name, item.code)
            for item in self.branches.values()
            for name in (item.name, item.code, *item.aliases)
        )

    @cached_property
    def _facility_names(self) -> Names:
        pairs = ((name, item) for item in self.facilities.values() for name in (item.name, *item.aliases))
        return Names.of(((facility_name(name), item.code) for name, item in pairs), KINDS)

    @cached_property
    def _system_names(self) -> Names:
        return Names.of(
            (name, item.code)
            for item in self.systems.values()
            for name in (item.name.id, item.name.en, item.code, *item.aliases)
        )

    def _meant(self, found: tuple[str, ...]) -> FoundBranch:
        """The one branch, or all branches that the codes of `_offices` lead to."""
        if len(found) == 1 and found[0].startswith("="):
            return FoundBranch(self.branches[found[0][1:]])
        near = {
            branch.code: branch
            for code in found
            for branch in self.branches.values()
            if code in (f"={branch.code}", branch.province)
        }
        return FoundBranch(None, tuple(near.values()))


KINDS = frozenset({"rs", "rsu", "rsud", "rsup", "rsia", "rsj", "puskesmas", "klinik", "dr"})
"""Words that many facilities share."""


def facility_name(text: str) -> str:
    """A facility's name, plain and with its kind as people shorten it: rumah sakit -> rs, pkm -> puskesmas."""
    name = f" {plain(text)} "
    for long, short in (
        (" rumah sakit umum daerah ", " rsud "),
        (" rumah sakit umum pusat ", " rsup "),
        (" rumah sakit ibu dan anak ", " rsia "),
        (" rumah sakit umum ", " rsu "),
        (" rumah sakit ", " rs "),
        (" pkm ", " puskesmas "),
        (" puskes ", " puskesmas "),
        (" pusk ", " puskesmas "),
    ):
        name = name.replace(long, short)
    return name.strip()


def spellings(place: Place) -> tuple[str, ...]:
    """Every name of a town: ``Kabupaten Malang`` is also ``kab Malang`` and ``Malang``."""
    short = place.name.replace("Kabupaten ", "Kab ")
    return (place.name, short, place.bare, *place.aliases, *place.districts)
