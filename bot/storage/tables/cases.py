"""Cases, their attachments, and the history that is never rewritten."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, func, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from bot.storage.base import Base, serial
from bot.storage.tables.media import MediaFile


class CaseKind(StrEnum):
    """What a case is about."""

    COMPLAINT = "complaint"
    ADMIN = "admin"
    HANDOVER = "handover"
    OUTAGE_REPORT = "outage_report"


class CaseStatus(StrEnum):
    """Where a case stands; `WAITING` is for the participant."""

    NEW = "new"
    ASSIGNED = "assigned"
    WAITING = "waiting"
    RESOLVED = "resolved"
    CLOSED = "closed"


class CasePriority(StrEnum):
    """How soon a case needs a human."""

    URGENT = "urgent"
    HIGH = "high"
    NORMAL = "normal"


class Case(Base):
    """Something that a human must see to, by a number that can be read out on the phone."""

    __tablename__ = "cases"
    __table_args__ = (
        CheckConstraint(
            "(status = 'new') = (assignee_id is null) or status in ('resolved', 'closed')", name="held"
        ),
        Index(
            "ix_cases_open",
            "status",
            "due_at",
            postgresql_where=text("status in ('new','assigned','waiting')"),
        ),
        Index("ix_cases_participant", "participant_id", "id"),
        Index("ix_cases_assignee", "assignee_id", "status"),
        # At most one open hand-over a conversation: asking twice for an agent is the same wish.
        Index(
            "uq_cases_open_handover",
            "conversation_id",
            unique=True,
            postgresql_where=text("kind = 'handover' and status in ('new','assigned','waiting')"),
        ),
    )

    id: Mapped[int] = serial()
    number: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[CaseKind]
    status: Mapped[CaseStatus] = mapped_column(default=CaseStatus.NEW)
    priority: Mapped[CasePriority] = mapped_column(default=CasePriority.NORMAL)
    branch: Mapped[str | None]
    team: Mapped[str | None]
    category: Mapped[str | None]
    summary: Mapped[str]
    fields: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """What the form took down, personal numbers masked."""
    sealed_fields: Mapped[bytes | None]
    """The same unmasked, where there was something to mask."""
    participant_id: Mapped[UUID] = mapped_column(ForeignKey("participants.id"))
    conversation_id: Mapped[UUID] = mapped_column(ForeignKey("conversations.id"), index=True)
    assignee_id: Mapped[UUID | None] = mapped_column(ForeignKey("agents.id"))
    opened_at: Mapped[datetime] = mapped_column(server_default=func.now())
    due_at: Mapped[datetime | None]
    first_reply_at: Mapped[datetime | None]
    resolved_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]


class CaseCounter(Base):
    """The last number given out for a prefix and month (``PLB``, ``2611``)."""

    __tablename__ = "case_counters"

    prefix: Mapped[str] = mapped_column(primary_key=True)
    month: Mapped[str] = mapped_column(primary_key=True)
    last: Mapped[int]


class Attachment(Base):
    """A photo or document of a case or of a line of the talk. `media` is the file itself, once it is on its way."""

    __tablename__ = "attachments"
    __table_args__ = (Index("ix_attachments_new", "id", postgresql_where=text("media_id is null")),)

    id: Mapped[int] = serial()
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"), index=True)
    message_id: Mapped[int | None] = mapped_column(ForeignKey("messages.id"), index=True)
    channel: Mapped[str]
    kind: Mapped[str]
    content_type: Mapped[str]
    file_name: Mapped[str]
    size: Mapped[int | None]
    sealed_reference: Mapped[bytes]
    media_id: Mapped[int | None] = mapped_column(ForeignKey("media_files.id"), index=True)
    document: Mapped[str | None]
    """Which of the documents that were asked for it is: a code of services.yml."""
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    media: Mapped[MediaFile | None] = relationship(lazy="raise")


class History(Base):
    """One thing that happened to a case, a notice or an account. Rows are only ever added (a trigger sees to it)."""

    __tablename__ = "history"
    __table_args__ = (Index("ix_history_subject", "subject", "subject_id", "id"),)

    id: Mapped[int] = serial()
    subject: Mapped[str]
    """``case``, ``notice``, ``agent``, ``participant``."""
    subject_id: Mapped[str]
    what: Mapped[str]
    """Past tense: ``opened``, ``claimed``, ``replied``, ``revealed``."""
    by_kind: Mapped[str]
    """``participant``, ``bot``, ``agent``, ``system``."""
    by_id: Mapped[str | None]
    public: Mapped[bool] = mapped_column(server_default=text("false"))
    """Whether the participant is told of it when they ask how their case stands."""
    detail: Mapped[dict[str, Any]] = mapped_column(default=dict)
    at: Mapped[datetime] = mapped_column(server_default=func.now())
