"""How fast we may send: what the providers allow, and the reckoning for one process by itself.

`bot.delivery.pace` keeps the same limits for all processes together.
"""

import math
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

from bot.storage.tables import Priority

_FORGET_AT = 10_000  # addresses
MARGIN = 1.015
"""What may leave in a second takes this long here, so that a message that leaves 15 ms late exceeds nothing."""
BOOKED_AHEAD: Mapping[Priority, float] = {Priority.REPLY: 0.5, Priority.NOTICE: 0.0}
"""Seconds ahead for which turns of the account are given out. A notice leaves at once or asks again: when replies
queue up, notices get no turn, so that at the account's limit a broadcast waits and replies do not."""

CATCH_UP = 0.5
"""Seconds of lost time that are made up, at twice the even pace; who comes later begins anew."""

OPENING = 0.1
"""Seconds that an account which begins anew leaves after its first message, on top of the even pace: that one opens
the connection, and those behind it would reach the provider all at once."""


LEAST_IN_FLIGHT = 20
"""Messages on their way at the same time on a channel, however slow it is."""

_ANSWERS_WITHIN = 0.25
"""Seconds that a provider mostly takes to answer."""


@dataclass(frozen=True, slots=True)
class Limit:
    """What one channel allows.

    Args:
        per_second: messages a second over one account of ours.
        per_person: how many messages one person may get in so many seconds, in any such window; all of them hold.
    """

    per_second: float
    per_person: tuple[tuple[int, float], ...] = ()

    def window(self, share: int = 1) -> tuple[int, float]:
        """How many messages of the account may leave within any so many seconds, by our `share`-th of it."""
        ours = self.per_second / share
        return max(1, int(ours)), MARGIN * max(1.0, 1 / ours)

    @property
    def in_flight(self) -> int:
        """Messages on their way at the same time, so that the provider's answers do not hold the next ones up."""
        return max(LEAST_IN_FLIGHT, math.ceil(self.per_second * _ANSWERS_WITHIN))

    def apart(self, share: int = 1) -> float:
        """Seconds between two messages of the account, when they go evenly."""
        count, seconds = self.window(share)
        return seconds / count


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
        self._turns: dict[str, deque[float]] = {}
        self._planned: dict[str, float] = {}
        """When the next message of each account would go, if all went evenly."""
        self._sent: dict[str, dict[str, deque[float]]] = {}
        """When messages to each address left, by channel: each has a window of its own."""

    def ask(
        self, channel: str, limit: Limit, address: str, priority: Priority, now: float, share: int
    ) -> Answer:
        """A turn for a message to `address`, where we have one `share`-th of what is allowed."""
        wait = self._person(channel, limit, address, now, share)
        if wait > 0:
            return Answer(False, wait)
        turn = self._account(channel, limit, now, share)
        ahead = turn - now - BOOKED_AHEAD[priority]
        if ahead > 0:
            return Answer(False, ahead, everybody=True)
        self.note(channel, limit, address, turn, share)
        return Answer(True, turn - now)

    def note(self, channel: str, limit: Limit, address: str, turn: float, share: int = 1) -> None:
        """A message to `address` leaves at `turn`: also what was allowed elsewhere counts here."""
        turns = self._turns.setdefault(channel, deque(maxlen=limit.window()[0]))
        turns.append(max(turn, turns[-1]) if turns else turn)
        opening = OPENING if self._begins(channel, turn) else 0.0
        self._planned[channel] = self._plan(channel, turn) + limit.apart(share) + opening
        if limit.per_person:
            most = max(count for count, _ in limit.per_person)
            sent = self._sent.setdefault(channel, {})
            sent.setdefault(address, deque(maxlen=most)).append(turn)
            if len(sent) > _FORGET_AT:
                self._forget(channel, turn - share * max(seconds for _, seconds in limit.per_person))

    def _account(self, channel: str, limit: Limit, now: float, share: int) -> float:
        """The account's next turn."""
        turns = self._turns.get(channel)
        if not turns:
            return now
        count, seconds = limit.window(share)
        full = turns[-count] + seconds if len(turns) >= count else now
        return max(now, self._plan(channel, now), full, turns[-1] + limit.apart(share) / 2)

    def _plan(self, channel: str, now: float) -> float:
        """When the next message would go, if all went evenly; what is long past is not made up for."""
        return now if self._begins(channel, now) else self._planned[channel]

    def _begins(self, channel: str, now: float) -> bool:
        """Whether the account has been quiet for so long that it begins anew."""
        planned = self._planned.get(channel)
        return planned is None or now - planned > CATCH_UP

    def _person(self, channel: str, limit: Limit, address: str, now: float, share: int) -> float:
        sent = self._sent.get(channel, {}).get(address, ())
        waits = [
            sent[-count] + share * seconds - now for count, seconds in limit.per_person if len(sent) >= count
        ]
        return max(waits, default=0.0)

    def _forget(self, channel: str, before: float) -> None:
        kept = {to: sent for to, sent in self._sent[channel].items() if sent[-1] > before}
        self._sent[channel] = kept
