"""Two people on one street: the bot answers both from one database, without channels in between."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import asyncpg
from sqlalchemy import select

from bot.answers.index import load_index
from bot.channels.channel import Limits, clean
from bot.channels.rendering import lay_out
from bot.channels.whatsapp import LIMITS
from bot.conversation.carrying import members
from bot.conversation.carrying.understanding import reading
from bot.conversation.idle import stir
from bot.conversation.turn import Conversations
from bot.delivery import inbox
from bot.delivery.forms import text_from_json
from bot.dialogue.state import Dialogue, load
from bot.flows.registry import FLOWS
from bot.live import Live
from bot.local import Services
from bot.members.table import TableDirectory
from bot.members.tries import Tries
from bot.messages import Address, Entity, Incoming, Interpretation, Media, MediaKind, Option, Text, Thresholds
from bot.settings import HOME
from bot.storage.engine import Database
from bot.storage.sealing import Sealer
from bot.storage.tables import Conversation, Outbox, Owner
from tests.claims import claim_one
from tests.conftest import Clock
from tests.dialogue.scene import sample

THRESHOLDS = Thresholds(act=0.6, ask=0.3)


class Foretold:
    """An interpreter that takes each text for what was said beforehand that it means."""

    name = "foretold"
    model = "none"
    thresholds = THRESHOLDS

    def __init__(self) -> None:
        self.next: Callable[[str], Interpretation] = _nothing

    async def interpret(self, texts: Sequence[str]) -> list[Interpretation]:
        return [self.next(text) for text in texts]


def _nothing(text: str) -> Interpretation:
    return Interpretation(text=text, intent="", confidence=0.0, thresholds=THRESHOLDS)


@dataclass
class Street:
    """Where people write, and are answered."""

    database: Database
    sealer: Sealer
    clock: Clock
    interpreter: Foretold = field(default_factory=Foretold)
    seen: int = 0
    """The last row of the outbox that was read."""

    def __post_init__(self) -> None:
        config, texts = sample()
        self.texts = texts
        self.conversations = Conversations(
            database=self.database,
            sealer=self.sealer,
            config=config,
            texts=texts,
            interpreter=self.interpreter,
            flows=FLOWS,
            live=Live(None),
            clock=self.clock,
            answers=load_index(HOME / "config", config),
            consulting=members.consulting(
                TableDirectory(self.database, self.sealer), Tries(self.database, self.sealer), self.clock
            )
            | reading(self.interpreter),
            flood_per_minute=10_000,
        )

    async def write(self, address: str, text: str = "", **fields: Any) -> list[Text]:
        """One message and its turn; what was answered, to whomever."""
        message = Incoming(
            channel=address.partition(":")[0],
            address=Address(address),
            provider_id=str(uuid4()),
            sent_at=self.clock(),
            text=clean(text),
            **fields,
        )
        await inbox.store(self.database, self.sealer, [message], self.clock())
        return await self.turns(address)

    async def turns(self, address: str) -> list[Text]:
        """Every turn that is due; what `address` was answered."""
        while claimed := await claim_one(self.database, self.sealer, self.clock()):
            await self.conversations.take_turn(claimed)
        async with self.database.sessions() as session:
            rows = select(Outbox).where(Outbox.id > self.seen).order_by(Outbox.id)
            new = list(await session.scalars(rows))
        self.seen = new[-1].id if new else self.seen
        return [text_from_json(self.sealer.open(row.sealed)) for row in new if row.address == address]

    async def wait(self, minutes: float, address: str) -> list[Text]:
        """Time goes by, and what is due by it is done."""
        self.clock.advance(minutes * 60)
        await stir(self.database, self.sealer, self.clock())
        return await self.turns(address)

    async def stands(self, address: str) -> tuple[Owner, Dialogue]:
        """Who has the talk, and what is open in it."""
        async with self.database.sessions() as session:
            talk = (await session.scalars(select(Conversation).where(Conversation.address == address))).one()
        return talk.owner, load(
            self.sealer.open(talk.sealed_dialogue)
        ) if talk.sealed_dialogue else Dialogue()


def photo(number: int) -> Media:
    """A photo, as a provider names it."""
    return Media(kind=MediaKind.IMAGE, reference=f"file-{number}", content_type="image/jpeg")


def shown(texts: Sequence[Text], limits: Limits = LIMITS) -> list[str]:
    """What stands on the phone."""
    return [part.body for text in texts for part in lay_out(text, limits)]


def options(texts: Sequence[Text]) -> list[Option]:
    """Every button that was offered."""
    return [option for text in texts for option in text.options]


def foretell(intent: str, confidence: float, **entities: str) -> Callable[[str], Interpretation]:
    """What every text is taken for from now on."""

    def read(text: str) -> Interpretation:
        found = tuple(
            Entity(entity=kind, value=word, start=text.index(word), end=text.index(word) + len(word))
            for word, kind in entities.items()
            if word in text
        )
        return Interpretation(
            text=text,
            intent=intent,
            confidence=confidence if intent else 0.0,
            ranking=((intent, confidence),) if intent else (),
            entities=found,
            thresholds=THRESHOLDS,
        )

    return read


class Towns:
    """The same street again and again, each in a database of its own: what one walk left changes no other."""

    def __init__(self, services: Services, url: str, sealer: Sealer, runner: asyncio.Runner) -> None:
        self.runner = runner
        self._services = services
        self._url = url
        self._sealer = sealer
        self._names: dict[int, str] = {}

    def first(self) -> Street:
        """The street that the others are copies of. Its database has to be closed before one is made."""
        return Street(Database(self._url), self._sealer, Clock())

    def build(self) -> Street:
        """A copy."""
        name, model = f"walk_{uuid4().hex}", self._url.partition("?")[0].rpartition("/")[2]
        self.runner.run(self._order(f"create database {name} template {model}"))
        street = Street(Database(self._url.replace(f"/{model}?", f"/{name}?")), self._sealer, Clock())
        self._names[id(street)] = name
        return street

    def tear_down(self, street: Street) -> None:
        """Drop a copy."""
        name = self._names.pop(id(street))
        self.runner.run(street.database.close())
        self.runner.run(self._order(f"drop database {name} with (force)"))

    async def _order(self, statement: str) -> None:
        connection = await asyncpg.connect(self._services.database_url)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()
