"""The service's own table of members, and who lately failed to prove who they are."""

from datetime import datetime

from sqlalchemy import Index, func
from sqlalchemy.orm import Mapped, mapped_column

from bot.storage.base import Base, serial


class Member(Base):
    """One card. Its numbers are found by digests (`Sealer.digest`), all else is sealed: nothing can be read here."""

    __tablename__ = "members"
    __table_args__ = (Index("ix_members_nik_digest", "nik_digest"),)

    card_digest: Mapped[bytes] = mapped_column(primary_key=True)
    nik_digest: Mapped[bytes | None]
    """Not unique: somebody may have two cards by mistake. None where the register has no NIK."""
    sealed: Mapped[bytes]
    """What may be shown, and the birth date to compare with (`bot.members.rows`)."""
    as_of: Mapped[datetime]
    """When the register that was imported was made."""
    imported_at: Mapped[datetime] = mapped_column(server_default=func.now())


class MemberTry(Base):
    """A number and birth date that did not fit, or are being asked about: digests alone, for a day."""

    __tablename__ = "member_tries"
    __table_args__ = (
        Index("ix_member_tries_number_digest", "number_digest", "at"),
        Index("ix_member_tries_address_digest", "address_digest", "at"),
        Index("ix_member_tries_at", "at"),
    )

    id: Mapped[int] = serial()
    number_digest: Mapped[bytes]
    address_digest: Mapped[bytes]
    at: Mapped[datetime]
