"""A supervisor who has subscribers told of outages and of their end, and holds the telling up in its midst."""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

_NAMED = re.compile(r"kabar-\d+(?:-pulih)?")
_LOOK = 0.5  # seconds
_HELD_UP = 1.5  # seconds

Ask = Callable[..., Awaitable[dict[str, Any]]]
"""`tests.chaos.people.Street.ask`."""


def news_of(text: str) -> str | None:
    """Which piece of news a message brings, if any; that of an end names both."""
    return max(_NAMED.findall(text), key=len, default=None)


@dataclass
class Span:
    """From before the request that made a piece of news known until all had it (`time.monotonic`)."""

    began: float
    over: float = float("inf")


@dataclass
class Herald:
    """Makes one outage known after the other; each is over when all have heard of it."""

    ask: Ask
    told: dict[str, Span] = field(default_factory=dict)
    """The news, by its name."""

    async def tell(self) -> None:
        """One outage, from its beginning to its end."""
        name = f"kabar-{len(self.told)}"
        notice = await self._publish(
            name,
            "notices",
            {
                "kind": "outage",
                "title": f"Sidik jari sulit dibaca ({name})",
                "scope": {"branches": ["palembang"]},
                "affects": ["fingerprint"],  # on which no channel depends: other answers stay as they are
                "starts_at": datetime.now(UTC).isoformat(),
                "broadcast": True,
            },
        )
        await self._see_through(name, f"notices/{notice['id']}/broadcasts")
        end = f"{name}-pulih"
        news = {"status": "resolved", "body": f"Sudah normal ({end})."}
        await self._publish(end, f"notices/{notice['id']}/updates", news)
        await self._see_through(end, f"notices/{notice['id']}/broadcasts")

    async def _publish(self, name: str, path: str, news: dict[str, object]) -> dict[str, Any]:
        self.told[name] = Span(time.monotonic())
        return await self.ask(path, news, name)

    async def _see_through(self, name: str, path: str) -> None:
        """Wait until all have heard it; when some have, hold it up and let it go on."""
        held_up = False
        while (newest := (await self.ask(path))["items"][0])["state"] != "done":
            if newest["sent"] and not held_up:
                held_up = True
                await self._hold_up(f"{path}/{newest['id']}", name)
            await asyncio.sleep(_LOOK)
        self.told[name].over = time.monotonic()

    async def _hold_up(self, broadcast: str, name: str) -> None:
        """Pause it for a moment, unless it is over by then."""
        paused = await self.ask(f"{broadcast}/pause", {}, f"{name}-pause", refusal=409)
        if paused["state"] == "paused":
            await asyncio.sleep(_HELD_UP)
            await self.ask(f"{broadcast}/resume", {}, f"{name}-resume")
