"""Participants, and the channel addresses by which they are reached."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import ForeignKey, Index, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from bot.storage.base import Base, serial


class Participant(Base):
    """A person. Not a phone number: that is an attribute of an address, and may come later or never."""

    __tablename__ = "participants"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    language: Mapped[str] = mapped_column(default="id")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class ChannelAddress(Base):
    """An opaque address, and what the provider told us of it. `sealed_*` open with `Sealer`."""

    __tablename__ = "addresses"

    address: Mapped[str] = mapped_column(primary_key=True)
    channel: Mapped[str]
    participant_id: Mapped[UUID] = mapped_column(ForeignKey("participants.id"), index=True)
    external_user_id: Mapped[str | None] = mapped_column(index=True)
    sealed_profile_name: Mapped[bytes | None]
    sealed_phone: Mapped[bytes | None]
    unreachable_since: Mapped[datetime | None]
    unreachable_code: Mapped[str | None]
    """The failure that told, if one did: a code of bot.delivery.meanings."""
    last_inbound_at: Mapped[datetime | None]
    """WhatsApp lets us write freely for 24 hours after this (`bot.channels.windows`)."""
    window_closed_at: Mapped[datetime | None]
    """When the provider said that it lets us write freely no more; over with the next message from there."""
    opted_out_at: Mapped[datetime | None]
    """Since when its owner wants to hear nothing that they did not ask for."""
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class PersonalNumber(Base):
    """A NIK, card, family-card or phone number that a participant gave: sealed, found by its digest."""

    __tablename__ = "personal_numbers"
    __table_args__ = (
        UniqueConstraint("participant_id", "digest"),
        Index("ix_personal_numbers_digest", "digest"),
    )

    id: Mapped[int] = serial()
    participant_id: Mapped[UUID] = mapped_column(ForeignKey("participants.id"))
    kind: Mapped[str]
    sealed: Mapped[bytes]
    digest: Mapped[bytes]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
