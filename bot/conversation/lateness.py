"""Messages that reach us long after they were sent: the provider, or we, were away.

They are answered, with a word about it; after a day they are only written down. Whoever waited so long has asked again,
called or come by, and on WhatsApp nothing may be sent to them any more.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.dialogue.engine import Reply
from bot.messages import Incoming

LATE = timedelta(minutes=10)
TOO_LATE = timedelta(hours=24)


def too_late(messages: Sequence[Incoming], now: datetime) -> bool:
    """Whether all of them are too old to be answered."""
    return all(message.due is None and now - message.sent_at >= TOO_LATE for message in messages)


def apology(messages: Sequence[Incoming], now: datetime, zone: ZoneInfo) -> list[Reply]:
    """What is said first to whoever waited long, on the clock of `zone`."""
    written = [message.sent_at for message in messages if message.due is None]
    if not written or now - min(written) < LATE:
        return []
    return [Reply("late.answer", {"at": min(written).astimezone(zone)})]
