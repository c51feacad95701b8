"""How facilities and the way to them are put into words."""

from collections.abc import Sequence
from urllib.parse import quote_plus
from zoneinfo import ZoneInfo

from bot.config import FacilityKind, Listed
from bot.config.listed import Search
from bot.dialogue.talk import Talk
from bot.dialogue.whereabouts import Spot
from bot.flows.sorts import FIRST_LEVEL, HOSPITALS
from bot.messages import Location
from bot.texts.formats import ZONES

_LONGEST_NAME = 60
"""Of five names none may push the others off the screen."""


def way(talk: Talk, km: float, *, exact: bool = True) -> str:
    """A distance as people say it: 350 m, 1,2 km, 27 km; led by ± where it is only roughly known."""
    if not exact:
        return talk.word("near.about_km", km=max(1, round(km)))
    if km < 0.95:
        return talk.word("near.m", m=max(50, 50 * round(km * 20)))
    return talk.word("near.km", km=round(km, 1) if km < 9.95 else round(km))


def map_link(location: Location) -> str:
    """A place on the map."""
    return f"https://maps.google.com/?q={location.latitude},{location.longitude}"


def title(talk: Talk, spot: Spot, search: Search) -> str:
    """What the list shows: which sort, and where."""
    sorts = {HOSPITALS: "hospital", FIRST_LEVEL: "first", (FacilityKind.PUSKESMAS,): "puskesmas"}
    sorts[(FacilityKind.CLINIC,)] = "clinic"
    what = talk.word(f"facility.what_{sorts.get(search.kinds, 'any')}")
    if search.emergency:
        what = talk.word("facility.what_emergency")
    key = "open" if search.open_at else "night" if search.day_and_night else ""
    what = talk.word(f"facility.that_{key}", what=what) if key else what
    where = f"{spot.district}, {spot.place.name}" if spot.place and spot.district else ""
    where = where or (spot.place.name if spot.place else "")
    if search.city:
        return talk.word("facility.title_in", what=what, place=where)
    if where:
        return talk.word("facility.title_around", what=what, place=where)
    return talk.word("facility.title_near", what=what)


def lines(talk: Talk, listed: Sequence[Listed]) -> str:
    """The facilities, each with how far it is, whether it is open, and a map."""
    return "\n".join(
        talk.word(
            "facility.line",
            name=_short(item.name),
            detail=" · ".join(filter(None, (_way(talk, item), status(talk, item)))),
            map=_map(item),
        )
        for item in listed
    )


def rough(talk: Talk, listed: Sequence[Listed]) -> str:
    """What ± means, where it was said."""
    about = any(item.km is not None and not item.exact for item in listed)
    return talk.word("facility.rough") if about else ""


def status(talk: Talk, item: Listed) -> str:
    """Whether it is open now; that nobody knows is said, never guessed."""
    if item.emergency:
        return talk.word("facility.emergency_room")
    if item.always_open:
        return talk.word("facility.always_open")
    local = talk.now.astimezone(ZoneInfo(item.zone))
    open_now = item.open_at(talk.now, talk.config.holidays)
    if open_now is None:
        return talk.word("facility.hours_holiday" if item.hours else "facility.hours_unknown")
    if not open_now or item.hours is None:
        return talk.word("facility.closed_now")
    until = next(span.end for span in item.hours.on(local.date()) if span.start <= local.time() < span.end)
    return talk.word("facility.open_until", until=f"{until:%H.%M} {ZONES[item.zone]}")


def described(talk: Talk, item: Listed) -> dict[str, object]:
    """The values of the text about one facility."""
    says = {True: "yes", False: "no", None: "unknown"}[item.accepts_jkn]
    return {
        "name": item.name,
        "kind": talk.word(f"facility.kind_{item.kind.value}"),
        "city": ", ".join(filter(None, (item.district, item.city))),
        "address": item.address,
        "phone": item.phone,
        "status": status(talk, item),
        "map": _map(item),
        "jkn": talk.word(f"facility.jkn_{says}"),
        "as_of": item.as_of or "",
        "undated": "" if item.as_of else talk.word("facility.undated"),
    }


def _way(talk: Talk, item: Listed) -> str:
    return "" if item.km is None else way(talk, item.km, exact=item.exact)


def _map(item: Listed) -> str:
    """Where it lies; of a facility of which only the town is known, a search by its name."""
    if item.exact and item.location:
        return map_link(item.location)
    town = item.city.removeprefix("Kota ").removeprefix("Kabupaten ")
    name = item.name[:_LONGEST_NAME]
    return f"https://maps.google.com/?q={quote_plus(name if town in name else f'{name} {town}')}"


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else name[: _LONGEST_NAME - 1] + "…"
