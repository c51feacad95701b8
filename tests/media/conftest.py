"""A conversation with files, a vault in a folder, and the providers' stand-ins."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bot.cases.opening import attachment
from bot.channels.channel import Channel
from bot.channels.telegram import Telegram, TelegramAccount
from bot.channels.whatsapp import WhatsApp
from bot.channels.whatsapp_api import TwilioAccount
from bot.live import Live
from bot.media.enclosing import Enclosing, files
from bot.media.keeping import Keeper
from bot.media.links import Links
from bot.media.stores import Folder
from bot.media.vault import Vault
from bot.messages import Media, MediaKind
from bot.storage.engine import Database
from bot.storage.sealing import Sealer
from bot.storage.tables import (
    Attachment,
    Author,
    Case,
    CaseKind,
    Conversation,
    MediaFile,
    Message,
    Participant,
)
from tests.conftest import Clock
from tests.standins import running_telegram, running_twilio
from tests.standins.telegram import TelegramStandIn
from tests.standins.twilio import TwilioStandIn


class NoContents:
    """Nothing is asked with buttons here."""

    async def get(self, friendly_name: str) -> str | None:
        return None

    async def put(self, friendly_name: str, sid: str) -> None:
        return None


@dataclass
class Shelf:
    """What the tests work with."""

    database: Database
    sealer: Sealer
    clock: Clock
    folder: Path
    vault: Vault
    channels: dict[str, Channel]
    twilio: TwilioStandIn
    telegram: TelegramStandIn
    enclosing: Enclosing
    links: Links

    def keeper(self, **more: Any) -> Keeper:
        """One process's loop; there may be several."""
        return Keeper(self.database, self.sealer, self.vault, self.channels, Live(None), self.clock, **more)

    async def talk(self, address: str = "whatsapp:+6281200000001") -> Conversation:
        """A participant's conversation, the same for the same address."""
        async with self.database.sessions.begin() as session:
            known = await session.scalar(select(Conversation).where(Conversation.address == address))
            if known:
                return known
            person = Participant(created_at=self.clock())
            session.add(person)
            await session.flush()
            talk = Conversation(address=address, participant_id=person.id)
            session.add(talk)
        return talk

    async def says(self, talk: Conversation, *media: Media) -> Message:
        """The participant sends files, noted down as a turn does it."""
        async with self.database.sessions.begin() as session:
            line = Message(conversation_id=talk.id, author=Author.PARTICIPANT, body="", at=self.clock())
            session.add(line)
            await session.flush()
            session.add_all(attachment(self.sealer, talk, one, message_id=line.id) for one in media)
        return line

    async def case(self, talk: Conversation, *evidence: Media) -> Case:
        """A case with files that were sent before."""
        async with self.database.sessions.begin() as session:
            case = Case(
                number=f"PLB-2611-{self.clock().timestamp():.0f}",
                kind=CaseKind.COMPLAINT,
                summary="",
                participant_id=talk.participant_id,
                conversation_id=talk.id,
            )
            session.add(case)
            await session.flush()
            session.add_all(attachment(self.sealer, talk, one, case_id=case.id) for one in evidence)
        return case

    async def files(self) -> list[MediaFile]:
        async with self.database.sessions() as session:
            return list(await session.scalars(select(MediaFile).order_by(MediaFile.id)))

    async def file(self) -> MediaFile:
        [only] = await self.files()
        return only

    async def attachments(self) -> list[Attachment]:
        async with self.database.sessions() as session:
            return list(await session.scalars(select(Attachment).order_by(Attachment.id)))

    def on_disk(self) -> list[Path]:
        return sorted(path for path in self.folder.rglob("*") if path.is_file())

    def at_twilio(self, content: bytes, content_type: str = "application/pdf", **more: Any) -> Media:
        """A file of an inbound WhatsApp message."""
        reference = self.twilio.put_media(content_type, content)
        return Media(kind=MediaKind.DOCUMENT, reference=reference, content_type=content_type, **more)


@pytest.fixture(scope="session")
async def twilio_server() -> AsyncIterator[TwilioStandIn]:
    async with running_twilio() as standin:
        yield standin


@pytest.fixture(scope="session")
async def telegram_server() -> AsyncIterator[TelegramStandIn]:
    async with running_telegram() as standin:
        yield standin


@pytest.fixture
async def shelf(
    database: Database,
    sealer: Sealer,
    clock: Callable[[], Any],
    tmp_path: Path,
    twilio_server: TwilioStandIn,
    telegram_server: TelegramStandIn,
) -> AsyncIterator[Shelf]:
    twilio_server.reset()
    telegram_server.reset()
    account = TwilioAccount(
        sid=twilio_server.sid,
        token=twilio_server.token,
        number=twilio_server.number,
        public_url="https://siaga.example",
        api_base=twilio_server.url,
    )
    folder = tmp_path / "media"
    vault = Vault(Folder(folder), sealer)
    links = Links(sealer=sealer, public_url="https://siaga.example", clock=clock)
    channels: dict[str, Channel] = {
        "whatsapp": WhatsApp(account, NoContents(), links=links.to),
        "telegram": Telegram(
            TelegramAccount(
                token=telegram_server.token, secret=telegram_server.secret, api_base=telegram_server.url
            ),
            files(vault),
        ),
    }
    takes = {name: channel.limits.files for name, channel in channels.items()}
    enclosing = Enclosing(database, sealer, vault, takes, clock)
    assert isinstance(clock, Clock)
    yield Shelf(
        database,
        sealer,
        clock,
        folder,
        vault,
        channels,
        twilio_server,
        telegram_server,
        enclosing,
        links,
    )
    for channel in channels.values():
        await channel.close()
