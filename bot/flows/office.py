"""Where an office is, how to reach it, whether it is open today; the nearest one, and the one that serves a place."""

from datetime import timedelta

from bot.config import Branch, Place
from bot.dialogue.naming import WhichBranch
from bot.dialogue.talk import Talk
from bot.dialogue.whereabouts import means_here
from bot.flows.distances import map_link, way
from bot.flows.lookups import Closures
from bot.flows.wording import ends, hours, week
from bot.hours import office_day
from bot.messages import Location


async def office(talk: Talk) -> None:
    """A branch with its address, phone and hours; a closure under way is always said with them."""
    near = means_here(talk.opening.text) and not talk.opening.first("place", "facility")
    if near and talk.location:
        await at_place(talk, talk.location)
        return
    branch = await talk.ask(
        "office.where" if near else "office.branch",
        WhichBranch(talk.config, assumed=None if near else talk.branch),
    )
    here = next((heard.location for heard in reversed(talk.heard) if heard.location), None)
    if here:
        await at_place(talk, here)
        return
    await _tell(talk, branch)
    place = _place(talk)
    if place and place.bare != branch.name and place.name in branch.covers:
        await _nearer(talk, branch, place)


async def at_place(talk: Talk, here: Location) -> None:
    """The office that is nearest to a shared place; and the one that serves it, where that is another."""
    nearest, km = talk.config.nearest_branches(here)[0]
    await _tell(talk, nearest, distance=way(talk, km, exact=False))
    serving = talk.config.branch_at(here)
    if serving and serving is not nearest:
        await talk.say(
            "office.served_by", branch=serving.name, address=serving.address, phone=serving.phone or ""
        )


async def _nearer(talk: Talk, branch: Branch, place: Place) -> None:
    """That a branch serves the place that was named; and which office is nearer, if one is."""
    nearest, km = talk.config.nearest_branches(place.middle)[0] if place.middle else (branch, 0.0)
    other = nearest is not branch
    await talk.say(
        "office.serves",
        branch=branch.name,
        place=place.name,
        nearest=nearest.name if other else "",
        distance=way(talk, km, exact=False) if other else "",
    )


async def _tell(talk: Talk, branch: Branch, distance: str = "") -> None:
    talk.about(branch)
    notices = await talk.look_up(Closures(branch.code, talk.now, talk.now + timedelta(days=1)))
    closed = any(notice.starts_at <= talk.now for notice in notices)
    await talk.say(
        "office.is",
        branch=branch.name,
        distance=distance,
        address=branch.address,
        phone=branch.phone or "",
        whatsapp=branch.whatsapp or "",
        map=map_link(branch.location),
        today="" if closed else _today(talk, branch),
        hours=week(talk, branch),
    )
    for notice in notices:
        until_day, until_moment = ends(notice.ends_at, talk.zone(branch))
        await talk.say(
            "office.closed_now" if notice.starts_at <= talk.now else "office.will_close",
            start=notice.starts_at.astimezone(talk.zone(branch)),
            until_day=until_day or "",
            until_moment=until_moment or "",
        )


def _today(talk: Talk, branch: Branch) -> str:
    """The hours of today: those of a duty day, none on a holiday, else those of the weekday."""
    day = office_day(branch, talk.local_now(branch).date(), talk.config.holidays)
    holiday = day.name.text(talk.language) if day.name else ""
    if not day.ranges:
        return talk.word("office.today_closed", holiday=holiday) if holiday else talk.word("office.today_off")
    return hours(talk, day, branch.zone)


def _place(talk: Talk) -> Place | None:
    """The town that was named last."""
    for heard in reversed(talk.heard):
        entity = heard.last("place")
        if entity:
            return talk.config.find_place(entity.value).place
    return None
