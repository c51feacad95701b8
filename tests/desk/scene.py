"""What the desk's tests are made of: a desk on a real database, agents, a participant's case, and browsers."""

import re
import shutil
import tempfile
import weakref
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI
from sqlalchemy import select

from bot import staff
from bot.cases.opening import NewCase, keep_numbers, open_case
from bot.channels.channel import Channel
from bot.channels.simulator import Simulator
from bot.config import Config, load_config
from bot.conversation.handling import Handling
from bot.desk import Desk, router
from bot.live import Live
from bot.media.enclosing import Enclosing
from bot.media.keeping import Keeper
from bot.media.stores import Folder
from bot.media.vault import Vault
from bot.messages import Address, Media
from bot.notices.broadcaster import Broadcaster
from bot.notices.publishing import Publisher
from bot.reading.numbers import mask
from bot.settings import HOME
from bot.storage.engine import Database
from bot.storage.sealing import Sealer
from bot.storage.tables import (
    Agent,
    Attachment,
    Author,
    Case,
    CaseKind,
    ChannelAddress,
    Conversation,
    History,
    Message,
    Owner,
    Participant,
    Role,
)
from bot.texts import Texts, load_texts

PASSWORD = "kata sandi panjang"
NIK = "6471010101900001"
CARD = "0001234567891"


@dataclass
class Scene:
    """A desk with everything it needs."""

    desk: Desk
    files: dict[str, tuple[str, bytes]]
    keeper: Keeper
    folder: Path
    people: dict[str, int] = field(default_factory=dict)

    @property
    def database(self) -> Database:
        return self.desk.database

    @property
    def app(self) -> FastAPI:
        app = FastAPI(openapi_url=None)
        app.include_router(router(self.desk), prefix="/desk")
        return app

    async def agent(self, name: str, role: Role = Role.AGENT, branch: str | None = None) -> Agent:
        async with self.database.sessions.begin() as session:
            email = f"{name.lower()}@siaga.example"
            return await staff.create_agent(session, email, name, role, branch, PASSWORD, self.desk.clock())

    async def case(
        self,
        summary: str = "mau bicara petugas",
        *,
        name: str = "Budi",
        queued: bool = True,
        later: float = 0,
        **new: Any,
    ) -> Case:
        """A participant's words, and the case made of them."""
        now = self.desk.clock() + timedelta(seconds=later)
        person_number = self.people.setdefault(name, len(self.people))
        address = Address(f"simwhatsapp:+62812700{person_number:05}")
        async with self.database.sessions.begin() as session:
            talk = await session.scalar(select(Conversation).where(Conversation.address == address))
            if talk is None:
                person = Participant(created_at=now)
                session.add(person)
                await session.flush()
                session.add(
                    ChannelAddress(
                        address=address,
                        channel="simwhatsapp",
                        participant_id=person.id,
                        sealed_profile_name=self.desk.sealer.seal(name),
                        last_inbound_at=now,
                    )
                )
                talk = Conversation(address=address, participant_id=person.id, branch=new.get("branch"))
                session.add(talk)
                await session.flush()
            await self._said(session, talk, summary, now)
            new = {"kind": CaseKind.HANDOVER, "summary": summary} | new
            case = await open_case(session, self.desk.sealer, self.desk.config, talk, NewCase(**new), now)
            if queued and case.kind is CaseKind.HANDOVER:
                talk.owner, talk.queued_at = Owner.QUEUE, now
        return case

    async def _said(self, session: Any, talk: Conversation, words: str, now: datetime) -> Message:
        masked = mask(words)
        line = Message(
            conversation_id=talk.id,
            author=Author.PARTICIPANT,
            body=masked,
            sealed_body=self.desk.sealer.seal(words) if masked != words else None,
            at=now,
        )
        session.add(line)
        talk.last_message_at = now
        await session.flush()
        await keep_numbers(session, self.desk.sealer, [(talk, words)])
        return line

    async def participant_says(self, case: Case, words: str, *files: Media) -> Message:
        """The participant writes once more, as a turn would note it down."""
        now = self.desk.clock()
        async with self.database.sessions.begin() as session:
            talk = await session.get_one(Conversation, case.conversation_id)
            line = await self._said(session, talk, words, now)
            session.add_all(
                Attachment(
                    message_id=line.id,
                    channel=talk.address.partition(":")[0],
                    kind=file.kind,
                    content_type=file.content_type,
                    file_name=file.file_name,
                    sealed_reference=self.desk.sealer.seal(file.reference),
                )
                for file in files
            )
        await self.desk.live.publish(f"conversation:{talk.id}")
        return line

    async def tell(self) -> None:
        """Make the first messages of every broadcast."""
        desk = self.desk
        broadcaster = Broadcaster(
            database=desk.database,
            sealer=desk.sealer,
            config=desk.config,
            texts=desk.texts,
            channels=("simwhatsapp",),
            live=desk.live,
            clock=desk.clock,
        )
        await broadcaster.round()

    async def rows(self, query: Any) -> list[Any]:
        async with self.database.sessions() as session:
            return list(await session.scalars(query))

    async def again(self, case: Case) -> Case:
        return (await self.rows(select(Case).where(Case.id == case.id)))[0]

    async def history(self, case: Case) -> list[str]:
        query = select(History).where(History.subject == "case", History.subject_id == str(case.id))
        return [entry.what for entry in await self.rows(query.order_by(History.id))]


