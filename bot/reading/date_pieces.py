"""The pieces that a time is said with: a day, a span of days, a clock time, a part of the day, a length of time."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from bot.reading import date_words as w
from bot.reading.calendar_dates import Written, real_date, written_date
from bot.reading.words import Token, number_at


class Direction(StrEnum):
    """Whether a time begins something, ends it, or neither is said."""

    SINCE = "since"
    UNTIL = "until"
    NEITHER = "neither"


class Kind(StrEnum):
    """What a piece says."""

    DAY = "day"
    SPAN = "span"
    CLOCK = "clock"
    PART = "part"
    LENGTH = "length"


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One piece of `size` tokens. Days of a span: from `day` until before `after`; a length has amount and unit."""

    kind: Kind
    size: int
    day: date | None = None
    after: date | None = None
    clock: tuple[int, int] | None = None
    clock_end: tuple[int, int] | None = None
    zone: int | None = None
    part: str | None = None
    amount: int = 0
    unit: str = ""
    ago: int = 0
    """-1 for a length ago, 1 for a length from now, 0 when not said."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads the piece at a token, seen from `today`."""

    found: Sequence[Token]
    today: date
    direction: Direction = Direction.NEITHER

    def piece(self, at: int) -> Piece | None:
        """The piece that starts at token `at`, or None."""
        if at >= len(self.found):
            return None
        readers: tuple[Callable[[int], Piece | None], ...] = (
            self._relative_day,
            self._part,
            self._clock,
            self._length,
            self._weekday,
            self._unit_span,
            self._written,
            self._month,
            self._edge,
        )
        return next((piece for reader in readers if (piece := reader(at))), None)

    def word(self, at: int) -> str:
        """The word at `at`, empty past the end or after a stop in the sentence."""
        return self.found[at].word if 0 <= at < len(self.found) else ""

    def follows(self, at: int) -> str:
        """The word at `at` if it belongs to what stands before it (no stop or comma in between)."""
        return self.word(at) if at < len(self.found) and self.found[at].glued else ""

    # --- days

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

    def _which(self, at: int) -> tuple[int, str]:
        """``lalu``, ``yang lalu``, ``depan``, ``ini`` at `at`: the tokens taken and the word."""
        if self.follows(at) in w.WHICH and self.follows(at + 1) in w.LAST | w.NEXT:
            return 2, self.follows(at + 1)
        if self.follows(at) in {"akan", "bakal"} and self.follows(at + 1) in w.NEXT:
            return 2, self.follows(at + 1)
        return 1, self.follows(at)

    def _week_shift(self, at: int) -> tuple[int, int] | None:
        """``minggu depan`` after a weekday: weeks from this one, and the tokens taken."""
        if w.UNITS.get(self.follows(at)) != "minggu":
            return None
        taken, said = self._which(at + 1)
        shift = 1 if said in w.NEXT else -1 if said in w.LAST else 0 if said in w.THIS else None
        return None if shift is None else (shift, taken + 1)

    # --- spans

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

    # --- within a day

    def _part(self, at: int) -> Piece | None:
        """``tadi pagi``, ``malam ini``, ``semalam``, ``subuh``; a bare ``pagi`` only where a time is expected."""
        word = self.word(at)
        if word in w.LAST_NIGHT:
            return Piece(kind=Kind.PART, size=1, day=self.today - timedelta(1), part="malam")
        lead = 1 if word in w.JUST_NOW | w.SOON and self.follows(at + 1) in {*w.PARTS, "hari"} else 0
        part, size = self._part_name(at + lead)
        if part is None:
            return None
        if lead:
            last_night = part == "malam" and word in w.JUST_NOW
            return Piece(
                kind=Kind.PART, size=size + 1, day=self.today - timedelta(1 if last_night else 0), part=part
            )
        if self.follows(at + size) in w.THIS:
            return Piece(kind=Kind.PART, size=size + 1, day=self.today, part=part)
        expected = self.direction is not Direction.NEITHER or part in w.ALONE
        return Piece(kind=Kind.PART, size=size, part=part) if expected else None

    def _part_name(self, at: int) -> tuple[str | None, int]:
        word = self.word(at)
        if word == "dini":
            return ("dini", 2) if self.follows(at + 1) in w.DAY_WORDS else (None, 0)
        if word == "siang" and self.follows(at + 1) == "hari":
            return "siang", 2
        return (w.PARTS[word], 1) if word in w.PARTS else (None, 0)

    def _clock(self, at: int) -> Piece | None:
        """``jam 8``, ``pukul 08.00 WITA``, ``setengah delapan malam``, ``8 pagi``, ``08:30``."""
        named = self.word(at) in w.CLOCK
        lead = 1 if named else 0
        half = self.word(at + lead) in w.HALF
        hour = self._hour(at + lead + half, named=named or half)
        if hour is None or (lead and not self.follows(at + 1)):
            return None
        (clock, clock_end), size = hour
        size += lead + half
        part, taken = (None, 0)
        if self.follows(at + size):
            part, taken = self._part_name(at + size)
        if not (named or part or clock_end or ":" in self.word(at)):
            return None
        if half:
            clock = ((clock[0] - 1) % 24, 30)
        size += taken
        zone = w.ZONES.get(self.follows(at + size))
        return Piece(
            kind=Kind.CLOCK,
            size=size + (zone is not None),
            clock=clock,
            clock_end=clock_end,
            zone=zone,
            part=part,
        )

    def _hour(
        self, at: int, *, named: bool
    ) -> tuple[tuple[tuple[int, int], tuple[int, int] | None], int] | None:
        """Hour and minute at a token, with a second clock time for ``08.00-15.00``."""
        match = CLOCK_TIME.fullmatch(self.word(at))
        if match:
            first, second = _clock(match.group(1)), _clock(match.group(2)) if match.group(2) else None
            plain = match.group(1).isdecimal() and not match.group(2)
            if first and not (plain and not named and not self._part_name(at + 1)[0]):
                size, minutes = self._minutes(at + 1) if plain else (0, 0)
                return (_moved(first, minutes), second), 1 + size
            return None
        number = number_at(self.found, at)
        if not named or number is None or not 0 <= number[0] <= 24:
            return None
        size, minutes = self._minutes(at + number[1])
        return (_moved((number[0] % 24, 0), minutes), None), number[1] + size

    def _minutes(self, at: int) -> tuple[int, int]:
        """``lewat 15``, ``kurang seperempat``: the tokens taken and the minutes to add."""
        sign = {"lewat": 1, "lebih": 1, "kurang": -1, "krg": -1}.get(self.follows(at))
        if sign is None:
            return 0, 0
        if self.follows(at + 1) in {"seperempat", "prapat"}:
            return 2, 15 * sign
        number = number_at(self.found, at + 1)
        if number is None or number[0] >= 60:
            return 0, 0
        minute_word = w.UNITS.get(self.follows(at + 1 + number[1])) == "menit"
        return 1 + number[1] + minute_word, number[0] * sign

    # --- lengths

    def _length(self, at: int) -> Piece | None:
        """``2 jam``, ``tiga hari yang lalu``, ``seminggu lagi``, ``2-3 hari``."""
        amount, unit, size = self._amount(at)
        if not unit or self.word(at - 1) in w.AGE | {"kelas"}:
            return None
        if self.follows(at + size) in w.LATER:
            return Piece(kind=Kind.LENGTH, size=size + 1, amount=amount, unit=unit, ago=1)
        lead = 1 if self.follows(at + size) in w.WHICH else 0
        if self.follows(at + size + lead) in w.AGO | {"kemarin"}:
            return Piece(kind=Kind.LENGTH, size=size + lead + 1, amount=amount, unit=unit, ago=-1)
        return Piece(kind=Kind.LENGTH, size=size, amount=amount, unit=unit)

    def _amount(self, at: int) -> tuple[int, str, int]:
        if self.word(at) in w.ONE_OF:
            return 1, w.ONE_OF[self.word(at)], 1
        both = RANGE.fullmatch(self.word(at))
        number = (int(both.group(2)), 1) if both else number_at(self.found, at)
        if number is None or number[0] > 10_000:
            return 0, "", 0
        unit = w.UNITS.get(self.follows(at + number[1]), "")
        return number[0], unit, number[1] + 1


CLOCK_TIME = re.compile(r"([0-9]{1,2}(?:[.:][0-9]{2})?)(?:-([0-9]{1,2}(?:[.:][0-9]{2})?))?")
RANGE = re.compile(r"([0-9]{1,3})-([0-9]{1,3})")


def _clock(written: str) -> tuple[int, int] | None:
    hour, _, minute = written.replace(".", ":").partition(":")
    if int(hour) > 24 or int(minute or 0) > 59:
        return None
    return int(hour) % 24, int(minute or 0)


def _moved(clock: tuple[int, int], minutes: int) -> tuple[int, int]:
    total = (clock[0] * 60 + clock[1] + minutes) % (24 * 60)
    return total // 60, total % 60


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
