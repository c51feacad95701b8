"""What becomes of an outbox row when the provider did not take it."""

from datetime import datetime, timedelta
from typing import Any

from bot.channels.failures import Act
from bot.delivery.meanings import meaning
from bot.delivery.outbox import FREE, Due
from bot.errors import ChannelError
from bot.storage.tables import OutboxState

LONGEST_ATTEMPT = timedelta(seconds=30)
"""How long ago an attempt that just failed began, at most: a request and the question after it take 16 seconds."""

_LONGEST = 600.0
_THROTTLED_WAIT = 2.0


def after_failure(
    due: Due, error: ChannelError, now: datetime, spread: float, *, asked: bool
) -> dict[str, Any]:
    """The row's new values.

    Where the provider may have taken the message, it is tried once more: a rare double is better than a lost answer.
    A second doubt leaves the row `unknown`, unless the provider was asked between the two.

    Args:
        asked: whether the provider said before this try that it had taken none before.
        spread: 0 to 1, at random: waits are lengthened by up to a fifth, so that not all come back together.
    """
    known = meaning(error.code)
    values: dict[str, Any] = FREE | {"error_code": error.code, "last_try": False}
    if known.act is Act.DONE:
        return FREE | {"error_code": None, "state": OutboxState.SENT, "sent_at": now}
    if error.unknown:
        values |= {"doubt_since": due.doubt_since or now - LONGEST_ATTEMPT}
        if due.doubt_since and not asked:
            return values | {"state": OutboxState.UNKNOWN}
    elif known.act is Act.WINDOW:
        again = {"attempts": due.attempts + 1, "next_try_at": now}
        return values | (again if due.attempts < known.tries else {"state": OutboxState.WAITING})
    elif not error.retry:
        return values | {"state": OutboxState.DEAD}
    # Being told to wait, with everybody else, is no failed try of this message.
    attempts = due.attempts + (0 if known.everybody else 1)
    if attempts >= known.tries:
        open_question = error.unknown or due.doubt_since is not None
        return values | {
            "state": OutboxState.UNKNOWN if open_question else OutboxState.DEAD,
            "attempts": attempts,
        }
    seconds = wait_seconds(error, attempts) * (1 + spread / 5)
    return values | {"attempts": attempts, "next_try_at": now + timedelta(seconds=seconds)}


def wait_seconds(error: ChannelError, attempts: int) -> float:
    """What the provider asked for, else 2, 8, 32, 128, 512 seconds."""
    if error.after is not None:
        return error.after
    if meaning(error.code).everybody:
        return _THROTTLED_WAIT
    return float(min(2 * 4 ** (max(attempts, 1) - 1), _LONGEST))
