"""Dates that are written out: ``11 september 2020``, ``11/9/20``, ``1990-01-01``, ``tgl 11``."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from bot.reading.date_words import DATE_WORDS, MONTH_NAMES, MONTH_NUMBER, MONTH_SHORT
from bot.reading.words import Token, number_at, tokens

ISO = re.compile(r"([0-9]{4})[-/.]([0-9]{1,2})[-/.]([0-9]{1,2})")
DAY_FIRST = re.compile(r"([0-9]{1,2})([-/.])([0-9]{1,2})\2([0-9]{4}|[0-9]{2})")
DAY_MONTH = re.compile(r"([0-9]{1,2})/([0-9]{1,2})")
YEARS = range(1900, 2100)


@dataclass(frozen=True, slots=True)
class Written:
    """A date as written, taking `size` tokens; what was left out is None. `tail` is the year's number of digits."""

    day: int | None
    month: int | None
    year: int | None
    size: int
    two_digits: bool = False


def written_date(found: Sequence[Token], at: int) -> Written | None:
    """The written-out date that starts at token `at`: numeric, with a month's name, or ``tgl 11``."""
    if found[at].word in DATE_WORDS and at + 1 < len(found):
        inner = _numeric(found[at + 1], slash_enough=True) or _named(found, at + 1) or _bare(found, at + 1)
        if inner:
            return Written(inner.day, inner.month, inner.year, inner.size + 1, inner.two_digits)
        return None
    return _numeric(found[at]) or _named(found, at) or _month_first(found, at)


def real_date(year: int, month: int, day: int) -> date | None:
    """That date, or None where there is none."""
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _numeric(token: Token, *, slash_enough: bool = True) -> Written | None:
    if match := ISO.fullmatch(token.word):
        year, month, day = map(int, match.groups())
        return _checked(day, month, year)
    if match := DAY_FIRST.fullmatch(token.word):
        day, month, year = (int(match.group(at)) for at in (1, 3, 4))
        return _checked(day, month, year, two_digits=len(match.group(4)) == 2)
    match = DAY_MONTH.fullmatch(token.word)
    if match and slash_enough:
        return _checked(int(match.group(1)), int(match.group(2)), None)
    return None


def _checked(day: int, month: int, year: int | None, *, two_digits: bool = False) -> Written | None:
    """The date if it can exist, day and month swapped where only that makes sense (``12/31/1990``)."""
    if month > 12 >= day:
        day, month = month, day
    leap = 2000 if year is None or two_digits else year
    if real_date(leap, month, day) is None:
        return None
    return Written(day, month, year, 1, two_digits)


def _named(found: Sequence[Token], at: int) -> Written | None:
    """``11 september``, ``1 Januari 1990``, ``dua belas mei``, ``1 bulan 1 tahun 90``."""
    number = number_at(found, at)
    if number is None or not 1 <= number[0] <= 31:
        return None
    day, size = number
    if at + size < len(found) and found[at + size].word in {"bulan", "bln"}:
        size += 1
    month_at = at + size
    month = _month(found, month_at)
    if month is None or real_date(2000, month, day) is None:
        return None
    year, taken, short = _year(found, month_at + 1)
    return Written(day, month, year, size + 1 + taken, short)


def _month(found: Sequence[Token], at: int) -> int | None:
    if at >= len(found) or not (found[at].glued or found[at].comma):
        return None
    token = found[at]
    if token.word in MONTH_SHORT:
        return MONTH_NUMBER[MONTH_SHORT[token.word]]
    named = found[at - 1].word in {"bulan", "bln"}
    return token.number if named and token.number and 1 <= token.number <= 12 else None


def _year(found: Sequence[Token], at: int) -> tuple[int | None, int, bool]:
    """The year at a token (``2020``, ``'90``, ``tahun 1990``), the tokens it takes, whether of two digits."""
    skipped = 1 if at < len(found) and found[at].word in {"tahun", "thn", "th"} else 0
    if at + skipped >= len(found):
        return None, 0, False
    token = found[at + skipped]
    if token.number in YEARS and len(token.word) == 4:
        return token.number, skipped + 1, False
    if (
        token.glued
        and len(token.word) == 2
        and token.number is not None
        and _no_time(found, at + skipped + 1)
    ):
        return token.number, skipped + 1, True
    return None, 0, False


def _no_time(found: Sequence[Token], at: int) -> bool:
    """Whether the two digits before are a year: no unit or part of a day follows (``11 september 20 orang``)."""
    return at >= len(found) or not found[at].glued or found[at].start > found[at - 1].end + 2


def _month_first(found: Sequence[Token], at: int) -> Written | None:
    """``September 11, 2020``, ``agustus 2022``: a month's name in front."""
    if found[at].word not in MONTH_SHORT or at + 1 >= len(found):
        return None
    month = MONTH_NUMBER[MONTH_SHORT[found[at].word]]
    following = found[at + 1]
    if not following.glued:
        return None
    if following.number in YEARS and len(following.word) == 4:
        return Written(None, month, following.number, 2)
    full = found[at].word in MONTH_NAMES
    if full and following.number and 1 <= following.number <= 31 and real_date(2000, month, following.number):
        year, taken, short = _year(found, at + 2)
        return Written(following.number, month, year, 2 + taken, short)
    return None


def _bare(found: Sequence[Token], at: int) -> Written | None:
    """The number after ``tgl``: a day of this or another month."""
    number = number_at(found, at)
    return Written(number[0], None, None, number[1]) if number and 1 <= number[0] <= 31 else None


COMPACT = re.compile(r"(?<!\d)(\d{2})(\d{2})(\d{4}|\d{2})(?!\d)", re.ASCII)
SPACED = re.compile(r"(?<!\d)(\d{1,2})[ .,/-]+(\d{1,2})[ .,/-]+(\d{4}|\d{2})(?!\d)", re.ASCII)
SPACED_ISO = re.compile(r"(?<!\d)(\d{4})[ .,/-]+(\d{1,2})[ .,/-]+(\d{1,2})(?!\d)", re.ASCII)


def read_date(text: str, today: date) -> date | None:
    """A full date in `text`, such as a birth date, in any of the ways people write one; None if there is none.

    A year of two digits is the latest that is not after `today`; a date after `today` or before 1900 is refused.
    """
    found = tokens(text)
    for at in range(len(found)):
        written = written_date(found, at)
        if written and written.day and written.month and written.year is not None:
            return _past(written.year, written.month, written.day, today, short=written.two_digits)
    for pattern, order in ((SPACED_ISO, (0, 1, 2)), (SPACED, (2, 1, 0)), (COMPACT, (2, 1, 0))):
        if match := pattern.search(text):
            groups = match.groups()
            year, month, day = (int(groups[at]) for at in order)
            result = _past(year, month, day, today, short=len(groups[order[0]]) == 2)
            if result:
                return result
    return None


def _past(year: int, month: int, day: int, today: date, *, short: bool) -> date | None:
    if short:
        year += 2000 if real_date(2000 + year, month, day) and 2000 + year <= today.year else 1900
    result = real_date(year, month, day)
    return result if result and result <= today and year in YEARS else None
