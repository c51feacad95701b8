"""The port behind which members are looked up. What comes out is little on purpose: it may be shown."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol

from bot.errors import SiagaError


class Away(SiagaError):
    """The directory cannot answer just now. The reason is a word for logs and metrics, never a member's data."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class Status(StrEnum):
    """Whether a membership is active, or why it is not. The words for it stand in config/texts (``member_status``)."""

    ACTIVE = "active"
    ARREARS = "arrears"
    PBI_ENDED = "pbi_ended"
    LEFT_WORK = "left_work"
    OTHER = "other"


class Segment(StrEnum):
    """How a membership is paid for (``member_segment`` in config/texts)."""

    PBI = "pbi"
    PBI_REGION = "pbi_region"
    PPU = "ppu"
    PBPU = "pbpu"
    BP = "bp"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Identity:
    """By what somebody says who they are.

    Args:
        number: 13 digits of a card or 16 of a NIK.
        birth: the birth date that was stated.
    """

    number: str
    birth: date

    @property
    def by_card(self) -> bool:
        """Whether the number is a card's."""
        return len(self.number) == 13


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """What is owed.

    Args:
        month: the first day of the last month that is billed.
        amount: rupiah that are owed in all; 0: nothing.
        arrears: months that are in arrears.
        account: the payment number, all but its last four digits starred; None where the directory has none.
    """

    month: date
    amount: int
    arrears: int
    account: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """What may be shown of a member: no name, no address, no relatives.

    Args:
        card: the card's number, all but its last four digits starred.
        words: the status in the directory's own words, where it has some; else "".
        ward: class 1, 2 or 3; None where it is not known.
        kind: the segment in the directory's own words, where it has some; else "".
        facility: the name of the first-level facility.
        bill: None where the directory knows no bills.
        source: which directory says so: a code of config/texts (``member_source``).
        as_of: from when its data are.
    """

    card: str
    status: Status
    words: str = ""
    ward: int | None = None
    segment: Segment = Segment.OTHER
    kind: str = ""
    facility: str | None = None
    bill: Bill | None = None
    source: str
    as_of: datetime


class MembershipDirectory(Protocol):
    """Looks members up."""

    name: str
    """For metrics: ``table``, ``vclaim``."""

    async def there(self) -> bool:
        """Whether there is anything to be looked up at all."""
        ...

    async def find(self, identity: Identity, now: datetime) -> Membership | None:
        """The member with that number and birth date.

        None both where there is no such number and where the birth date is another one: nobody may learn which.

        Raises:
            Away: it cannot be asked just now.
        """
        ...
