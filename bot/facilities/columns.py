"""The columns of an imported list of facilities: what stands in each, and what is wrong with it."""

import re
from collections.abc import Callable
from datetime import date
from typing import Any

from pydantic import ValidationError

from bot.config import Config, FacilityKind, Week
from bot.config.places import LATITUDES, LONGITUDES
from bot.config.values import DAYS
from bot.lists.fields import LONGEST_NAME, at_most, year_month_day
from bot.lists.reading import Wrong

LONGEST_ADDRESS = 200
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,39}", re.ASCII)
"""At most 40 characters: it goes into the ids of buttons, which Telegram limits to 64 bytes."""
_KINDS = {
    FacilityKind.HOSPITAL: ("hospital", "rumah sakit", "rs", "rsud", "rsup", "rsu"),
    FacilityKind.PUSKESMAS: ("puskesmas", "pkm"),
    FacilityKind.CLINIC: ("clinic", "klinik", "klinik pratama", "klinik utama"),
}
_YES, _NO = ("yes", "ya", "y", "true", "1"), ("no", "tidak", "n", "false", "0")
_DAY_NAMES = {
    name: number
    for names in (DAYS, ("senin", "selasa", "rabu", "kamis", "jumat", "sabtu", "minggu"))
    for number, name in enumerate(names)
}
_SPAN = re.compile(r"([a-z]+)(?:\s*-\s*([a-z]+))?\s+(\d[\d:., -]*)", re.ASCII)
_ALL_DAY = ("24", "24 jam", "24 hours", "24/7")


def code(field: str) -> str:
    """What names the facility for programs, and makes a second import change it instead of adding another."""
    if not _CODE.fullmatch(field):
        raise Wrong(f"{_found(field)}, expected up to 40 letters, digits, dots, - or _")
    return field


def name(field: str) -> str:
    """As participants read it."""
    if not 3 <= len(field) <= LONGEST_NAME:
        raise Wrong(f"found {len(field)} characters, expected 3 to {LONGEST_NAME}")
    return field


def kind(field: str) -> FacilityKind:
    """Hospital, puskesmas or clinic."""
    meant = next((kind for kind, words in _KINDS.items() if field.lower() in words), None)
    if meant is None:
        raise Wrong(f"{_found(field)}, expected hospital, puskesmas or clinic")
    return meant


def city(config: Config) -> Callable[[str], str]:
    """A city or regency of places.yml."""

    def check(field: str) -> str:
        if config.place_named(field):
            return field
        found = config.find_place(field, whole=True)
        if found.place is None:
            near = " or ".join(place.name for place in found.near)
            raise Wrong(f"{_found(field)}, expected {near or 'a city or regency of places.yml'}")
        return found.place.name

    return check


def degrees(least: float, most: float) -> Callable[[str], float | None]:
    """A latitude or longitude within Indonesia, with a dot or a comma; empty where it is not known."""

    def check(field: str) -> float | None:
        if not field:
            return None
        try:
            found = float(field.replace(",", "."))
        except ValueError:
            raise Wrong(f"{_found(field)}, expected degrees such as -0.5022") from None
        if not least <= found <= most:  # also what is no number
            raise Wrong(f"{_found(field)}, expected {least} to {most} (latitude and longitude swapped?)")
        return found

    return check


def hours(field: str) -> Week | bool | None:
    """The regular week, True for day and night, None where it is not known."""
    written = field.lower().strip()
    if not written:
        return None
    if written in _ALL_DAY:
        return True
    week: dict[str, list[str]] = {}
    for part in filter(None, (part.strip() for part in written.split(";"))):
        found = _SPAN.fullmatch(part)
        if not found:
            raise Wrong(f'{_found(part)}, expected such as "mon-thu 08:00-14:00; fri 08:00-11:00", or 24')
        for day in _days(found[1], found[2] or found[1]):
            week.setdefault(day, []).extend(span.strip() for span in found[3].split(","))
    try:
        return Week.model_validate(week)
    except ValidationError as error:
        raise Wrong(error.errors()[0]["msg"].removeprefix("Value error, ")) from None


def known(field: str) -> bool | None:
    """Yes, no, or not known."""
    if field and field.lower() not in (*_YES, *_NO):
        raise Wrong(f"{_found(field)}, expected yes, no or nothing")
    return field.lower() in _YES if field else None


def day(field: str) -> date | None:
    """A date, the year first or last."""
    written = year_month_day(field)
    if written is None:
        if field:
            raise Wrong(f"{_found(field)}, expected a date such as 2026-11-23")
        return None
    try:
        return date(*written)
    except ValueError:
        raise Wrong(f"{_found(field)}, a day that does not exist") from None


def columns(config: Config) -> dict[str, Callable[[str], Any]]:
    """What reads each column, by its name."""
    return {
        "code": code,
        "name": name,
        "kind": kind,
        "city": city(config),
        "district": at_most(LONGEST_NAME),
        "address": at_most(LONGEST_ADDRESS),
        "phone": at_most(40),
        "latitude": degrees(*LATITUDES),
        "longitude": degrees(*LONGITUDES),
        "hours": hours,
        "emergency": known,
        "accepts_jkn": known,
        "as_of": day,
    }


NEEDED = ("code", "name", "kind", "city")
"""Columns without which a list says nothing."""


def _days(first: str, last: str) -> tuple[str, ...]:
    if first not in _DAY_NAMES or last not in _DAY_NAMES:
        raise Wrong(f"{_found(f'{first}-{last}')}, expected days such as mon-fri or senin-jumat")
    start, end = _DAY_NAMES[first], _DAY_NAMES[last]
    if start > end:
        raise Wrong(f"{_found(f'{first}-{last}')}, expected the earlier day of the week first")
    return DAYS[start : end + 1]


def _found(field: str) -> str:
    return f'found "{field[:40]}"' if field else "found nothing"
