"""One conversation in hand, as a worker takes it."""

from datetime import datetime
from uuid import uuid4

from bot.delivery.claiming import Claimed, claim
from bot.storage.engine import Database
from bot.storage.sealing import Sealer

LEASE = 30.0


async def claim_one(database: Database, sealer: Sealer, now: datetime) -> Claimed | None:
    """The conversation that has waited longest, if one is free."""
    claimed = await claim(database, sealer, uuid4(), now, LEASE)
    return claimed[0] if claimed else None
