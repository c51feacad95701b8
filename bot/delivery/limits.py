"""How fast we may send: what the providers allow, and the reckoning for one process by itself.

`bot.delivery.shared` keeps the same limits for all processes together.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

from bot.storage.tables import Priority

_FORGET_AT = 10_000  # addresses
MARGIN = 1.015
"""Turns lie this much further apart than the rate asks for, so that one that leaves 15 ms late exceeds nothing."""
BOOKED_AHEAD: Mapping[Priority, float] = {Priority.REPLY: 0.5, Priority.NOTICE: 0.1}
"""Seconds ahead for which turns of the account are given out. When replies queue up there, notices get none: at the
account's limit a broadcast waits, replies do not."""


@dataclass(frozen=True, slots=True)
class Limit:
    """What one channel allows.

    Args:
        per_second: messages a second over one account of ours.
        per_person: how many messages one person may get in so many seconds, in any such window; all of them hold.
    """

    per_second: float
    per_person: tuple[tuple[int, float], ...] = ()

    def apart(self, share: int = 1) -> float:
        """Seconds between two messages of the account, of which we have one `share`-th."""
        return share * MARGIN / self.per_second


def limits(whatsapp_per_second: float = 60, telegram_per_second: float = 30) -> dict[str, Limit]:
    """The limits by channel; a channel that is not named has none.

    Twilio takes 80 a second for one WhatsApp sender, and Meta about one in six seconds for one person, with a few
    at once in between; Telegram 30 a second for one bot and one a second for one chat, where a short burst passes.
    """
    return {
        "whatsapp": Limit(whatsapp_per_second, ((5, 10), (10, 60))),
        "telegram": Limit(telegram_per_second, ((3, 3),)),
    }


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether a message may go.

    Args:
        go: whether it has its turn, `seconds` from now; else it asks again after `seconds`.
        everybody: where it may not go, whether the whole account has to wait or only this person.
    """

    go: bool
    seconds: float = 0.0
    everybody: bool = False


class OwnReckoning:
    """The limits as this process alone can keep them. Times are seconds on a monotonic clock."""

    def __init__(self) -> None:
        self._next: dict[str, float] = {}
        self._sent: dict[str, deque[float]] = {}

    def ask(
        self, channel: str, limit: Limit, address: str, priority: Priority, now: float, share: int
    ) -> Answer:
        """A turn for a message to `address`, where we have one `share`-th of what is allowed."""
        wait = self._person(limit, address, now, share)
        if wait > 0:
            return Answer(False, wait)
        turn = max(self._next.get(channel, now), now)
        ahead = turn - now - BOOKED_AHEAD[priority]
        if ahead > 0:
            return Answer(False, ahead, everybody=True)
        self.note(channel, limit, address, turn, share)
        return Answer(True, turn - now)

    def note(self, channel: str, limit: Limit, address: str, turn: float, share: int) -> None:
        """A message to `address` leaves at `turn`: also what was allowed elsewhere counts here."""
        self._next[channel] = max(self._next.get(channel, 0.0), turn + limit.apart(share))
        if limit.per_person:
            most = max(count for count, _ in limit.per_person)
            self._sent.setdefault(address, deque(maxlen=most)).append(turn)
        if len(self._sent) > _FORGET_AT:
            self._forget(turn - share * max(seconds for _, seconds in limit.per_person))

    def _person(self, limit: Limit, address: str, now: float, share: int) -> float:
        sent = self._sent.get(address, ())
        waits = [
            sent[-count] + share * seconds - now for count, seconds in limit.per_person if len(sent) >= count
        ]
        return max(waits, default=0.0)

    def _forget(self, before: float) -> None:
        self._sent = {to: sent for to, sent in self._sent.items() if sent[-1] > before}
