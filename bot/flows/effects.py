"""What flows have done: once, in the turn's transaction."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bot.dialogue.requests import Effect
from bot.messages import Media


@dataclass(frozen=True, kw_only=True)
class Opened:
    """A case that was opened."""

    number: str
    due_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class OpenCase(Effect[Opened]):
    """Take something down as a case."""

    result = Opened

    kind: str
    summary: str
    branch: str | None = None
    category: str | None = None
    priority: str = "normal"
    fields: dict[str, Any] = field(default_factory=dict)
    evidence: tuple[Media, ...] = ()
    documents: dict[str, tuple[Media, ...]] = field(default_factory=dict)
    """Files by the code of the document that they are, where certain ones were asked for."""


@dataclass(frozen=True, kw_only=True)
class ReportOutage(Effect[Opened]):
    """Take down that a system failed somewhere."""

    result = Opened

    system: str
    branch: str | None
    place: str | None
    facility: str | None
    since: datetime | None
    words: str


@dataclass(frozen=True, kw_only=True)
class Subscribe(Effect[bool]):
    """Be told of notices for a branch (None: anywhere) that affect a system (None: any)."""

    result = bool

    branch: str | None = None
    system: str | None = None


@dataclass(frozen=True)
class Unsubscribe(Effect[int]):
    """Be told of nothing any more that was not asked for; gives how many subscriptions that ended."""

    result = int


@dataclass(frozen=True)
class Resubscribe(Effect[bool]):
    """Be told again what `Unsubscribe` ended; False where nothing had been ended."""

    result = bool


@dataclass(frozen=True, kw_only=True)
class Queued:
    """A place in the queue for an agent."""

    number: str
    position: int
    open_now: bool
    opens_at: datetime | None
    already: bool


@dataclass(frozen=True, kw_only=True)
class RequestAgent(Effect[Queued]):
    """Put the conversation into the agents' queue; once there it keeps its place."""

    result = Queued

    reason: str
    urgent: bool = False
    branch: str | None = None
    so_far: dict[str, Any] = field(default_factory=dict)
    """What a form had taken down before a human was asked for: nobody should have to say it twice."""


@dataclass(frozen=True)
class LeaveQueue(Effect[bool]):
    """Stop waiting for an agent."""

    result = bool


@dataclass(frozen=True, kw_only=True)
class Consent(Effect[bool]):
    """Keep that the participant agreed to something, and to which words.

    Args:
        purpose: what for: the code of a text, such as ``administration``.
        version: of the words that were agreed to.
    """

    result = bool

    purpose: str
    version: str
