"""WhatsApp's customer service window: for a day after a participant wrote we may write freely, then by template only.

Source: Twilio, "Key Concepts" for WhatsApp. Telegram has no such window.
"""

from datetime import datetime, timedelta
from typing import Protocol, runtime_checkable

from bot.messages import Address, Call, Occasion

WINDOW = timedelta(hours=23, minutes=55)
"""The 24 hours, less what a message may still need until it is with the provider."""
CHANNELS = ("whatsapp", "simwhatsapp")
"""Those that have the window; a simulated phone behaves like the real one."""


@runtime_checkable
class HasTemplates(Protocol):
    """A channel on which an approved template passes when nothing else does."""

    def render_template(self, to: Address, occasion: Occasion) -> list[Call]:
        """The call that says it as an approved template; none where there is no template for it. Pure."""
        ...


def open_until(
    channel: str, last_inbound_at: datetime | None, closed_at: datetime | None = None
) -> datetime | None:
    """Until when we may write freely; None where there is no window, or where nothing is known of it.

    Args:
        channel: the channel's name.
        last_inbound_at: when the participant last wrote.
        closed_at: when the provider said that the window is closed, if it did.
    """
    if channel not in CHANNELS or last_inbound_at is None:
        return None
    until = last_inbound_at + WINDOW
    return min(until, closed_at) if closed_at and closed_at >= last_inbound_at else until


def is_open(
    channel: str, last_inbound_at: datetime | None, closed_at: datetime | None, now: datetime
) -> bool:
    """Whether we may write freely now. Where nothing is known the provider decides: its refusal tells."""
    if channel in CHANNELS and last_inbound_at is None and closed_at is not None:
        return False
    until = open_until(channel, last_inbound_at, closed_at)
    return until is None or now < until
