"""What several lists have in their columns."""

import re
from collections.abc import Callable

from bot.lists.reading import Wrong

LONGEST_NAME = 120
"""Characters of a facility's name, as in the texts that show it."""
_DAY = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})|(\d{1,2})[-/](\d{1,2})[-/](\d{4})", re.ASCII)


def at_most(most: int) -> Callable[[str], str]:
    """Any words of up to `most` characters, or none."""

    def check(field: str) -> str:
        if len(field) > most:
            raise Wrong(f"found {len(field)} characters, expected at most {most}")
        return field

    return check


def year_month_day(field: str) -> tuple[int, int, int] | None:
    """The numbers of a date with the year first or last, which need not exist; None where it is no date."""
    found = _DAY.fullmatch(field)
    if not found:
        return None
    year, month, day = found.group(1, 2, 3) if found[1] else found.group(6, 5, 4)
    return int(year), int(month), int(day)
