"""Two requests in one message: "kantor samarinda besok buka? terus kartu saya hilang, cetak ulang gimana"."""

import re
from collections.abc import Sequence
from dataclasses import replace

from bot.dialogue.asking import requests
from bot.messages import Interpretation

MOST = 4
"""Parts of a message that are looked at; who writes more tells a story, and has one request."""
SHORTEST = 3
"""Words of a part that can be a request by itself."""
CLEAR = 0.5
"""From here on a part is taken to say what the whole message was taken for."""

LIKELY = 0.9
"""From here on a part is a request of its own: offering one that was none costs a "no"."""

NO_REQUEST = frozenset(
    [
        "greet",
        "thank",
        "goodbye",
        "affirm",
        "deny",
        "cancel",
        "help",
        "frustration",
        "bot_challenge",
        "out_of_scope",
        "emergency",
        "admin_request",
    ]
)
"""What a part may well seem to be without its message ("dan ke mana?"), and nobody asks for besides."""

_END = re.compile(
    r"(?<=[.?!])\s+|\n+|"
    r"[,;]?\s+(?=(?:terus|trus|trs|lalu|kemudian|sekalian|dan|sama|oh ya|oh iya|oya|btw|satu lagi|satu lg|selain itu|"
    r"and|also|one more)\s)",
    re.IGNORECASE,
)


def parts(text: str) -> list[str]:
    """The parts of a message that might be requests of their own; none when it is one request or a story."""
    found = [part.strip() for part in _END.split(text) if len(part.split()) >= SHORTEST]
    return found if 1 < len(found) <= MOST else []


def two_requests(
    whole: Interpretation, read: Sequence[Interpretation]
) -> tuple[Interpretation, Interpretation | None]:
    """What is wanted first, and what is wanted besides.

    A message that is surely understood as a whole is served as such; otherwise the request that stands first in it
    is. The second is the first part that wants something else.

    Args:
        whole: what the message was taken for.
        read: the interpretations of its parts, in their order.
    """
    wishes = [
        part for part in read if (part.confidence >= CLEAR and part.intent == whole.intent) or _wishes(part)
    ]
    if whole.acted_on:
        said_apart = any(part.intent == whole.intent for part in wishes)
        return whole, _other(wishes, whole) if said_apart else None
    second = _other(wishes, wishes[0]) if wishes else None
    return (_as(whole, wishes[0]), second) if second else (whole, None)


def _wishes(part: Interpretation) -> bool:
    return part.confidence >= LIKELY and part.intent not in NO_REQUEST and requests(part.text)


def _other(wishes: Sequence[Interpretation], first: Interpretation) -> Interpretation | None:
    return next((wish for wish in wishes if wish.intent != first.intent), None)


def _as(whole: Interpretation, part: Interpretation) -> Interpretation:
    """The message taken for what one part of it says."""
    return replace(whole, intent=part.intent, confidence=part.confidence, ranking=part.ranking)
