"""The pace: never more than is allowed, by all processes together, and by each alone while Redis is away."""

import asyncio
import itertools
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import redis
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.delivery.limits import BOOKED_AHEAD, OPENING, Answer, Limit, OwnReckoning, limits
from bot.delivery.pace import Pace
from bot.local import Services, local_services
from bot.storage.tables import Priority

REPLY, NOTICE = Priority.REPLY, Priority.NOTICE

# One process that asks for turns as fast as it can; it prints the turn of each, on the clock of all.
ASKING = """
import asyncio, sys, time
from bot.delivery.limits import Limit
from bot.delivery.pace import Pace
from bot.storage.tables import Priority

async def main(url, seconds, people):
    pace = Pace({"whatsapp": Limit(40, ((2, 1), (4, 4)))}, url)
    until = time.time() + seconds
    async def ask(n):
        while time.time() < until:
            asked = time.time()
            answer = await pace.ask("whatsapp", f"whatsapp:{n % people}", Priority.REPLY)
            if answer.go:
                print(n % people, asked, time.time(), answer.seconds)
            await asyncio.sleep(min(answer.seconds, 0.05))
    await asyncio.gather(*(ask(n) for n in range(people)))
    await pace.close()

asyncio.run(main(sys.argv[1], float(sys.argv[2]), int(sys.argv[3])))
"""


def most_in_any(turns: list[float], window: float) -> int:
    """The most turns in any window, its end not included."""
    most, first = 0, 0
    for last, turn in enumerate(turns):
        while turn - turns[first] >= window:
            first += 1
        most = max(most, last - first + 1)
    return most


def test_two_processes_together_never_exceed_what_one_may(redis_url: str) -> None:
    """Turns are taken from what Valkey wrote down: the times of each person, by its one clock."""
    with redis.Redis.from_url(redis_url) as client:
        client.config_set("notify-keyspace-events", "")
        command = [sys.executable, "-c", ASKING, redis_url, "4", "40"]
        asking = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
        lines = [line.split() for one in asking for line in one.communicate(timeout=60)[0].splitlines()]
        assert [one.returncode for one in asking] == [0, 0]
        kept = {key: client.lrange(key, 0, -1) for key in client.scan_iter("siaga:pace:*to:*")}
    # A turn lies between the asking and the answer, plus what the answer said.
    earliest = sorted(float(asked) + float(wait) for _, asked, _, wait in lines)
    latest = sorted(float(told) + float(wait) for _, _, told, wait in lines)
    assert len(lines) >= 40 * 3  # both were busy: this is no test of silence
    assert latest[-1] - earliest[0] >= (len(lines) - 1) / 40
    every = sorted(int(turn) for turns in kept.values() for turn in turns)
    assert most_in_any([turn / 1e6 for turn in every], 1.0) <= 40
    apart = [later - sooner for sooner, later in itertools.pairwise(every)]
    assert min(apart) >= 12_500  # at twice the even pace at most: no burst
    for turns in kept.values():
        seconds = [int(turn) / 1e6 for turn in turns]
        assert most_in_any(seconds, 1.0) <= 2
        assert most_in_any(seconds, 4.0) <= 4


asks = st.lists(
    st.tuples(
        st.sampled_from(["a", "b", "c"]),
        st.sampled_from([REPLY, NOTICE]),
        st.floats(0, 0.3, allow_nan=False),
    ),
    min_size=1,
    max_size=150,
)


@settings(deadline=None)
@given(asks, st.integers(1, 3))
def test_a_process_alone_never_exceeds_its_share(
    asked: list[tuple[str, Priority, float]], share: int
) -> None:
    own, limit, now = OwnReckoning(), Limit(10, ((2, 1), (3, 5))), 1000.0
    turns: list[float] = []
    of: dict[str, list[float]] = {}
    for address, priority, later in asked:
        now += later
        answer = own.ask("whatsapp", limit, address, priority, now, share)
        assert answer.seconds >= 0
        if answer.go:
            assert answer.seconds <= BOOKED_AHEAD[priority] + 1e-9
            turns.append(now + answer.seconds)
            of.setdefault(address, []).append(now + answer.seconds)
        else:
            assert answer.seconds > 0
    assert turns == sorted(turns)
    assert share * most_in_any(turns, 1.0) <= 10
    for mine in of.values():
        assert most_in_any(mine, share * 1.0 - 1e-6) <= 2
        assert most_in_any(mine, share * 5.0 - 1e-6) <= 3


def test_a_process_that_stops_for_moments_makes_up_for_it() -> None:
    own, limit, turns = OwnReckoning(), Limit(60), []
    for tick in range(20_000):
        now = 1000 + tick / 1000
        stands_still = tick % 1000 < 300
        if not stands_still and own.ask("whatsapp", limit, f"whatsapp:{tick}", NOTICE, now, 1).go:
            turns.append(now)
    assert most_in_any(turns, 1.0) <= 60
    assert len(turns) >= 60 * 19 * 0.98  # of the 20 seconds the first 0.3 and the last 0.7 hold fewer


