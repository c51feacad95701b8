"""Many asks carried out by one call."""

import asyncio
from collections.abc import Sequence

import pytest
from sqlalchemy.exc import DBAPIError

from bot.delivery.together import Together


class Refused(Exception):
    """A row that PostgreSQL does not take: a character that is none, or one in a deadlock with another's."""

    def __init__(self, sqlstate: str) -> None:
        self.sqlstate = sqlstate


class Calls:
    """What was called, and what is to go wrong."""

    def __init__(self) -> None:
        self.made: list[list[int]] = []
        self.go_on = asyncio.Event()
        self.refused: int | None = None
        self.state = "22021"
        self.error: Exception | None = None

    async def __call__(self, numbers: Sequence[int]) -> list[int]:
        self.made.append(list(numbers))
        await self.go_on.wait()
        if self.error:
            raise self.error
        if self.refused in numbers:
            raise DBAPIError("", {}, Refused(self.state))
        return [number * 10 for number in numbers]


@pytest.fixture
def calls() -> Calls:
    return Calls()


async def asking(together: Together[int, int], *numbers: int) -> list[asyncio.Task[int]]:
    tasks = [asyncio.create_task(together.ask(number)) for number in numbers]
    await asyncio.sleep(0)
    return tasks


async def test_what_comes_meanwhile_goes_with_the_next_call(calls: Calls) -> None:
    together = Together(calls)
    first = await asking(together, 1)
    await asyncio.sleep(0.01)
    others = await asking(together, 2, 3, 4)
    calls.go_on.set()
    assert await asyncio.gather(*first, *others) == [10, 20, 30, 40]
    assert calls.made == [[1], [2, 3, 4]]
    assert await together.ask(5) == 50


async def test_no_call_is_larger_than_allowed(calls: Calls) -> None:
    together = Together(calls, most=2)
    calls.go_on.set()
    assert await asyncio.gather(*(await asking(together, 1, 2, 3, 4, 5))) == [10, 20, 30, 40, 50]
    assert [len(call) for call in calls.made] == [2, 2, 1]


@pytest.mark.parametrize("state", ["22021", "23505", "40P01"])
async def test_one_that_is_refused_costs_the_others_nothing(calls: Calls, state: str) -> None:
    calls.refused, calls.state = 2, state
    calls.go_on.set()
    got = await asyncio.gather(*(await asking(Together(calls), 1, 2, 3)), return_exceptions=True)
    assert [got[0], got[2]] == [10, 30]
    assert isinstance(got[1], DBAPIError)
    assert calls.made == [[1, 2, 3], [1], [2], [3]]


async def test_another_error_is_everybodys_and_the_next_call_is_made(calls: Calls) -> None:
    calls.error = OSError()
    calls.go_on.set()
    together = Together(calls)
    got = await asyncio.gather(*(await asking(together, 1, 2)), return_exceptions=True)
    assert [type(one) for one in got] == [OSError, OSError]
    assert calls.made == [[1, 2]]
    calls.error = None
    assert await together.ask(3) == 30


async def test_who_gives_up_before_the_call_takes_no_part(calls: Calls) -> None:
    together = Together(calls)
    first = await asking(together, 1)
    await asyncio.sleep(0.01)
    given_up, stays = await asking(together, 2, 3)
    given_up.cancel()
    await asyncio.sleep(0)
    calls.go_on.set()
    assert await asyncio.gather(*first, stays) == [10, 30]
    assert calls.made == [[1], [3]]


async def test_who_gives_up_during_the_call_disturbs_nobody(calls: Calls) -> None:
    together = Together(calls)
    given_up, stays = await asking(together, 1, 2)
    await asyncio.sleep(0.01)
    given_up.cancel()
    calls.go_on.set()
    assert await stays == 20
    assert await together.ask(3) == 30
