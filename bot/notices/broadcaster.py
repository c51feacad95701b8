"""Makes the messages of broadcasts, batch by batch, a little ahead of the senders.

A batch is one transaction: the messages and, in the broadcast, how far it has come. Whoever dies at whatever moment,
the next one goes on from there: nobody is told twice, nobody is left out. Any number may run; each broadcast is in one
hand at a time, and one that fails holds no other up. What is in memory, and in the outbox, does not grow with the
audience.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy import Row, func, literal, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from bot import tracing
from bot.config import Config
from bot.delivery.forms import text_to_json
from bot.delivery.waking import first_of
from bot.live import Live
from bot.notices import stopped
from bot.notices.subscriptions import audience
from bot.notices.telling import CALL, words
from bot.storage.apart import apart
from bot.storage.engine import UNAVAILABLE, Database
from bot.storage.sealing import Sealer
from bot.storage.states import in_state
from bot.storage.tables import (
    Author,
    Broadcast,
    BroadcastState,
    Conversation,
    Message,
    Notice,
    NoticeUpdate,
    Outbox,
    OutboxState,
    Participant,
    Priority,
)
from bot.texts import Texts

log = structlog.get_logger()

BATCH = 500
"""Messages made in one transaction, for one channel."""
AHEAD = 1500
"""From so many queued messages of a broadcast on one channel no more are made for it."""
AGAIN_AFTER = timedelta(seconds=10)
"""A broadcast that failed is left alone for so long, by whoever saw it fail."""
_POLL = 1.0  # seconds; at 400 messages a second, the fastest that is allowed, it takes more than three to send AHEAD

Person = Row[UUID, str, str]
"""Conversation, address, language."""


@dataclass(frozen=True, kw_only=True)
class Broadcaster:
    """Makes messages until told to stop.

    Args:
        channels: names of those that messages are made for.
        clock: the present time, aware.
    """

    database: Database
    sealer: Sealer
    config: Config
    texts: Texts
    channels: Iterable[str]
    live: Live
    clock: Callable[[], datetime]
    _resting: dict[int, datetime] = field(default_factory=dict, init=False)
    """Broadcasts that failed, and until when they are left alone."""

    async def run(self, stopping: asyncio.Event) -> None:
        """Make what is wanted, whenever a broadcast begins and as the senders come on."""
        async with self.database.listen(CALL) as woken:
            while not stopping.is_set():
                woken.clear()
                try:
                    more = await self.round()
                except UNAVAILABLE as error:
                    log.warning("broadcast.postponed", error=type(error).__name__)
                    more = False
                if not more:
                    await first_of(woken, stopping, seconds=_POLL)

    async def round(self) -> bool:
        """One batch for every broadcast that needs one; whether there was any."""
        now = self.clock()
        running = select(Broadcast.id).where(Broadcast.state == BroadcastState.RUNNING).order_by(Broadcast.id)
        async with self.database.sessions.begin() as session:
            ids = list(await session.scalars(running))
            over = await stopped.stopped(session)
            await stopped.given_back(session, now)
        for one in over:
            with apart("broadcasts", broadcast=one):
                await stopped.clear(self.database, one, now)
        more = [await self._try(one, now) for one in ids if self._resting.get(one, now) <= now]
        return any(more)

    async def _try(self, broadcast_id: int, now: datetime) -> bool:
        """Go on with a broadcast; one that fails rests for a while."""
        with apart("broadcasts", broadcast=broadcast_id):
            await self._measure(broadcast_id)
            return await self._go_on(broadcast_id)
        self._resting[broadcast_id] = now + AGAIN_AFTER
        return False

    async def _measure(self, broadcast_id: int) -> None:
        """Count once for whom a broadcast is. No row is locked meanwhile: of many people it takes a while."""
        uncounted = (Broadcast.id == broadcast_id, Broadcast.audience.is_(None))
        wanted = select(Broadcast, Notice).join(Notice, Notice.id == Broadcast.notice_id).where(*uncounted)
        async with self.database.sessions.begin() as session:
            for broadcast, notice in (await session.execute(wanted)).tuples():
                everybody = audience(self.config, notice, broadcast, self.channels).subquery()
                count = await session.scalar(select(func.count()).select_from(everybody))
                await session.execute(update(Broadcast).where(*uncounted).values(audience=count))

    async def _go_on(self, broadcast_id: int) -> bool:
        now = self.clock()
        with tracing.followed(None):
            async with self.database.sessions.begin() as session:
                found = await _taken(session, broadcast_id)
                if found is None:
                    return False
                broadcast, notice = found
                made = [await self._batch(session, broadcast, notice, name, now) for name in self.channels]
                if not any(made):
                    await self._end(session, broadcast, now)
                over = broadcast.state is BroadcastState.DONE
        if any(made) or over:
            log.info("broadcast.went_on", broadcast=broadcast_id, made=sum(made), done=over)
            await self.live.publish("desk", notice=notice.id)
        return any(made)

    async def _batch(
        self, session: AsyncSession, broadcast: Broadcast, notice: Notice, channel: str, now: datetime
    ) -> int:
        """The next messages for one channel; how many."""
        cursor = broadcast.cursors.get(channel, "")
        if cursor is None or await _queued(session, broadcast, channel) >= AHEAD:
            return 0
        people = await self._next(session, broadcast, notice, channel, cursor)
        broadcast.cursors = broadcast.cursors | {channel: people[-1].address if people else None}
        broadcast.made += len(people)
        if people:
            await self._make(session, broadcast, notice, channel, people, now)
        return len(people)

    async def _next(
        self, session: AsyncSession, broadcast: Broadcast, notice: Notice, channel: str, after: str
    ) -> Sequence[Person]:
        page = audience(self.config, notice, broadcast, (channel,), after=after).limit(BATCH).subquery()
        query = (
            select(Conversation.id, page.c.address, Participant.language)
            .join(Conversation, Conversation.address == page.c.address)
            .join(Participant, Participant.id == Conversation.participant_id)
            .order_by(page.c.address)
        )
        return (await session.execute(query)).all()

    async def _make(
        self,
        session: AsyncSession,
        broadcast: Broadcast,
        notice: Notice,
        channel: str,
        people: Sequence[Person],
        now: datetime,
    ) -> None:
        """A line of the talk and a row of the outbox for each of them; each language is put into words once."""
        news = await session.get(NoticeUpdate, broadcast.update_id) if broadcast.update_id else None
        languages = {language for _, _, language in people}
        texts = {
            language: words(self.config, self.texts, notice, broadcast, news, language)
            for language in languages
        }
        sealed = {language: self.sealer.seal(text_to_json(text)) for language, text in texts.items()}
        lines = await session.execute(
            insert(Message).returning(Message.id, Message.conversation_id),
            [
                {
                    "conversation_id": talk,
                    "author": Author.SYSTEM,
                    "body": texts[language].body,
                    "at": now,
                }
                for talk, _, language in people
            ],
        )
        line_of = {talk: line for line, talk in lines}
        rows = [
            {
                "channel": channel,
                "address": address,
                "sealed": sealed[language],
                "message_id": line_of[talk],
                "notice_id": notice.id,
                "broadcast_id": broadcast.id,
                "once": f"notice:{notice.id}:{broadcast.event}:{address}",
                "priority": Priority.NOTICE,
                "created_at": now,
                "next_try_at": now,
                "traceparent": tracing.traceparent(),
            }
            for talk, address, language in people
        ]
        await session.execute(insert(Outbox).on_conflict_do_nothing(index_elements=["once"]), rows)

    async def _end(self, session: AsyncSession, broadcast: Broadcast, now: datetime) -> None:
        """Done once everybody's message is made and none is queued any more."""
        if all(broadcast.cursors.get(name, "") is None for name in self.channels) and not await _queued(
            session, broadcast
        ):
            broadcast.state, broadcast.ended_at = BroadcastState.DONE, now


async def _taken(session: AsyncSession, broadcast_id: int) -> tuple[Broadcast, Notice] | None:
    """The broadcast and its notice, locked; None when another has them, or it runs no more.

    The notice first, as whoever publishes does.
    """
    of_it = select(Broadcast.notice_id).where(Broadcast.id == broadcast_id).scalar_subquery()
    notice = await session.scalar(
        select(Notice).where(Notice.id == of_it).with_for_update(key_share=True, read=True, skip_locked=True)
    )
    running = Broadcast.state == BroadcastState.RUNNING
    broadcast = await session.scalar(
        select(Broadcast).where(Broadcast.id == broadcast_id, running).with_for_update(skip_locked=True)
    )
    return (broadcast, notice) if broadcast and notice else None


async def _queued(session: AsyncSession, broadcast: Broadcast, channel: str | None = None) -> int:
    """How many of its messages are queued, AHEAD at most."""
    queued = select(literal(1)).where(
        Outbox.broadcast_id == broadcast.id, in_state(Outbox.state, OutboxState.QUEUED)
    )
    if channel:
        queued = queued.where(Outbox.channel == channel)
    some = queued.limit(AHEAD).subquery()
    return await session.scalar(select(func.count()).select_from(some)) or 0
