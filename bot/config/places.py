"""Where people are and where they can go: provinces and towns, branches, facilities."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any

from pydantic import Field, model_validator

from bot.config.values import Code, Part, Sourced, Translated, Week, Zone


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
            )
            for kind, name in named
        ]

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
    latitude: Annotated[float, Field(ge=-11.5, le=6.5)]
    longitude: Annotated[float, Field(ge=94.5, le=141.5)]
    phone: str | None = None
    whatsapp: str | None = None
    hours: Week
    covers: tuple[str, ...] = ()
    """Cities and regencies that this branch serves, by their full name in places.yml."""
    aliases: tuple[str, ...] = ()
    outage_guidance: dict[str, Translated] = Field(default={})
    """What this branch agreed with its facilities when a system is down, by code of systems.yml."""


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


class Facilities(Part):
    """facilities.yml."""

    facilities: tuple[Facility, ...]
