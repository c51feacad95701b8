"""A supervisor who sends again what was left to a person, and knows whether that was right."""

import asyncio
import time
from collections import Counter

from sqlalchemy import and_, select

from bot.app import clock
from bot.delivery import outbox
from bot.storage.engine import UNAVAILABLE, Database
from bot.storage.tables import Outbox, OutboxState
from tests.chaos.findings import Finding, Wrong
from tests.chaos.gales import Gale
from tests.chaos.house import House

LEFT = and_(Outbox.channel == "telegram", Outbox.state == OutboxState.UNKNOWN)
"""What is sent again: Telegram cannot be asked, so a second doubt about a message is rightly left to a person."""
_LOOK = 1.0  # seconds


class Supervisor:
    """Looks at what was left, again and again.

    Args:
        gale: how Telegram fails.
    """

    def __init__(self, database: Database, house: House, gale: Gale) -> None:
        self.resent: Counter[int] = Counter()
        """How often each row of the outbox was sent again."""
        self.wrongly_left: list[Finding] = []
        self._database, self._house, self._gale = database, house, gale
        self._known_from: dict[int, float] = {}
        """Since when each row that was sent again may have come into doubt (`time.monotonic`)."""

    async def watch(self) -> None:
        """Look for ever; while PostgreSQL is away, wait."""
        while True:
            await asyncio.sleep(_LOOK)
            try:
                await self.look()
            except UNAVAILABLE:
                continue

    async def look(self) -> None:
        """Judge what is left now, and send it again."""
        async with self._database.sessions.begin() as session:
            left = list(await session.scalars(select(Outbox).where(LEFT)))
            for row in left:
                self._judge(row)
            if left:
                await outbox.resend(session, Outbox.id.in_([row.id for row in left]), now=clock())
        for row in left:
            self.resent[row.id] += 1
            self._known_from[row.id] = time.monotonic()

    def _judge(self, row: Outbox) -> None:
        """Sent again it was in doubt before, so that one doubt more is enough."""
        born = time.monotonic() - (clock() - row.created_at).total_seconds()
        doubts = self._doubts(row.address, self._known_from.get(row.id, born)) + bool(self.resent[row.id])
        if doubts < 2:
            self.wrongly_left.append(Finding(Wrong.LEFT, row.address, f"unknown after {doubts} doubts"))

    def _doubts(self, address: str, since: float) -> int:
        """How often a message to somebody may have been left in doubt: no more than that can be known from outside."""
        chat = address.removeprefix("telegram:")
        cut_off = [at for at, whose in self._gale.doubts if whose == chat]
        away = [back for _, back in self._house.away]
        return sum(at > since for at in (*cut_off, *self._house.sender_blows, *away))
