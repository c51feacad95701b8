"""Finding facilities: around a place on the map, in a town, or by name."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from math import radians

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.config import Config, FacilityKind, Holidays, Listed, Week
from bot.config.config import facility_name
from bot.config.listed import Search
from bot.config.names import plain
from bot.config.sphere import around, kilometres
from bot.messages import Location
from bot.storage.tables import ImportedFacility

FARTHEST_KM = 300.0
"""Nobody goes farther for treatment without more advice than a list gives."""
_CIRCLES = (5.0, 25.0, 100.0, FARTHEST_KM)
"""Kilometres; where the first circle holds enough, the next is not looked at."""
_LOOKED_AT = 200
"""Imported facilities that are looked at for what the database does not filter by itself (opening hours)."""
MOST_NAMED = 5
"""Facilities of one name that are worth choosing from."""


@dataclass(frozen=True)
class Found:
    """One page of what was found, nearest first, and whether there is more."""

    listed: tuple[Listed, ...] = ()
    more: bool = False


async def find(session: AsyncSession, config: Config, search: Search) -> Found:
    """The facilities of config/ and the imported ones that suit a search; of one code the imported holds."""
    wanted = search.skip + search.most + 1
    imported = await (
        _around(session, config, search, search.near, wanted)
        if search.near
        else _in_city(session, config, search, wanted)
    )
    every = {item.code: item for item in (*config.listed, *imported)}
    return page(every.values(), search, config.holidays)


def page(items: Iterable[Listed], search: Search, holidays: Holidays) -> Found:
    """Those of some facilities that suit a search: nearest first, or by name where a town is searched."""
    suiting = sorted(_suiting(items, search, holidays, FARTHEST_KM), key=lambda item: _order(item, search))
    end = search.skip + search.most
    return Found(tuple(suiting[search.skip : end]), more=len(suiting) > end)


async def named(session: AsyncSession, config: Config, name: str) -> tuple[Listed, ...]:
    """The facilities that a name means: those of config/ also misspelt, the imported ones as they are written."""
    rows = await session.scalars(
        select(ImportedFacility)
        .where(ImportedFacility.plain == facility_name(name))
        .order_by(ImportedFacility.city, ImportedFacility.code)
        .limit(MOST_NAMED)
    )
    every = {item.code: item for item in (*configured(config, name), *_listed(config, rows))}
    return tuple(every.values())[:MOST_NAMED]


def configured(config: Config, name: str) -> list[Listed]:
    """The facility of config/ that a name means, or all whose names have these words ("rs bhayangkara")."""
    found, asked = config.find_facility(name), facility_name(name)
    meant = [found.facility] if found.facility else []
    meant += [
        item
        for item in found.near
        if any(f" {asked} " in f" {facility_name(known)} " for known in (item.name, *item.aliases))
    ]
    codes = {item.code for item in meant}
    return [item for item in config.listed if item.code in codes]


def _suiting(
    items: Iterable[Listed], search: Search, holidays: Holidays, within_km: float
) -> Iterator[Listed]:
    for item in items:
        there = _measured(item, search.near) if search.near else item
        inside = there.km is not None and there.km <= within_km if search.near else item.city == search.city
        if inside and search.wants(item, holidays):
            yield there


async def _around(
    session: AsyncSession, config: Config, search: Search, here: Location, wanted: int
) -> list[Listed]:
    """The nearest imported ones: boxes that the index knows, then the sphere."""
    for km in _CIRCLES:
        box = around(here, km)
        rows = await session.scalars(
            select(ImportedFacility)
            .where(
                ImportedFacility.latitude.between(box.south, box.north),
                ImportedFacility.longitude.between(box.west, box.east),
                *_sort(search),
            )
            .order_by(_half_chord(here), ImportedFacility.code)
            .limit(max(wanted, _LOOKED_AT) if search.open_at else wanted)
        )
        suiting = list(_suiting(_listed(config, rows), search, config.holidays, km))
        if len(suiting) >= wanted:
            break
    return suiting


async def _in_city(session: AsyncSession, config: Config, search: Search, wanted: int) -> list[Listed]:
    other_district = func.lower(ImportedFacility.district) != search.district.lower()
    first = (other_district,) if search.district else ()
    rows = await session.scalars(
        select(ImportedFacility)
        .where(ImportedFacility.city == search.city, *_sort(search))
        .order_by(*first, ImportedFacility.name, ImportedFacility.code)
        .limit(max(wanted, _LOOKED_AT) if search.open_at else wanted)
    )
    return list(_suiting(_listed(config, rows), search, config.holidays, FARTHEST_KM))


def _sort(search: Search) -> list[ColumnElement[bool]]:
    """What the database itself can tell of the sort of facility."""
    wanted: list[ColumnElement[bool]] = []
    if search.kinds:
        wanted.append(ImportedFacility.kind.in_([kind.value for kind in search.kinds]))
    if search.emergency:
        wanted.append(ImportedFacility.emergency.is_(True))
    if search.day_and_night:
        wanted.append(ImportedFacility.emergency.is_(True) | ImportedFacility.always_open)
    return wanted


def _half_chord(here: Location) -> ColumnElement[float]:
    """What grows with the distance on the sphere: the haversine of the angle between `here` and a row."""
    north = func.sin((func.radians(ImportedFacility.latitude) - radians(here.latitude)) / 2)
    east = func.sin((func.radians(ImportedFacility.longitude) - radians(here.longitude)) / 2)
    narrower = func.cos(func.radians(ImportedFacility.latitude)) * func.cos(radians(here.latitude))
    return north * north + narrower * east * east


def _measured(item: Listed, here: Location) -> Listed:
    return replace(item, km=kilometres(here, item.location)) if item.location else item


def _order(item: Listed, search: Search) -> tuple[object, ...]:
    if search.near:
        return (item.km, not item.exact, item.name, item.code)
    elsewhere = bool(search.district) and plain(item.district) != plain(search.district)
    return (elsewhere, item.name, item.code)


def _listed(config: Config, rows: Iterable[ImportedFacility]) -> Sequence[Listed]:
    """Rows as participants are told of them; one whose city places.yml no longer has is left out."""
    known = ((row, config.place_named(row.city)) for row in rows)
    return [
        Listed(
            code=row.code,
            name=row.name,
            kind=FacilityKind(row.kind),
            city=row.city,
            province=city.province,
            zone=city.zone,
            district=row.district,
            address=row.address,
            phone=row.phone,
            location=_location(row),
            exact=row.exact,
            hours=Week.model_validate(row.hours) if row.hours else None,
            always_open=row.always_open,
            emergency=row.emergency,
            accepts_jkn=row.accepts_jkn,
            as_of=row.as_of,
        )
        for row, city in known
        if city
    ]


def _location(row: ImportedFacility) -> Location | None:
    if row.latitude is None or row.longitude is None:
        return None
    return Location(latitude=row.latitude, longitude=row.longitude)
