"""Participants who say what their script has them say, and the agent who answers some."""

import asyncio
import random
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import asyncpg
import httpx

from tests.chaos.house import House
from tests.chaos.pictures import fingerprint, photo
from tests.chaos.post import Letter, Post, telegram_letter, twilio_letter
from tests.chaos.reckoning import Written
from tests.chaos.script import Script, Step
from tests.transcripts.phones import Phone, TelegramPhone, WhatsAppPhone

CASE = re.compile(r"\b[A-Z]{3}-\d{4}-\d{5}\b")
"""A case's number, as it is read out on the phone."""
_LOOK = 0.2  # seconds
AWAY = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)


class Stuck(Exception):
    """What should have come did not."""


@dataclass
class Told:
    """What a conversation came to, as far as the participant and the agent know."""

    script: Script
    phone: Phone
    wrote: list[Written] = field(default_factory=list)
    times: list[tuple[float, float]] = field(default_factory=list)
    """When each step began and was done (`time.monotonic`)."""
    enclosed: list[str] = field(default_factory=list)
    """What tells each photo that the agent sent from others."""
    stuck: str | None = None
    """At which step nothing happened any more."""


class Turns:
    """Which conversations have nothing pending: read from the database, for all that wait together."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._waiting: dict[str, tuple[int, bool, asyncio.Event]] = {}

    async def taken(self, address: str, messages: int, patience: float, *, answered: bool = False) -> None:
        """Return when that many messages of the address were taken in and none is pending.

        Args:
            answered: wait for the answers too: none of them comes, once or once more, after that.

        Raises:
            Stuck: that does not come about within `patience` seconds.
        """
        done = asyncio.Event()
        self._waiting[address] = messages, answered, done
        try:
            await asyncio.wait_for(done.wait(), patience)
        except TimeoutError:
            raise Stuck("a message was not answered" if answered else "a message was not read") from None
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
            "count(*) filter (where state = 'pending') as pending, "
            "exists(select from outbox where outbox.address = inbox.address"
            " and outbox.state in ('queued', 'unknown')) as unsent "
            "from inbox where address = any($1) group by address",
            list(self._waiting),
        )
        for row in rows:
            messages, answered, done = self._waiting.get(row["address"], (0, False, None))
            open_yet = row["pending"] or (answered and row["unsent"])
            if done and row["done"] >= messages and not open_yet:
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
        told = Told(script, self._phone(script))
        for at, step in enumerate(script.kind.steps):
            began = time.monotonic()
            try:
                await self._step(told, step)
            except Stuck as stuck:
                told.stuck = f"step {at + 1}: {stuck}"
                return told
            told.times.append((began, time.monotonic()))
            await asyncio.sleep(self.chance.uniform(0, self.hurry))
        return told

    def _phone(self, script: Script) -> Phone:
        if script.channel == "telegram":
            return TelegramPhone(self.post.http, "Peserta", self.house.telegram, int(script.person))
        return WhatsAppPhone(self.post.http, "Peserta", self.house.twilio, script.address)

    async def _step(self, told: Told, step: Step) -> None:
        if step.agent:
            await self._agent(told, step.agent)
            return
        letters = await self._letters(told, step)
        await self._send(letters, step.scattered and told.script.channel == "whatsapp")
        await self.turns.taken(told.script.address, len(told.wrote), self.post.patience)

    async def _letters(self, told: Told, step: Step) -> list[Letter]:
        """What the participant sends in a step."""
        phone, now = told.phone, datetime.now(UTC)
        texts = [told.script.words(text) for text in step.texts]
        if step.tap:
            await self._until(lambda: _offers(phone, step.tap), f"no button {step.tap}")
            return [self._letter(told, phone.tapped(step.tap), step.tap)]
        if step.quote:
            await self.turns.taken(told.script.address, len(told.wrote), self.post.patience, answered=True)
            await self._until(lambda: _says(phone, step.quote), f"nothing says {step.quote}")
            return [self._letter(told, phone.quoting(step.quote, text, now), text) for text in texts]
        if step.photos:
            return self._album(told, step.photos, "".join(texts))
        letters = [self._letter(told, phone.said(text, now), text) for text in texts]
        if step.edit:
            text, before = told.script.words(step.edit), told.wrote[-1].provider_id
            letters.append(self._letter(told, phone.edited(text, now), text, changes=before))
        return letters

    def _album(self, told: Told, count: int, caption: str) -> list[Letter]:
        first = len(told.wrote)
        photos = [photo(f"{told.script.mark} {first + at}") for at in range(count)]
        webhooks = told.phone.gathered(photos, caption, datetime.now(UTC))
        texts = [caption, *[""] * (count - 1)]
        return [
            self._letter(told, webhook, text, photo=fingerprint(content), album=f"album {first}")
            for webhook, content, text in zip(webhooks, photos, texts, strict=True)
        ]

    def _letter(self, told: Told, webhook: dict[str, Any], text: str, **more: str) -> Letter:
        """A webhook in its envelope, noted down as it stands in the talk."""
        if told.script.channel == "telegram":
            letter = telegram_letter(self.house.telegram, webhook)
            quoted = webhook.get("message", {}).get("reply_to_message")
            quotes = f"{told.script.person}:{quoted['message_id']}" if quoted else None
        else:
            self.house.twilio.receive(webhook)
            letter = twilio_letter(self.house.twilio, webhook)
            tapped = {"ButtonPayload", "ListId"} & webhook.keys()
            quotes = None if tapped else webhook.get("OriginalRepliedMessageSid")
        told.wrote.append(Written(letter.provider_id, text or "[image]", quotes=quotes, **more))
        return letter

    async def _until(self, true: Callable[[], bool], otherwise: str) -> None:
        until = time.monotonic() + self.post.patience
        while not true():
            if time.monotonic() > until:
                raise Stuck(otherwise)
            await asyncio.sleep(_LOOK)

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
        words = told.script.words(text)
        await self._until(lambda: _case_of(told.phone) is not None, "the case is not known")
        case = f"cases/{_case_of(told.phone)}"
        if verb == "send":
            await self._enclose(told, case, words)
        else:
            await self.ask(
                f"{case}/{verb}", {"body": words} if words else None, f"{told.script.number}-{verb}"
            )

    async def _enclose(self, told: Told, case: str, words: str) -> None:
        """Send a photo like no other, and wait until the participant has it: WhatsApp shows it once it was fetched."""
        content = photo(f"{told.script.mark} {len(told.enclosed)} of the agent")
        told.enclosed.append(fingerprint(content))
        key = f"{told.script.number}-send-{len(told.enclosed)}"
        await self.ask(f"{case}/reply", {"text": words} if words else None, key, file=content)
        await self._until(lambda: content in _files(told.phone), "a photo of the agent did not come")

    async def ask(
        self,
        path: str,
        body: Mapping[str, object] | None = None,
        key: str = "",
        *,
        refusal: int = 0,
        file: bytes | None = None,
    ) -> dict[str, Any]:
        """Read something through the API, or with a key have it done: asked until it is, and the key makes it once.

        Args:
            refusal: an HTTP status that is an answer too.
            file: a photo that goes along; `body` are then the fields of a form.

        Raises:
            Stuck: it is not answered in the end.
        """
        until, status = time.monotonic() + self.post.patience, ""
        method, headers = ("POST", {"Idempotency-Key": key}) if key else ("GET", {})
        said: dict[str, Any] = {"json": body}
        if file is not None:
            said = {"data": body, "files": {"file": ("foto.jpg", file, "image/jpeg")}}
        while time.monotonic() < until:
            url = f"{self.chance.choice(self.house.webs())}/api/v1/{path}"
            try:
                answer = await self.api.request(method, url, headers=headers, **said)
            except httpx.TransportError as error:
                status = type(error).__name__
            else:
                if answer.is_success or answer.status_code == refusal:
                    return dict(answer.json())
                status = f"{answer.status_code} {answer.text[:200]}"
            await asyncio.sleep(0.5)
        raise Stuck(f"{path}: {status}")


def _case_of(phone: Phone) -> str | None:
    """The number of the participant's hand-over, as they were told it."""
    told = (CASE.search(got.text) for got in phone.got())
    return next((found.group() for found in told if found), None)


def _files(phone: Phone) -> list[bytes]:
    """The photos that came from us."""
    files = (sent.get("file") or sent.get("media") for sent in phone.mine())
    return [file.content for file in files if file]


def _offers(phone: Phone, title: str) -> bool:
    return any(title in got.buttons for got in phone.got())


def _says(phone: Phone, words: str) -> bool:
    return any(words in got.text for got in phone.got())
