"""Participants who say what their script has them say, the agent who answers some, and the receipts that come back."""

import asyncio
import random
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import asyncpg
import httpx

from tests.chaos.house import House
from tests.chaos.post import Letter, Post, telegram_letter, twilio_letter
from tests.chaos.script import Script, Step

CASE = re.compile(r"\b[A-Z]{3}-\d{4}-\d{5}\b")
"""A case's number, as it is read out on the phone."""
_LOOK = 0.2  # seconds
AWAY = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)


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
    stuck: str | None = None
    """At which step nothing happened any more."""


class Turns:
    """Which conversations have nothing pending: read from the database, for all that wait together."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._waiting: dict[str, tuple[int, asyncio.Event]] = {}

    async def taken(self, address: str, messages: int, patience: float) -> None:
        """Return when that many messages of the address were taken in and none is pending.

        Raises:
            Stuck: that does not come about within `patience` seconds.
        """
        done = asyncio.Event()
        self._waiting[address] = messages, done
        try:
            await asyncio.wait_for(done.wait(), patience)
        except TimeoutError:
            raise Stuck("a message was not read") from None
        finally:
            del self._waiting[address]

    async def watch(self) -> None:
        """Look again and again, for ever; while PostgreSQL is away, wait."""
        while True:
            await asyncio.sleep(_LOOK)
            try:
                connection = await asyncpg.connect(self._url, timeout=5, command_timeout=10)
            except AWAY:
                continue
            try:
                while True:
                    await self._look(connection)
                    await asyncio.sleep(_LOOK)
            except AWAY:
                continue
            finally:
                connection.terminate()

    async def _look(self, connection: asyncpg.Connection) -> None:
        rows = await connection.fetch(
            "select address, count(*) filter (where state <> 'pending') as done, "
            "count(*) filter (where state = 'pending') as pending "
            "from inbox where address = any($1) group by address",
            list(self._waiting),
        )
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
        await self._send(letters, step.scattered and told.script.channel == "whatsapp")
        await self.turns.taken(told.script.address, len(told.wrote), self.post.patience)

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
        script, until = told.script, time.monotonic() + self.post.patience
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
        offered = _on_telegram(self.house) if script.channel == "telegram" else _on_whatsapp(self.house)
        return next(
            (
                (message, data)
                for to, message, buttons in offered
                for name, data in buttons
                if to == script.address and name == title
            ),
            None,
        )

    async def _send(self, letters: Sequence[Letter], scattered: bool) -> None:
        """One after the other, as Telegram does and Twilio mostly, or all at once."""
        if scattered:
            await asyncio.gather(*(self.post.deliver(letter) for letter in letters))
            return
        for letter in letters:
            await self.post.deliver(letter)

    # The agent

    async def _agent(self, told: Told, does: str) -> None:
        """Claim, answer or end the participant's hand-over. It is asked for until it is done: the key makes it once."""
        verb, _, text = does.partition(" ")
        body = {"body": told.script.words(text)} if text else None
        key, refused = f"{told.script.number}-{verb}", "the case is not known"
        until = time.monotonic() + self.post.patience
        while time.monotonic() < until:
            if number := self._case_of(told.script):
                url = f"{self.chance.choice(self.house.webs())}/api/v1/cases/{number}/{verb}"
                try:
                    answer = await self.api.post(url, json=body, headers={"Idempotency-Key": key})
                except httpx.TransportError as error:
                    refused = type(error).__name__
                else:
                    if answer.is_success:
                        return
                    refused = f"{answer.status_code} {answer.text[:200]}"
            await asyncio.sleep(0.5)
        raise Stuck(f"an agent could not {verb} {number}: {refused}")

    def _case_of(self, script: Script) -> str | None:
        """The number of the participant's hand-over, as they were told it."""
        told = (CASE.search(text) for text in shown_to(self.house, script))
        return next((found.group() for found in told if found), None)


Offered = Iterator[tuple[str, str, list[tuple[str, str]]]]
"""To whom, our message's id, and the title and id of each of its buttons; newest first."""


def _on_telegram(house: House) -> Offered:
    for sent in reversed(house.telegram.sent):
        rows = (sent.get("reply_markup") or {}).get("inline_keyboard", [])
        buttons = [(button["text"], button["callback_data"]) for row in rows for button in row]
        yield f"telegram:{sent['chat_id']}", str(sent["message_id"]), buttons


def _on_whatsapp(house: House) -> Offered:
    for shown in reversed(house.twilio.shown):
        yield shown["to"], shown["sid"], [(button["title"], button["id"]) for button in shown["buttons"]]


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
