"""The outbox of a test, with senders to empty it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from sqlalchemy import select

from bot.channels.channel import Channel
from bot.delivery import outbox
from bot.delivery.outbox import Letter
from bot.delivery.pace import Pace
from bot.delivery.sender import Sender
from bot.messages import Address, Text
from bot.storage.engine import Database
from bot.storage.sealing import Sealer
from bot.storage.tables import Outbox, OutboxState
from tests.conftest import Clock

UNPACED = Pace({})


class Post:
    """The outbox of a test and its senders."""

    def __init__(self, database: Database, sealer: Sealer, clock: Clock, *channels: Channel) -> None:
        self.database, self.sealer, self.clock = database, sealer, clock
        self.channels = {channel.name: channel for channel in channels}

    async def queue(self, body: str, *, to: str = "telegram:1", **more: object) -> int | None:
        async with self.database.sessions.begin() as session:
            letter = Letter(address=Address(to), text=Text(body=body), **more)  # type: ignore[arg-type]
            ids = await outbox.queue(session, self.sealer, [letter], self.clock())
            return ids[0] if ids else None

    async def resend(self, outbox_id: int) -> bool:
        async with self.database.sessions.begin() as session:
            return bool(await outbox.resend(session, Outbox.id == outbox_id, now=self.clock()))

    def sender(self, **options: object) -> Sender:
        options.setdefault("pace", UNPACED)
        return Sender(self.database, self.sealer, self.channels, self.clock, **options)  # type: ignore[arg-type]

    @asynccontextmanager
    async def sending(self, senders: int = 1, **options: object) -> AsyncIterator[None]:
        stopping = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            for _ in range(senders):
                group.create_task(self.sender(**options).run(stopping))
            try:
                yield
            finally:
                stopping.set()

    async def rows(self) -> list[Outbox]:
        async with self.database.sessions() as session:
            return list(await session.scalars(select(Outbox).order_by(Outbox.id)))

    async def row(self) -> Outbox:
        [row] = await self.rows()
        return row

    async def settled(self) -> None:
        """Until nothing is queued that is due."""
        while any(
            row.state is OutboxState.QUEUED and (row.next_try_at <= self.clock() or row.hold)
            for row in await self.rows()
        ):
            await asyncio.sleep(0.01)

    async def run_until_settled(self, **options: object) -> None:
        async with asyncio.timeout(10), self.sending(**options):
            await self.settled()


async def eventually(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not true():
            await asyncio.sleep(0.01)
