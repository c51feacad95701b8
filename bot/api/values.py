"""The small values that requests are made of, each refused with a reason that says what to write instead."""

import unicodedata
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

LARGEST_ID = 2**63 - 1
"""The largest id that PostgreSQL's bigint holds."""

_YEARS = range(2000, 2101)  # beyond them it is a slip, and the arithmetic of time zones may overflow


class Form(BaseModel):
    """What every body has in common: a misspelt member is refused, not ignored."""

    model_config = ConfigDict(extra="forbid")


def _readable(text: str) -> str:
    for char in text:
        if unicodedata.category(char) in ("Cc", "Cs") and char not in "\n\t":
            raise ValueError(f"holds a character that nobody can read: U+{ord(char):04X}")
    return text


def _one_line(text: str) -> str:
    if "\n" in text or "\t" in text:
        raise ValueError("is more than one line")
    return text


def _unix_lines(given: Any) -> Any:
    return given.replace("\r\n", "\n") if isinstance(given, str) else given


def _blank_is_none(given: Any) -> Any:
    return None if isinstance(given, str) and not given.strip() else given


def _moment(given: Any) -> datetime:
    example = "such as 2026-11-23T08:00:00+07:00"
    if not isinstance(given, str):
        raise ValueError(f"expected a date and time in ISO 8601, {example}")
    try:
        moment = datetime.fromisoformat(given.strip())
    except ValueError:
        raise ValueError(f"expected a date and time in ISO 8601, {example}") from None
    if moment.tzinfo is None:
        raise ValueError("has no time zone: add +07:00 (WIB), +08:00 (WITA), +09:00 (WIT) or Z")
    if moment.year not in _YEARS:
        raise ValueError(f"expected a year from {_YEARS[0]} to {_YEARS[-1]}")
    return moment.astimezone(UTC)


Line = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200),
    AfterValidator(_readable),
    AfterValidator(_one_line),
]
"""One line of text: a name, a code, a title."""

Words = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=2000),
    AfterValidator(_readable),
    BeforeValidator(_unix_lines),
]
"""Text of several lines, perhaps none."""

Said = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=4000),
    AfterValidator(_readable),
    BeforeValidator(_unix_lines),
]
"""Something that is said to somebody: not nothing."""

MaybeLine = Annotated[Line | None, BeforeValidator(_blank_is_none)]
MaybeWords = Annotated[Words | None, BeforeValidator(_blank_is_none)]
MaybeSaid = Annotated[Said | None, BeforeValidator(_blank_is_none)]

Moment = Annotated[datetime, BeforeValidator(_moment)]
"""A moment in ISO 8601 with its time zone."""

Cursor = Annotated[
    Annotated[int, Field(ge=1, le=LARGEST_ID)] | None,
    BeforeValidator(_blank_is_none),
    Field(description="The `next` of the page before."),
]
Limit = Annotated[int, Field(ge=1, le=200, description="How many at most.")]

Maybe = BeforeValidator(_blank_is_none)
"""For a query parameter: ``?kind=`` is the same as none."""


class Paged(Form):
    """The parameters of every list."""

    after: Cursor = None
    limit: Limit = 50
