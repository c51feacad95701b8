"""Distances on the earth, taken as a sphere: right to half a per cent, which no participant notices."""

from math import asin, cos, degrees, radians, sin, sqrt
from typing import NamedTuple

from bot.messages import Location

RADIUS_KM = 6371.0088
"""The earth's mean radius (IUGG)."""


class Box(NamedTuple):
    """A stretch of the map, in degrees, that holds everything within some distance of a point."""

    south: float
    north: float
    west: float
    east: float


def kilometres(here: Location, there: Location) -> float:
    """The way between two places as the crow flies (haversine), in km."""
    latitude, other = radians(here.latitude), radians(there.latitude)
    turned = radians(there.longitude - here.longitude)
    half = sin((other - latitude) / 2) ** 2 + cos(latitude) * cos(other) * sin(turned / 2) ** 2
    return 2 * RADIUS_KM * asin(min(1.0, sqrt(half)))


def around(here: Location, km: float) -> Box:
    """The box of which no side is nearer to `here` than `km`.

    It ends at the poles and at the 180th meridian: Indonesia comes near neither.
    """
    up = degrees(km / RADIUS_KM)
    widest = max(0.01, cos(radians(min(89.9, abs(here.latitude) + up))))
    aside = up / widest
    return Box(
        south=max(-90.0, here.latitude - up),
        north=min(90.0, here.latitude + up),
        west=max(-180.0, here.longitude - aside),
        east=min(180.0, here.longitude + aside),
    )
