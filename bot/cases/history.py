"""The history of cases, notices and accounts: rows are added, never changed."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, String, cast, exists, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from bot.storage.tables import History


@dataclass(frozen=True)
class Actor:
    """Who did something: `kind` is ``participant``, ``bot``, ``agent`` or ``system``."""

    kind: str
    id: UUID | None = None


BOT = Actor("bot")
SYSTEM = Actor("system")
PARTICIPANT = Actor("participant")


def record(
    session: AsyncSession,
    subject: tuple[str, object],
    what: str,
    by: Actor,
    at: datetime,
    *,
    public: bool = False,
    **detail: Any,
) -> None:
    """Add one entry.

    Args:
        session: the transaction that the change itself is part of.
        subject: ``("case", id)``, ``("notice", id)``, ``("agent", id)``.
        what: in the past tense.
        by: who did it.
        at: when.
        public: whether the participant hears of it when they ask.
        detail: what changed, JSON-able, without personal numbers.
    """
    session.add(
        History(
            subject=subject[0],
            subject_id=str(subject[1]),
            what=what,
            by_kind=by.kind,
            by_id=str(by.id) if by.id else None,
            public=public,
            detail=detail,
            at=at,
        )
    )


def is_noted(subject: str, subject_id: InstrumentedAttribute[int], what: str) -> ColumnElement[bool]:
    """Whether the history of the row with that id holds such an entry, within a query of that row."""
    return exists().where(
        History.subject == subject, History.subject_id == cast(subject_id, String), History.what == what
    )


async def noted(session: AsyncSession, subject: str, what: str, ids: Iterable[int]) -> set[int]:
    """Those of `ids` whose history holds such an entry.

    Whoever has locked them knows from this, but not from the query that locked them, what was noted until then.
    """
    wanted = (History.subject == subject, History.what == what, History.subject_id.in_(map(str, ids)))
    return {int(one) for one in await session.scalars(select(History.subject_id).where(*wanted))}


async def entries(session: AsyncSession, subject: str, subject_id: object) -> list[History]:
    """Everything that happened to one thing, oldest first."""
    wanted = select(History).where(History.subject == subject, History.subject_id == str(subject_id))
    return list(await session.scalars(wanted.order_by(History.id)))
