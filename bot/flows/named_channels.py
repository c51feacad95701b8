"""Channels that an answer of config/ names in its words: those that do not work just now are said below it."""

import re

from bot.config import Contact
from bot.dialogue.talk import Talk
from bot.flows.reaching import name, reached


async def with_what_is_down(talk: Talk, answer: str) -> str:
    """The answer, and where it names channels that are known to be down, one more line that says which."""
    today = talk.local_now().date()
    named = [
        contact
        for contact in talk.config.contacts.values()
        if contact.valid_on(today) and _names(answer, contact)
    ]
    if not named:
        return answer
    reach = await reached(talk, named, talk.config.branches.get(talk.branch or ""))
    down = [name(talk, one) for one in reach if one.down]
    return "\n".join([answer, talk.word("channels.down", channels=down)]) if down else answer


def _names(answer: str, contact: Contact) -> bool:
    """Whether one of the channel's names stands there as a word of its own: 165 is not in 0811-8165-165."""
    return any(
        re.search(rf"(?<![\w-]){re.escape(called)}(?![\w-])", answer, re.IGNORECASE)
        for called in contact.called
    )
