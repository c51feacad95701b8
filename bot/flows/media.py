"""What nobody asked for and we cannot read: it is kept for an agent, and something useful is offered at once."""

from bot.dialogue.questions import Choice
from bot.dialogue.talk import Talk

SPOKEN = ("voice", "audio", "video")
"""Kinds behind which somebody tells something: an agent is offered first."""
KNOWN = (*SPOKEN, "sticker", "contact")
"""Kinds with a text of their own."""


async def media(talk: Talk) -> None:
    """A photo or file out of the blue."""
    await talk.start(
        await talk.choose("media.what", _offered(talk, "file_complaint", "ask_case_status", "request_agent"))
    )


async def unread(talk: Talk) -> None:
    """A voice note, a sticker, a card, a poll; a second voice note in a row asks for somebody who listens."""
    if talk.given["times"] >= 2:
        if await talk.agree("media.voice_again"):
            await talk.start("request_agent")
        await talk.say("media.write")
        return
    kind = talk.given["kind"]
    first, second = ("request_agent", "help") if kind in SPOKEN else ("help", "request_agent")
    key = f"media.{kind}" if kind in KNOWN else "media.other"
    await talk.start(await talk.choose(key, _offered(talk, first, second)))


def _offered(talk: Talk, *intents: str) -> list[Choice]:
    return [Choice(intent, talk.word(f"intent.{intent}")) for intent in intents]
