"""Showing that an answer is on its way, when it takes long: what is written at once needs no sign."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager

import structlog

from bot.channels.channel import Channel
from bot.delivery.claiming import Claimed

log = structlog.get_logger()

LONG = 2.0
"""Seconds after which the participant sees "typing"; on WhatsApp it also marks the message as read."""


@asynccontextmanager
async def typing(
    channels: Mapping[str, Channel],
    claimed: Claimed,
    left_out: Callable[[], Awaitable[bool]],
    after: float = LONG,
) -> AsyncIterator[None]:
    """Show the sign while the block runs, if it runs longer than `after` seconds. It never disturbs the block.

    Args:
        left_out: whether there is no time for signs.
    """
    channel = channels.get(claimed.channel)
    sign = asyncio.create_task(_show(channel, claimed, left_out, after)) if channel else None
    try:
        yield
    finally:
        if sign:
            sign.cancel()


async def _show(
    channel: Channel, claimed: Claimed, left_out: Callable[[], Awaitable[bool]], after: float
) -> None:
    await asyncio.sleep(after)
    if await left_out():
        return
    try:
        await channel.typing(claimed.address, claimed.messages[-1][1])
    except Exception as error:  # a sign is not worth a failed turn
        log.info("typing.not_shown", channel=claimed.channel, error=type(error).__name__)
