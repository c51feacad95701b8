"""Showing that an answer is on its way, when it takes long: what is written at once needs no sign."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
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
    together: Sequence[Claimed],
    left_out: Callable[[], Awaitable[bool]],
    after: float = LONG,
) -> AsyncIterator[None]:
    """Show the sign while the block runs, if it runs longer than `after` seconds. It never disturbs the block.

    Args:
        together: those whose turns are taken in it.
        left_out: whether there is no time for signs.
    """
    signs = asyncio.create_task(_show_all(channels, together, left_out, after))
    try:
        yield
    finally:
        signs.cancel()


async def _show_all(
    channels: Mapping[str, Channel],
    together: Sequence[Claimed],
    left_out: Callable[[], Awaitable[bool]],
    after: float,
) -> None:
    await asyncio.sleep(after)
    if not await left_out():
        await asyncio.gather(
            *(_show(channels[one.channel], one) for one in together if one.channel in channels)
        )


async def _show(channel: Channel, claimed: Claimed) -> None:
    try:
        await channel.typing(claimed.address, claimed.written[-1])
    except Exception as error:  # a sign is not worth a failed turn
        log.info("typing.not_shown", channel=claimed.channel, error=type(error).__name__)
