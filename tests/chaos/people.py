"""Participants who say what their script has them say, the agent who answers some, and the receipts that come back."""

import asyncio
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import httpx

from tests.chaos.house import House
from tests.chaos.post import PATIENCE, Letter, Post, telegram_letter, twilio_letter
from tests.chaos.script import Script, Step

_LOOK = 0.2  # seconds
AWAY = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError)


class Stuck(Exception):
    """What should have come did not."""


@dataclass(frozen=True)
class Written:
    """A message as the participant wrote it."""

    provider_id: str
    text: str


@dataclass
class Told:
    """What a conversation came to, as far as the participant and the agent know."""

    script: Script
    wrote: list[Written] = field(default_factory=list)
    agent_said: list[str] = field(default_factory=list)
    stuck: str | None = None
    """At which step nothing happened any more."""


class Turns:
    """Which conversations have nothing pending: read from the database, for all that wait together."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._waiting: dict[str, tuple[int, asyncio.Event]] = {}

    async def taken(self, address: str, messages: int) -> None:
        """Return when that many messages of the address were taken in and none is pending.

        Raises:
            Stuck: that does not come about within `PATIENCE`.
        """
        done = asyncio.Event()
        self._waiting[address] = messages, done
        try:
            await asyncio.wait_for(done.wait(), PATIENCE)
        except TimeoutError:
            raise Stuck("a message was not read") from None
        finally:
            del self._waiting[address]

    async def watch(self) -> None:
        """Look again and again, for ever; while PostgreSQL is away, wait."""
        connection: asyncpg.Connection | None = None
        while True:
            await asyncio.sleep(_LOOK)
            try:
                connection = connection or await asyncpg.connect(self._url, timeout=5)
                rows = await connection.fetch(
                    "select address, count(*) filter (where state <> 'pending') as done, "
                    "count(*) filter (where state = 'pending') as pending "
                    "from inbox where address = any($1) group by address",
                    list(self._waiting),
                )
            except AWAY:
                if connection:
                    connection.terminate()
                connection = None
                continue
            for row in rows:
                messages, done = self._waiting.get(row["address"], (0, None))
                if done and row["done"] >= messages and not row["pending"]:
                    done.set()


@dataclass
class Street:
    """Where the people are: everything that they need."""

    house: House
    post: Post
    turns: Turns
    api: httpx.AsyncClient
    """With an agent's token."""
    chance: random.Random
    hurry: float = 1.0
    """Seconds that somebody thinks before the next message, at most."""

    async def talk(self, script: Script) -> Told:
        """A whole conversation."""
        told = Told(script)
        for at, step in enumerate(script.kind.steps):
            try:
                await self._step(told, step)
            except Stuck as stuck:
                told.stuck = f"step {at + 1}: {stuck}"
                return told
            await asyncio.sleep(self.chance.uniform(0, self.hurry))
        return told

    async def _step(self, told: Told, step: Step) -> None:
        if step.agent:
            await self._agent(told, step.agent)
            return
        letters = (
            [await self._tap(told, step.tap)]
            if step.tap
            else [self._write(told, text) for text in step.texts]
        )
        await self._send(told.script, letters)
        await self.turns.taken(told.script.address, len(told.wrote))

    def _write(self, told: Told, text: str) -> Letter:
        script, words = told.script, told.script.words(text)
        if script.channel == "telegram":
            update = self.house.telegram.message(int(script.person), words)
            letter = telegram_letter(self.house.telegram, update)
        else:
            form = self.house.twilio.inbound(script.address, words)
            self.house.twilio.receive(form)
            letter = twilio_letter(self.house.twilio, form)
        told.wrote.append(Written(letter.provider_id, words))
        return letter

    async def _tap(self, told: Told, title: str) -> Letter:
        """A tap on the button below our newest message, once it is there."""
        script, until = told.script, time.monotonic() + PATIENCE
        while (found := self._button(script, title)) is None:
            if time.monotonic() > until:
                raise Stuck(f"no button {title}")
            await asyncio.sleep(_LOOK)
        message, data = found
        if script.channel == "telegram":
            update = self.house.telegram.tap(int(script.person), data, int(message))
            letter = telegram_letter(self.house.telegram, update)
        else:
            form = self.house.twilio.tap(script.address, {"title": title, "id": data}, message)
            self.house.twilio.receive(form)
            letter = twilio_letter(self.house.twilio, form)
        told.wrote.append(Written(letter.provider_id, title))
        return letter

    def _button(self, script: Script, title: str) -> tuple[str, str] | None:
        """The newest message to the participant that has such a button, and what a tap on it carries."""
        if script.channel == "telegram":
            for sent in reversed(self.house.telegram.sent):
                if str(sent["chat_id"]) == script.person:
                    rows = (sent.get("reply_markup") or {}).get("inline_keyboard", [])
                    for button in (button for row in rows for button in row):
                        if button["text"] == title:
                            return str(sent["message_id"]), button["callback_data"]
            return None
        for shown in reversed(self.house.twilio.shown):
            if shown["to"] == script.address:
                for button in shown["buttons"]:
                    if button["title"] == title:
                        return shown["sid"], button["id"]
        return None

    async def _send(self, script: Script, letters: Sequence[Letter]) -> None:
        """Telegram keeps the order of a chat, Twilio does not."""
        if script.channel == "telegram":
            for letter in letters:
                await self.post.deliver(letter)
        else:
            await asyncio.gather(*(self.post.deliver(letter) for letter in letters))

    # The agent

    async def _agent(self, told: Told, does: str) -> None:
        """Claim, answer or end the participant's hand-over; what may have been done is looked up, not repeated."""
        verb, _, text = does.partition(" ")
        body = {"body": told.script.words(text)} if text else {}
        if text:
            told.agent_said.append(body["body"])
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            try:
                if await self._done(told, verb, body):
                    return
            except (httpx.TransportError, ValueError):
                pass
            await asyncio.sleep(0.5)
        raise Stuck(f"an agent could not {verb}")

    async def _done(self, told: Told, verb: str, body: dict[str, str]) -> bool:
        base = self.chance.choice(self.house.webs())
        number = await self._case_of(base, told)
        if number is None:
            return False
        seen = await self._get(base, f"/api/v1/cases/{number}")
        match verb:
            case "claim" if seen["status"] == "assigned":
                return True
            case "reply" if any(body["body"] in line["body"] for line in seen["messages"]):
                return True
            case "resolve" if seen["status"] in ("resolved", "closed"):
                return True
        answer = await self.api.post(f"{base}/api/v1/cases/{number}/{verb}", json=body)
        return answer.is_success

    async def _case_of(self, base: str, told: Told) -> str | None:
        """The number of the participant's hand-over, as its messages tell it: that is how an agent finds it too."""
        found = [line for line in shown_to(self.house, told.script) if "Nomor:" in line]
        return found[0].partition("Nomor:")[2].split()[0].strip("*.") if found else None

    async def _get(self, base: str, path: str) -> dict[str, Any]:
        answer = await self.api.get(base + path)
        if not answer.is_success:
            raise ValueError(answer.status_code)
        page: dict[str, Any] = answer.json()
        return page


