"""The small values that the files of config/ are made of, and the base of all their models."""

import re
from datetime import date, time
from enum import StrEnum
from itertools import pairwise
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

Zone = Literal["Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura"]
"""Western, central and eastern Indonesian time (WIB, WITA, WIT); there is no daylight saving."""

HOME_ZONE = ZoneInfo("Asia/Jakarta")
"""The clock where no place is known that has another."""

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
"""The keys of a week, in the order of `date.weekday`."""

Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
"""A name for programs: lower-case letters, digits and underscores."""

CODE_RULE = "lower-case letters, digits and underscores, starting with a letter"

ADDRESS = r"^(telegram:[0-9]{1,20}|whatsapp:\+[0-9]{8,15})$"
ADDRESS_RULE = "an address such as telegram:4711 or whatsapp:+6281100001234"


def _iso(written: Any) -> Any:
    if isinstance(written, date):
        return written
    try:
        return date.fromisoformat(written)
    except (TypeError, ValueError):
        raise ValueError("expected a date such as 2026-03-21") from None


Day = Annotated[date, BeforeValidator(_iso)]
"""A date, written ``2026-03-21``."""


class Part(BaseModel):
    """What every model of config/ has in common: it does not change and takes no unknown key."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class Sourced(Part):
    """Something with a provenance: who says so, since when and until when it holds."""

    source: str = ""
    valid_from: Day | None = None
    valid_to: Day | None = None

    def valid_on(self, day: date) -> bool:
        """Whether this holds on `day` as far as the file says."""
        started = self.valid_from is None or self.valid_from <= day
        return started and (self.valid_to is None or day <= self.valid_to)


class Translated(Part):
    """A sentence in every language: ``{id: ..., en: ...}``; other languages by their two-letter code."""

    model_config = ConfigDict(frozen=True, extra="allow", str_strip_whitespace=True)
    __pydantic_extra__: dict[str, str]

    id: str = Field(min_length=1)
    en: str = Field(min_length=1)

    @model_validator(mode="before")
    @classmethod
    def _languages(cls, written: Any) -> Any:
        for language in written if isinstance(written, dict) else ():
            if not re.fullmatch(r"[a-z]{2}", language):
                raise ValueError(
                    f'found language "{language}", expected a two-letter code such as id, en '
                    "(put sentences with a comma in quotes)"
                )
        return written

    def text(self, language: str) -> str:
        """The sentence in `language`, in Indonesian where there is none."""
        return self.by_language().get(language, self.id)

    def by_language(self) -> dict[str, str]:
        """The sentence in every language that there is."""
        return {"id": self.id, "en": self.en} | self.__pydantic_extra__


def _short(title: Translated) -> Translated:
    for written in title.by_language().values():
        if len(written) > 20:
            raise ValueError(f'found "{written}", expected at most 20 characters (a button)')
    return title


Title = Annotated[Translated, AfterValidator(_short)]
"""A name short enough for a WhatsApp button."""


class Hours(Part):
    """A stretch of opening hours in local time, written ``"08:00-15:00"``; `end` is the first closed moment."""

    start: time
    end: time

    @model_validator(mode="before")
    @classmethod
    def _read(cls, written: Any) -> Any:
        if not isinstance(written, str):
            return written
        found = re.fullmatch(r"(\d{1,2})[:.](\d{2})\s*-\s*(\d{1,2})[:.](\d{2})", written.strip())
        if not found:
            raise ValueError('expected hours such as "08:00-15:00"')
        hour, minute, end_hour, end_minute = (int(number) for number in found.groups())
        try:
            start, end = time(hour, minute), time(end_hour, end_minute)
        except ValueError:
            raise ValueError("expected hours between 00:00 and 23:59") from None
        return {"start": start, "end": end}

    @model_validator(mode="after")
    def _forwards(self) -> Self:
        if self.start >= self.end:
            raise ValueError("expected the end after the start, within one day")
        return self

    def __str__(self) -> str:
        return f"{self.start:%H:%M}-{self.end:%H:%M}"


def _several(written: Any) -> Any:
    return written if isinstance(written, list | tuple) else [written]


def _in_order(ranges: tuple[Hours, ...]) -> tuple[Hours, ...]:
    for earlier, later in pairwise(ranges):
        if earlier.end > later.start:
            raise ValueError(f"found {later} after {earlier}, expected ranges in order, not overlapping")
    return ranges


Ranges = Annotated[tuple[Hours, ...], BeforeValidator(_several), AfterValidator(_in_order)]
"""The opening hours of a day, one range or several (a lunch break)."""


class Week(Part):
    """Regular opening hours by weekday; a day that is not named is closed."""

    mon: Ranges = ()
    tue: Ranges = ()
    wed: Ranges = ()
    thu: Ranges = ()
    fri: Ranges = ()
    sat: Ranges = ()
    sun: Ranges = ()

    @model_validator(mode="after")
    def _some_day(self) -> Self:
        if not any(getattr(self, day) for day in DAYS):
            raise ValueError("expected hours for at least one day")
        return self

    def on(self, day: date) -> tuple[Hours, ...]:
        """The regular hours of the weekday that `day` is."""
        ranges: tuple[Hours, ...] = getattr(self, DAYS[day.weekday()])
        return ranges


class Priority(StrEnum):
    """How soon a case has to be taken up."""

    NORMAL = "normal"
    HIGH = "high"
