"""A participant in the terminal: the same inbox, turn and rendering as on a real channel."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, nullcontext
from typing import Any, TextIO
from uuid import uuid4

import typer
from sqlalchemy import select

from bot.app import Bot, assembled, clock
from bot.channels.rendering import numbered
from bot.conversation.reading import open_dialogue
from bot.delivery import inbox
from bot.demo import demo_settings
from bot.demo.running import running_demo
from bot.demo.seeding import seed
from bot.errors import ConfigurationError
from bot.flows.registry import FLOWS
from bot.messages import Address, Incoming, Option
from bot.settings import read_settings
from bot.storage.migrating import upgrade
from bot.storage.tables import Author, Conversation, Inbox, InboxState, Message
from bot.worker import Turns, Worker

CHANNEL = "simwhatsapp"
TAP = "tap:"
"""A line that begins with this taps the button with the id that follows."""


async def chat(lines: TextIO, show: Callable[[dict[str, Any]], None] | None) -> None:
    """Read messages from `lines` and answer each.

    Args:
        lines: one message a line.
        show: takes each turn as a dict (the contract of `siaga chat --json`); None prints it for people.
    """
    with _settings() as settings:
        await upgrade(settings.database_url)
        async with assembled(settings) as bot, _working(bot):
            if settings.simulator:
                await seed(bot)
            talk = _Talk(bot)
            if show is None:
                typer.echo(
                    "Tulis pesan sebagai peserta; Ctrl-D selesai. (Write as a participant; Ctrl-D ends.)"
                )
            while line := await asyncio.to_thread(lines.readline):
                if line.strip():
                    turn = await talk.say(line.strip())
                    (show or _print)(turn)


def _settings() -> Any:
    """The settings of the environment; without them a demo that runs, or the demo's own servers."""
    try:
        return nullcontext(read_settings(simulator=False))
    except ConfigurationError:
        running = running_demo()
        return nullcontext(running) if running else demo_settings()


@asynccontextmanager
async def _working(bot: Bot) -> AsyncIterator[None]:
    """A worker of our own for as long as we talk."""
    stopping = asyncio.Event()
    worker = Worker(bot.database, bot.sealer, Turns(bot.conversations.take_turn), clock)
    task = asyncio.create_task(worker.run(stopping))
    try:
        yield
    finally:
        stopping.set()
        await task


class _Talk:
    """One participant, new at each start."""

    def __init__(self, bot: Bot) -> None:
        self._bot = bot
        self._address = Address(f"{CHANNEL}:terminal-{uuid4().hex[:8]}")
        self._seen = 0

    async def say(self, line: str) -> dict[str, Any]:
        """Say something and wait for the turn to be over."""
        tapped = line.removeprefix(TAP) if line.startswith(TAP) else None
        said = Incoming(
            channel=CHANNEL,
            address=self._address,
            provider_id=f"chat-{uuid4()}",
            sent_at=clock(),
            text="" if tapped else line,
            tapped=tapped,
        )
        await inbox.store(self._bot.database, self._bot.sealer, [said], clock())
        await self._done(said.provider_id)
        meant = (await self._bot.interpreter.interpret([line]))[0] if not tapped else None
        return {
            "in": line,
            "intent": meant.intent if meant else None,
            "confidence": round(meant.confidence, 4) if meant else None,
            "entities": [{"entity": found.entity, "value": found.value} for found in meant.entities]
            if meant
            else [],
            "flow": await self._flow(meant.intent if meant else ""),
            "replies": await self._replies(),
        }

    async def _done(self, provider_id: str) -> None:
        query = select(Inbox.state).where(Inbox.channel == CHANNEL, Inbox.provider_id == provider_id)
        while True:
            async with self._bot.database.sessions() as session:
                if await session.scalar(query) is not InboxState.PENDING:
                    return
            await asyncio.sleep(0.02)

    async def _flow(self, intent: str) -> str | None:
        """The flow that has the floor now, else the one that the intent started."""
        query = select(Conversation).where(Conversation.address == self._address)
        async with self._bot.database.sessions() as session:
            talk = (await session.scalars(query)).one()
        dialogue = open_dialogue(self._bot.sealer, talk.sealed_dialogue)
        flow = FLOWS.get(dialogue.top.intent if dialogue.top else intent)
        return flow.name if flow else None

    async def _replies(self) -> list[dict[str, Any]]:
        query = (
            select(Message)
            .join(Conversation, Conversation.id == Message.conversation_id)
            .where(
                Conversation.address == self._address,
                Message.id > self._seen,
                Message.author != Author.PARTICIPANT,
            )
            .order_by(Message.id)
        )
        async with self._bot.database.sessions() as session:
            lines = list(await session.scalars(query))
        self._seen = lines[-1].id if lines else self._seen
        return [
            {
                "text": self._bot.sealer.open(line.sealed_body) if line.sealed_body else line.body,
                "buttons": [{"title": item["title"], "id": item["id"]} for item in line.options or []],
            }
            for line in lines
        ]


def _print(turn: dict[str, Any]) -> None:
    for reply in turn["replies"]:
        options = [Option(id=item["id"], title=item["title"]) for item in reply["buttons"]]
        text = numbered(reply["text"], options) if options else reply["text"]
        typer.echo("\n".join(f"  | {row}" for row in text.splitlines()) + "\n")
