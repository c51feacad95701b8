"""Birth dates as people write and say them: also with the year in words, and "kemarin" for a newborn."""

import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from bot.reading.calendar_dates import read_date, real_date
from bot.reading.date_words import DATE_WORDS, MONTH_SHORT, WEEKDAYS
from bot.reading.dates import read_when
from bot.reading.words import Token, number_at, tokens

_COMPACT_ISO = re.compile(r"(?<!\d)((?:19|20)\d{2})(\d{2})(\d{2})(?!\d)", re.ASCII)
_SHORT_YEAR = re.compile(r"(?<=[a-zA-Z ])['’`](?=\d{2}(?!\d))")
_YEAR_WORDS = frozenset({"tahun", "thn", "th", "taun"})
_ANY_YEAR = re.compile(r"\b(?:19|20)\d{2}\b")


def read_birth_date(text: str, now: datetime) -> date | None:
    """The birth date in `text`, or None.

    Args:
        text: ``1 jan 90``, ``01011990``, ``1-1-1990``, ``satu januari sembilan belas sembilan puluh``, ``kemarin``.
        now: aware, in the participant's zone; a date after it is none.
    """
    today = now.date()
    written = _year_in_digits(_SHORT_YEAR.sub("", text[:300]))
    found = read_date(written, today) or _compact(written, today)
    return found or (None if _ANY_YEAR.search(written) else _lately(text, now))


def _compact(text: str, today: date) -> date | None:
    """``19900101``."""
    match = _COMPACT_ISO.search(text)
    found = real_date(*map(int, match.groups())) if match else None
    return found if found and found <= today else None


def _lately(text: str, now: datetime) -> date | None:
    """A day that is named by how long ago it was; a bare weekday is the last one, a bare date one that has been."""
    when = read_when(text, now)
    day = when.day if when else None
    if day is None:
        return None
    if day > now.date():
        day = _before(day, {token.word for token in tokens(text)})
    return day if day and now.date() - timedelta(days=366) <= day <= now.date() else None


def _before(day: date, words: set[str]) -> date | None:
    """The day that is meant by words which `read_when` takes for one to come: a weekday, a day of a month or year."""
    if words & set(WEEKDAYS):
        return day - timedelta(days=7)
    if words & set(MONTH_SHORT):
        return real_date(day.year - 1, day.month, day.day)
    if words & DATE_WORDS:
        last = day.replace(day=1) - timedelta(days=1)
        return real_date(last.year, last.month, day.day)
    return None


def _year_in_digits(text: str) -> str:
    """The text with a year that is spelled behind a month's name or the word "tahun" in digits."""
    found = tokens(text)
    for at, token in enumerate(found[:-1]):
        if token.word in MONTH_SHORT or token.word in _YEAR_WORDS:
            year = _spelled_year(found, at + 1)
            if year:
                return f"{text[: token.end]} {year}"
    return text


def _spelled_year(found: Sequence[Token], at: int) -> str | None:
    """The year that begins at a token in words: ``1990`` or, of two digits, ``90``."""
    words = [token.word for token in found[at : at + 3]]
    if words[:3] == ["seribu", "sembilan", "ratus"]:
        return _with_rest("19", found, at + 3)
    if words[:2] == ["dua", "ribu"]:
        return _with_rest("20", found, at + 2)
    if not words or words[0].isdecimal():
        return None
    first = number_at(found, at)
    if first is None:
        return None
    value, size = first
    second = number_at(found, at + size) if value in (19, 20) else None
    if second and second[0] < 100:
        return f"{value}{second[0]:02d}"
    return f"{value:02d}" if value < 100 else None


def _with_rest(century: str, found: Sequence[Token], at: int) -> str:
    rest = number_at(found, at)
    return f"{century}{rest[0]:02d}" if rest and rest[0] < 100 else f"{century}00"
