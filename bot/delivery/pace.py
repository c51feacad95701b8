"""How fast one person may be written to."""

from collections.abc import Mapping

# protocols.md 0.4 and 1.9: about one message a second (Telegram), fewer on WhatsApp, with a few at once in between.
SECONDS_BETWEEN: Mapping[str, float] = {"whatsapp": 2.0, "telegram": 1.0}
BURST = 5
_FORGET_AT = 10_000  # addresses


class Pace:
    """Spreads the messages to each address, within this process.

    Args:
        seconds_between: by channel; a channel that is not named is not slowed down.
        burst: how many may go at once after a pause.
    """

    def __init__(self, seconds_between: Mapping[str, float] = SECONDS_BETWEEN, burst: int = BURST) -> None:
        self._seconds_between = seconds_between
        self._burst = burst
        self._full_until: dict[str, float] = {}

    def wait(self, channel: str, address: str, now: float) -> float:
        """Count one message to `address` and return the seconds it has to wait; `now` on a monotonic clock."""
        gap = self._seconds_between.get(channel, 0.0)
        full_until = max(self._full_until.get(address, now), now) + gap
        self._full_until[address] = full_until
        if len(self._full_until) > _FORGET_AT:
            self._full_until = {to: until for to, until in self._full_until.items() if until > now}
        return max(0.0, full_until - self._burst * gap - now)
