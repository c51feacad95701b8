"""Days and spans of days: ``besok``, ``senin depan``, ``11 september``, ``minggu lalu``, ``akhir bulan``."""

import re
from datetime import date, timedelta

from bot.reading import date_words as w
from bot.reading.calendar_dates import YEARS, Written, real_date, written_date
from bot.reading.date_sight import Direction, Kind, Piece, Sight

RANGE = re.compile(r"([0-9]{1,3})-([0-9]{1,3})")


class Days(Sight):
    """Reads the piece at a token that is a day or a span of days."""

    __slots__ = ()

    def _relative_day(self, at: int) -> Piece | None:
        if self.word(at) in w.DAY_WORDS and self.follows(at + 1) in w.THIS:
            return self._day(self.today, 2)
        name = w.DAYS.get(self.word(at))
        if name is None:
            return None
        if name == "kemarin" and self.follows(at + 1) in {"lusa", "dulu", "dlu", "lusanya"}:
            return self._day(self.today - timedelta(2), 2)
        if name == "besok" and w.DAYS.get(self.follows(at + 1)) == "lusa":
            return self._day(self.today + timedelta(2), 2)
        if name == "besok" and w.WEEKDAYS.get(self.follows(at + 1)):
            inner = self._weekday(at + 1)
            return self._day(inner.day, inner.size + 1) if inner else None
        return self._day(self.today + timedelta(w.DAY_SHIFT[name]), 1)

    @staticmethod
    def _day(day: date | None, size: int) -> Piece:
        return Piece(kind=Kind.DAY, size=size, day=day)

    def _weekday(self, at: int) -> Piece | None:
        lead = 1 if self.word(at) in w.DAY_WORDS and self.follows(at + 1) in w.WEEKDAYS else 0
        name = w.WEEKDAYS.get(self.word(at + lead))
        if name is None:
            return None
        following = self.follows(at + lead + 1)
        if name == "minggu" and not lead and (following in w.THIS | w.NEXT | w.LAST | w.WHICH):
            return None  # "minggu depan" is a week
        return self._counted_weekday(w.WEEKDAY_NUMBER[name], at, lead + 1)

    def _counted_weekday(self, number: int, at: int, size: int) -> Piece:
        """The weekday nearest in the direction that the words around it give."""
        ahead = (number - self.today.weekday()) % 7
        after, said = self._which(at + size)
        week = self._week_shift(at + size)
        monday = self.today - timedelta(self.today.weekday())
        if week:
            return self._day(monday + timedelta(7 * week[0] + number), size + week[1])
        if said in w.NEXT:
            return self._day(monday + timedelta(7 + number), size + after)
        if said in w.LAST:
            return self._day(self.today - timedelta((7 - ahead) or 7), size + after)
        if said in w.THIS:
            return self._day(self.today + timedelta(ahead), size + after)
        if w.DAYS.get(self.follows(at + size)) == "besok":
            return self._day(self.today + timedelta(ahead or 7), size + 1)
        if self.direction is Direction.SINCE:
            return self._day(self.today - timedelta((7 - ahead) % 7), size)
        return self._day(self.today + timedelta(ahead), size)

    def _week_shift(self, at: int) -> tuple[int, int] | None:
        """``minggu depan`` after a weekday: weeks from this one, and the tokens taken."""
        if w.UNITS.get(self.follows(at)) != "minggu":
            return None
        taken, said = self._which(at + 1)
        shift = 1 if said in w.NEXT else -1 if said in w.LAST else 0 if said in w.THIS else None
        return None if shift is None else (shift, taken + 1)

    def _unit_span(self, at: int) -> Piece | None:
        """``minggu depan``, ``bulan lalu``, ``tahun ini``: a whole week, month or year."""
        unit = w.UNITS.get(self.word(at))
        if unit not in {"minggu", "bulan", "tahun"}:
            return None
        taken, said = self._which(at + 1)
        shift = 1 if said in w.NEXT else -1 if said in w.LAST else 0 if said in w.THIS else None
        if shift is None:
            return None
        first, after = span_of(unit, self.today, shift)
        return Piece(kind=Kind.SPAN, size=1 + taken, day=first, after=after)

    def _days(self, at: int) -> Piece | None:
        """``24-25 desember``, ``11-13 september 2026``: the days of one month, the last included."""
        both = RANGE.fullmatch(self.word(at))
        month = w.MONTH_SHORT.get(self.follows(at + 1))
        if both is None or month is None:
            return None
        year = self.found[at + 2].number if self.follows(at + 2) else None
        named = year if year and year in YEARS else None
        whole = self._month_span(w.MONTH_NUMBER[month], named, 2 + (named is not None))
        assert whole.day
        first, last = (real_date(whole.day.year, whole.day.month, int(day)) for day in both.groups())
        if first is None or last is None or last < first:
            return None
        return Piece(kind=Kind.SPAN, size=whole.size, day=first, after=last + timedelta(1))

    def _written(self, at: int) -> Piece | None:
        written = written_date(self.found, at)
        if written is None:
            return None
        size = written.size
        past = self.follows(at + size) in w.LAST
        if written.day is None:
            assert written.month is not None
            return self._month_span(written.month, written.year, size)
        day = self._nearest(written, past=past)
        return self._day(day, size + past) if day else None

    def _nearest(self, written: Written, *, past: bool) -> date | None:
        """The day meant where the year, or month and year, are left out."""
        assert written.day is not None
        if written.month is None:
            return self._day_of_month(written.day, past=past)
        if written.year is not None:
            return real_date(written.year + (2000 if written.two_digits else 0), written.month, written.day)
        years = (self.today.year + shift for shift in (-1, 0, 1))
        days = [day for year in years if (day := real_date(year, written.month, written.day))]
        return self._closest(days, past=past)

    def _closest(self, days: list[date], *, past: bool) -> date | None:
        if past or self.direction is Direction.SINCE:
            days = [day for day in days if day <= self.today]
        elif self.direction is Direction.UNTIL:
            days = [day for day in days if day >= self.today]
        return min(days, key=lambda day: abs(day - self.today), default=None)

    def _day_of_month(self, number: int, *, past: bool) -> date | None:
        first = self.today.replace(day=1)
        months = [span_of("bulan", first, shift)[0] for shift in (-2, -1, 0, 1, 2)]
        days = [day for month in months if (day := real_date(month.year, month.month, number))]
        if past or self.direction is Direction.SINCE:
            return max((day for day in days if day <= self.today), default=None)
        return min((day for day in days if day >= self.today), default=None)

    def _month(self, at: int) -> Piece | None:
        """A month by its name alone; ``mei`` and short forms need ``bulan`` in front."""
        lead = 1 if w.UNITS.get(self.word(at)) == "bulan" else 0
        word = self.word(at + lead)
        names = w.MONTH_SHORT if lead else w.MONTH_NAMES
        if word not in names or (word in {"mei", "may", "march", "mrt"} and not lead):
            return None
        if lead and not self.follows(at + 1):
            return None
        return self._month_span(w.MONTH_NUMBER[names[word]], None, lead + 1)

    def _month_span(self, month: int, year: int | None, size: int) -> Piece:
        if year is None:
            past = self.direction is Direction.SINCE
            starts = [date(self.today.year + shift, month, 1) for shift in (-1, 0, 1)]
            first = self._closest(starts, past=past) or starts[1]
        else:
            first = date(year, month, 1)
        return Piece(kind=Kind.SPAN, size=size, day=first, after=span_of("bulan", first, 1)[0])

    def _edge(self, at: int) -> Piece | None:
        """``akhir bulan``, ``awal tahun``, ``akhir pekan``."""
        if self.word(at) == "weekend":
            return self._weekend(1)
        if self.word(at) not in w.EDGE:
            return None
        if w.UNITS.get(self.follows(at + 1)) == "minggu":
            return self._weekend(2)
        inner = self._unit_span(at + 1) or self._month(at + 1) or self._this_month(at + 1)
        if inner is None or inner.day is None or inner.after is None or not self.follows(at + 1):
            return None
        first, last = w.EDGE[self.word(at)]
        length = (inner.after - inner.day).days
        start = inner.day + timedelta(length * (first - 1) // 31)
        after = inner.day + timedelta(-(-length * last // 31))
        return Piece(kind=Kind.SPAN, size=inner.size + 1, day=start, after=after)

    def _this_month(self, at: int) -> Piece | None:
        unit = w.UNITS.get(self.word(at))
        if unit not in {"bulan", "tahun"}:
            return None
        first, after = span_of(unit, self.today, 0)
        return Piece(kind=Kind.SPAN, size=1, day=first, after=after)

    def _weekend(self, size: int) -> Piece:
        saturday = self.today + timedelta((5 - self.today.weekday()) % 7)
        return Piece(kind=Kind.SPAN, size=size, day=saturday, after=saturday + timedelta(2))


def span_of(unit: str, today: date, shift: int) -> tuple[date, date]:
    """The week (from Monday), month or year `shift` after the one that holds `today`, and the day after its end."""
    if unit == "minggu":
        monday = today - timedelta(today.weekday()) + timedelta(7 * shift)
        return monday, monday + timedelta(7)
    if unit == "tahun":
        return date(today.year + shift, 1, 1), date(today.year + shift + 1, 1, 1)
    return _month_start(today, shift), _month_start(today, shift + 1)


def _month_start(today: date, shift: int) -> date:
    months = today.year * 12 + today.month - 1 + shift
    return date(months // 12, months % 12 + 1, 1)
