"""What the clock's jobs remember between two runs, whichever process runs them."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from bot.storage.base import Base


class JobRun(Base):
    """When a job of the schedule was last tried, and last done."""

    __tablename__ = "job_runs"

    job: Mapped[str] = mapped_column(primary_key=True)
    tried_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    failures: Mapped[int] = mapped_column(server_default="0")
    """Since it was last done."""


class Listing(Base):
    """Up to when a provider's list of what was written to one of our addresses has been compared with the inbox."""

    __tablename__ = "listings"

    address: Mapped[str] = mapped_column(primary_key=True)
    """Our own: ``whatsapp:+62...``."""
    until: Mapped[datetime]
    """By the provider's clock: when the newest message was sent of those that were compared."""
