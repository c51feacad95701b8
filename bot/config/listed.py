"""A facility as participants are told of it, whether config/ lists it or an operator imported it."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from bot.config.holidays import Holidays
from bot.config.places import Facility, FacilityKind, Place
from bot.config.values import Week, Zone
from bot.messages import Location


@dataclass(frozen=True, kw_only=True)
class Listed:
    """What the list says of a facility; what it does not know is empty or None and never made up."""

    code: str
    name: str
    kind: FacilityKind
    city: str
    province: str
    zone: Zone
    district: str = ""
    address: str = ""
    phone: str = ""
    location: Location | None = None
    """Where it lies; if not `exact`, where the middle of its city lies."""
    exact: bool = False
    hours: Week | None = None
    always_open: bool = False
    emergency: bool | None = None
    accepts_jkn: bool | None = None
    as_of: date | None = None
    km: float | None = None
    """How far it is from the place that was asked about."""

    @property
    def day_and_night(self) -> bool:
        """Whether somebody who comes at night is seen: all of it is open, or its emergency room is."""
        return self.always_open or self.emergency is True

    def open_at(self, at: datetime, holidays: Holidays) -> bool | None:
        """Whether it is open at a moment; None where the list does not say, as on a holiday, which few keep to."""
        if self.day_and_night:
            return True
        local = at.astimezone(ZoneInfo(self.zone))
        if self.hours is None or holidays.on(local.date(), self.province):
            return None
        return any(item.start <= local.time() < item.end for item in self.hours.on(local.date()))


def as_listed(facility: Facility, city: Place) -> Listed:
    """What config/ says of a facility.

    Args:
        facility: of facilities.yml.
        city: the one that it names.
    """
    own = None
    if facility.latitude is not None and facility.longitude is not None:
        own = Location(latitude=facility.latitude, longitude=facility.longitude)
    return Listed(
        code=facility.code,
        name=facility.name,
        kind=facility.kind,
        city=facility.city,
        province=city.province,
        zone=city.zone,
        district=facility.district,
        address=facility.address,
        phone=facility.phone,
        location=own or city.middle,
        exact=own is not None,
        hours=facility.hours,
        always_open=facility.always_open,
        emergency=facility.emergency,
        accepts_jkn=facility.accepts_jkn,
        as_of=facility.as_of,
    )


@dataclass(frozen=True, kw_only=True)
class Search:
    """Which facilities are looked for, and where: around `near`, else in `city`."""

    kinds: tuple[FacilityKind, ...] = ()
    """Any, where none is named."""
    emergency: bool = False
    """Only those with an emergency room."""
    day_and_night: bool = False
    open_at: datetime | None = None
    """Only those that are open at that moment as far as the list says."""
    near: Location | None = None
    city: str = ""
    """The full name in places.yml."""
    district: str = ""
    """Those in it come first."""
    skip: int = 0
    most: int = 5

    def further(self) -> "Search":
        """The same search, its next page."""
        return replace(self, skip=self.skip + self.most)

    def wants(self, item: Listed, holidays: Holidays) -> bool:
        """Whether a facility is of the sort that is looked for, wherever it lies."""
        return (
            (not self.kinds or item.kind in self.kinds)
            and (not self.emergency or item.emergency is True)
            and (not self.day_and_night or item.day_and_night)
            and (self.open_at is None or item.open_at(self.open_at, holidays) is True)
        )
