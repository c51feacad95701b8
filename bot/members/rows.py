"""A member as a row of our own table: what is sealed in it, and how it is read again."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from bot.members.directory import Bill, Membership, Segment, Status
from bot.reading.numbers import NumberKind, mask_number
from bot.storage.sealing import Sealer

SOURCE = "table"


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """One line of the register that an operator imports, checked (`bot.members.register` explains the columns)."""

    card: str
    nik: str | None = None
    birth: date
    status: Status
    ward: int | None = None
    segment: Segment = Segment.OTHER
    facility: str | None = None
    bill_month: date | None = None
    """The first day of it; without a month there is no bill."""
    bill_amount: int = 0
    bill_arrears: int = 0
    account: str | None = None


def digest(sealer: Sealer, number: str) -> bytes:
    """By what a number is found. Cards and NIKs differ in length, so one kind of digest does for both."""
    return sealer.digest(f"member:{number}")


def sealed(sealer: Sealer, member: Registered) -> bytes:
    """What the row holds: the numbers only by their last four digits."""
    content: dict[str, Any] = {
        "birth": member.birth.isoformat(),
        "card": mask_number(NumberKind.CARD, member.card),
        "status": member.status.value,
        "ward": member.ward,
        "segment": member.segment.value,
        "facility": member.facility,
    }
    if member.bill_month:
        content["bill"] = {
            "month": member.bill_month.isoformat(),
            "amount": member.bill_amount,
            "arrears": member.bill_arrears,
            "account": mask_number(NumberKind.VA, member.account) if member.account else None,
        }
    return sealer.seal({name: value for name, value in content.items() if value is not None})


def opened(content: dict[str, Any], birth: date, as_of: datetime) -> Membership | None:
    """What may be shown of an opened row; None where the birth date is another one."""
    if date.fromisoformat(content["birth"]) != birth:
        return None
    return Membership(
        card=content["card"],
        status=Status(content["status"]),
        ward=content.get("ward"),
        segment=Segment(content["segment"]),
        facility=content.get("facility"),
        bill=_bill(content.get("bill")),
        source=SOURCE,
        as_of=as_of,
    )


def _bill(content: dict[str, Any] | None) -> Bill | None:
    if content is None:
        return None
    return Bill(
        month=date.fromisoformat(content["month"]),
        amount=content["amount"],
        arrears=content["arrears"],
        account=content["account"],
    )
