"""Values that several flows put into their texts in the same form."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.config import Branch, Hours
from bot.config.values import DAYS
from bot.dialogue.talk import Talk
from bot.hours import OfficeDay
from bot.texts.formats import ZONES


def ends(at: datetime | None, zone: ZoneInfo) -> tuple[date | None, datetime | None]:
    """An end as people say it: a whole last day where it falls on midnight, else the moment."""
    if at is None:
        return None, None
    local = at.astimezone(zone)
    if local.time() == time():
        return local.date() - timedelta(days=1), None
    if local.time() >= time(23, 59):
        return local.date(), None
    return None, local


def hours(talk: Talk, open_: OfficeDay | Sequence[Hours], zone: str) -> str:
    """Opening hours with their zone, as times are written in the language: ``08.00-12.00, 13.00-15.00 WIB``."""
    ranges = open_.ranges if isinstance(open_, OfficeDay) else open_
    spans = [f"{_clock(talk, item.start)}-{_clock(talk, item.end)}" for item in ranges]
    return f"{', '.join(spans)} {ZONES[zone]}"


def _clock(talk: Talk, at: time) -> str:
    return talk.word("office.clock", hour=f"{at:%H}", minute=f"{at:%M}")


def week(talk: Talk, branch: Branch) -> str:
    """The regular week, a line for each run of days with the same hours."""
    runs: list[tuple[list[str], tuple[Hours, ...]]] = []
    for day in DAYS:
        ranges: tuple[Hours, ...] = getattr(branch.hours, day)
        if runs and runs[-1][1] == ranges:
            runs[-1][0].append(day)
        elif ranges:
            runs.append(([day], ranges))
    return "\n".join(f"• {_days(talk, days)}: {hours(talk, ranges, branch.zone)}" for days, ranges in runs)


def _days(talk: Talk, days: list[str]) -> str:
    first, last = talk.word(f"day.{days[0]}"), talk.word(f"day.{days[-1]}")
    return first if first == last else f"{first}-{last}"
