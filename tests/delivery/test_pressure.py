"""What is left out under load: broadcasts before typing signs, and nothing because of one talk that fails."""

from datetime import timedelta

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import update

from bot.delivery import inbox
from bot.delivery.pressure import LOOKED, Pressure
from bot.messages import Address, Incoming
from bot.storage.engine import Database
from bot.storage.sealing import Sealer
from bot.storage.tables import Inbox, InboxState
from tests.claims import claim_one
from tests.conftest import Clock

NOBODY = "postgresql://siaga@/siaga?host=/nonexistent"


class Load:
    """People who write, and what is left out because of it."""

    def __init__(self, database: Database, sealer: Sealer, clock: Clock) -> None:
        self.database, self.sealer, self.clock = database, sealer, clock
        self.pressure = Pressure(database, waits=10, pending=4)
        self._written = 0

    async def write(self, people: int, quiet: float = 0.0, *, of: int | None = None) -> None:
        for number in range(people):
            self._written += 1
            message = Incoming(
                channel="telegram",
                address=Address(f"telegram:{of or 1000 * self._written + number}"),
                provider_id=str(self._written),
                sent_at=self.clock(),
                text="halo",
            )
            await inbox.store(self.database, self.sealer, [message], self.clock(), quiet)

    async def answered(self, but: int = 0) -> None:
        """All are, but some."""
        async with self.database.sessions.begin() as session:
            done = update(Inbox).where(Inbox.id <= self._written - but).values(state=InboxState.DONE)
            await session.execute(done)

    async def left_out(self) -> set[str]:
        now = self.clock.advance(LOOKED.total_seconds())
        asked = {"notices": self.pressure.no_notices, "typing": self.pressure.no_typing}
        found = {what for what, ask in asked.items() if await ask(now)}
        told = {what for what in asked if REGISTRY.get_sample_value("siaga_shedding", {"what": what})}
        assert told == found
        return found


@pytest.fixture
def load(database: Database, sealer: Sealer, clock: Clock) -> Load:
    return Load(database, sealer, clock)


async def test_who_waits_too_long_comes_before_broadcasts_and_then_before_signs(load: Load) -> None:
    assert await load.left_out() == set()
    await load.write(1)
    load.clock.advance(8)
    assert await load.left_out() == set()
    assert await load.left_out() == {"notices"}
    load.clock.advance(8)
    assert await load.left_out() == {"notices"}
    assert await load.left_out() == {"notices", "typing"}
    await load.answered()
    assert await load.left_out() == set()


async def test_a_long_queue_does_the_same_and_it_is_well_at_half_of_it(load: Load) -> None:
    await load.write(4)
    assert await load.left_out() == {"notices"}
    await load.write(4)
    assert await load.left_out() == {"notices", "typing"}
    await load.answered(but=5)
    assert await load.left_out() == {"notices", "typing"}
    await load.answered(but=3)
    assert await load.left_out() == {"notices"}
    await load.answered(but=1)
    assert await load.left_out() == set()


async def test_what_waits_for_more_words_or_for_its_next_try_is_no_load(load: Load) -> None:
    await load.write(1, of=1)
    claimed = await claim_one(load.database, load.sealer, load.clock())
    assert claimed
    await inbox.give_back(load.database, claimed, "ValueError", load.clock() + timedelta(hours=1))
    await load.write(1, of=1)
    load.clock.advance(60)
    assert await load.left_out() == set()
    await load.write(1, quiet=2)
    load.clock.advance(10)
    assert await load.left_out() == set()
    assert await load.left_out() == {"notices"}


async def test_what_is_tried_again_is_no_load_when_its_time_has_come(load: Load) -> None:
    await load.write(1, of=1)
    claimed = await claim_one(load.database, load.sealer, load.clock())
    assert claimed
    await inbox.give_back(load.database, claimed, "ValueError", load.clock())
    load.clock.advance(3600)
    assert await load.left_out() == set()


async def test_it_is_looked_at_once_a_second_at_most(load: Load) -> None:
    await load.write(4)
    assert await load.left_out() == {"notices"}
    await load.answered()
    assert await load.pressure.no_notices(load.clock())
    assert await load.left_out() == set()


async def test_with_postgresql_away_it_stays_as_it_was(clock: Clock) -> None:
    away = Database(NOBODY)
    assert not await Pressure(away).no_notices(clock())
    await away.close()
