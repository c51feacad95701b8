"""What becomes of an outbox row when the provider did not take it."""

from datetime import datetime, timedelta
from typing import Any

from bot.delivery.outbox import FREE, Due
from bot.errors import ChannelError
from bot.storage.tables import OutboxState

TRIES = 6
"""Failed tries after which a row is dead; being told to come back later is none."""

ONCE_MORE = frozenset({"telegram"})
"""Channels that cannot be asked whether they took a message: after a broken connection it is tried once more, since
a rare double is better than a lost answer. WhatsApp can be asked, so there nothing goes out twice unasked."""

THROTTLED = frozenset({"http_429", "20429"})
"""Codes by which a provider says "too fast": never processed, and meant for everything that we send there."""

_LONGEST = 600.0
_THROTTLED_WAIT = 2.0


def after_failure(
    due: Due, error: ChannelError, now: datetime, spread: float, once_more: frozenset[str] = ONCE_MORE
) -> dict[str, Any]:
    """The row's new values.

    Args:
        spread: 0 to 1, at random: waits are lengthened by up to a fifth, so that not all come back together.
    """
    values: dict[str, Any] = FREE | {"error_code": error.code}
    if error.unknown:
        if due.maybe_sent or due.channel not in once_more:
            return values | {"state": OutboxState.UNKNOWN, "maybe_sent": True}
        values["maybe_sent"] = True
    elif not error.retry:
        return values | {"state": OutboxState.DEAD}
    told_to_wait = error.after is not None or error.code in THROTTLED
    attempts = due.attempts + (0 if told_to_wait else 1)
    if attempts >= TRIES:
        return values | {"state": OutboxState.DEAD, "attempts": attempts}
    seconds = wait_seconds(error, attempts) * (1 + spread / 5)
    return values | {"attempts": attempts, "next_try_at": now + timedelta(seconds=seconds)}


def wait_seconds(error: ChannelError, attempts: int) -> float:
    """What the provider asked for, else 2, 8, 32, 128, 512 seconds."""
    if error.after is not None:
        return error.after
    if error.code in THROTTLED:
        return _THROTTLED_WAIT
    return float(min(2 * 4 ** (max(attempts, 1) - 1), _LONGEST))
