"""What flows ask the shell to look up. Views hold just what a participant may be told."""

from dataclasses import dataclass
from datetime import datetime

from bot.config import Listed
from bot.config.listed import Search
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

    same_for_all = True
    branch: str
    since: datetime
    until: datetime


@dataclass(frozen=True)
class Outages(LookUp[list[NoticeView]]):
    """Outages and maintenance of a system under way, or over since a moment, newest first.

    Of every branch when `branch` is None.
    """

    same_for_all = True
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
    service: str | None = None
    """Of an administrative request, the code of its service (services.yml)."""
    state: str | None = None
    """Where an administrative request stands (`bot.cases.administration.AdminState`)."""
    missing: tuple[str, ...] = ()
    """Codes of the documents that are missing from it."""
    reasons: tuple[str, ...] = ()
    """What an agent said of them."""
    until: datetime | None = None
    """Until when they are awaited."""


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
    """When agents work again; None while they do, and where a closure without an end lets nobody say."""
    urgent: bool = False
    """Whether an agent was called because of an emergency."""


@dataclass(frozen=True)
class QueuePlace(LookUp[Place]):
    """The participant's place in the queue for an agent."""


@dataclass(frozen=True, kw_only=True)
class AwaitedDocument:
    """A document that is missing from one of the participant's administrative requests; by codes of services.yml."""

    number: str
    service: str | None
    document: str


@dataclass(frozen=True)
class MissingDocuments(LookUp[list[AwaitedDocument]]):
    """What agents asked the participant to send (again), the oldest request first."""


@dataclass(frozen=True)
class FacilitiesFound:
    """A page of facilities, nearest first, and whether there are more."""

    listed: tuple[Listed, ...] = ()
    more: bool = False


@dataclass(frozen=True)
class FindFacilities(LookUp[FacilitiesFound]):
    """Facilities around a place or in a town."""

    search: Search


@dataclass(frozen=True)
class FacilitiesNamed(LookUp[tuple[Listed, ...]]):
    """The facilities, of config/ or imported, that a name means."""

    name: str


@dataclass(frozen=True, kw_only=True)
class ConsentView:
    """What a participant agreed to."""

    purpose: str
    version: str
    given_at: datetime
    withdrawn_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class CaseLine:
    """A case of the participant in a line."""

    number: str
    kind: str
    status: str
    opened_at: datetime


@dataclass(frozen=True, kw_only=True)
class KeptDays:
    """For how many days each thing is kept; None: until it is asked to be erased."""

    media: int | None
    sealed: int | None
    talks: int | None


@dataclass(frozen=True, kw_only=True)
class OwnData:
    """What is known of a participant, as they may read it on a phone that others see: numbers masked.

    Args:
        addresses: where they are reached, this one first.
        numbers: kind and masked digits.
        cases: settled ones too, newest first.
        lines: of talks, since `since`.
        settles_at: after a joining, until when nothing is sent or erased.
    """

    addresses: tuple[str, ...]
    name: str
    language: str
    numbers: tuple[tuple[str, str], ...]
    consents: tuple[ConsentView, ...]
    cases: tuple[CaseLine, ...]
    lines: int
    files: int
    subscriptions: int
    since: datetime
    kept: KeptDays
    settles_at: datetime | None = None


@dataclass(frozen=True)
class KnownOfMe(LookUp[OwnData]):
    """What is known of the participant; of the talk, what was said before then."""

    before: datetime


@dataclass(frozen=True)
class HowLongKept(LookUp[KeptDays]):
    """For how long things are kept here."""
