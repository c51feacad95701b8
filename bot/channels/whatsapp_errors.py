"""Twilio's error codes and what they mean for a message: one table for answers and for status callbacks.

Source: Twilio's "Error and Warning Dictionary" and its list of corresponding WhatsApp error codes. The texts
that come with a code change, so only codes are read.
"""

from bot.channels.failures import COMMON, REPAIR_SECONDS, Act, Meaning, by_class
from bot.errors import ChannelError

UNKNOWN_CONTENT = "21655"
OUTSIDE_WINDOW = "63016"
"""More than 24 hours since the participant last wrote: only an approved template passes."""

_DAY = 86_400.0


def _of(act: Act, reason: str, *codes: int, **more: float) -> dict[str, Meaning]:
    return {str(code): Meaning(act, reason, **more) for code in codes}  # type: ignore[arg-type]


TABLE: dict[str, Meaning] = {
    # too fast or too many
    "20429": COMMON["http_429"],
    **_of(Act.RETRY, "busy", 21611, 30001, after=120, tries=30),  # Twilio keeps its queue for four hours
    **_of(Act.RETRY, "busy", 14107, 63017, after=60),
    **_of(Act.RETRY, "busy", 63018, after=300),
    **_of(Act.RETRY, "daily", 63038, after=_DAY, tries=2),
    # Twilio or Meta failed
    "20500": Meaning(Act.RETRY, "provider", unknown=True),
    **_of(Act.RETRY, "provider", 63010, 63012, after=30, tries=3),
    **_of(Act.RETRY, "provider", 30008, after=60, tries=1),
    **_of(Act.RETRY, "fetch", 63019, after=60, tries=1),  # under a new address
    **_of(Act.RETRY, "template", 63029, after=60, tries=1),
    # credentials, sender number, messaging service
    "20003": COMMON["http_401"],
    **{
        str(code): Meaning(Act.REPAIR, "sender", REPAIR_SECONDS, everybody=True)
        for code in (21212, 21603, 21606, 21703, 21704, 21705, 63007)
    },
    **_of(Act.ALERT, "region", 21408),
    **_of(Act.ALERT, "account", 63001),
    **_of(Act.ALERT, "sender", 63008),
    **_of(Act.ALERT, "locked", 30002, 63051),
    **_of(Act.ALERT, "template", 63040, 63041, 63042),
    # Of a message they say that Twilio could not fetch its file from us, or did not like the type that we said it has.
    **_of(Act.ALERT, "fetch", 11200, 11205, 11210, 11215, 12300),
    # the address
    **_of(Act.MARK, "bad_address", 21211, 21614, 63003),
    **_of(Act.MARK, "opted_out", 21610),
    **_of(Act.MARK, "blocked", 63014, 63033),
    **_of(Act.MARK, "no_account", 63024),
    **_of(Act.MARK, "sandbox", 63015),
    # the buttons, not the words
    **_of(Act.WORDS, "content", 21654, 21655, 21656, 63005, 63021, 63030),
    **_of(Act.WORDS, "template", 63027, 63028),
    # this message
    **_of(Act.WORDS, "filtered", 63013),  # as an answer to a question with buttons: line breaks in a variable
    **_of(Act.WINDOW, "window", 63016),
    **_of(Act.DROP, "filtered", 30007),
    **_of(Act.DROP, "expired", 30036),
    **_of(Act.DROP, "experiment", 63032),
    **_of(Act.DROP, "marketing", 63049),
    **_of(Act.DROP, "media", 21620, 21623, 63034, 11751),
    **_of(Act.DROP, "other", 20404, 63036),
    **_of(Act.DROP, "ours", 21602, 21604, 21617, 21619, 21910, 63031),
}
"""Every code of the dictionary that WhatsApp can meet, those of our own webhooks among them."""

CONTENT_REFUSED = frozenset(code for code, meaning in TABLE.items() if meaning.act is Act.WORDS)
"""The buttons were refused, not the words: the same question as plain text may pass."""


def failure(code: int | str, status: int = 0) -> ChannelError:
    """The error for Twilio's `code`, of an answer with HTTP `status` or of a status callback (no status).

    An answer without a code of Twilio's own, or with one that the table does not have, is judged by its status.
    """
    number = int(code) if str(code).isdecimal() else 0
    by_status = f"http_{status or number}"
    name = str(number) if number >= 10_000 else by_status
    known = TABLE.get(name) or COMMON.get(by_status)
    return (known or by_class(by_status if status else name)).error(name)
