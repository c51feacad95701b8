"""A list of facilities as a CSV file: what a line says of one of them."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from bot.config import Config, FacilityKind, Week
from bot.facilities.columns import NEEDED, columns
from bot.lists.reading import Layout, Wrong


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One facility of the file, checked."""

    code: str
    name: str
    kind: FacilityKind
    city: str
    district: str = ""
    address: str = ""
    phone: str = ""
    latitude: float | None = None
    longitude: float | None = None
    hours: Week | bool | None = None
    emergency: bool | None = None
    accepts_jkn: bool | None = None
    as_of: date | None = None


def layout(config: Config) -> Layout[Row]:
    """The columns of docs/operating.md.

    Args:
        config: knows the places.
    """
    return Layout(columns=columns(config), needed=NEEDED, made=_made)


def _made(values: dict[str, Any]) -> Row:
    row = Row(**values)
    if (row.latitude is None) != (row.longitude is None):
        raise Wrong("expected latitude and longitude together, or neither", "latitude")
    return row
