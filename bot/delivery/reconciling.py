"""Taking in what a provider received for us but could not deliver, from its own list.

Twilio tries a webhook again for some seconds only, and not at all without the overrides of docs/channels.md. What it
received stays in its list of messages: this compares that list with the inbox, and takes in what is missing, in the
order in which it was sent, once. Telegram keeps what it could not deliver by itself.
"""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from typing import Protocol, runtime_checkable

import structlog
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from bot import metrics
from bot.channels.channel import Listed
from bot.delivery import inbox
from bot.errors import BadPayload, ChannelError
from bot.messages import Incoming
from bot.storage.engine import Database
from bot.storage.sealing import Sealer
from bot.storage.tables import Inbox, Listing

log = structlog.get_logger()

SETTLING = timedelta(seconds=60)
"""A younger message may still come by its webhook, which says more than the list does."""
OVERLAP = timedelta(minutes=30)
"""How far each comparison goes back behind the one before: a list may show a message late."""
AT_ONCE = 100


@runtime_checkable
class CanBeListed(Protocol):
    """A channel whose provider keeps a list of what it received for us."""

    name: str
    own_address: str
    """Ours: what participants write to."""

    def received(self, since: datetime) -> AsyncIterator[list[Listed]]:
        """What participants sent to us since then (perhaps more), page by page, newest first.

        Raises:
            ChannelError: the provider could not be asked.
        """
        ...

    async def read(self, found: Listed) -> Incoming:
        """One of those messages, as its webhook would have given it, as far as the list says it.

        Raises:
            BadPayload: it is none of a participant.
            ChannelError: its files could not be asked for.
        """
        ...


async def reconcile(
    database: Database, sealer: Sealer, channel: CanBeListed, now: datetime, *, longest: timedelta
) -> int:
    """Take in what the provider has and the inbox has not.

    Only one process at a time should do this; two would store nothing twice, but perhaps out of order.

    Args:
        now: the present time.
        longest: how far to go back at most: no longer than the inbox remembers what it had.

    Returns:
        How many messages were new.

    Raises:
        ChannelError: the provider could not be asked, or not about some of them. What could be had is stored, and the
            next comparison begins where this one began.
    """
    until = await _compared_until(database, channel.own_address)
    since = max((until or now) - OVERLAP, now - longest)
    missing, newest = await _missing(database, channel, since, now)
    stored, left = 0, None
    for first in range(0, len(missing), AT_ONCE):
        messages, error = await _read(channel, missing[first : first + AT_ONCE])
        left = left or error
        stored += await inbox.store(database, sealer, messages, now)
    if stored:
        log.warning("inbox.recovered", channel=channel.name, messages=stored)
        metrics.RECOVERED.labels(channel.name).inc(stored)
    if left:
        raise left
    await _compared(database, channel.own_address, max(until or since, newest or since))
    return stored


async def _missing(
    database: Database, channel: CanBeListed, since: datetime, now: datetime
) -> tuple[list[Listed], datetime | None]:
    """What the inbox lacks, in the order of sending; and when the newest was sent of all that were compared."""
    missing: list[Listed] = []
    newest = None
    async for page in channel.received(since):
        settled = [one for one in page if since <= one.sent_at <= now - SETTLING]
        if not settled:
            continue
        newest = max(newest or since, *(one.sent_at for one in settled))
        known = await _known(database, channel.name, [one.provider_id for one in settled])
        missing += [one for one in settled if one.provider_id not in known]
    missing.reverse()  # sorting keeps the order of those of the same second
    return sorted(missing, key=lambda one: one.sent_at), newest


async def _known(database: Database, channel: str, provider_ids: Sequence[str]) -> set[str]:
    there = select(Inbox.provider_id).where(Inbox.channel == channel, Inbox.provider_id.in_(provider_ids))
    async with database.sessions() as session:
        return set(await session.scalars(there))


async def _read(channel: CanBeListed, found: Sequence[Listed]) -> tuple[list[Incoming], ChannelError | None]:
    """Those that can be read; and why some cannot be now, so that one of them does not hold up all others."""
    messages: list[Incoming] = []
    left = None
    for one in found:
        try:
            messages.append(await channel.read(one))
        except BadPayload as error:
            log.error("inbox.not_readable", channel=channel.name, error=type(error).__name__)
        except ChannelError as error:
            log.warning("inbox.not_recovered", channel=channel.name, code=error.code)
            left = error
    return messages, left


async def _compared_until(database: Database, address: str) -> datetime | None:
    async with database.sessions() as session:
        return await session.scalar(select(Listing.until).where(Listing.address == address))


async def _compared(database: Database, address: str, until: datetime) -> None:
    row = insert(Listing).values(address=address, until=until)
    async with database.sessions.begin() as session:
        await session.execute(row.on_conflict_do_update(index_elements=["address"], set_={"until": until}))
