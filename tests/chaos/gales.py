"""How the providers fail while there is a gale: 500, 429 with a wait, no answer in time, a connection that breaks."""

import random
import re
import time

from starlette.requests import Request

from tests.standins.server import Fault
from tests.standins.telegram import error_body as telegram_error
from tests.standins.twilio import error_body as twilio_error

_SHARE = 0.5  # of the requests in a gale
_SILENCE = 11.0  # seconds: more than the 10 that the service waits for an answer


class Gale:
    """The failures of one provider; calm until it is let loose."""

    def __init__(self, provider: str, seed: int) -> None:
        self._provider = provider
        self._chance = random.Random(f"{seed} {provider}")
        self._until = 0.0
        self.doubts: list[tuple[float, str]] = []
        """When Telegram left a message in doubt (`time.monotonic`), and of which chat."""
        self.failed: dict[str, int] = {}
        """How many requests failed, by how."""

    def blow(self, seconds: float) -> None:
        """Fail half of what comes within so many seconds."""
        self._until = time.monotonic() + seconds

    async def __call__(self, request: Request) -> Fault | None:
        """The failure of a request, if it fails."""
        if time.monotonic() > self._until or self._chance.random() > _SHARE:
            return None
        how = self._chance.choices(("500", "429", "cut", "silent"), weights=(4, 3, 4, 1))[0]
        taken = self._chance.random() < 0.5
        if how != "429" and self._provider == "telegram":
            self.doubts.append((time.monotonic(), await _chat(request)))
        self.failed[how] = self.failed.get(how, 0) + 1
        return self._fault(how, taken)

    def _fault(self, how: str, taken: bool) -> Fault:
        match how:
            case "429":
                return self._too_fast(self._chance.randint(1, 2))
            case "500":
                return Fault(status=500, body=twilio_error(20500, 500), after_taking=taken)
            case "silent":
                return Fault(delay=_SILENCE, cut=True, after_taking=taken)
            case _:
                return Fault(cut=True, after_taking=taken)

    def _too_fast(self, seconds: int) -> Fault:
        if self._provider == "telegram":
            said = telegram_error(429, f"Too Many Requests: retry after {seconds}", retry_after=seconds)
        else:
            said = twilio_error(20429, 429)
        return Fault(status=429, body=said, headers={"Retry-After": str(seconds)})


async def _chat(request: Request) -> str:
    """The chat to which a request sends something, as JSON or as a form."""
    found = re.search(rb"chat_id\D+(\d+)", await request.body())
    return found[1].decode() if found else ""
