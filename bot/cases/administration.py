"""Administrative requests: the states they go through, and the documents that are missing from them.

A case of kind ``admin`` has two words for where it stands: its status, as every case, and ``fields.state``, which says
it as the participant understands it. Whoever changes the one calls `follow`, so that both are always true.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from bot.cases.history import PARTICIPANT, SYSTEM, Actor, record
from bot.errors import SiagaError
from bot.reading.numbers import mask
from bot.storage.tables import Agent, Case, CaseKind, CaseStatus


class AdminState(StrEnum):
    """Where a request stands, as its participant is told."""

    NEW = "new"
    IN_WORK = "in_work"
    DOCUMENTS_MISSING = "documents_missing"
    DONE = "done"
    REJECTED = "rejected"
    EXPIRED = "expired"


_NEW, _WORK, _MISSING = AdminState.NEW, AdminState.IN_WORK, AdminState.DOCUMENTS_MISSING
_OPEN = (_NEW, _WORK, _MISSING)
_SETTLED = (AdminState.DONE, AdminState.REJECTED, AdminState.EXPIRED)

TRANSITIONS: Mapping[str, tuple[tuple[AdminState, ...], AdminState]] = {
    # what happened        from one of these   to
    "taken": (             (_NEW,),            _WORK),
    "given_back": (        (_WORK,),           _NEW),
    "document_asked": (    _OPEN,              _MISSING),
    "documents_complete": ((_MISSING,),        _WORK),
    "resolved": (          _OPEN,              AdminState.DONE),
    "rejected": (          _OPEN,              AdminState.REJECTED),
    "closed": (            _OPEN,              AdminState.REJECTED),
    "expired": (           (_MISSING,),        AdminState.EXPIRED),
    "reopened": (          _SETTLED,           _WORK),
}  # fmt: skip
"""The whole life of a request. From any other state than those named, it changes nothing: a request that waits for a
document goes on waiting for it, whoever has it."""


class NotAdministration(SiagaError):
    """That can be done to administrative requests only."""

    said = "error.case_state"


@dataclass(frozen=True, kw_only=True)
class Missing:
    """What a participant was asked to send.

    Args:
        documents: why, by the code of the document (services.yml).
        since: when it was asked for, or when the last of several came.
        reminded: whether they were reminded since then.
    """

    documents: Mapping[str, str] = field(default_factory=dict)
    since: datetime
    reminded: bool = False


def state(case: Case) -> AdminState:
    """Where a request stands."""
    return AdminState(case.fields.get("state", _NEW))


def missing(case: Case) -> Missing | None:
    """The documents that are missing from a request, if any."""
    kept = case.fields.get("missing")
    if not kept:
        return None
    documents = {one["document"]: one["reason"] for one in kept["documents"]}
    since = datetime.fromisoformat(kept["since"])
    return Missing(documents=documents, since=since, reminded=kept["reminded"])


def follow(case: Case, what: str) -> None:
    """Bring the state up to what happened to the case; of a case of another kind there is none.

    Args:
        what: a key of `TRANSITIONS`.
    """
    if case.kind is not CaseKind.ADMIN:
        return
    before, after = TRANSITIONS[what]
    if state(case) in before:
        _put(case, state=after)
    if state(case) in _SETTLED:
        _await(case, None)
    elif state(case) is _MISSING and case.assignee_id:
        case.status = CaseStatus.WAITING


def ask(session: AsyncSession, case: Case, agent: Agent, wanted: Missing) -> None:
    """Ask for documents, besides those that were asked for before; from now on the case waits for the participant.

    Raises:
        NotAdministration: it is no administrative request.
    """
    _must_be_administration(case)
    before = missing(case)
    reasons = {code: mask(why) for code, why in wanted.documents.items()}
    _await(case, replace(wanted, documents={**(before.documents if before else {}), **reasons}))
    case.first_reply_at = case.first_reply_at or wanted.since
    codes, why = list(reasons), next(iter(reasons.values()))
    by = Actor("agent", agent.id)
    record(
        session,
        ("case", case.id),
        "document_asked",
        by,
        wanted.since,
        public=True,
        documents=codes,
        reason=why,
    )
    follow(case, "document_asked")


def received(
    session: AsyncSession, case: Case, document: str, by: Actor, now: datetime, due_at: datetime | None
) -> list[str]:
    """Note that a document came; with the last one it is our turn again.

    Args:
        session: the transaction in which the file was attached.
        case: the request, locked.
        document: its code.
        by: who brought it, or put it there.
        now: when.
        due_at: until when it is to be worked if nothing is missing any more: the time that the participant took is
            not ours.

    Returns:
        the codes of what is still missing.
    """
    what = "document_received" if by == PARTICIPANT else "document_filed"
    record(session, ("case", case.id), what, by, now, public=True, documents=[document])
    awaited = missing(case)
    if awaited is None or document not in awaited.documents:
        return []
    left = {code: why for code, why in awaited.documents.items() if code != document}
    _await(case, Missing(documents=left, since=now) if left else None)
    if not left:
        _our_turn(case, due_at)
    return list(left)


def _our_turn(case: Case, due_at: datetime | None) -> None:
    follow(case, "documents_complete")
    if case.assignee_id is None:
        follow(case, "given_back")
    elif case.status is CaseStatus.WAITING:
        case.status = CaseStatus.ASSIGNED
    if case.due_at and due_at:
        case.due_at = max(case.due_at, due_at)


def reject(session: AsyncSession, case: Case, agent: Agent, reason: str, now: datetime) -> None:
    """It cannot be done; the participant hears why.

    Raises:
        NotAdministration: it is no administrative request.
    """
    _must_be_administration(case)
    case.status, case.resolved_at = CaseStatus.RESOLVED, now
    by = Actor("agent", agent.id)
    record(session, ("case", case.id), "rejected", by, now, public=True, reason=mask(reason))
    follow(case, "rejected")


def remind(case: Case, since: datetime) -> Missing:
    """Note that the time for a reminder has come, and was used or not.

    Args:
        since: from when on the participant is taken to have known of it.
    """
    awaited = missing(case)
    assert awaited
    noted = replace(awaited, since=max(since, awaited.since), reminded=True)
    _await(case, noted)
    return noted


def expire(session: AsyncSession, case: Case, now: datetime) -> None:
    """What was missing did not come: the request is over."""
    awaited = missing(case)
    assert awaited
    case.status, case.closed_at = CaseStatus.CLOSED, now
    case.resolved_at = case.resolved_at or now
    codes = list(awaited.documents)
    record(session, ("case", case.id), "expired", SYSTEM, now, public=True, documents=codes)
    follow(case, "expired")


def _must_be_administration(case: Case) -> None:
    if case.kind is not CaseKind.ADMIN:
        raise NotAdministration(case.number)


def _await(case: Case, awaited: Missing | None) -> None:
    kept = None
    if awaited:
        kept = {
            # A list, since PostgreSQL keeps no order of keys.
            "documents": [{"document": code, "reason": reason} for code, reason in awaited.documents.items()],
            "since": awaited.since.isoformat(),
            "reminded": awaited.reminded,
        }
    _put(case, missing=kept)


def _put(case: Case, **changed: Any) -> None:
    """Change fields; what is None goes. A new dictionary, since what changes inside of the old one is not stored."""
    fields = {**case.fields, **changed}
    case.fields = {name: value for name, value in fields.items() if name not in changed or value is not None}
