"""Participants, and the channel addresses by which they are reached."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import ForeignKey, Index, func, text
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
        Index(
            "uq_personal_numbers_given",
            "participant_id",
            text("coalesce(address, '')"),
            "digest",
            unique=True,
        ),
        Index("ix_personal_numbers_digest", "digest"),
    )

    id: Mapped[int] = serial()
    participant_id: Mapped[UUID] = mapped_column(ForeignKey("participants.id"))
    address: Mapped[str | None]
    """Where it was given: of a person with two addresses each keeps its own (`bot.people.joining`)."""
    kind: Mapped[str]
    sealed: Mapped[bytes]
    digest: Mapped[bytes]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class ConsentGiven(Base):
    """That a participant agreed to something, in which words and when; the fact stays when all else is erased."""

    __tablename__ = "consents"
    __table_args__ = (Index("ix_consents_participant", "participant_id", "id"),)

    id: Mapped[int] = serial()
    participant_id: Mapped[UUID] = mapped_column(ForeignKey("participants.id"))
    purpose: Mapped[str]
    version: Mapped[str]
    channel: Mapped[str]
    address: Mapped[str | None]
    """Where it was given; empty once that person's data is erased."""
    conversation_id: Mapped[UUID | None] = mapped_column(ForeignKey("conversations.id"))
    given_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]


class JoinCode(Base):
    """A code by which another address can be joined to this one: of each address the newest, kept as a digest."""

    __tablename__ = "join_codes"

    address: Mapped[str] = mapped_column(primary_key=True)
    digest: Mapped[bytes] = mapped_column(unique=True)
    expires_at: Mapped[datetime]


class JoinTry(Base):
    """A code that was none, typed at an address: what keeps codes from being guessed."""

    __tablename__ = "join_tries"
    __table_args__ = (Index("ix_join_tries_address", "address", "at"),)

    id: Mapped[int] = serial()
    address: Mapped[str]
    at: Mapped[datetime]


class Erasure(Base):
    """A participant's wish that what is known of them be erased, until nothing is left (`bot.people.erasing`)."""

    __tablename__ = "erasures"
    __table_args__ = (Index("ix_erasures_open", "id", postgresql_where=text("done_at is null")),)

    id: Mapped[int] = serial()
    number: Mapped[str] = mapped_column(unique=True)
    """What stands on the receipt."""
    talks: Mapped[list[str]]
    """The ids of their conversations when they asked; the rows may be gone."""
    grave_id: Mapped[UUID] = mapped_column(ForeignKey("conversations.id"))
    """A conversation of nobody: what stays for statistics hangs on it."""
    asked_at: Mapped[datetime]
    until: Mapped[datetime]
    """What was said until then is erased; it moves on when a case that was still open is settled."""
    done_at: Mapped[datetime | None]


class CopyOrder(Base):
    """A participant's wish for a copy of what is known of them, as a file in the same talk."""

    __tablename__ = "copy_orders"
    __table_args__ = (Index("ix_copy_orders_open", "id", postgresql_where=text("done_at is null")),)

    id: Mapped[int] = serial()
    conversation_id: Mapped[UUID] = mapped_column(ForeignKey("conversations.id"))
    asked_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(server_default="0")
    done_at: Mapped[datetime | None]
