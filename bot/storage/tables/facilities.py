"""Facilities that an operator imported, beside those of config/."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from bot.storage.base import Base


class ImportedFacility(Base):
    """A hospital, puskesmas or clinic of an imported list; the newest import of a code holds."""

    __tablename__ = "facilities"
    __table_args__ = (Index(None, "latitude", "longitude"), Index(None, "city"), Index(None, "plain"))

    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    plain: Mapped[str]
    """The name as names are compared (`bot.config.config.facility_name`)."""
    kind: Mapped[str]
    """A value of `bot.config.FacilityKind`."""
    city: Mapped[str]
    """The full name in places.yml."""
    district: Mapped[str]
    address: Mapped[str]
    phone: Mapped[str]
    latitude: Mapped[float | None]
    """Degrees WGS 84; those of the middle of the city where `exact` is false; None where that is not known either."""
    longitude: Mapped[float | None]
    exact: Mapped[bool]
    hours: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    """By weekday (``mon``), ranges as they are written in config/: ``["08:00-12:00"]``; None: not known."""
    always_open: Mapped[bool]
    emergency: Mapped[bool | None]
    accepts_jkn: Mapped[bool | None]
    as_of: Mapped[date | None]
    imported_at: Mapped[datetime]
