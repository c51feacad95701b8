"""What can become of a message that a provider did not take: the words in which each channel's table speaks."""

from dataclasses import dataclass
from enum import StrEnum

from bot.errors import ChannelError


class Act(StrEnum):
    """What to do about a failure."""

    RETRY = "retry"
    """Try again, later."""
    DROP = "drop"
    """This message will not pass: a dead letter."""
    MARK = "mark"
    """A dead letter, and the address takes nothing more until its owner writes."""
    WORDS = "words"
    """The buttons were refused, not the words: once more as plain text, then a dead letter."""
    REPAIR = "repair"
    """Our account is at fault: keep the message, leave the provider alone for a while, call an operator."""
    ALERT = "alert"
    """A dead letter, and call an operator: more of the kind will fail."""
    WINDOW = "window"
    """WhatsApp's window is closed: it goes as an approved template, or waits for the participant (`windows`)."""
    DONE = "done"
    """Nothing failed: what was asked for is so already."""


TRIES = 6
"""Failed tries after which a message is dead."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """One row of a channel's table.

    Args:
        act: what to do.
        reason: what agents read: a key below ``failure`` in bot/desk/words.
        after: seconds until the next try, where backing off from two seconds would be no use.
        tries: failed tries after which it is given up.
        everybody: nothing at all is sent on the channel meanwhile: the provider said "too fast", or knows us no more.
        unknown: the provider may have taken the message all the same.
    """

    act: Act
    reason: str
    after: float | None = None
    tries: int = TRIES
    everybody: bool = False
    unknown: bool = False

    @property
    def alerts(self) -> bool:
        """Whether an operator has to know."""
        return self.act in (Act.REPAIR, Act.ALERT)

    def error(self, code: str, after: float | None = None) -> ChannelError:
        """The error that carries this decision; `after` is what the provider itself asked for, in seconds."""
        return ChannelError(
            code,
            retry=self.act in (Act.RETRY, Act.REPAIR),
            after=self.after if after is None else after,
            unreachable=self.act is Act.MARK,
            unknown=self.unknown,
        )


REPAIR_SECONDS = 60.0
"""How long a provider that does not know us is left alone: an operator has to act first."""

COMMON: dict[str, Meaning] = {
    "no_connection": Meaning(Act.RETRY, "connection"),
    "timeout": Meaning(Act.RETRY, "connection", unknown=True),
    "broken_answer": Meaning(Act.RETRY, "connection", unknown=True),
    "interrupted": Meaning(Act.RETRY, "interrupted", unknown=True),
    "http_401": Meaning(Act.REPAIR, "account", REPAIR_SECONDS, everybody=True),
    "http_413": Meaning(Act.DROP, "too_long"),
    "http_429": Meaning(Act.RETRY, "busy", everybody=True),
    "bad_address": Meaning(Act.MARK, "bad_address"),
    "file_store": Meaning(Act.RETRY, "file_store", after=60, tries=30),
    "file_gone": Meaning(Act.DROP, "file_gone"),
    "no_link": Meaning(Act.ALERT, "no_link"),
}
"""What every channel has in common."""


def by_class(code: str) -> Meaning:
    """What a code that no table has means, by its HTTP class.

    5xx: the provider failed, and may have taken it. 4xx and every code of a status callback: it will not pass.
    What is no number is an exception's name: a mistake of ours.
    """
    if code.startswith("http_5"):
        return Meaning(Act.RETRY, "provider", unknown=True)
    refused = code.startswith("http_") or code.isdecimal()
    return Meaning(Act.DROP, "other" if refused else "ours")
