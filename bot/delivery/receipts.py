"""Receipts: how far a message came, merged so that late, repeated and disordered reports do no harm."""

from collections.abc import Sequence
from functools import cache

from sqlalchemy import ColumnElement, SQLColumnExpression, case, func, select
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.messages import Delivery, Receipt
from bot.storage.arrays import arrays_of, given
from bot.storage.tables import DeliveryReceipt

# A failure ends it unless the message is known to have arrived, whichever is heard first: callbacks come in any order
# (Twilio's documentation of status callbacks).
# A total order is what makes the merge right in any order: the highest rank stays.
RANKS = {
    Delivery.QUEUED: 0,
    Delivery.SENDING: 1,
    Delivery.SENT: 2,
    Delivery.FAILED: 3,
    Delivery.DELIVERED: 4,
    Delivery.READ: 5,
}


async def merge(connection: AsyncConnection, receipts: Sequence[Receipt]) -> None:
    """Keep the furthest state of each message, and when it was first heard; one statement."""
    furthest: dict[tuple[str, str], Receipt] = {}
    for receipt in receipts:
        key = receipt.channel, receipt.provider_id
        furthest[key] = further(furthest[key], receipt) if key in furthest else receipt
    rows = [furthest[key] for key in sorted(furthest)]  # always in the same order, so that no two deadlock
    await connection.execute(_merging(), arrays_of(_GIVEN, rows))


_GIVEN = ("channel", "provider_id", "state", "error_code", "at")


@cache
def _merging() -> Insert:
    rows = given(**{name: getattr(DeliveryReceipt, name) for name in _GIVEN})
    ordered = select(*(rows.c[name] for name in _GIVEN)).order_by(rows.c.place)
    new = insert(DeliveryReceipt).from_select(list(_GIVEN), ordered)
    beats = _rank(new.excluded.state) > _rank(DeliveryReceipt.state)
    ties = _rank(new.excluded.state) == _rank(DeliveryReceipt.state)
    return new.on_conflict_do_update(
        index_elements=[DeliveryReceipt.channel, DeliveryReceipt.provider_id],
        set_={
            "state": new.excluded.state,
            "error_code": case(
                (beats, new.excluded.error_code),
                else_=func.greatest(new.excluded.error_code, DeliveryReceipt.error_code),
            ),
            "at": case((beats, new.excluded.at), else_=func.least(new.excluded.at, DeliveryReceipt.at)),
            "followed": case((beats, False), else_=DeliveryReceipt.followed),
        },
        where=beats | ties,
    )


def further(one: Receipt, other: Receipt) -> Receipt:
    """The report that says more. Of two that say the same, the earlier time and the greater error code."""
    if RANKS[one.state] != RANKS[other.state]:
        return max(one, other, key=lambda receipt: RANKS[receipt.state])
    codes = [receipt.error_code for receipt in (one, other) if receipt.error_code is not None]
    return Receipt(
        channel=one.channel,
        provider_id=one.provider_id,
        state=one.state,
        error_code=max(codes, default=None),
        at=min(one.at, other.at),
    )


def _rank(state: SQLColumnExpression[Delivery]) -> ColumnElement[int]:
    return case({known.value: rank for known, rank in RANKS.items()}, value=state)
