"""What the service knows: systems, complaint categories, and how fast cases move."""

from datetime import datetime, time
from typing import Annotated, Self

from pydantic import Field, model_validator

from bot.config.values import ADDRESS, Code, Hours, Part, Priority, Sourced, Title, Translated, Week, Zone


class System(Sourced):
    """An electronic service or a counter that can be closed or down; `code` is the one of the API."""

    code: Code
    name: Translated
    aliases: tuple[str, ...] = ()
    """Words that people use for it."""
    guidance: Translated
    """What a participant can still do while it is down, in full polite sentences."""
    instead: tuple[Code, ...] = ()
    """Contacts to offer while it is down, where a notice names none."""


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


class OnCall(Part):
    """Somebody of ours who is told of emergencies at once: where, for which branches, and when."""

    address: Annotated[str, Field(pattern=ADDRESS)]
    """As the channels name it; whoever stands behind it must have written to us once."""
    branches: tuple[str, ...] = ()
    """None: for all branches, and for cases that belong to none."""
    hours: Week | None = None
    """On the clock of the case's branch, on holidays too; None: at any time."""

    def is_on_duty(self, branch: str | None, local: datetime) -> bool:
        """Whether they are called for a case of `branch` at that moment of its own clock."""
        if self.branches and branch not in self.branches:
            return False
        if self.hours is None:
            return True
        return any(_within(span, local.time()) for span in self.hours.on(local.date()))


_MIDNIGHT = time(23, 59)
"""The latest end of hours that can be written."""


def _within(span: Hours, at: time) -> bool:
    return span.start <= at and (at < span.end or span.end == _MIDNIGHT)


class DocumentWait(Part):
    """How long a request waits for a document that was asked for again, in days; the operator's own rule."""

    remind_after_days: Annotated[int, Field(ge=1, le=364)] = 7
    expire_after_days: Annotated[int, Field(ge=2, le=365)] = 14

    @model_validator(mode="after")
    def _reminded_first(self) -> Self:
        if self.remind_after_days >= self.expire_after_days:
            raise ValueError(
                f"found remind_after_days {self.remind_after_days}, expected fewer than expire_after_days "
                f"({self.expire_after_days}): who is not reminded cannot be in time"
            )
        return self


class CaseRules(Part):
    """cases.yml."""

    deadlines: DeadlineTable
    fallback_office: FallbackOffice
    on_call: tuple[OnCall, ...] = ()
    documents: DocumentWait = DocumentWait()
