"""The history of cases, notices and accounts: rows are added, never changed."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

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


async def entries(session: AsyncSession, subject: str, subject_id: object) -> list[History]:
    """Everything that happened to one thing, oldest first."""
    wanted = select(History).where(History.subject == subject, History.subject_id == str(subject_id))
    return list(await session.scalars(wanted.order_by(History.id)))