@pytest.mark.parametrize("shared", [True, False])
async def test_the_second_message_of_a_beginning_leaves_time_to_connect(redis_url: str, shared: bool) -> None:
    pace = Pace({"telegram": Limit(30)}, redis_url if shared else None)
    assert await pace.ask("telegram", "telegram:1", NOTICE) == Answer(True)
    second = await pace.ask("telegram", "telegram:2", NOTICE)
    assert (second.go, second.everybody) == (False, True)
    assert OPENING / 2 < second.seconds <= OPENING + 1.015 / 30
    await asyncio.sleep(second.seconds + 0.001)
    assert (await pace.ask("telegram", "telegram:2", NOTICE)).go
    third = await pace.ask("telegram", "telegram:3", NOTICE)
    assert third.seconds <= 1.015 / 30  # only the first one is waited for
    await pace.close()


@pytest.fixture
async def pace(redis_url: str) -> AsyncIterator[Pace]:
    pace = Pace(limits(), redis_url)
    yield pace
    await pace.close()


async def test_a_person_has_to_wait_and_others_do_not(pace: Pace) -> None:
    for _ in range(5):
        assert (await pace.ask("whatsapp", "whatsapp:1", REPLY)).go
    answer = await pace.ask("whatsapp", "whatsapp:1", REPLY)
    assert not answer.go
    assert not answer.everybody
    assert 8 < answer.seconds <= 10
    assert (await pace.ask("whatsapp", "whatsapp:2", REPLY)).go
    assert (await pace.ask("telegram", "telegram:2", REPLY)).go
    assert (await pace.ask("simulator", "simulator:1", NOTICE)).go


async def test_no_address_stands_in_redis(pace: Pace, redis_url: str) -> None:
    await pace.ask("whatsapp", "whatsapp:+6281200000001", REPLY)
    with redis.Redis.from_url(redis_url) as client:
        assert [key for key in client.scan_iter() if b"628120" in key] == []


@pytest.mark.parametrize("shared", [True, False])
async def test_notices_leave_room_for_replies(
    redis_url: str, shared: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(BOOKED_AHEAD, NOTICE, 5.0)
    monkeypatch.setitem(BOOKED_AHEAD, REPLY, 50.0)
    pace = Pace({"telegram": Limit(0.1)}, redis_url if shared else None)
    notices = [await pace.ask("telegram", f"telegram:{n}", NOTICE) for n in range(4)]
    assert [one.go for one in notices] == [True, False, False, False]  # the second is 10 s ahead
    assert all(one.everybody and one.seconds <= 5.3 for one in notices[1:])
    replies = [await pace.ask("telegram", f"telegram:{n}", REPLY) for n in range(6)]
    assert sum(one.go for one in replies) >= 4
    assert not (await pace.ask("telegram", "telegram:9", NOTICE)).go
    await pace.close()


async def test_a_pause_is_everybodys(redis_url: str) -> None:
    one, other = Pace(limits(), redis_url), Pace(limits(), redis_url)
    await one.pause("telegram", 30)
    answer = await other.ask("telegram", "telegram:1", REPLY)
    assert (answer.go, answer.everybody) == (False, True)
    assert 29 < answer.seconds <= 30
    assert (await other.ask("whatsapp", "whatsapp:1", REPLY)).go
    await one.close()
    await other.close()


@pytest.fixture
def own_services(tmp_path: Path) -> Iterator[Services]:
    with local_services(tmp_path, durable=False) as services:
        yield services


async def test_without_redis_a_process_keeps_to_its_share_and_comes_back(
    own_services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.delivery.pace._REST", 0.2)
    pace = Pace({"telegram": Limit(10, ((1, 1),))}, own_services.redis_url, senders=4)
    assert (await pace.ask("telegram", "telegram:1", REPLY)).go
    own_services.redis.kill()
    answer = await pace.ask("telegram", "telegram:1", REPLY)
    assert not answer.go  # what went out before is known here too
    assert 3 < answer.seconds <= 4.6
    begun = time.monotonic()
    gone = [await pace.ask("telegram", f"telegram:{n}", REPLY) for n in range(2, 9)]
    assert 1 <= sum(one.go for one in gone) <= 2  # 10 a second by four: 2 in a second
    assert time.monotonic() - begun < 2  # nobody waits for a Redis that is away
    own_services.redis.start()
    await asyncio.sleep(0.6)
    assert (await pace.ask("telegram", "telegram:20", REPLY)).go
    with redis.Redis.from_url(own_services.redis_url) as client:
        assert list(client.scan_iter("siaga:pace:*to:*"))
    await pace.close()
