"""A notice, people who want to hear of it, and who makes and sends their messages."""

import asyncio
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import insert, or_, select

from bot.live import Live
from bot.notices import broadcasts
from bot.notices.broadcaster import Broadcaster
from bot.notices.broadcasts import Progress
from bot.notices.publishing import NewNotice, Publisher
from bot.storage.engine import Database
from bot.storage.sealing import Sealer
from bot.storage.tables import (
    Agent,
    Broadcast,
    ChannelAddress,
    Conversation,
    Notice,
    NoticeKind,
    Outbox,
    Participant,
    Role,
    Subscription,
    UpdateStatus,
)
from tests.conftest import Clock
from tests.delivery.post import Post
from tests.delivery.recording import Recording
from tests.desk.scene import sample

CONFIG, TEXTS = sample()


class Town:
    """Subscribers, a supervisor, and the parts of the service that bring them the news."""

    def __init__(self, database: Database, sealer: Sealer, clock: Clock) -> None:
        self.database, self.sealer, self.clock = database, sealer, clock
        self.publisher = Publisher(CONFIG)
        self.telegram, self.whatsapp = Recording("telegram"), Recording("whatsapp")
        self.post = Post(database, sealer, clock, self.telegram, self.whatsapp)
        self.supervisor = Agent(name="Ratna", role=Role.SUPERVISOR)

    async def subscribers(self, count: int, channel: str = "telegram", start: int = 0, **more: Any) -> None:
        """People with a wish to hear everything of Samarinda, since now."""
        people = [
            {"id": uuid4(), "address": f"{channel}:{number:06}"} for number in range(start, start + count)
        ]
        each = {"channel": channel, "last_inbound_at": self.clock(), **more}
        async with self.database.sessions.begin() as session:
            await session.execute(insert(Participant), [{"id": one["id"]} for one in people])
            for table, values in (
                (ChannelAddress, each),
                (Conversation, {}),
                (Subscription, {"branch": "samarinda", "created_at": self.clock()}),
            ):
                rows = [{"address": one["address"], **values} for one in people]
                if table is not Subscription:
                    rows = [
                        row | {"participant_id": one["id"]} for row, one in zip(rows, people, strict=True)
                    ]
                await session.execute(insert(table), rows)

    async def publish(self, **more: Any) -> Notice:
        """An outage of VClaim in Samarinda, a minute after whatever was before."""
        self.clock.advance(60)
        new = {"kind": NoticeKind.OUTAGE, "title": "VClaim gangguan", "guidance": "Coba lagi nanti."}
        new |= {"scope": {"branches": ["samarinda"]}, "starts_at": self.clock(), "broadcast": True} | more
        async with self.database.sessions.begin() as session:
            if self.supervisor.id is None:
                session.add(self.supervisor)
                await session.flush()
            return await self.publisher.publish(session, NewNotice(**new), self.supervisor, self.clock())

    async def update(self, notice: Notice, status: UpdateStatus, body: str) -> None:
        self.clock.advance(60)
        async with self.database.sessions.begin() as session:
            kept = await session.get_one(Notice, notice.id, with_for_update=True)
            await self.publisher.add(session, kept, status, body, self.supervisor, self.clock())

    async def steer(self, verb: Callable[..., Any], broadcast_id: int = 1) -> None:
        """Pause, resume or cancel."""
        async with self.database.sessions.begin() as session:
            broadcast = await session.get_one(Broadcast, broadcast_id, with_for_update=True)
            await verb(session, broadcast, self.supervisor, self.clock())

    def broadcaster(self) -> Broadcaster:
        return Broadcaster(
            database=self.database,
            sealer=self.sealer,
            config=CONFIG,
            texts=TEXTS,
            channels=("telegram", "whatsapp"),
            live=Live(None),
            clock=self.clock,
        )

    async def make(self) -> None:
        """Everything that may be made until something is sent."""
        while await self.broadcaster().round():
            pass

    async def finish(self) -> None:
        """Make and send until there is nothing left of either."""
        while await self.broadcaster().round() or await self._to_send():
            await self.send()
        await self.broadcaster().round()

    async def send(self) -> None:
        """Send what is queued, but for what somebody stopped."""
        async with asyncio.timeout(20), self.post.sending(in_flight=64):
            while await self._to_send():
                await asyncio.sleep(0.01)

    async def _to_send(self) -> bool:
        stopped = select(Broadcast.id).where(Broadcast.state.in_(["paused", "cancelled"]))
        ours = or_(Outbox.broadcast_id.is_(None), Outbox.broadcast_id.not_in(stopped))
        due = (Outbox.state == "queued", Outbox.next_try_at <= self.clock(), ours)
        async with self.database.sessions() as session:
            return await session.scalar(select(Outbox.id).where(*due).limit(1)) is not None

    async def broadcasts(self) -> list[Broadcast]:
        async with self.database.sessions() as session:
            return list(await session.scalars(select(Broadcast).order_by(Broadcast.id)))

    async def progress(self, number: int = 0) -> Progress:
        async with self.database.sessions() as session:
            [*all_] = await session.scalars(select(Broadcast).order_by(Broadcast.id))
            return (await broadcasts.progress(session, [all_[number]], self.clock()))[all_[number].id]

    def heard(self, words: str = "") -> list[str]:
        """Who got a message with these words, in order of their addresses, each as often as they got it."""
        sent = [*self.telegram.sent, *self.whatsapp.sent]
        return sorted(address for address, body in sent if words in body)


@pytest.fixture
async def town(database: Database, sealer: Sealer, clock: Clock) -> Town:
    return Town(database, sealer, clock)
