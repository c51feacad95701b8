"""Danger to life: help first, no questions, a human at once.

Any emergency room and no referral: Tribun Pontianak 2024-07-12. 119, free, 24 hours: Suara 2016-06-11.
"""

from bot.dialogue.questions import Choice
from bot.dialogue.talk import Talk
from bot.flows.effects import RequestAgent
from bot.flows.handover import so_far


async def emergency(talk: Talk) -> None:
    """What to do now; meanwhile an agent is called, at any hour, whatever was being done."""
    await talk.say("emergency.help")
    queued = await talk.do(
        RequestAgent(reason=talk.opening.text, urgent=True, branch=talk.branch, so_far=so_far(talk))
    )
    opens = queued.opens_at.astimezone(talk.zone()) if queued.opens_at else ""
    unknown = not queued.open_now and not queued.opens_at
    await talk.say(
        "emergency.called" if queued.open_now else "emergency.called_closed",
        number=queued.number,
        opens=opens,
        unknown=talk.word("promise.unknown") if unknown else "",
        on_call=talk.word("emergency.on_call") if queued.on_call else "",
    )


async def urged(talk: Talk) -> None:
    """Somebody only urges: what is it about, and what to do if it is an emergency after all."""
    offered = [Choice(intent, talk.word(f"intent.{intent}")) for intent in ("request_agent", "help")]
    await talk.start(await talk.choose("emergency.urged", offered))


async def asked(talk: Talk) -> None:
    """A question about emergency rooms, of nobody in danger: the same help, and how an agent is called."""
    await talk.say("emergency.help")
    await talk.say("emergency.asked")
