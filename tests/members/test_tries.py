"""Nobody guesses birth dates by beginning anew, with another address, or at the same time."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from bot.members.tries import PER_ADDRESS, PER_NUMBER, WITHIN, Tries, forget
from bot.messages import Address
from bot.storage.engine import Database
from bot.storage.sealing import Sealer
from bot.storage.tables import MemberTry
from tests.conftest import Clock

BUDI, ANI = Address("whatsapp:+6281270001001"), Address("telegram:4711")
CARD = "0001234567890"


@pytest.fixture
def tries(database: Database, sealer: Sealer) -> Tries:
    return Tries(database, sealer)


async def failed(tries: Tries, address: Address, number: str, clock: Clock) -> bool:
    """Whether one more try was let through; it stays."""
    return await tries.take(address, number, clock()) is not None


async def test_one_number_from_many_addresses(tries: Tries, clock: Clock) -> None:
    for count in range(PER_NUMBER):
        assert await failed(tries, Address(f"telegram:{count}"), CARD, clock)
    assert not await failed(tries, ANI, CARD, clock)
    assert await failed(tries, ANI, "0001234567891", clock)


async def test_many_numbers_from_one_address(tries: Tries, clock: Clock) -> None:
    for count in range(PER_ADDRESS):
        assert await failed(tries, BUDI, f"000123456{count:04}", clock)
    assert not await failed(tries, BUDI, CARD, clock)
    assert await failed(tries, ANI, CARD, clock)


async def test_it_is_over_after_a_day_and_the_rows_are_gone(tries: Tries, clock: Clock) -> None:
    for _ in range(PER_NUMBER):
        await failed(tries, BUDI, CARD, clock)
    clock.advance(WITHIN.total_seconds() - 1)
    assert not await failed(tries, BUDI, CARD, clock)
    clock.advance(1)
    assert await failed(tries, BUDI, CARD, clock)
    await forget(tries.database, clock())
    async with tries.database.sessions() as session:
        assert await session.scalar(select(func.count()).select_from(MemberTry)) == 1


async def test_what_fitted_is_no_failure(tries: Tries, clock: Clock) -> None:
    for _ in range(3 * PER_ADDRESS):
        taken = await tries.take(BUDI, CARD, clock())
        assert taken
        await tries.take_back(taken)


async def test_of_many_at_once_no_more_get_through(tries: Tries, clock: Clock) -> None:
    addresses = [Address(f"telegram:{count % 4}") for count in range(20)]
    through = await asyncio.gather(*(failed(tries, address, CARD, clock) for address in addresses))
    assert sum(through) == PER_NUMBER


async def test_no_number_and_no_address_is_kept(tries: Tries, clock: Clock) -> None:
    await failed(tries, BUDI, CARD, clock)
    async with tries.database.sessions() as session:
        row = (await session.scalars(select(MemberTry))).one()
    assert CARD.encode() not in row.number_digest
    assert BUDI.encode() not in row.address_digest
    assert len(row.number_digest) == len(row.address_digest) == 32
    assert row.at + timedelta(0) == clock()
