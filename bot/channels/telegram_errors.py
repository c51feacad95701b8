"""What the failures of Telegram's Bot API mean for a message.

Source: how Telegram's own Bot API server answers, as python-telegram-bot names it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import httpx
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    RetryAfter,
    TelegramError,
    TimedOut,
)

from bot.errors import ChannelError

REPAIR_SECONDS = 300.0
"""How long to hold a message while our token is refused: an operator has to act first."""
CONFLICT_SECONDS = 30.0
NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
"""The only failures on the way of which it is certain that nothing reached Telegram."""


@contextmanager
def deciding() -> Iterator[None]:
    """Turn the library's errors into `ChannelError`. Nothing is chained: the originals may quote the token."""
    try:
        yield
    except TelegramError as error:
        raise failure(error) from None


def failure(error: TelegramError) -> ChannelError:
    """What to do about `error`. (`BadRequest` and `TimedOut` are kinds of `NetworkError`: looked at first.)"""
    match error:
        case RetryAfter():
            return ChannelError("http_429", retry=True, after=_seconds(error.retry_after))
        case Forbidden():  # blocked, deactivated, never started
            return ChannelError("http_403", unreachable=True)
        case BadRequest():
            gone = "chat not found" in error.message.lower()
            return ChannelError("chat_not_found" if gone else "http_400", unreachable=gone)
        case ChatMigrated():
            return ChannelError("chat_migrated", unreachable=True)
        case InvalidToken():  # 401, and 404 for a malformed one
            return ChannelError("http_401", retry=True, after=REPAIR_SECONDS)
        case Conflict():
            return ChannelError("http_409", retry=True, after=CONFLICT_SECONDS)
    return _on_the_way(error)


def _on_the_way(error: TelegramError) -> ChannelError:
    if isinstance(error.__cause__, NOT_SENT):
        return ChannelError("no_connection", retry=True)
    # A limit of time, 5xx, a cut connection, an answer that is no JSON: it may have been sent.
    return ChannelError(
        "timeout" if isinstance(error, TimedOut) else "broken_answer", retry=True, unknown=True
    )


def _seconds(wait: int | timedelta) -> float:
    return wait.total_seconds() if isinstance(wait, timedelta) else float(wait)
