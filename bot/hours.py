"""When an office is open, and when a promise falls due. Pure: the branch, holidays, closures and the time are given.

All results are in the office's own time zone. The closing moment counts as open for a deadline ("by 15.00") and as
closed for `is_open`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import count
from typing import Protocol
from zoneinfo import ZoneInfo

from bot.config import Deadline, Holiday, Holidays, Hours, Translated, Week


class Office(Protocol):
    """What has opening hours: a branch, or the fallback office of cases.yml."""

    @property
    def code(self) -> str:
        """Which duty days count."""

    @property
    def province(self) -> str:
        """Which holidays count."""

    @property
    def zone(self) -> str:
        """IANA name of the time zone."""

    @property
    def hours(self) -> Week:
        """The regular week."""


class Why(StrEnum):
    """What decides the hours of a day."""

    REGULAR = "regular"
    WEEKEND = "weekend"
    """A weekday without regular hours."""
    HOLIDAY = "holiday"
    DUTY = "duty"


@dataclass(frozen=True, slots=True)
class Opening:
    """A stretch of opening time, aware; `end` is the first closed moment."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Closed:
    """A time in which nobody works although the hours say so, aware; without an `end`: until further notice."""

    start: datetime
    end: datetime | None


@dataclass(frozen=True, slots=True)
class OfficeDay:
    """A day at an office: its hours on the clock of `zone`, why so, and which holiday it is (also on a duty day)."""

    day: date
    zone: ZoneInfo
    ranges: tuple[Hours, ...]
    why: Why
    holiday: Holiday | None = None

    @property
    def name(self) -> Translated | None:
        """The name of the holiday that it is."""
        return self.holiday.name if self.holiday else None

    @property
    def openings(self) -> tuple[Opening, ...]:
        """The hours as moments."""
        day, zone = self.day, self.zone
        return tuple(
            Opening(datetime.combine(day, hours.start, zone), datetime.combine(day, hours.end, zone))
            for hours in self.ranges
        )


def office_day(office: Office, day: date, holidays: Holidays) -> OfficeDay:
    """The opening hours of `day`: those of a duty day, none on a holiday, else those of the regular week.

    Closures that were announced are not in here: they are notices.
    """
    zone, holiday = ZoneInfo(office.zone), holidays.on(day, office.province)
    if duty := holidays.duty(day, office.code):
        return OfficeDay(day, zone, duty.hours, Why.DUTY, holiday)
    if holiday:
        return OfficeDay(day, zone, (), Why.HOLIDAY, holiday)
    regular = office.hours.on(day)
    return OfficeDay(day, zone, regular, Why.REGULAR if regular else Why.WEEKEND)


def is_open(office: Office, at: datetime, holidays: Holidays, closures: Sequence[Closed] = ()) -> bool:
    """Whether the office is open at that moment.

    Raises:
        ValueError: `at` has no time zone.
    """
    local = _local(office, at)
    today = office_day(office, local.date(), holidays)
    return any(opening.start <= local < opening.end for opening in _left(today, closures))


def next_opening(
    office: Office, after: datetime, holidays: Holidays, closures: Sequence[Closed] = ()
) -> datetime | None:
    """The first moment from `after` on at which the office is open: `after` itself when it is open then.

    None when a closure without an end comes first: nobody knows then.

    Raises:
        ValueError: `after` has no time zone.
    """
    local = _local(office, after)
    days = _days(office, local.date(), holidays, closures)
    openings = (opening for day in days for opening in _left(day, closures))
    return next((max(opening.start, local) for opening in openings if opening.end > local), None)


def add_working_hours(
    office: Office, start: datetime, hours: float, holidays: Holidays, closures: Sequence[Closed] = ()
) -> datetime | None:
    """The moment at which `hours` of opening time have passed since `start`. Duty hours count, closures do not.

    None when a closure without an end comes first.

    Raises:
        ValueError: `hours` is not above 0, or `start` has no time zone.
    """
    if hours <= 0:
        raise ValueError(f"hours must be above 0, not {hours}")
    left, local = timedelta(hours=hours), _local(office, start)
    for day in _days(office, local.date(), holidays, closures):
        for opening in _left(day, closures):
            begin = max(opening.start, local)
            if begin + left <= opening.end:
                return begin + left
            left -= max(opening.end - begin, timedelta())
    return None


def add_working_days(
    office: Office, start: datetime, days: int, holidays: Holidays, closures: Sequence[Closed] = ()
) -> datetime | None:
    """The end of opening hours on the last of `days` working days after the day of `start`.

    The day of `start` does not count, and neither do duty days, on which the office gives only part of its services,
    nor days whose end falls into a closure. None when a closure without an end comes first.

    Raises:
        ValueError: `days` is not above 0, or `start` has no time zone.
    """
    if days <= 0:
        raise ValueError(f"days must be above 0, not {days}")
    tomorrow = _local(office, start).date() + timedelta(days=1)
    for day in _days(office, tomorrow, holidays, closures):
        whole = day.openings[-1:] if day.why is Why.REGULAR else ()
        ends = [opening.end for opening in _left(day, closures)]
        if whole and whole[0].end in ends:
            days -= 1
            if days == 0:
                return whole[0].end
    return None


def due_at(
    office: Office, start: datetime, deadline: Deadline, holidays: Holidays, closures: Sequence[Closed] = ()
) -> datetime | None:
    """When a case that came in at `start` is due; None while a closure without an end lets nobody say."""
    if deadline.working_hours is not None:
        return add_working_hours(office, start, deadline.working_hours, holidays, closures)
    assert deadline.working_days is not None
    return add_working_days(office, start, deadline.working_days, holidays, closures)


def _left(day: OfficeDay, closures: Sequence[Closed]) -> list[Opening]:
    """What closures leave of the opening hours of a day, in order."""
    left = list(day.openings)
    for closed in closures:
        left = [part for opening in left for part in _without(opening, closed)]
    return left


def _without(opening: Opening, closed: Closed) -> Iterator[Opening]:
    """The parts of a stretch before and after a closure."""
    if opening.start < closed.start:
        yield Opening(opening.start, min(opening.end, closed.start.astimezone(opening.end.tzinfo)))
    if closed.end is not None and closed.end < opening.end:
        yield Opening(max(opening.start, closed.end.astimezone(opening.start.tzinfo)), opening.end)


def _days(office: Office, first: date, holidays: Holidays, closures: Sequence[Closed]) -> Iterator[OfficeDay]:
    """The days from `first` on, up to the one on which a closure without an end begins."""
    zone = ZoneInfo(office.zone)
    ends = [closed.start.astimezone(zone).date() for closed in closures if closed.end is None]
    for number in count():
        day = first + timedelta(days=number)
        if ends and day > min(ends):
            return
        yield office_day(office, day, holidays)


def _local(office: Office, at: datetime) -> datetime:
    if at.tzinfo is None:
        raise ValueError(f"a time without a zone: {at}")
    return at.astimezone(ZoneInfo(office.zone))
