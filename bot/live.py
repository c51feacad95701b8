"""Live pages: "something changed" through Redis, so that whoever looks at it looks again.

Nothing depends on it: without Redis pages look again every few seconds by themselves. Topics are ``desk``,
``conversation:{id}`` and ``phone:{address}``; the data are ids, never what was said.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

import orjson
import structlog
from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

log = structlog.get_logger()

TICK = "tick"
"""Topic of the event that says: look again, something may have been missed."""

_PREFIX = "siaga:live:"
AWAY = (RedisError, OSError, TimeoutError)
"""What a Redis that is away raises."""
_PATIENCE = 1.0  # seconds; nobody waits for a page's sake
_REST = 2.0  # seconds for which Redis is left alone after it failed
_HEARTBEAT = 10.0  # seconds between signs of life on a quiet subscription


@dataclass(frozen=True, slots=True)
class LiveEvent:
    """Something changed in `topic`; `data` says which."""

    topic: str
    data: dict[str, Any] = field(default_factory=dict)


def redis(url: str, patience: float) -> Redis:
    """A Redis that answers within `patience` seconds or is taken to be away (`AWAY`)."""
    return Redis.from_url(
        url, socket_timeout=patience, socket_connect_timeout=patience, retry=Retry(NoBackoff(), 0)
    )


class Live:
    """Publishes and subscribes; makes do without Redis.

    Args:
        redis_url: None where there is no Redis.
        tick_seconds: how often subscribers are told to look again while Redis is away.
    """

    def __init__(self, redis_url: str | None, *, tick_seconds: float = 5.0) -> None:
        self._tick_seconds = tick_seconds
        self._away_until = 0.0
        self._away = False
        self._redis = redis(redis_url, _PATIENCE) if redis_url else None

    async def publish(self, topic: str, **data: Any) -> None:
        """Tell subscribers of `topic`; lost without a word when Redis is away."""
        await self.publish_all([LiveEvent(topic, data)])

    async def publish_all(self, events: Sequence[LiveEvent]) -> None:
        """Tell subscribers of several things, in one round trip."""
        if self._redis is None or not events or time.monotonic() < self._away_until:
            return
        try:
            async with self._redis.pipeline(transaction=False) as pipeline:
                for event in events:
                    pipeline.publish(_PREFIX + event.topic, orjson.dumps(event.data))
                await pipeline.execute()
        except AWAY as error:
            self._note_away(error)
        else:
            self._note_back()

    async def subscribe(self, *topics: str) -> AsyncGenerator[LiveEvent, None]:
        """Events of `topics`, until the consumer stops (under `contextlib.aclosing`, which unsubscribes at once).

        The first one is a `TICK`, once everything published from now on will arrive; so is one after every
        interruption, and one every few seconds while Redis is away.
        """
        while True:
            if self._redis is not None:
                try:
                    async with aclosing(self._events(self._redis, topics)) as events:
                        async for event in events:
                            yield event
                except AWAY as error:
                    self._note_away(error)
            yield LiveEvent(TICK)
            await asyncio.sleep(self._tick_seconds)

    async def close(self) -> None:
        """Close the connections to Redis."""
        if self._redis is not None:
            await self._redis.aclose()

    async def _events(self, redis: Redis, topics: tuple[str, ...]) -> AsyncGenerator[LiveEvent, None]:
        async with redis.pubsub(ignore_subscribe_messages=True) as subscription:
            await subscription.subscribe(*(_PREFIX + topic for topic in topics))
            self._note_back()
            yield LiveEvent(TICK)
            while True:
                message = await self._next(subscription)
                if message is not None:
                    topic = message["channel"].decode().removeprefix(_PREFIX)
                    yield LiveEvent(topic, orjson.loads(message["data"]))

    async def _next(self, subscription: PubSub) -> dict[str, Any] | None:
        message: dict[str, Any] | None = await subscription.get_message(timeout=_HEARTBEAT)
        if message is None:
            await subscription.ping()  # a connection that died in silence shows here
        return message if message and message["type"] == "message" else None

    def _note_away(self, error: Exception) -> None:
        self._away_until = time.monotonic() + _REST
        if not self._away:
            log.warning("live.redis_away", error=type(error).__name__)
        self._away = True

    def _note_back(self) -> None:
        if self._away:
            log.info("live.redis_back")
        self._away = False
