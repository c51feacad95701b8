"""The pace: when a message may leave, kept by all processes together through Redis.

Libraries that limit through Redis were looked at: they block until a turn is free and know one limit at a time. Here
one call decides on the account and the person at once, takes nothing unless both allow it, and says how long to wait.

While Redis is away each process keeps to its share by itself, and for a minute after it came back to both: Redis may
have forgotten what was sent.
"""

import time
from collections.abc import Mapping
from dataclasses import replace
from hashlib import blake2b
from pathlib import Path

import structlog

from bot.delivery.limits import (
    BOOKED_AHEAD,
    CATCH_UP,
    LEAST_IN_FLIGHT,
    OPENING,
    Answer,
    Limit,
    OwnReckoning,
    limits,
)
from bot.live import AWAY, redis
from bot.storage.tables import Priority

log = structlog.get_logger()

GO = Answer(True)
_SCRIPT = Path(__file__).with_name("shared.lua").read_text()
_PATIENCE = 0.5  # seconds
_REST = 2.0  # seconds for which Redis is left alone after it failed
_SETTLING = 60.0  # seconds: the longest window of a person
_MICRO = 1_000_000


class Pace:
    """When a message may leave.

    Args:
        allowed: the limits by channel; a channel that is not named is not slowed down.
        redis_url: where all processes reckon together; None: each by itself.
        senders: how many processes send. Without Redis each keeps to that fraction.
    """

    def __init__(
        self, allowed: Mapping[str, Limit] | None = None, redis_url: str | None = None, senders: int = 1
    ) -> None:
        self._limits = limits() if allowed is None else allowed
        self._senders = senders
        self._own = OwnReckoning()
        self._away_until = 0.0
        self._careful_until = 0.0
        self._away = False
        self._redis = redis(redis_url, _PATIENCE) if redis_url else None
        if self._redis:
            self._script = self._redis.register_script(_SCRIPT)

    async def ask(self, channel: str, address: str, priority: Priority) -> Answer:
        """Ask for the turn of one message. One that may go counts as sent, whatever becomes of it."""
        limit = self._limits.get(channel)
        if limit is None:
            return GO
        now = time.monotonic()
        shared = self._redis is not None and now >= self._away_until
        own = None
        if not shared or now < self._careful_until:
            own = self._own.ask(channel, limit, address, priority, now, self._senders)
            if not shared or not own.go:
                return own
        answer = await self._ask_all(channel, limit, address, priority)
        if answer is None:
            return own or self._own.ask(channel, limit, address, priority, now, self._senders)
        if own:
            return replace(answer, seconds=max(answer.seconds, own.seconds))
        if answer.go:
            self._own.note(channel, limit, address, now + answer.seconds)
        return answer

    def in_flight(self, channel: str) -> int:
        """Messages that may be on their way on a channel at the same time, by one process."""
        limit = self._limits.get(channel)
        return limit.in_flight if limit else LEAST_IN_FLIGHT

    async def pause(self, channel: str, seconds: float) -> None:
        """Have every process leave `channel` alone for so long: its provider asked for it."""
        if self._redis is None or channel not in self._limits or seconds <= 0:
            return
        try:
            server, micro = await self._redis.time()
            until = server * _MICRO + micro + round(seconds * _MICRO)
            await self._redis.set(_key(channel, "pause"), until, px=round(seconds * 1000) + 1000)
        except AWAY as error:
            self._note_away(error)

    async def close(self) -> None:
        """Close the connections to Redis."""
        if self._redis is not None:
            await self._redis.aclose()

    async def _ask_all(self, channel: str, limit: Limit, address: str, priority: Priority) -> Answer | None:
        """What all processes together allow; None where Redis does not answer."""
        # Hashed, and gone within minutes: addresses hold phone numbers.
        person = blake2b(address.encode(), digest_size=16).hexdigest()
        windows = [number for count, span in limit.per_person for number in (count, round(span * _MICRO))]
        count, window = limit.window()
        account = [count, *(round(span * _MICRO) for span in (window, limit.apart(), CATCH_UP, OPENING))]
        try:
            go, micro, *everybody = await self._script(
                keys=[
                    *(_key(channel, name) for name in ("pause", "planned", "turns")),
                    _key(channel, f"to:{person}"),
                ],
                args=[*account, round(BOOKED_AHEAD[priority] * _MICRO), *windows],
            )
        except AWAY as error:
            self._note_away(error)
            return None
        self._note_back()
        return Answer(bool(go), micro / _MICRO, everybody=everybody == [1])

    def _note_away(self, error: Exception) -> None:
        now = time.monotonic()
        self._away_until, self._careful_until = now + _REST, now + _SETTLING
        if not self._away:
            log.warning("pace.redis_away", error=type(error).__name__, share=f"1/{self._senders}")
        self._away = True

    def _note_back(self) -> None:
        if self._away:
            log.info("pace.redis_back")
            self._careful_until = time.monotonic() + _SETTLING
        self._away = False


def _key(channel: str, name: str) -> str:
    """The braces keep a channel's keys on one node of a cluster."""
    return f"siaga:pace:{{{channel}}}:{name}"