def make_scene(
    database: Database, sealer: Sealer, live: Live, clock: Callable[[], datetime], **more: Any
) -> Scene:
    config, texts = sample()
    files: dict[str, tuple[str, bytes]] = {}

    async def shown(_address: Address) -> None:
        return None

    async def fetched(reference: str) -> tuple[str, bytes]:
        return files[reference]

    channels: dict[str, Channel] = {"simwhatsapp": Simulator("simwhatsapp", shown, fetched)}
    folder = Path(tempfile.mkdtemp(prefix="siaga-desk-"))
    vault = Vault(Folder(folder), sealer)
    desk = Desk(
        database=database,
        sealer=sealer,
        config=config,
        texts=texts,
        handling=Handling(sealer=sealer, config=config, texts=texts, live=live, clock=clock),
        publisher=Publisher(config),
        live=live,
        clock=clock,
        vault=vault,
        enclosing=Enclosing(
            database, sealer, vault, {"simwhatsapp": channels["simwhatsapp"].limits.files}, clock
        ),
        **({"secure_cookies": False} | more),
    )
    scene = Scene(desk, files, Keeper(database, sealer, vault, channels, live, clock), folder)
    weakref.finalize(scene, shutil.rmtree, folder, ignore_errors=True)
    return scene


_SAMPLE: list[tuple[Config, Texts]] = []


def sample() -> tuple[Config, Texts]:
    """The shipped configuration, read once."""
    if not _SAMPLE:
        _SAMPLE.append((load_config(HOME / "config"), load_texts(HOME / "config" / "texts")))
    return _SAMPLE[0]


class Browser:
    """Somebody's browser without scripts: follows links, fills in forms with the secret of the page before."""

    def __init__(self, app: FastAPI, address: str = "203.0.113.7") -> None:
        transport = httpx.ASGITransport(app, raise_app_exceptions=True, client=(address, 50000))
        self.http = httpx.AsyncClient(transport=transport, base_url="http://desk.test", follow_redirects=True)
        self.page: httpx.Response | None = None

    @property
    def csrf(self) -> str:
        assert self.page is not None
        found = re.search(r'name="csrf" value="([^"]+)"', self.page.text)
        assert found, "no form on this page"
        return found[1]

    async def get(self, path: str, **more: Any) -> httpx.Response:
        self.page = await self.http.get(path, **more)
        return self.page

    async def post(self, path: str, **fields: Any) -> httpx.Response:
        """Send a form of the page that is open."""
        self.page = await self.http.post(path, data={"csrf": self.csrf} | fields)
        return self.page

    async def sign_in(self, agent: Agent, password: str = PASSWORD) -> "Browser":
        await self.get("/desk/sign-in")
        await self.post("/desk/sign-in", email=agent.email, password=password)
        assert self.page is not None
        assert self.page.status_code == 200, self.page.text
        return self
