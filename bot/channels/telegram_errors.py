"""What the failures of Telegram's Bot API mean for a message.

Source: how Telegram's own Bot API server answers, as python-telegram-bot names it. The API has no codes beyond the
HTTP status, so the descriptions have to be read; what does not fit any of them is judged by its status.
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

from bot.channels.failures import COMMON, Act, Meaning, by_class
from bot.errors import ChannelError

NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
"""The only failures on the way of which it is certain that nothing reached Telegram."""

TABLE: dict[str, Meaning] = {
    "chat_not_found": Meaning(Act.MARK, "gone"),
    "chat_migrated": Meaning(Act.MARK, "gone"),  # groups only; we talk in private chats
    "user_deactivated": Meaning(Act.MARK, "gone"),
    "not_started": Meaning(Act.MARK, "not_started"),
    "http_403": Meaning(Act.MARK, "blocked"),
    "not_modified": Meaning(Act.DONE, "ours"),
    "edit_gone": Meaning(Act.DROP, "ours"),
    "markup_refused": Meaning(Act.ALERT, "ours"),
    "message_too_long": Meaning(Act.ALERT, "ours"),
    "message_empty": Meaning(Act.ALERT, "ours"),
    "button_data_invalid": Meaning(Act.ALERT, "content"),
    "http_409": Meaning(Act.RETRY, "polling", after=30),
}
"""Every answer of Telegram that a message of ours can meet, beside those that all channels have in common."""

_DESCRIPTIONS = {
    "chat not found": "chat_not_found",
    "not modified": "not_modified",
    "message to edit not found": "edit_gone",
    "message can't be edited": "edit_gone",
    "parse entities": "markup_refused",
    "message is too long": "message_too_long",
    "text is empty": "message_empty",
    "button_data_invalid": "button_data_invalid",
    "deactivated": "user_deactivated",
    "can't initiate": "not_started",
    "entity too large": "http_413",
}


@contextmanager
def deciding() -> Iterator[None]:
    """Turn the library's errors into `ChannelError`. Nothing is chained: the originals may quote the token."""
    try:
        yield
    except TelegramError as error:
        raise failure(error) from None


def failure(error: TelegramError) -> ChannelError:
    """What to do about `error`."""
    code = _code(error)
    known = TABLE.get(code) or COMMON.get(code) or by_class(code)
    asked = _seconds(error.retry_after) if isinstance(error, RetryAfter) else None
    return known.error(code, asked)


def _code(error: TelegramError) -> str:
    """Our name for it. (`BadRequest` and `TimedOut` are kinds of `NetworkError`: looked at first.)"""
    match error:
        case RetryAfter():
            return "http_429"
        case Forbidden():
            return _described(error, "http_403")
        case BadRequest():
            return _described(error, "http_400")
        case ChatMigrated():
            return "chat_migrated"
        case InvalidToken():  # 401, and 404 for a malformed one
            return "http_401"
        case Conflict():
            return "http_409"
    return _on_the_way(error)


def _on_the_way(error: TelegramError) -> str:
    if isinstance(error.__cause__, NOT_SENT):
        return "no_connection"
    if "entity too large" in error.message.lower():
        return "http_413"
    # A limit of time, 5xx, a cut connection, an answer that is no JSON: it may have been sent.
    return "timeout" if isinstance(error, TimedOut) else "broken_answer"


def _described(error: TelegramError, otherwise: str) -> str:
    said = error.message.lower()
    return next((code for words, code in _DESCRIPTIONS.items() if words in said), otherwise)


def _seconds(wait: int | timedelta) -> float:
    return wait.total_seconds() if isinstance(wait, timedelta) else float(wait)