def shown_to(house: House, script: Script) -> list[str]:
    """What the participant was shown, in the order in which the provider took it."""
    if script.channel == "telegram":
        return [sent["shown"] for sent in list(house.telegram.sent) if str(sent["chat_id"]) == script.person]
    return [shown["body"] for shown in list(house.twilio.shown) if shown["to"] == script.address]


@dataclass
class Receipts:
    """Twilio's reports of what became of our messages: shuffled, repeated, for two messages of three."""

    house: House
    post: Post
    chance: random.Random
    told: dict[str, str] = field(default_factory=dict)
    """The furthest state that was reported of each message."""
    _seen: int = 0

    async def watch(self) -> None:
        """Report on every new message, for ever."""
        while True:
            self.round()
            await asyncio.sleep(_LOOK)

    def round(self) -> None:
        for form in self.house.twilio.sent[self._seen :]:
            self._seen += 1
            reached = self.chance.choice((0, 2, 3))
            if reached:
                states = ["sent", "delivered", "read"][:reached]
                self.told[form["MessageSid"]] = states[-1]
                self.chance.shuffle(states)
                self.post.later(self._report(form["MessageSid"], form["StatusCallback"], states))

    async def _report(self, sid: str, callback: str, states: Sequence[str]) -> None:
        path = "/" + callback.partition("//")[2].partition("/")[2]
        for state in states:
            form = self.house.twilio.status(sid, state)
            letter = twilio_letter(self.house.twilio, form, path)
            await self.post.deliver(Letter(f"{sid} {state}", letter.path, letter.body, letter.headers))
