"""What the service knows and says: systems, complaint categories, channels, answers, and how fast cases move."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from bot.config.values import Code, Part, Priority, Sourced, Title, Translated, Week, Zone


class System(Sourced):
    """An electronic service or a counter that can be closed or down; `code` is the one of the API."""

    code: Code
    name: Translated
    aliases: tuple[str, ...] = ()
    """Words that people use for it."""
    guidance: Translated
    """What a participant can still do while it is down, in full polite sentences."""


class Systems(Part):
    """systems.yml."""

    systems: tuple[System, ...]


class Category(Sourced):
    """What a complaint is about; `title` fits a button, `label` is the long name."""

    key: Code
    title: Title
    label: Translated
    words: tuple[str, ...] = ()
    """Words and phrases by which the category is recognised."""
    about_facility: bool
    priority: Priority = Priority.NORMAL


class Categories(Part):
    """categories.yml."""

    categories: Annotated[tuple[Category, ...], Field(min_length=1)]


class Contact(Sourced):
    """A channel that participants can turn to; `value` is the number, address or app as it is shown."""

    code: Code
    name: Translated
    value: Translated
    what_for: Translated
    hours: Translated


class Contacts(Part):
    """contacts.yml."""

    contacts: tuple[Contact, ...]


class Answer(Sourced):
    """The answer to a frequent question, by intent."""

    intent: Code
    answer: Translated
    offer_agent: bool

    @model_validator(mode="after")
    def _short_enough(self) -> Self:
        for language in ("id", "en"):
            length = len(self.answer.text(language))
            if length > 600:
                raise ValueError(f"found {length} characters in answer.{language}, expected at most 600")
        return self


class Faq(Part):
    """faq.yml."""

    answers: tuple[Answer, ...]


class Deadline(Part):
    """How long a case may take: working days or working hours of the branch, one of the two."""

    working_days: Annotated[int, Field(ge=1, le=60)] | None = None
    working_hours: Annotated[float, Field(gt=0, le=200)] | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.working_days is None) == (self.working_hours is None):
            raise ValueError("expected either working_days or working_hours")
        return self


class Deadlines(Part):
    """The deadline of a kind of case; `high` for those of high priority, else as `normal`."""

    normal: Deadline
    high: Deadline | None = None

    def of(self, priority: Priority) -> Deadline:
        """The deadline for a case of that priority."""
        return self.high if priority is Priority.HIGH and self.high else self.normal


class DeadlineTable(Part):
    """A deadline for every kind of case."""

    complaint: Deadlines
    admin: Deadlines
    handover: Deadlines
    outage_report: Deadlines


class FallbackOffice(Part):
    """The hours of agents for cases that belong to no branch; it stands in for a branch (see bot.hours)."""

    zone: Zone
    hours: Week
    code: str = ""
    province: str = ""


class CaseRules(Part):
    """cases.yml."""

    deadlines: DeadlineTable
    fallback_office: FallbackOffice
