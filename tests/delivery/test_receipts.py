"""Receipts come late, twice and in any order, and always say the same in the end."""

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete, select

from bot.delivery import inbox
from bot.delivery.receipts import further
from bot.messages import Delivery, Receipt
from bot.storage.engine import Database
from bot.storage.sealing import Sealer
from bot.storage.tables import DeliveryReceipt
from tests.conftest import NOON, Clock


def receipt(state: Delivery, error: str | None = None, second: int = 0) -> Receipt:
    at = NOON.replace(second=second)
    return Receipt(channel="whatsapp", provider_id="SM1", state=state, error_code=error, at=at)


SENDING, SENT, DELIVERED, READ = (
    receipt(state, second=n)
    for n, state in enumerate([Delivery.SENDING, Delivery.SENT, Delivery.DELIVERED, Delivery.READ])
)
FAILED = receipt(Delivery.FAILED, "63016", 7)


@pytest.mark.parametrize(
    ("course", "end"),
    [
        ([SENDING, SENT, DELIVERED, READ], READ),
        ([SENDING, SENT, DELIVERED, DELIVERED], DELIVERED),
        ([SENDING, SENT, FAILED, FAILED], FAILED),
        ([SENT, FAILED, DELIVERED], DELIVERED),
        ([receipt(Delivery.FAILED, None, 9), FAILED, receipt(Delivery.FAILED, "30008", 8)], FAILED),
    ],
    ids=["read", "delivered twice", "failed", "failed but delivered", "failed with several codes"],
)
async def test_every_order_and_grouping_ends_the_same(
    database: Database, sealer: Sealer, clock: Clock, course: list[Receipt], end: Receipt
) -> None:
    for order in permutations(course):
        for together in (1, 2, len(order)):
            async with database.sessions.begin() as session:
                await session.execute(delete(DeliveryReceipt))
            for start in range(0, len(order), together):
                await inbox.store(database, sealer, order[start : start + together], clock())
            async with database.sessions() as session:
                kept = (await session.scalars(select(DeliveryReceipt))).one()
            assert (kept.state, kept.error_code) == (end.state, end.error_code)
            assert kept.at == min(r.at for r in course if r.state is end.state)


receipts = st.builds(
    receipt, st.sampled_from(Delivery), st.none() | st.sampled_from(["1", "2"]), st.integers(0, 59)
)


@given(receipts, receipts, receipts)
def test_merging_is_the_same_in_any_order_and_repetition(a: Receipt, b: Receipt, c: Receipt) -> None:
    assert further(a, b) == further(b, a)
    assert further(a, further(b, c)) == further(further(a, b), c)
    assert further(a, a) == a
    assert further(further(a, b), b) == further(a, b)


async def test_receipts_of_several_messages_do_not_mix(
    database: Database, sealer: Sealer, clock: Clock
) -> None:
    other = Receipt(channel="whatsapp", provider_id="SM2", state=Delivery.SENT, at=NOON)
    await inbox.store(database, sealer, [SENT, other, READ], clock())
    async with database.sessions() as session:
        kept = await session.scalars(select(DeliveryReceipt).order_by(DeliveryReceipt.provider_id))
        assert [(r.provider_id, r.state) for r in kept] == [("SM1", Delivery.READ), ("SM2", Delivery.SENT)]
