"""Whether something was rightly left to a person is known from what was done to the service."""

import time
from dataclasses import dataclass, field

import pytest

from bot.app import clock
from bot.storage.engine import Database
from bot.storage.sealing import Sealer
from bot.storage.tables import OutboxState
from tests.chaos.gales import Gale
from tests.chaos.supervisor import Supervisor
from tests.delivery.post import Post


@dataclass
class Blows:
    """What was done to a house."""

    sender_blows: list[float] = field(default_factory=list)
    away: list[tuple[float, float]] = field(default_factory=list)


@pytest.mark.parametrize(
    ("cut_off", "kills", "rightly"), [(["1"], 1, True), (["1"], 0, False), (["2", "2"], 1, False)]
)
async def test_two_doubts_leave_a_message_to_a_person(
    database: Database, sealer: Sealer, cut_off: list[str], kills: int, rightly: bool
) -> None:
    post, gale, house = Post(database, sealer, clock), Gale("telegram", 1), Blows()  # type: ignore[arg-type]
    supervisor = Supervisor(database, house, gale)  # type: ignore[arg-type]
    await post.queue("halo")
    gale.doubts = [(time.monotonic(), chat) for chat in cut_off]
    house.sender_blows = [time.monotonic()] * kills
    await left(post)
    await supervisor.look()
    row = await post.row()
    assert (row.state, supervisor.resent[row.id]) == (OutboxState.QUEUED, 1)
    assert bool(supervisor.wrongly_left) is not rightly


async def test_what_was_sent_again_needs_one_doubt_more(database: Database, sealer: Sealer) -> None:
    post, gale, house = Post(database, sealer, clock), Gale("telegram", 1), Blows()  # type: ignore[arg-type]
    supervisor = Supervisor(database, house, gale)  # type: ignore[arg-type]
    await post.queue("halo")
    house.sender_blows = [time.monotonic()] * 2
    for again in range(2):
        await left(post)
        await supervisor.look()
        assert len(supervisor.wrongly_left) == again


async def left(post: Post) -> None:
    async with post.database.engine.begin() as connection:
        await connection.exec_driver_sql("update outbox set state = 'unknown'")
