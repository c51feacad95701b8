"""Danger to life: help first, no questions, then a human (domain.md 5e and 9: any emergency room, no referral, 119)."""

from bot.dialogue.talk import Talk


async def emergency(talk: Talk) -> None:
    """What to do now; then whether an agent should step in."""
    await talk.say("emergency.help")
    if await talk.agree("emergency.agent"):
        await talk.start("_urgent_agent")
    await talk.say("emergency.closing")
