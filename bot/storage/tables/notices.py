"""Closures and outages, their updates, what people reported, and who wants to hear."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, func, text
from sqlalchemy.orm import Mapped, mapped_column

from bot.storage.base import Base, serial


class NoticeKind(StrEnum):
    """What a notice announces."""

    CLOSURE = "closure"
    OUTAGE = "outage"
    MAINTENANCE = "maintenance"
    INFORMATION = "information"


class UpdateStatus(StrEnum):
    """How far an outage has been understood."""

    INVESTIGATING = "investigating"
    IDENTIFIED = "identified"
    MONITORING = "monitoring"
    RESOLVED = "resolved"


class Notice(Base):
    """Something that a supervisor made known; active from `starts_at` until `ends_at` (None: further notice)."""

    __tablename__ = "notices"
    __table_args__ = (
        CheckConstraint("ends_at is null or ends_at >= starts_at", name="ends_after_start"),
        Index("ix_notices_time", "starts_at", "ends_at"),
    )

    id: Mapped[int] = serial()
    kind: Mapped[NoticeKind]
    title: Mapped[str]
    body: Mapped[str] = mapped_column(default="")
    scope: Mapped[dict[str, Any]]
    """`{"national": true}` or `{"provinces": [...]}` or `{"branches": [...]}`."""
    affects: Mapped[list[str]] = mapped_column(default=list)
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime | None]
    cause: Mapped[str | None]
    guidance: Mapped[str | None]
    replacement_office: Mapped[str | None]
    alternatives: Mapped[list[str]] = mapped_column(default=list)
    broadcast: Mapped[bool] = mapped_column(server_default=text("false"))
    created_by: Mapped[UUID | None] = mapped_column(ForeignKey("agents.id"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    changed_at: Mapped[datetime] = mapped_column(server_default=func.now())


class NoticeUpdate(Base):
    """What became known later."""

    __tablename__ = "notice_updates"

    id: Mapped[int] = serial()
    notice_id: Mapped[int] = mapped_column(ForeignKey("notices.id"), index=True)
    status: Mapped[UpdateStatus]
    body: Mapped[str]
    by: Mapped[UUID | None] = mapped_column(ForeignKey("agents.id"))
    at: Mapped[datetime] = mapped_column(server_default=func.now())


class OutageReport(Base):
    """One participant's word that a system failed, somewhere, since some time."""

    __tablename__ = "outage_reports"
    __table_args__ = (Index("ix_outage_reports_system", "system", "created_at"),)

    id: Mapped[int] = serial()
    system: Mapped[str]
    branch: Mapped[str | None]
    place: Mapped[str | None]
    facility: Mapped[str | None]
    since: Mapped[datetime | None]
    address: Mapped[str]
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"))
    notice_id: Mapped[int | None] = mapped_column(ForeignKey("notices.id"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Subscription(Base):
    """A wish to be told: of a branch's notices, of a system's recovery, or of one notice."""

    __tablename__ = "subscriptions"
    __table_args__ = (
        Index(
            "uq_subscriptions_active",
            "address",
            text("coalesce(branch, '')"),
            text("coalesce(system, '')"),
            unique=True,
            postgresql_where=text("ended_at is null"),
        ),
    )

    id: Mapped[int] = serial()
    address: Mapped[str]
    branch: Mapped[str | None]
    """Only notices that reach this branch; None: the whole country."""
    system: Mapped[str | None]
    """Only notices that affect this system; None: all."""
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    ended_at: Mapped[datetime | None]
