"""Twilio's error codes and what they mean for a message: one table for answers and for status callbacks.

Source: Twilio's "Error and Warning Dictionary" and its list of corresponding WhatsApp error codes. The texts
that come with a code change, so only codes are read.
"""

from typing import TypedDict

from bot.errors import ChannelError


class Decision(TypedDict, total=False):
    """What to do, in the words of `ChannelError`."""

    retry: bool
    after: float
    unreachable: bool
    unknown: bool


REPAIR = Decision(retry=True, after=300)
"""Our account, not the message, is at fault: keep the message until an operator has repaired it."""
UNREACHABLE = Decision(unreachable=True)
DROP = Decision()

UNKNOWN_CONTENT = "21655"
CONTENT_REFUSED = frozenset(
    {"21654", UNKNOWN_CONTENT, "21656", "63005", "63013", "63021", "63027", "63028", "63030"}
)
"""The buttons were refused, not the words: the same question as plain text may pass."""
OUTSIDE_WINDOW = "63016"
"""More than 24 hours since the participant last wrote: only an approved template passes."""

DECISIONS: dict[int, Decision] = {
    # too fast or too many; `after` in seconds, where backing off at once would be no use
    20429: Decision(retry=True),
    21611: Decision(retry=True, after=120),
    30001: Decision(retry=True, after=120),
    63017: Decision(retry=True, after=60),
    63018: Decision(retry=True, after=300),
    63038: Decision(retry=True, after=86_400),  # the account's daily limit
    # Twilio or Meta failed
    20500: Decision(retry=True, unknown=True),
    30008: Decision(retry=True, after=60),
    63010: Decision(retry=True, after=30),
    63012: Decision(retry=True, after=30),
    63019: Decision(retry=True, after=60),
    63029: Decision(retry=True, after=60),
    # credentials, sender number, messaging service
    20003: REPAIR,
    21212: REPAIR,
    21603: REPAIR,
    21606: REPAIR,
    21703: REPAIR,
    21704: REPAIR,
    21705: REPAIR,
    63007: REPAIR,
    # the address: no such account, opted out, blocked us, never joined the sandbox
    21211: UNREACHABLE,
    21610: UNREACHABLE,
    21614: UNREACHABLE,
    63003: UNREACHABLE,
    63014: UNREACHABLE,
    63015: UNREACHABLE,
    63024: UNREACHABLE,
    63033: UNREACHABLE,
}
"""Every other code means: this message will not pass, do not try it again."""


def failure(code: int | str, status: int = 0) -> ChannelError:
    """The error for Twilio's `code`, of an answer with HTTP `status` or of a status callback (no status).

    An answer without a code of Twilio's own is judged by its status: 429 and 401 as Twilio's codes for them,
    5xx as possibly accepted.
    """
    number = int(code) if str(code).isdecimal() else 0
    name = str(number) if number >= 10_000 else f"http_{status or number}"
    if number in DECISIONS:
        return ChannelError(name, **DECISIONS[number])
    if status >= 500:
        return ChannelError(name, **DECISIONS[20500])
    by_status = {429: DECISIONS[20429], 401: REPAIR}
    return ChannelError(name, **by_status.get(status, DROP))
