"""Times within a day and lengths of time: ``jam 8 pagi``, ``tadi malam``, ``2 jam yang lalu``."""

import re
from datetime import timedelta

from bot.reading import date_words as w
from bot.reading.date_sight import Direction, Kind, Piece, Sight
from bot.reading.words import number_at

CLOCK_TIME = re.compile(r"([0-9]{1,2}(?:[.:][0-9]{2})?)(?:-([0-9]{1,2}(?:[.:][0-9]{2})?))?")
RANGE = re.compile(r"([0-9]{1,3})-([0-9]{1,3})")


class Clocks(Sight):
    """Reads the piece at a token that is a time of day or a length of time."""

    __slots__ = ()

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


def _clock(written: str) -> tuple[int, int] | None:
    hour, _, minute = written.replace(".", ":").partition(":")
    if int(hour) > 24 or int(minute or 0) > 59:
        return None
    return int(hour) % 24, int(minute or 0)


def _moved(clock: tuple[int, int], minutes: int) -> tuple[int, int]:
    total = (clock[0] * 60 + clock[1] + minutes) % (24 * 60)
    return total // 60, total % 60
