"""What Twilio reports of our replies."""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.chaos.house import House
from tests.chaos.news import news_of
from tests.chaos.post import Letter, Post, twilio_letter
from tests.standins.twilio_media import COULD_NOT_FETCH

_LOOK = 0.2  # seconds


@dataclass
class Receipts:
    """Twilio's reports of what became of our replies: shuffled, repeated, for two replies of three without a file.

    Of those with a file it reports all that it could not have.
    """

    house: House
    post: Post
    chance: random.Random
    told: dict[str, str] = field(default_factory=dict)
    """The furthest state that was reported of each message."""
    _seen: int = 0
    _not_had: int = 0

    async def watch(self) -> None:
        """Report on every new message, for ever."""
        while True:
            self.round()
            await asyncio.sleep(_LOOK)

    def round(self) -> None:
        for form in self.house.twilio.sent[self._seen :]:
            self._seen += 1
            reached = self.chance.choice((0, 2, 3))
            if reached and not news_of(form.get("Body", "")) and "MediaUrl" not in form:
                states = ["sent", "delivered", "read"][:reached]
                self.told[form["MessageSid"]] = states[-1]
                self.chance.shuffle(states)
                self.post.later(self._report(form["MessageSid"], form["StatusCallback"], states))
        for sid, callback in self.house.twilio.not_had[self._not_had :]:
            self._not_had += 1
            self.post.later(self._report(sid, callback, ["undelivered"], COULD_NOT_FETCH))

    async def _report(self, sid: str, callback: str, states: Sequence[str], error: int | None = None) -> None:
        path = "/" + callback.partition("//")[2].partition("/")[2]
        for state in states:
            form = self.house.twilio.status(sid, state, error)
            letter = twilio_letter(self.house.twilio, form, path)
            await self.post.deliver(Letter(f"{sid} {state}", letter.path, letter.body, letter.headers))
