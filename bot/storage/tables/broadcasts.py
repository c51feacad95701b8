"""Notices on their way to their subscribers: how far each has come, and who stopped it."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from bot.storage.base import Base, serial


class BroadcastState(StrEnum):
    """Where a broadcast stands."""

    RUNNING = "running"
    PAUSED = "paused"
    CANCELLED = "cancelled"
    """Stopped for good, by a person or by newer news (`overtaken_by`); what has gone out stays."""
    DONE = "done"
    """Everybody's message was made, and none is in the queue any more."""


class Broadcast(Base):
    """One piece of news of a notice, told to all who want to hear of it (`bot.notices.telling`)."""

    __tablename__ = "broadcasts"
    __table_args__ = (
        UniqueConstraint("notice_id", "event"),
        Index("ix_broadcasts_running", "id", postgresql_where=text("state = 'running'")),
    )

    id: Mapped[int] = serial()
    notice_id: Mapped[int] = mapped_column(ForeignKey("notices.id"))
    event: Mapped[str]
    """What is told: ``published``, ``update-12``, ``ended``; each once."""
    update_id: Mapped[int | None] = mapped_column(ForeignKey("notice_updates.id"))
    final: Mapped[bool] = mapped_column(server_default=text("false"))
    """It tells that the notice is over: only who knew of it hears so."""
    state: Mapped[BroadcastState] = mapped_column(default=BroadcastState.RUNNING, server_default="running")
    at: Mapped[datetime]
    """The moment that it tells of."""
    cursors: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """By channel, the last address that has its message in the outbox; null: all have."""
    audience: Mapped[int | None]
    """How many were to hear it when the first messages were made."""
    made: Mapped[int] = mapped_column(server_default="0")
    created_by: Mapped[UUID | None] = mapped_column(ForeignKey("agents.id"))
    overtaken_by: Mapped[int | None] = mapped_column(ForeignKey("broadcasts.id"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    ended_at: Mapped[datetime | None]
