"""What participants can have done: the administrative services, each with its conditions, papers and entries."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, field_validator, model_validator

from bot.config.values import Code, Part, Sourced, Title, Translated

LONGEST_CODE = 24
"""Codes stand in the ids of buttons, which hold 64 bytes."""
OURS = frozenset({"service", "state", "missing", "warnings", "branch", "consent"})
"""Keys that the service itself keeps in the fields of a case."""


def _fitting(code: str) -> str:
    if len(code) > LONGEST_CODE:
        raise ValueError(f'found "{code}", expected at most {LONGEST_CODE} characters')
    return code


ShortCode = Annotated[Code, AfterValidator(_fitting)]


class FieldType(StrEnum):
    """What an entry is, which decides how it is read and checked."""

    NIK = "nik"
    KK = "kk"
    CARD = "card"
    NIK_OR_CARD = "nik_or_card"
    NAME = "name"
    BIRTH_DATE = "birth_date"
    DATE = "date"
    PHONE = "phone"
    ADDRESS = "address"
    TEXT = "text"
    CHOICE = "choice"
    FACILITY = "facility"
    EMAIL = "email"
    AMOUNT = "amount"


class Condition(Sourced):
    """A yes-or-no question before anything is taken down; `unmet` is said where the answer is not `needed`."""

    code: ShortCode
    question: Translated
    needed: bool
    unmet: Translated
    instead: Code | None = None
    """The code of the service that fits then."""
    stops: bool = True
    """Whether this service cannot be had then; else `unmet` is said and the form goes on."""


class OnlyIf(Part):
    """When a document is asked for: where the entry `field`, a choice, has one of these answers."""

    field: Code
    is_: Annotated[tuple[Code, ...], Field(alias="is", min_length=1)]


class Paper(Sourced):
    """A document that the service wants, as a photo or file."""

    code: ShortCode
    name: Translated
    need: Literal["required", "optional", "on_request"] = "required"
    """`on_request`: never asked for by the form, only by an officer."""
    only_if: OnlyIf | None = None
    hint: Translated | None = None
    words: tuple[str, ...] = ()
    """What people call it besides its name, in lower case."""


class Option(Part):
    """One of the answers of an entry of type choice."""

    code: ShortCode
    title: Title


class Entry(Sourced):
    """Something that is asked for and kept with the case under `key`."""

    key: ShortCode
    type: FieldType
    label: Translated
    question: Translated
    hint: Translated | None = None
    optional: bool = False
    choices: tuple[Option, ...] = ()
    matches: Code | None = None
    """Of a birth date: the key of the NIK that it should agree with; where it does not, that is asked about."""

    @model_validator(mode="after")
    def _choices_of_a_choice(self) -> Self:
        if (self.type is FieldType.CHOICE) != bool(self.choices):
            raise ValueError("expected choices for the type choice, and for no other")
        return self


class Fact(Sourced):
    """Something to know about a service, with the year of its source in its words."""

    text: Translated


class Known(Part):
    """Where the list of documents comes from, as participants are told."""

    confirmed: bool
    by: str = ""
    """Who published it."""
    year: int | None = None

    @model_validator(mode="after")
    def _told(self) -> Self:
        if self.confirmed and not (self.by and self.year):
            raise ValueError("expected by and year of what is confirmed")
        return self


class ServiceForm(Sourced):
    """One service; `intent` is the wish that it answers, `letter` its place in the published list, if it has one."""

    code: ShortCode
    letter: Annotated[str, Field(pattern=r"^[A-Z]$")] | None = None
    intent: Annotated[str, Field(pattern=r"^admin_[a-z_]+$")]
    title: Title
    name: Translated
    who: Translated
    words: tuple[str, ...] = ()
    """What people call it, in lower case."""
    conditions: tuple[Condition, ...] = ()
    documents: tuple[Paper, ...] = ()
    fields: Annotated[tuple[Entry, ...], Field(min_length=1)]
    known: Known
    facts: tuple[Fact, ...] = ()
    next: Translated
    """What happens when the request is in."""
    how_long: Translated | None = None
    """How long it takes, where that is known."""

    @model_validator(mode="after")
    def _names(self) -> Self:
        _once("conditions", (item.code for item in self.conditions))
        _once("documents", (item.code for item in self.documents))
        _once("fields", (item.key for item in self.fields))
        for at, entry in enumerate(self.fields):
            if entry.key in OURS:
                raise ValueError(f'found the key "{entry.key}" in fields, which the service keeps for itself')
            earlier = {
                item.key for item in self.fields[:at] if item.type in (FieldType.NIK, FieldType.NIK_OR_CARD)
            }
            if entry.matches and entry.matches not in earlier:
                raise ValueError(
                    f'found matches "{entry.matches}" in fields[{at}], expected the key of a NIK that stands before it'
                )
        return self

    @model_validator(mode="after")
    def _known_choices(self) -> Self:
        choices = {item.key: {option.code for option in item.choices} for item in self.fields}
        for at, paper in enumerate(self.documents):
            wanted = paper.only_if
            if wanted and not set(wanted.is_) <= choices.get(wanted.field, set()):
                raise ValueError(
                    f'found only_if "{wanted.field}" is {", ".join(wanted.is_)} in documents[{at}], '
                    "expected a field of type choice and codes of its choices"
                )
        return self

    def asked_on(self, day: date, given: Mapping[str, object] | None = None) -> tuple[Paper, ...]:
        """The documents that the form asks for on that day; of those that hang on an entry the ones for `given`."""
        asked = (item for item in self.documents if item.need != "on_request" and item.valid_on(day))
        return tuple(
            item
            for item in asked
            if given is None or not item.only_if or given.get(item.only_if.field) in item.only_if.is_
        )

    def only_for(self, paper: Paper, language: str) -> str:
        """For whom a document is that hangs on an entry: the titles of those answers; "" for everybody."""
        wanted = paper.only_if
        entry = next((item for item in self.fields if wanted and item.key == wanted.field), None)
        titles = (
            [item.title.text(language) for item in entry.choices if wanted and item.code in wanted.is_]
            if entry
            else []
        )
        return ", ".join(titles)

    def document(self, code: str) -> Paper | None:
        """The document with that code."""
        return next((item for item in self.documents if item.code == code), None)


def _once(where: str, codes: Iterable[str]) -> None:
    twice = [code for code, times in Counter(codes).items() if times > 1]
    if twice:
        raise ValueError(f'found "{twice[0]}" twice in {where}')


_PERIOD = re.compile(
    r"\b\d+\s*(hari|minggu|pekan|bulan|bln|tahun|thn|days?|weeks?|months?|years?)\b", re.IGNORECASE
)


class Agreed(Part):
    """The words that participants agree to before anything personal is taken down, and the number of that version.

    For how long things are kept stands in the settings alone, and is told after these words.
    """

    version: Annotated[str, Field(min_length=1)]
    words: Translated

    @field_validator("words")
    @classmethod
    def _no_period(cls, words: Translated) -> Translated:
        for said in words.by_language().values():
            if found := _PERIOD.search(said):
                raise ValueError(
                    f'found "{found[0]}", expected no period: how long things are kept is added '
                    "from SIAGA_KEEP_MEDIA_DAYS, SIAGA_KEEP_SEALED_DAYS and SIAGA_KEEP_TALK_DAYS"
                )
        return words


class Administration(Part):
    """services.yml."""

    consent: Agreed
    services: Annotated[tuple[ServiceForm, ...], Field(min_length=1)]
