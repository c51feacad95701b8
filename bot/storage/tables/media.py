"""Files that participants sent: where each stands on its way from the provider into our own store."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from bot.storage.base import Base, serial


class MediaState(StrEnum):
    """Where a file stands.

    `FAILED` was given up and may be tried again by hand; `REFUSED` is nothing that we keep, whoever asks.
    `REMOVING` is deleted by and by, everywhere; of a `REMOVED` one only the row is left.
    """

    WAITING = "waiting"
    STORED = "stored"
    FAILED = "failed"
    REFUSED = "refused"
    REMOVING = "removing"
    REMOVED = "removed"


class MediaFile(Base):
    """One file of a conversation, however many attachments show it; the row is also the job of fetching it.

    `next_try_at` says when something is to be done: fetch it (waiting), delete the provider's copy (stored, refused),
    delete everything (removing). None: nothing any more. `hold` is the fencing token of the process that does it.
    """

    __tablename__ = "media_files"
    __table_args__ = (
        UniqueConstraint("conversation_id", "reference_digest"),
        Index("ix_media_files_due", "next_try_at", postgresql_where=text("next_try_at is not null")),
        Index("ix_media_files_name", "name"),
    )

    id: Mapped[int] = serial()
    conversation_id: Mapped[UUID] = mapped_column(ForeignKey("conversations.id"))
    channel: Mapped[str]
    kind: Mapped[str]
    declared_type: Mapped[str]
    """What the provider said of it: a hint, no more."""
    sealed_reference: Mapped[bytes]
    """Where the provider has it."""
    reference_digest: Mapped[bytes]
    state: Mapped[MediaState] = mapped_column(default=MediaState.WAITING, server_default="waiting")
    reason: Mapped[str | None]
    """Why it failed or was refused: a code of `bot.media` or of `ChannelError`."""
    attempts: Mapped[int] = mapped_column(server_default="0")
    next_try_at: Mapped[datetime | None]
    hold: Mapped[UUID | None]
    held_until: Mapped[datetime | None]
    name: Mapped[str]
    """What it is called in the store: random, and the same for two files of a conversation with equal content."""
    content_type: Mapped[str | None]
    """What its bytes are."""
    size: Mapped[int | None]
    content_digest: Mapped[bytes | None]
    sealed_card: Mapped[bytes | None]
    """Of a contact card, what is in it: ``{"name", "phones"}``."""
    at_provider: Mapped[bool] = mapped_column(default=True, server_default=text("true"))
    """Whether the provider may still have a copy that we can delete."""
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    stored_at: Mapped[datetime | None]
