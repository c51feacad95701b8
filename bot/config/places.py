"""Where people are and where they can go: provinces and towns, branches, facilities."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, model_validator

from bot.config.values import Code, Day, Part, Sourced, Translated, Week, Zone
from bot.messages import Location

LATITUDES = (-11.5, 6.5)
LONGITUDES = (94.5, 141.5)
"""Degrees WGS 84 between which Indonesia lies: who mixes the two up is told so."""
Latitude = Annotated[float, Field(ge=LATITUDES[0], le=LATITUDES[1])]
Longitude = Annotated[float, Field(ge=LONGITUDES[0], le=LONGITUDES[1])]


def _pair(written: Any) -> Any:
    if not (isinstance(written, list | tuple) and len(written) == 2):
        raise ValueError("expected [latitude, longitude], two numbers in degrees")
    return written


Degrees = Annotated[tuple[Latitude, Longitude], BeforeValidator(_pair)]
"""A place on the map."""


class Province(Part):
    """A province of places.yml with all its cities (kota) and regencies (kabupaten)."""

    name: str
    zone: Zone
    aliases: tuple[str, ...] = ()
    cities: tuple[str, ...] = ()
    regencies: tuple[str, ...] = ()
    short_names: dict[str, tuple[str, ...]] = Field(default={})
    """Other names of a city or regency (``Kota Palembang: [plg]``); a bare name means both where both are."""
    districts: dict[str, tuple[str, ...]] = Field(default={})
    """Districts (kecamatan) and well-known quarters by city or regency, as far as they are listed."""
    middles: dict[str, Degrees] = Field(default={})
    """Where the middle of a city or the seat of a regency lies, by its full name, as far as that is known."""

    def places(self) -> list["Place"]:
        """Every city and regency of this province."""
        named = [("Kota", name) for name in self.cities] + [("Kabupaten", name) for name in self.regencies]
        return [
            Place(
                name=f"{kind} {name}",
                bare=name,
                province=self.name,
                zone=self.zone,
                aliases=self._listed(self.short_names, kind, name),
                districts=self._listed(self.districts, kind, name),
                middle=self._middle(f"{kind} {name}"),
            )
            for kind, name in named
        ]

    def _middle(self, name: str) -> Location | None:
        found = self.middles.get(name)
        return Location(latitude=found[0], longitude=found[1]) if found else None

    @staticmethod
    def _listed(lists: dict[str, tuple[str, ...]], kind: str, name: str) -> tuple[str, ...]:
        return lists.get(name, ()) + lists.get(f"{kind} {name}", ())


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A city or a regency: `name` is ``Kota Palembang``, `bare` is ``Palembang``."""

    name: str
    bare: str
    province: str
    zone: Zone
    aliases: tuple[str, ...] = ()
    districts: tuple[str, ...] = ()
    middle: Location | None = None


class Places(Part):
    """places.yml."""

    provinces: tuple[Province, ...]


class Branch(Sourced):
    """A branch office. Its `hours` are those of the week without holidays and closures."""

    code: Code
    name: str
    province: str
    zone: Zone
    case_prefix: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    address: str
    latitude: Latitude
    longitude: Longitude
    phone: str | None = None
    whatsapp: str | None = None
    hours: Week
    covers: tuple[str, ...] = ()
    """Cities and regencies that this branch serves, by their full name in places.yml."""
    aliases: tuple[str, ...] = ()
    outage_guidance: dict[str, Translated] = Field(default={})
    """What this branch agreed with its facilities when a system is down, by code of systems.yml."""

    @property
    def location(self) -> Location:
        """Where it lies."""
        return Location(latitude=self.latitude, longitude=self.longitude)


class Branches(Part):
    """branches.yml. A branch without hours of its own has the `hours` given at the top of the file."""

    hours: Week
    fallback_prefix: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    default_branch: str | None = None
    branches: Annotated[tuple[Branch, ...], Field(min_length=1)]

    @model_validator(mode="before")
    @classmethod
    def _same_hours(cls, written: Any) -> Any:
        if not (isinstance(written, dict) and isinstance(written.get("branches"), list)):
            return written
        common = {"hours": written.get("hours")}
        listed = [common | item if isinstance(item, dict) else item for item in written["branches"]]
        return written | {"branches": listed}


class FacilityKind(StrEnum):
    """What sort of health facility."""

    HOSPITAL = "hospital"
    PUSKESMAS = "puskesmas"
    CLINIC = "clinic"


class Facility(Sourced):
    """A hospital, puskesmas or clinic; `city` is the full name in places.yml."""

    code: Code
    name: str
    aliases: tuple[str, ...] = ()
    kind: FacilityKind
    city: str
    branch: str
    district: str = ""
    address: str = ""
    phone: str = ""
    latitude: Latitude | None = None
    longitude: Longitude | None = None
    """Where it lies itself. Without these it counts as lying in the middle of its city, and that is said."""
    hours: Week | None = None
    """Regular opening hours; None where nobody knows them, which is said too."""
    always_open: bool = False
    """Open day and night, every day."""
    emergency: bool | None = None
    """Whether it has an emergency room (IGD) that is open day and night; None where nobody knows."""
    accepts_jkn: bool | None = None
    """Whether it treats JKN members, as far as the list says."""
    as_of: Day | None = None
    """Of which day the list is."""

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.latitude is None) != (self.longitude is None):
            raise ValueError("expected latitude and longitude together, or neither")
        if self.always_open and self.hours:
            raise ValueError("expected hours or always_open, not both")
        return self


class Facilities(Part):
    """facilities.yml."""

    facilities: tuple[Facility, ...]
