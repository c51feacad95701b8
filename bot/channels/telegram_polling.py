"""Fetching Telegram's updates ourselves, where no webhook can reach us. One process at a time may do this."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import structlog

from bot.channels.telegram import Telegram
from bot.channels.telegram_events import events
from bot.errors import BadPayload, ChannelError
from bot.messages import Event

log = structlog.get_logger()

WAIT = timedelta(seconds=25)
"""How long Telegram holds a request open when nothing is new."""
LONGEST_PAUSE = 60.0

HINTS = {
    "http_409": "a webhook is set, or another process polls",
    "http_401": "the bot token is wrong or revoked",
}

Store = Callable[[list[Event]], Awaitable[None]]


async def poll(channel: Telegram, store: Store, wait: timedelta = WAIT) -> None:
    """Pass updates to `store` until cancelled.

    An update is confirmed to Telegram only after `store` returned, so that none is lost; it may come twice.
    Failures, of Telegram or of `store`, are logged and tried again after 1, 2, 4 ... 60 seconds.
    """
    offset: int | None = None
    failures = 0
    while True:
        try:
            offset = await _one_batch(channel, store, offset, wait)
            failures = 0
            continue
        except ChannelError as error:
            least, code = error.after or 0.0, error.code
        except Exception as error:
            # Whatever `store` met, such as a database that is down: the batch is still at Telegram.
            least, code = 0.0, type(error).__name__
        pause = max(least, min(2.0**failures, LONGEST_PAUSE))
        failures += 1
        log.warning("telegram.poll_failed", code=code, hint=HINTS.get(code), pause=pause)
        await asyncio.sleep(pause)


async def _one_batch(channel: Telegram, store: Store, offset: int | None, wait: timedelta) -> int | None:
    """Fetch and store once; the offset that confirms what was stored."""
    updates = await channel.updates(offset, wait)
    if not updates:
        return offset
    await store([event for update in updates for event in _read(update)])
    return max(int(str(update["update_id"])) for update in updates) + 1


def _read(update: dict[str, object]) -> list[Event]:
    try:
        return events(update, datetime.now(UTC))
    except BadPayload:  # one that cannot be read must not hold up the rest
        log.warning("telegram.update_unreadable", update=update["update_id"])
        return []
