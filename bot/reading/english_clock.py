"""Times of day as they are said in English, rewritten as all others are: ``8 pm`` as ``at 20:00``."""

import re

_TIME = r"(?:\bat )?\b(?P<hour>\d{1,2})(?:[:.](?P<minute>[0-5]\d))?"
_HALVES = re.compile(rf"{_TIME}\s*(?P<half>[ap])\.?m\b\.?", re.IGNORECASE)
_PARTS = re.compile(
    rf"{_TIME}(?: o['’]?clock)? (?:(?:this|in the|yesterday) )?(?P<part>morning|afternoon|evening|tonight|at night)\b",
    re.IGNORECASE,
)
_LAST_NIGHT = re.compile(r"\blast night\b", re.IGNORECASE)
LAST_NIGHT = "tadi malam"


def plain_clock(text: str) -> str:
    """The text with its English times of day on a clock of 24 hours; everything else stays as it is."""
    halved = _HALVES.sub(lambda found: _at(found, afternoon=found["half"].lower() == "p"), text)
    parted = _PARTS.sub(lambda found: _at(found, afternoon=found["part"].lower() != "morning"), halved)
    return _LAST_NIGHT.sub(LAST_NIGHT, parted)


def _at(found: re.Match[str], *, afternoon: bool) -> str:
    hour = int(found["hour"])
    if not 1 <= hour <= 12:
        return found[0]
    hour = hour % 12 + (12 if afternoon else 0)
    yesterday = " yesterday" if "yesterday" in found[0].lower() else ""
    return f"at {hour:02}:{found['minute'] or '00'}{yesterday}"
