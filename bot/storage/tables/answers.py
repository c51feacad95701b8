"""Which answers were given to what, and whether they helped."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Double, ForeignKey, Index, func
from sqlalchemy.orm import Mapped, mapped_column

from bot.storage.base import Base, serial


class AnswerRating(StrEnum):
    """What a participant said of an answer."""

    YES = "yes"
    NO = "no"
    AGENT = "agent"
    """A human was wanted instead."""


class AnswerGiven(Base):
    """An answer from config/faq.yml, or that there was none of its own: what was asked is kept masked, on one line."""

    __tablename__ = "answers_given"
    __table_args__ = (
        Index("ix_answers_given_at", "at"),
        Index("ix_answers_given_conversation_id", "conversation_id"),
    )

    id: Mapped[int] = serial()
    conversation_id: Mapped[UUID] = mapped_column(ForeignKey("conversations.id", ondelete="CASCADE"))
    branch: Mapped[str | None]
    code: Mapped[str | None]
    """The question's code; None: only the general answer to the intent was given, or none."""
    intent: Mapped[str]
    """What the text was taken to mean; ``_answer`` where no meaning was sure."""
    text: Mapped[str | None]
    """What was asked; None after a tap."""
    likeness: Mapped[float] = mapped_column(Double)
    """Of the nearest question, 0 to 1."""
    expired: Mapped[str | None]
    """The question that would have been the nearest, had its answer not run out."""
    rating: Mapped[AnswerRating | None]
    at: Mapped[datetime] = mapped_column(server_default=func.now())
    rated_at: Mapped[datetime | None]
