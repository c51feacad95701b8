"""Twilio as it fetches the files that we send: from whichever of our web processes answers, as a balancer would."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import httpx

from tests.standins import TwilioStandIn
from tests.standins.server import listening
from tests.standins.twilio_media import COULD_NOT_FETCH, Fetched, reached

_PATIENCE = 15.0
"""Seconds for which it tries again where nobody answers, or only 503."""
_PAUSE = 0.5  # seconds


class FetchingTwilio(TwilioStandIn):
    """Twilio that fetches files, and reports those that it could not have.

    Args:
        public_url: our address as it knows it.
    """

    def __init__(self, public_url: str) -> None:
        super().__init__()
        self.public_url = public_url
        self.webs: Callable[[], Sequence[str]] = list
        """Where that address is answered on this machine."""
        self.not_had: list[tuple[str, str]] = []
        """Messages whose file could not be had, each with the address to which that is to be reported."""

    async def _fetch(self, form: dict[str, str], message: dict[str, Any], shown: dict[str, Any]) -> None:
        found = await self._had(form["MediaUrl"])
        if found:
            self.shown.append(shown | {"media": found})
            return
        message |= {"status": "undelivered", "error_code": COULD_NOT_FETCH}
        self.not_had.append((message["sid"], form["StatusCallback"]))

    async def _had(self, url: str) -> Fetched | None:
        """The file; None where nobody answers in time, or we refuse it."""
        until = time.monotonic() + _PATIENCE
        async with httpx.AsyncClient(timeout=_PATIENCE) as http:
            while time.monotonic() < until:
                for web in self.webs():
                    try:
                        answer = await http.get(reached(url, {self.public_url: web}))
                    except httpx.TransportError:
                        continue
                    if answer.is_success:
                        return Fetched(answer.headers["content-type"], answer.content, url.rpartition("/")[2])
                    if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                        return None
                await asyncio.sleep(_PAUSE)
        return None


@asynccontextmanager
async def running_twilio(public_url: str) -> AsyncIterator[FetchingTwilio]:
    """It on loopback."""
    twilio = FetchingTwilio(public_url)
    async with listening(twilio):
        yield twilio
