"""Waiting for the first of several signs."""

import asyncio
import time
from typing import Any

APART = 0.01
"""Seconds between two looks at a queue at least: under load, what comes meanwhile is taken by one statement."""


async def first_of(*events: asyncio.Event, seconds: float) -> None:
    """Return as soon as one of `events` is set, or after `seconds`."""
    waiting = [asyncio.create_task(event.wait()) for event in events]
    try:
        await asyncio.wait(waiting, timeout=max(seconds, 0), return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in waiting:
            task.cancel()


async def apart(since: float) -> None:
    """Wait until it is time to look again.

    Args:
        since: when the last look began, by `time.monotonic`.
    """
    rest = since + APART - time.monotonic()
    if rest > 0:
        await asyncio.sleep(rest)


async def finished(tasks: set[asyncio.Task[Any]], seconds: float) -> None:
    """Give `tasks` some seconds to finish by themselves, then cancel the rest and wait until they are gone."""
    if not tasks:
        return
    _, late = await asyncio.wait(tasks, timeout=seconds)
    for task in late:
        task.cancel()
    await asyncio.gather(*late, return_exceptions=True)
