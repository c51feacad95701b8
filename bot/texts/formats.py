"""How dates, times, numbers and lists are written in a language."""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal

from babel import Locale
from babel.dates import format_date, format_datetime
from babel.lists import format_list
from babel.numbers import format_decimal
from babel.units import format_unit

ZONES = {
    "Asia/Jakarta": "WIB",
    "Asia/Pontianak": "WIB",
    "Asia/Makassar": "WITA",
    "Asia/Jayapura": "WIT",
}
"""What Indonesians call their time zones, in every language (Babel says "GMT+8" in English)."""

AT = {"id": "pukul", "en": "at"}
"""What stands between a date and a time where a file of texts does not say it (``language.at``)."""


def say_date(value: object, locale: Locale) -> str:
    """Jumat, 11 September 2020."""
    return str(format_date(_day(value), "EEEE, d MMMM y", locale=locale))


def say_day(value: object, locale: Locale) -> str:
    """11 September."""
    return str(format_date(_day(value), "d MMMM", locale=locale))


def say_dmy(value: object, locale: Locale) -> str:
    """11 September 2020."""
    return str(format_date(_day(value), "d MMMM y", locale=locale))


def say_month(value: object, locale: Locale) -> str:
    """September 2020."""
    return str(format_date(_day(value), "MMMM y", locale=locale))


def say_time(value: object, locale: Locale) -> str:
    """08.00 WITA, in the value's own time zone, on a clock of 24 hours."""
    moment = _moment(value)
    clock = format_datetime(moment, str(locale.datetime_skeletons["Hm"]), tzinfo=moment.tzinfo, locale=locale)
    return f"{clock} {zone_name(moment)}"


def say_moment(value: object, locale: Locale, at: str = "") -> str:
    """Senin, 3 Oktober 2022 pukul 08.00 WITA, in the value's own time zone; `at` is the word between the two."""
    at = at or AT.get(locale.language, "")
    return f"{say_date(value, locale)}{f' {at} ' if at else ', '}{say_time(value, locale)}"


def say_number(value: object, locale: Locale) -> str:
    """1.200.000."""
    return str(format_decimal(_number(value), locale=locale))


def say_money(value: object, locale: Locale) -> str:
    """Rp35.000, whole rupiah."""
    amount = _number(value)
    return f"Rp{format_decimal(amount, '#,##0', locale=locale)}".replace("Rp-", "-Rp")


def say_period(value: object, locale: Locale) -> str:
    """2 tahun, 90 hari, of a number of days: whole years of 365 days as such."""
    days = _number(value)
    count, unit = (days, "day") if days % 365 or not days else (days // 365, "year")
    return str(format_unit(count, f"duration-{unit}", "long", locale=locale))


def say_list(value: object, locale: Locale) -> str:
    """a, b, dan c."""
    if not isinstance(value, list | tuple):
        raise TypeError(f"needs a list, not {type(value).__name__}")
    return str(format_list([str(item) for item in value], locale=locale))


def zone_name(moment: datetime) -> str:
    """WIB, WITA or WIT; the abbreviation of another zone."""
    return ZONES.get(str(moment.tzinfo), moment.tzname() or "")


FORMATS: dict[str, Callable[..., str]] = {
    "date": say_date,
    "day": say_day,
    "dmy": say_dmy,
    "month": say_month,
    "time": say_time,
    "moment": say_moment,
    "number": say_number,
    "money": say_money,
    "period": say_period,
    "list": say_list,
}
"""The formats of placeholders, ``{since:moment}``, by name."""


def _day(value: object) -> date:
    if not isinstance(value, date):
        raise TypeError(f"needs a date, not {type(value).__name__}")
    return value.date() if isinstance(value, datetime) else value


def _moment(value: object) -> datetime:
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise TypeError(f"needs a datetime with a time zone, not {type(value).__name__}")
    return value


def _number(value: object) -> int | float | Decimal:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise TypeError(f"needs a number, not {type(value).__name__}")
    return value
