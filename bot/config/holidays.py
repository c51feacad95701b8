"""Holidays, joint leave days and duty days, and which of them falls on a day."""

from datetime import date
from enum import StrEnum
from functools import cached_property

from bot.config.values import Day, Part, Ranges, Sourced, Translated


class HolidayKind(StrEnum):
    """A public holiday, or a joint leave day (cuti bersama) on which offices close too."""

    HOLIDAY = "holiday"
    JOINT_LEAVE = "joint_leave"


class Holiday(Sourced):
    """A day without office hours, everywhere or in some provinces."""

    date: Day
    kind: HolidayKind
    name: Translated
    provinces: tuple[str, ...] = ()
    """Where it is kept; empty: in the whole country."""
    confirmed: bool = True
    """False for a date that no decree has fixed yet."""


class DutyDay(Sourced):
    """A duty day (piket): an office that would be closed, or open as usual, is open in these hours instead."""

    date: Day
    hours: Ranges
    branches: tuple[str, ...] = ()
    """Which branches keep it; empty: all."""


class Holidays(Part):
    """holidays.yml."""

    holidays: tuple[Holiday, ...] = ()
    duty_days: tuple[DutyDay, ...] = ()

    @cached_property
    def _by_day(self) -> dict[date, list[Holiday]]:
        days: dict[date, list[Holiday]] = {}
        for holiday in self.holidays:
            days.setdefault(holiday.date, []).append(holiday)
        return days

    def on(self, day: date, province: str) -> Holiday | None:
        """The holiday that `province` keeps on `day`, the public holiday before joint leave."""
        kept = [
            item for item in self._by_day.get(day, []) if not item.provinces or province in item.provinces
        ]
        return min(kept, key=lambda item: item.kind is HolidayKind.JOINT_LEAVE, default=None)

    def duty(self, day: date, branch: str) -> DutyDay | None:
        """The duty day that `branch` keeps on `day`."""
        for duty in self.duty_days:
            if duty.date == day and (not duty.branches or branch in duty.branches):
                return duty
        return None
