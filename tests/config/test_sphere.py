"""Distances on the sphere."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.config.sphere import around, kilometres
from bot.messages import Location

JAKARTA = Location(latitude=-6.2, longitude=106.816667)


@pytest.mark.parametrize(
    ("here", "there", "km"),
    [
        # A quarter of the way round and half of it: pi/2 and pi times the mean radius.
        ((0.0, 0.0), (0.0, 90.0), 10007.56),
        ((0.0, 0.0), (0.0, 180.0), 20015.11),
        ((90.0, 0.0), (-90.0, 0.0), 20015.11),
        # A degree of a great circle; one of a parallel at 60 degrees is half as long.
        ((0.0, 104.0), (0.0, 105.0), 111.195),
        ((60.0, 0.0), (60.0, 1.0), 55.597),
        # Berlin and Tokyo, a textbook pair.
        ((52.516667, 13.4), (35.7, 139.766667), 8918.0),
        # Across the 180th meridian.
        ((0.0, 179.5), (0.0, -179.5), 111.195),
    ],
)
def test_known_pairs(here: tuple[float, float], there: tuple[float, float], km: float) -> None:
    found = kilometres(*(Location(latitude=item[0], longitude=item[1]) for item in (here, there)))
    assert found == pytest.approx(km, rel=1e-3)


def test_nowhere_is_no_way() -> None:
    assert kilometres(JAKARTA, JAKARTA) == 0


places = st.builds(
    lambda latitude, longitude: Location(latitude=latitude, longitude=longitude),
    st.floats(-90, 90),
    st.floats(-180, 180),
)


@given(here=places, there=places)
def test_both_ways_are_as_long_and_none_is_longer_than_half_the_globe(
    here: Location, there: Location
) -> None:
    away = kilometres(here, there)
    assert 0 <= away <= 20015.2
    assert away == pytest.approx(kilometres(there, here), abs=1e-6)


indonesia = st.builds(
    lambda latitude, longitude: Location(latitude=latitude, longitude=longitude),
    st.floats(-11.5, 6.5),
    st.floats(94.5, 141.5),
)


@given(here=indonesia, there=indonesia, km=st.floats(0.1, 300))
def test_the_box_holds_whatever_is_within_the_distance(here: Location, there: Location, km: float) -> None:
    box = around(here, km)
    inside = box.south <= there.latitude <= box.north and box.west <= there.longitude <= box.east
    assert inside or kilometres(here, there) > km


@given(here=places, km=st.floats(0, 30000))
def test_a_box_anywhere_is_one(here: Location, km: float) -> None:
    box = around(here, km)
    assert -90 <= box.south <= box.north <= 90
    assert -180 <= box.west <= box.east <= 180
