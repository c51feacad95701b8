"""A small service with nothing but the API in it: real PostgreSQL, the shipped configuration, some people."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from fastapi import FastAPI
from sqlalchemy import select, update

from bot.api import Api, problem_handlers, router
from bot.cases.opening import NewCase, open_case
from bot.channels import telegram, whatsapp
from bot.config import Config, load_config
from bot.conversation.handling import Handling
from bot.live import Live
from bot.media.enclosing import Enclosing
from bot.media.stores import Folder
from bot.media.vault import Vault
from bot.notices.broadcaster import Broadcaster
from bot.notices.publishing import Publisher
from bot.settings import HOME
from bot.staff import create_token
from bot.storage.engine import Database
from bot.storage.sealing import Sealer
from bot.storage.tables import (
    Agent,
    CaseKind,
    ChannelAddress,
    Conversation,
    Outbox,
    OutboxState,
    Participant,
    Role,
)
from bot.texts import Texts, load_texts

PHONE = "+6281234567890"
NIK = "6472014505900001"
CARD = "0001234567890"


@dataclass
class World:
    """The app, and what a test does beside it."""

    app: FastAPI
    api: Api

    def client(self, token: str | None, **transport: Any) -> httpx.AsyncClient:
        """A client that sends this token."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return httpx.AsyncClient(
            transport=httpx.ASGITransport(self.app, **transport),
            base_url="http://siaga.test/api/v1",
            headers=headers,
        )

    async def token(self, role: Role = Role.AGENT, name: str = "Rina", branch: str | None = None) -> str:
        async with self.api.database.sessions.begin() as session:
            return await create_token(session, role, name, branch, self.api.clock())

    async def agent(self, name: str) -> Agent:
        async with self.api.database.sessions() as session:
            return (await session.scalars(select(Agent).where(Agent.name == name))).one()

    async def case(
        self,
        *,
        branch: str | None = "palembang",
        kind: CaseKind = CaseKind.COMPLAINT,
        summary: str = "Ditolak berobat",
        address: str | None = None,
        **new: Any,
    ) -> str:
        """Open a case for a new participant; gives its number."""
        address = address or f"telegram:{uuid4().int % 10**10}"
        async with self.api.database.sessions.begin() as session:
            person = Participant(id=uuid4())
            session.add(person)
            await session.flush()
            name = self.api.sealer.seal(f"Budi {PHONE}")
            session.add(
                ChannelAddress(
                    address=address,
                    channel=address.partition(":")[0],
                    participant_id=person.id,
                    sealed_profile_name=name,
                    sealed_phone=self.api.sealer.seal(PHONE),
                )
            )
            talk = Conversation(address=address, participant_id=person.id, branch=branch)
            session.add(talk)
            await session.flush()
            wanted = NewCase(kind=kind, summary=summary, branch=branch, **new)
            case = await open_case(session, self.api.sealer, self.api.config, talk, wanted, self.api.clock())
            return case.number

    async def tell(self) -> None:
        """Make the messages of broadcasts, and have them sent."""
        api = self.api
        broadcaster = Broadcaster(
            database=api.database,
            sealer=api.sealer,
            config=api.config,
            texts=sample()[1],
            channels=("telegram",),
            live=api.live,
            clock=api.clock,
        )
        while await broadcaster.round():
            pass
        gone = {"state": OutboxState.SENT, "sent_at": api.clock()}
        async with api.database.sessions.begin() as session:
            await session.execute(update(Outbox).where(Outbox.broadcast_id.is_not(None)).values(gone))

    async def sent(self) -> list[str]:
        """Every text that is queued for participants, in order."""
        async with self.api.database.sessions() as session:
            rows = await session.scalars(select(Outbox).order_by(Outbox.id))
            return [self.api.sealer.open(row.sealed)["body"] for row in rows]


@cache
def sample() -> tuple[Config, Texts]:
    """The shipped configuration."""
    return load_config(HOME / "config"), load_texts(HOME / "config" / "texts")


def build(
    database: Database,
    sealer: Sealer,
    config: Config,
    texts: Texts,
    clock: Callable[[], datetime],
    folder: Path = Path("/nonexistent"),
) -> World:
    """The app as bot/app.py would put it together, with this part alone; files are kept in `folder`."""
    live = Live(None)
    takes = {"telegram": telegram.LIMITS.files, "whatsapp": whatsapp.LIMITS.files}
    api = Api(
        database=database,
        sealer=sealer,
        config=config,
        handling=Handling(sealer=sealer, config=config, texts=texts, live=live, clock=clock),
        publisher=Publisher(config),
        live=live,
        clock=clock,
        enclosing=Enclosing(database, sealer, Vault(Folder(folder), sealer), takes, clock),
    )
    app = FastAPI(openapi_url=None)
    app.include_router(router(api))
    problem_handlers(app)
    return World(app, api)
