"""The whole service for one transcript: real channels, inbox, worker, outbox and sender, on a clock of its own."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI
from sqlalchemy import func, select

from bot import webhooks
from bot.answers.index import Index
from bot.app import make_channels
from bot.channels.channel import Channel
from bot.config import Config
from bot.conversation import paperwork
from bot.conversation.carrying import members
from bot.conversation.carrying.understanding import reading
from bot.conversation.copies import Copies
from bot.conversation.handling import Handling
from bot.conversation.idle import stir
from bot.conversation.turn import Conversations
from bot.delivery.pace import Pace
from bot.delivery.sender import Sender
from bot.demo.seeding import bring_in_members
from bot.flows.registry import FLOWS
from bot.live import Live
from bot.media.enclosing import Enclosing
from bot.media.stores import Folder
from bot.media.vault import Vault
from bot.members.directory import Away, Identity, Membership
from bot.members.table import TableDirectory
from bot.members.tries import Tries
from bot.nlu.embedded.interpreter import EmbeddedInterpreter
from bot.notices.broadcaster import Broadcaster
from bot.notices.publishing import Publisher
from bot.notices.timing import keep_time
from bot.people.erasing import carry_out
from bot.retention import Kept
from bot.storage.engine import Database
from bot.storage.sealing import Sealer
from bot.storage.tables import Case, Inbox, InboxState, Notice, Outbox, OutboxState
from bot.texts import Texts
from bot.worker import Turns, Worker
from tests.conftest import Clock
from tests.running import settings
from tests.standins import TelegramStandIn, TwilioStandIn
from tests.transcripts.phones import PUBLIC_URL, Phone, TelegramPhone, WhatsAppPhone

KEPT = Kept(queue=30, media=365, sealed=365, talks=730)
"""As the settings say where nobody changed them. Files go nowhere here: copies come as texts."""
PATIENCE = 20.0
"""Seconds that a turn may take before it counts as failed."""


class Directory(TableDirectory):
    """The members of the demo; `away` while it does not answer."""

    away = False

    async def find(self, identity: Identity, now: datetime) -> Membership | None:
        if self.away:
            raise Away("unreachable")
        return await super().find(identity, now)


@dataclass(frozen=True, kw_only=True)
class Shared:
    """What all transcripts share, since it does not change."""

    config: Config
    texts: Texts
    interpreter: EmbeddedInterpreter
    answers: Index
    twilio: TwilioStandIn
    telegram: TelegramStandIn
    sealer: Sealer


@dataclass
class House:
    """The service, its participants and its desk."""

    shared: Shared
    database: Database
    channels: dict[str, Channel]
    clock: Clock
    web: httpx.AsyncClient
    conversations: Conversations
    directory: Directory
    handling: Handling
    publisher: Publisher
    broadcaster: Broadcaster
    copies: Copies
    phones: dict[str, Phone] = field(default_factory=dict)
    notices: list[Notice] = field(default_factory=list)

    def phone(self, words: str) -> Phone:
        """The phone of ``whatsapp Budi``, made at the first use."""
        if words not in self.phones:
            channel, name = words.removesuffix(" (no number)").split(maxsplit=1)
            number = len(self.phones) + 1
            if channel == "telegram":
                self.phones[words] = TelegramPhone(self.web, name, self.shared.telegram, 4710 + number)
            else:
                hidden = words.endswith("(no number)")
                address = f"whatsapp:ID.90012{number:04}" if hidden else f"whatsapp:+62812700010{number:02}"
                self.phones[words] = WhatsAppPhone(self.web, name, self.shared.twilio, address)
        return self.phones[words]

    async def settle(self) -> None:
        """Take all turns that are due and send all that is to be sent."""
        turns = Turns(self.conversations.take_turn, self.conversations.take_together)
        worker = Worker(self.database, self.shared.sealer, turns, self.clock, lease_seconds=60)
        with failures(self.conversations) as failed:
            await self._run_until(worker.run, self._all_taken, failed)
        while await self.broadcaster.round():
            pass
        pace = Pace({})
        sender = Sender(self.database, self.shared.sealer, self.channels, self.clock, pace=pace)
        await self._run_until(sender.run, self._all_sent, [])

    async def time_passes(self, minutes: float) -> None:
        """The clock goes on, and what is due by it is done."""
        self.clock.advance(minutes * 60)
        await stir(self.database, self.shared.sealer, self.clock())
        await keep_time(self.database, self.clock())
        await paperwork.keep_time(self.handling, self.database, self.clock())
        await carry_out(self.database, self.shared.sealer, self.clock())
        await self.copies.send(self.clock())

    async def cases(self) -> list[str]:
        """Every case in a line."""
        async with self.database.sessions() as session:
            cases = list(await session.scalars(select(Case).order_by(Case.id)))
        return [
            " ".join(
                [
                    case.kind.value,
                    case.number,
                    f"[{case.status.value}]",
                    case.category or "-",
                    case.branch or "-",
                ]
            )
            for case in cases
        ] or ["no case"]

    async def _run_until(
        self,
        run: Callable[[asyncio.Event], Awaitable[None]],
        done: Callable[[], Awaitable[bool]],
        failed: list[BaseException],
    ) -> None:
        if await done():
            return
        stopping = asyncio.Event()
        task = asyncio.ensure_future(run(stopping))
        try:
            async with asyncio.timeout(PATIENCE):
                while not await done():
                    if failed:
                        raise failed[0]
                    await asyncio.sleep(0.01)
        finally:
            stopping.set()
            await task

    async def _all_taken(self) -> bool:
        return await self._none(Inbox.id, Inbox.state == InboxState.PENDING)

    async def _all_sent(self) -> bool:
        lost = Outbox.state.in_((OutboxState.DEAD, OutboxState.UNKNOWN))
        assert await self._none(Outbox.id, lost), "a message did not reach its participant"
        return await self._none(Outbox.id, Outbox.state == OutboxState.QUEUED)

    async def _none(self, column: Any, condition: Any) -> bool:
        async with self.database.sessions() as session:
            return not await session.scalar(select(func.count(column)).where(condition))


@contextmanager
def failures(conversations: Conversations) -> Iterator[list[BaseException]]:
    """The errors of turns, which the worker only logs: a transcript is to fail with them."""
    failed: list[BaseException] = []
    take = conversations.take_turn

    async def watched(claimed: Any) -> None:
        try:
            await take(claimed)
        except Exception as error:
            failed.append(error)
            raise

    object.__setattr__(conversations, "take_turn", watched)
    try:
        yield failed
    finally:
        object.__delattr__(conversations, "take_turn")


@asynccontextmanager
async def open_house(shared: Shared, database_url: str) -> AsyncIterator[House]:
    """The service on an empty database."""
    twilio, telegram = shared.twilio, shared.telegram
    database, live, clock = Database(database_url), Live(None), Clock()
    twilio.clock = telegram.clock = clock
    told = settings(database_url, twilio, telegram, public_url=PUBLIC_URL)
    channels = make_channels(told, database, shared.sealer, live)
    parts = {
        "sealer": shared.sealer,
        "config": shared.config,
        "texts": shared.texts,
        "live": live,
        "clock": clock,
    }
    app = FastAPI()
    intake = webhooks.Intake(database=database, sealer=shared.sealer, channels=channels, clock=clock)
    app.router.routes += webhooks.routes(intake)
    directory = Directory(database, shared.sealer)
    await bring_in_members(database, shared.sealer)
    conversations = Conversations(
        database=database,
        consulting=members.consulting(directory, Tries(database, shared.sealer), clock)
        | reading(shared.interpreter),
        interpreter=shared.interpreter,
        flows=FLOWS,
        answers=shared.answers,
        idle=(timedelta(minutes=15), timedelta(minutes=60)),
        kept=KEPT,
        **parts,
    )
    nowhere = Vault(Folder(Path("nowhere")), shared.sealer)
    copies = Copies(
        database=database,
        sealer=shared.sealer,
        config=shared.config,
        texts=shared.texts,
        enclosing=Enclosing(database, shared.sealer, nowhere, {}, clock),
        kept=KEPT,
    )
    try:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=PUBLIC_URL) as web:
            yield House(
                shared=shared,
                database=database,
                channels=channels,
                clock=clock,
                web=web,
                conversations=conversations,
                directory=directory,
                handling=Handling(**parts),
                publisher=Publisher(shared.config),
                copies=copies,
                broadcaster=Broadcaster(database=database, channels=tuple(channels), **parts),
            )
    finally:
        for channel in channels.values():
            await channel.close()
        await live.close()
        await database.close()
