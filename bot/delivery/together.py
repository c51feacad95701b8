"""What many ask for at the same moment, carried out at once: one round trip and one commit for all of them."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from sqlalchemy.exc import DBAPIError

One = TypeVar("One")
Result = TypeVar("Result")

OF_ONE_ROW = ("22", "23", "40")
"""Classes of PostgreSQL's errors that each by itself may not have: data exceptions, violated constraints, and deadlocks
(https://www.postgresql.org/docs/current/errcodes-appendix.html)."""


class Together(Generic[One, Result]):
    """Joins calls: what comes while one is under way goes with the next, in the order in which it came.

    Args:
        call: carries out several, all or none, and gives the result of each in their order.
        most: how many at once.
    """

    def __init__(self, call: Callable[[Sequence[One]], Awaitable[Sequence[Result]]], most: int = 100) -> None:
        self._call = call
        self._most = most
        self._waiting: deque[tuple[One, asyncio.Future[Result]]] = deque()
        self._working: asyncio.Task[None] | None = None

    async def ask(self, one: One) -> Result:
        """The result of one, as soon as the call that carries it out is done; its errors are raised here too.

        Whoever is cancelled before that call began takes no part in it.
        """
        result: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting.append((one, result))
        if self._working is None:
            self._working = asyncio.create_task(self._work())
        return await result

    async def _work(self) -> None:
        try:
            while self._waiting:
                taken = [self._waiting.popleft() for _ in range(min(self._most, len(self._waiting)))]
                if wanted := [(one, result) for one, result in taken if not result.done()]:
                    await self._carry_out(wanted)
        finally:
            self._working = None

    async def _carry_out(self, taken: Sequence[tuple[One, asyncio.Future[Result]]]) -> None:
        """Carry out some at once; where one of them is refused, each by itself, so that the others are not."""
        try:
            results = await self._call([one for one, _ in taken])
        except Exception as error:
            if len(taken) == 1 or not _of_one_row(error):
                _fail(taken, error)
                return
            for one in taken:
                await self._carry_out([one])
            return
        for (_, result), given in zip(taken, results, strict=True):
            if not result.done():
                result.set_result(given)


def _of_one_row(error: Exception) -> bool:
    state = getattr(error.orig, "sqlstate", None) if isinstance(error, DBAPIError) else None
    return str(state).startswith(OF_ONE_ROW)


def _fail(taken: Sequence[tuple[object, asyncio.Future[Result]]], error: Exception) -> None:
    for _, result in taken:
        if not result.done():
            result.set_exception(error)
