"""What flows ask the shell to look up. Views hold just what a participant may be told."""

from dataclasses import dataclass
from datetime import datetime

from bot.dialogue.requests import LookUp


@dataclass(frozen=True, kw_only=True)
class UpdateView:
    """The newest word on a notice."""

    status: str
    body: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class NoticeView:
    """A notice as a participant is told of it; `as_of` is when it was last changed or added to."""

    id: int
    kind: str
    title: str
    body: str
    affects: tuple[str, ...]
    starts_at: datetime
    ends_at: datetime | None
    cause: str | None
    guidance: str | None
    replacement_office: str | None
    alternatives: tuple[str, ...]
    as_of: datetime
    latest: UpdateView | None = None
    national: bool = False


@dataclass(frozen=True)
class Closures(LookUp[list[NoticeView]]):
    """Closures of a branch that touch the time between two moments, oldest first."""

    branch: str
    since: datetime
    until: datetime


@dataclass(frozen=True)
class Outages(LookUp[list[NoticeView]]):
    """Outages and maintenance of a system under way, or over since a moment, newest first.

    Of every branch when `branch` is None.
    """

    system: str | None
    branch: str | None
    since: datetime


@dataclass(frozen=True, kw_only=True)
class CaseView:
    """How a participant's own case stands."""

    number: str
    kind: str
    status: str
    summary: str
    opened_at: datetime
    due_at: datetime | None
    step: str | None
    """The last public step, past tense (``opened``, ``claimed``, ``replied``)."""
    step_at: datetime | None
    branch: str | None


@dataclass(frozen=True)
class OwnCases(LookUp[list[CaseView]]):
    """The participant's own cases, newest first; only the one with `number` where it is given."""

    number: str | None = None


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a participant stands in the queue: 1 is next."""

    position: int
    open_now: bool
    opens_at: datetime | None


@dataclass(frozen=True)
class QueuePlace(LookUp[Place]):
    """The participant's place in the queue for an agent."""
