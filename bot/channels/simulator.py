"""Phones on a page instead of a provider: the same limits, layout, inbox and outbox as the channel they look like."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from uuid import uuid4

from bot.channels import telegram, whatsapp
from bot.channels.channel import Webhook
from bot.channels.rendering import lay_out
from bot.errors import Forged
from bot.messages import Address, Call, Event, Incoming, Media, Text

LOOKS = {"simwhatsapp": whatsapp.LIMITS, "simtelegram": telegram.LIMITS}
"""Names of the simulated channels, with the limits of the real ones."""


class Simulator:
    """One kind of simulated phone.

    Args:
        name: one of `LOOKS`.
        shown: told the address for which something new is to be shown.
        files: gives content type and bytes of a file that was sent from a simulated phone, by its reference.
    """

    def __init__(
        self,
        name: str,
        shown: Callable[[Address], Awaitable[None]],
        files: Callable[[str], Awaitable[tuple[str, bytes]]],
    ) -> None:
        self.name = name
        self.limits = LOOKS[name]
        self._shown = shown
        self._files = files

    def verify(self, webhook: Webhook) -> None:
        """Nobody outside may speak for a simulated phone.

        Raises:
            Forged: always.
        """
        raise Forged

    def parse(self, webhook: Webhook, now: datetime) -> list[Event]:
        """Nothing comes this way: the page puts its messages into the inbox itself."""
        return []

    def render(self, to: Address, text: Text) -> list[Call]:
        """Laid out as on the real channel."""
        return [
            Call(
                method="show",
                fields={"body": part.body, "options": part.options, "listed": part.listed},
                enclosure=part.enclosure,
            )
            for part in lay_out(text, self.limits)
        ]

    async def send(self, to: Address, call: Call) -> str:
        """Always taken; the page shows it."""
        await self._shown(to)
        return f"sim-{uuid4()}"

    async def acknowledge(self, incoming: Incoming) -> None:
        """A tap needs no answer here."""

    async def typing(self, to: Address, incoming: Incoming) -> None:
        """Answers come at once."""

    async def fetch(self, media: Media) -> tuple[str, bytes]:
        """A file that was sent from the page."""
        return await self._files(media.reference)

    async def forget(self, media: Media) -> None:
        """Nothing to do: what was sent from the page stays with the simulator."""

    async def close(self) -> None:
        """Nothing is open."""
