"""How times, spans and talk are shown."""

import math
import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_datetime
from babel.numbers import format_decimal
from markupsafe import Markup, escape

from bot.texts import FORMATS, zone_name

_BOLD = re.compile(r"(?<![\w*])\*([^*\s](?:[^*\n]*[^*\s])?)\*(?![\w*])")
_CLOCKS = {"en": "HH:mm"}


def moment(at: datetime, zone: ZoneInfo, *, now: datetime, language: str) -> str:
    """A time as it is quickly read: ``12.05 WIB`` today, ``23 Nov 12.05 WIB`` else."""
    local = at.astimezone(zone)
    clock = _CLOCKS.get(language, "HH.mm")
    same_day = local.date() == now.astimezone(zone).date()
    year = "" if local.year == now.astimezone(zone).year else " y"
    form = clock if same_day else f"d MMM{year} {clock}"
    return f"{format_datetime(local, form, tzinfo=zone, locale=language)} {zone_name(local)}"


def in_full(at: datetime, zone: ZoneInfo, *, language: str) -> str:
    """The same with weekday and year."""
    return FORMATS["moment"](at.astimezone(zone), Locale.parse(language))


def span(length: timedelta) -> list[tuple[int, str]]:
    """A length of time in its one or two greatest units: ``[(2, "hours"), (10, "minutes")]``."""
    minutes = max(0, int(length.total_seconds()) // 60)
    if minutes < 60:
        return [(minutes, "minutes")]
    if minutes < 24 * 60:
        hours, rest = divmod(minutes, 60)
        return [(hours, "hours")] + ([(rest, "minutes")] if rest and hours < 6 else [])
    days, rest = divmod(minutes // 60, 24)
    return [(days, "days")] + ([(rest, "hours")] if rest and days < 3 else [])


def size(length: int, *, language: str) -> str:
    """So many bytes, never less than they are: ``312 KB``, ``4,8 MB``."""
    if length < 1_000_000:
        return f"{math.ceil(length / 1000)} KB"
    return f"{format_decimal(math.ceil(length / 100_000) / 10, locale=language)} MB"


def talk(text: str) -> Markup:
    """A message as participants see it: ``*bold*`` is bold; everything else is text, whatever it looks like."""
    return Markup(_BOLD.sub(r"<strong>\1</strong>", str(escape(text))))  # noqa: S704 (escaped just here)
