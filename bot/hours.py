"""When an office is open, and when a promise falls due. Pure: the branch, the holidays and the time are given.

All results are in the office's own time zone. The closing moment counts as open for a deadline ("by 15.00") and as
closed for `is_open`.
"""

from collections.abc import Iterator
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


def is_open(office: Office, at: datetime, holidays: Holidays) -> bool:
    """Whether the office is open at that moment.

    Raises:
        ValueError: `at` has no time zone.
    """
    local = _local(office, at)
    today = office_day(office, local.date(), holidays)
    return any(opening.start <= local < opening.end for opening in today.openings)


def next_opening(office: Office, after: datetime, holidays: Holidays) -> datetime:
    """The first moment from `after` on at which the office is open: `after` itself when it is open then.

    Raises:
        ValueError: `after` has no time zone.
    """
    local = _local(office, after)
    openings = (opening for day in _days(office, local.date(), holidays) for opening in day.openings)
    return next(max(opening.start, local) for opening in openings if opening.end > local)


def add_working_hours(office: Office, start: datetime, hours: float, holidays: Holidays) -> datetime:
    """The moment at which `hours` of opening time have passed since `start`. Duty hours count.

    Raises:
        ValueError: `hours` is not above 0, or `start` has no time zone.
    """
    if hours <= 0:
        raise ValueError(f"hours must be above 0, not {hours}")
    left, local = timedelta(hours=hours), _local(office, start)
    for day in _days(office, local.date(), holidays):
        for opening in day.openings:
            begin = max(opening.start, local)
            if begin + left <= opening.end:
                return begin + left
            left -= max(opening.end - begin, timedelta())
    raise AssertionError("days do not end")


def add_working_days(office: Office, start: datetime, days: int, holidays: Holidays) -> datetime:
    """The end of opening hours on the last of `days` working days after the day of `start`.

    The day of `start` does not count, and neither do duty days: the office gives only part of its services then.

    Raises:
        ValueError: `days` is not above 0, or `start` has no time zone.
    """
    if days <= 0:
        raise ValueError(f"days must be above 0, not {days}")
    tomorrow = _local(office, start).date() + timedelta(days=1)
    working = (day for day in _days(office, tomorrow, holidays) if day.why is Why.REGULAR)
    for number, day in enumerate(working, start=1):
        if number == days:
            return day.openings[-1].end
    raise AssertionError("days do not end")


def due_at(office: Office, start: datetime, deadline: Deadline, holidays: Holidays) -> datetime:
    """When a case that came in at `start` is due."""
    if deadline.working_hours is not None:
        return add_working_hours(office, start, deadline.working_hours, holidays)
    assert deadline.working_days is not None
    return add_working_days(office, start, deadline.working_days, holidays)


def _days(office: Office, first: date, holidays: Holidays) -> Iterator[OfficeDay]:
    for number in count():
        yield office_day(office, first + timedelta(days=number), holidays)


def _local(office: Office, at: datetime) -> datetime:
    if at.tzinfo is None:
        raise ValueError(f"a time without a zone: {at}")
    return at.astimezone(ZoneInfo(office.zone))
