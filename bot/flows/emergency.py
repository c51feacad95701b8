"""Danger to life: help first, no questions, then a human (domain.md 5e and 9: any emergency room, no referral, 119)."""

from typing import ClassVar

from bot.dialogue.questions import YesNo
from bot.dialogue.talk import Talk


class Urgently(YesNo):
    """A yes or no that nobody should lose time over."""

    hint: ClassVar[str] = "emergency.again"


async def emergency(talk: Talk) -> None:
    """What to do now; then whether an agent should step in."""
    await talk.say("emergency.help")
    if await talk.ask("emergency.agent", Urgently(talk.word("button.yes"), talk.word("button.no"))):
        await talk.start("_urgent_agent")
    await talk.say("emergency.closing")
