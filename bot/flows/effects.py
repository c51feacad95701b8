"""What flows have done: once, in the turn's transaction."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

from bot.dialogue.requests import Consult, Effect
from bot.members.directory import Membership
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
    """When agents work again; None while they do, and where a closure without an end lets nobody say."""
    already: bool
    on_call: bool = False
    """Whether somebody who is on call was told of the emergency."""


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


@dataclass(frozen=True, kw_only=True)
class DocumentReceived:
    """Whether a document was taken, and the codes of those that are missing still."""

    taken: bool
    left: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class SendDocument(Effect[DocumentReceived]):
    """Put files to an administrative request as one of the documents that are missing from it."""

    result = DocumentReceived

    number: str
    document: str
    files: tuple[Media, ...]


@dataclass(frozen=True, kw_only=True)
class DirectoryThere(Consult[bool]):
    """Whether there is a directory of members at all."""

    result = bool


@dataclass(frozen=True, kw_only=True)
class Looked:
    """What came of looking a member up.

    Args:
        outcome: ``found``; ``no_match``: no such number, or another birth date; ``too_many`` failed tries before this
            one; ``away``: the directory cannot be asked just now.
        member: whom was found.
        at: when the directory was asked.
    """

    outcome: Literal["found", "no_match", "too_many", "away"]
    at: datetime
    member: Membership | None = None


@dataclass(frozen=True, kw_only=True)
class FindMember(Consult[Looked]):
    """Look the member up who says to have this number and birth date; a wrong pair counts as a failed try."""

    result = Looked

    number: str
    birth: date


@dataclass(frozen=True, kw_only=True)
class OwnCode:
    """A code by which another address is joined to this one, and how many minutes it is good for."""

    code: str
    minutes: int


@dataclass(frozen=True)
class MakeJoinCode(Effect[OwnCode]):
    """Make a code to be typed on the participant's other channel."""

    result = OwnCode


@dataclass(frozen=True, kw_only=True)
class JoinOutcome:
    """What came of a code that was typed.

    Args:
        state: ``fits``, ``wrong``, ``too_many``, ``own``, ``same``.
        other: the address that made it, as it may be shown.
    """

    state: str
    other: str = ""


@dataclass(frozen=True, kw_only=True)
class TryJoinCode(Effect[JoinOutcome]):
    """Whose code this is; one that is nobody's is counted."""

    result = JoinOutcome

    code: str


@dataclass(frozen=True, kw_only=True)
class Join(Effect[JoinOutcome]):
    """Make one participant of this address and the one that made the code."""

    result = JoinOutcome

    code: str


@dataclass(frozen=True)
class Part(Effect[bool]):
    """Give this address a participant of its own again; False where it was joined with none."""

    result = bool


@dataclass(frozen=True, kw_only=True)
class ErasureReceipt:
    """The number of an erasure, and the open cases that are needed until they are settled."""

    number: str
    open_cases: tuple[str, ...] = ()


@dataclass(frozen=True)
class EraseAll(Effect[ErasureReceipt]):
    """Erase what is known of the participant, as far as it may go."""

    result = ErasureReceipt


@dataclass(frozen=True)
class OrderCopy(Effect[bool]):
    """Send the participant a copy of what is known of them, here."""

    result = bool


@dataclass(frozen=True, kw_only=True)
class NoteAnswer(Effect[int]):
    """Keep which answer was given to what, for the report of weak answers; gives the number to rate it by.

    Args:
        code: of the question in config/faq.yml; None: only the general answer to the intent, or none at all.
        intent: what the text was taken to mean; ``_answer`` where no meaning was sure.
        text: what was asked, to be kept masked.
        likeness: of the nearest question, 0 to 1.
        expired: the question that would have been nearest, had its answer not run out.
    """

    result = int
    only_adds = True

    code: str | None
    intent: str
    text: str
    likeness: float
    expired: str | None = None


@dataclass(frozen=True)
class RateAnswer(Effect[bool]):
    """Keep whether an answer helped: ``yes``, ``no``, or ``agent`` where a human was wanted instead."""

    result = bool

    noted: int
    rating: str
