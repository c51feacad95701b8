"""Webhooks as the providers deliver them: signed, again until they are taken, sometimes twice, late and long after."""

import asyncio
import json
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

import httpx

from tests.chaos.house import PUBLIC_URL
from tests.standins import TelegramStandIn, TwilioStandIn

ANSWER_WITHIN = 15.0  # seconds, Twilio's
PAUSES = (0.0, 0.5, 1.0, 2.0, 4.0)
"""Seconds before the second, third, ... try, and the last of them before any further. Telegram goes on for a day,
Twilio for five tries with the settings of docs/channels.md; here both go on: the rest is the reconciler's."""


@dataclass(frozen=True)
class Letter:
    """A request that a provider makes of us."""

    provider_id: str
    path: str
    """With the query, as it was signed."""
    body: bytes
    headers: dict[str, str]


@dataclass(frozen=True)
class Manner:
    """How a letter is delivered: so many copies at once after some seconds, and perhaps one more, long after."""

    copies: int = 1
    late: float = 0.0
    again_after: float | None = None


def manner(chance: random.Random) -> Manner:
    """Seven in ten as it should be."""
    copies = chance.choices((1, 2, 5), weights=(80, 13, 7))[0]
    late = chance.uniform(0.5, 3.0) if chance.random() < 0.1 else 0.0
    again = chance.uniform(1, 15) if chance.random() < 0.1 else None
    return Manner(copies, late, again)


@dataclass
class Posted:
    """What became of a letter."""

    first_at: float | None = None
    taken_at: float | None = None
    """When it was first answered with a 2xx."""
    tries: int = 0
    answers: dict[int, int] = field(default_factory=dict)
    """How often each HTTP status was the answer; 0: none at all."""


@dataclass
class Post:
    """Delivers letters to one of the web processes, whichever it hits.

    Args:
        webs: where they are.
        chance: which of them, and how letters go.
        rough: whether letters are doubled and delayed at all.
        patience: seconds; what is not taken by then is stuck.
    """

    webs: Callable[[], Sequence[str]]
    http: httpx.AsyncClient
    chance: random.Random
    rough: bool = False
    patience: float = 300.0
    letters: dict[str, Posted] = field(default_factory=dict)
    under_way: set[asyncio.Task[None]] = field(default_factory=set)

    async def deliver(self, letter: Letter) -> None:
        """Return when the letter was taken; one that never is, is left."""
        how = manner(self.chance) if self.rough else Manner()
        await asyncio.sleep(how.late)
        copies = [asyncio.create_task(self._until_taken(letter)) for _ in range(how.copies)]
        if how.again_after:
            self.later(self._again(letter, how.again_after))
        await asyncio.gather(*copies)

    def later(self, job: "asyncio._CoroutineLike[None]") -> None:
        """Do something besides; `settled` waits for it."""
        task = asyncio.create_task(job)
        self.under_way.add(task)
        task.add_done_callback(self.under_way.discard)

    async def settled(self) -> None:
        """Wait until nothing is under way."""
        while self.under_way:
            await asyncio.gather(*self.under_way)

    async def _again(self, letter: Letter, seconds: float) -> None:
        await asyncio.sleep(seconds)
        await self._until_taken(letter)

    async def _until_taken(self, letter: Letter) -> None:
        posted = self.letters.setdefault(letter.provider_id, Posted())
        until = time.monotonic() + self.patience
        for pause in (0.0, *PAUSES):
            await asyncio.sleep(pause)
            if await self._post(letter, posted):
                return
        while time.monotonic() < until:
            await asyncio.sleep(PAUSES[-1])
            if await self._post(letter, posted):
                return

    async def _post(self, letter: Letter, posted: Posted) -> bool:
        url = self.chance.choice(self.webs()) + letter.path
        posted.tries += 1
        posted.first_at = posted.first_at or time.monotonic()
        try:
            answer = await self.http.post(url, content=letter.body, headers=letter.headers)
        except httpx.TransportError:
            posted.answers[0] = posted.answers.get(0, 0) + 1
            return False
        posted.answers[answer.status_code] = posted.answers.get(answer.status_code, 0) + 1
        if answer.is_success and posted.taken_at is None:
            posted.taken_at = time.monotonic()
        return answer.is_success


def twilio_letter(twilio: TwilioStandIn, form: dict[str, str], path: str = "/webhooks/whatsapp") -> Letter:
    """A message, or with another path a status callback, in Twilio's envelope."""
    headers = twilio.signed(PUBLIC_URL + path, form)
    return Letter(form["MessageSid"], path, urlencode(form).encode(), headers)


def telegram_letter(telegram: TelegramStandIn, update: dict[str, object]) -> Letter:
    """An update in Telegram's envelope."""
    headers = {
        "X-Telegram-Bot-Api-Secret-Token": telegram.secret,
        "Content-Type": "application/json",
    }
    return Letter(str(update["update_id"]), "/webhooks/telegram", json.dumps(update).encode(), headers)
