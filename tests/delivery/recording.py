"""A channel of the tests: it keeps what it is given, and fails when told to."""

import asyncio
from collections import deque
from datetime import datetime

from bot.channels.channel import Limits, Webhook
from bot.errors import ChannelError
from bot.messages import Address, Call, Event, Incoming, Media, Text


class Recording:
    """Splits a text at "|" and takes every part, except while `failures` has something to raise (None: no failure)."""

    limits = Limits(text=1000, body=1000, buttons=3, button_title=20)

    def __init__(self, name: str = "telegram") -> None:
        self.name = name
        self.sent: list[tuple[str, str]] = []
        self.failures: deque[Exception | None] = deque()
        self.refusing: dict[str, ChannelError] = {}
        """Addresses at which every message fails, and how."""
        self.gate: asyncio.Event | None = None
        """When set to an event, `send` waits for it after the provider took the message."""
        self.in_flight = 0
        self.most_in_flight = 0

    def texts(self, address: str | None = None) -> list[str]:
        return [body for to, body in self.sent if address in (None, to)]

    def verify(self, webhook: Webhook) -> None: ...

    def parse(self, webhook: Webhook, now: datetime) -> list[Event]:
        return []

    def render(self, to: Address, text: Text) -> list[Call]:
        if text.body == "unrenderable":
            raise KeyError("a mistake of ours")
        return [Call(method="say", fields={"body": part}) for part in text.body.split("|") if part]

    async def send(self, to: Address, call: Call) -> str:
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            await asyncio.sleep(0.002)
            failure = self.failures.popleft() if self.failures else None
            failure = failure or self.refusing.get(to)
            if failure is not None:
                raise failure
            self.sent.append((to, str(call.fields["body"])))
            if self.gate:
                await self.gate.wait()
            return f"id-{len(self.sent)}"
        finally:
            self.in_flight -= 1

    async def acknowledge(self, incoming: Incoming) -> None: ...

    async def typing(self, to: Address, incoming: Incoming) -> None: ...

    async def fetch(self, media: Media) -> tuple[str, bytes]:
        raise ChannelError("none")

    async def close(self) -> None: ...
