"""Whether a provider took a message of which we had no answer: some can be asked."""

import asyncio
from datetime import datetime
from typing import Protocol, runtime_checkable

import structlog

from bot.delivery import outbox
from bot.delivery.outbox import Due
from bot.errors import ChannelError
from bot.messages import Address, Call
from bot.storage.engine import UNAVAILABLE, Database

log = structlog.get_logger()

SETTLING = 0.5
"""Seconds before a provider is asked for a message that it may just have taken."""


@runtime_checkable
class CanBeAsked(Protocol):
    """A channel whose provider says what it took."""

    async def taken(self, to: Address, call: Call, since: datetime) -> list[str]:
        """The provider's ids of messages to `to` that say what `call` says, taken since then, oldest first.

        Raises:
            ChannelError: the provider could not be asked.
        """
        ...


async def find(database: Database, channel: CanBeAsked, due: Due, call: Call, since: datetime) -> str | None:
    """The provider's id of `call`, if it was taken since then; what another row is known by is another message.

    Raises:
        ChannelError: it could not be asked; nothing was sent by asking.
    """
    await asyncio.sleep(SETTLING)
    try:
        found = await outbox.foreign(database, due.channel, await channel.taken(due.address, call, since))
    except UNAVAILABLE:
        raise ChannelError("no_connection", retry=True) from None
    except ChannelError as error:
        log.warning("outbox.not_asked", outbox=due.id, code=error.code)
        raise ChannelError(error.code, retry=True, after=error.after) from None
    log.info("outbox.asked", outbox=due.id, taken=bool(found))
    return found[0] if found else None
