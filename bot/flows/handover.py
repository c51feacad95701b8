"""Over to a human, with everything that was said already."""

from typing import Any

from bot.dialogue.talk import Talk
from bot.flows.effects import LeaveQueue, RequestAgent
from bot.flows.lookups import QueuePlace


async def request_agent(talk: Talk) -> None:
    """The participant wants a human."""
    await _hand_over(talk, urgent=False)


async def urgent_agent(talk: Talk) -> None:
    """A human at once, at any hour."""
    await _hand_over(talk, urgent=True)


async def _hand_over(talk: Talk, *, urgent: bool) -> None:
    """Put the talk into the queue; say the place in it, and when somebody works."""
    queued = await talk.do(
        RequestAgent(
            reason=talk.opening.text,
            urgent=urgent,
            branch=talk.branch,
            so_far={form.intent: _answers(form.answers) for form in talk.waiting if form.answers},
        )
    )
    opens = queued.opens_at.astimezone(talk.zone()) if queued.opens_at else ""
    if queued.already:
        key = "handover.already"
    elif urgent:
        key = "handover.urgent"
    else:
        key = "handover.queued" if queued.open_now else "handover.queued_closed"
    await talk.say(key, number=queued.number, position=queued.position, opens=opens)


def _answers(answers: dict[str, Any]) -> dict[str, Any]:
    return {key: kept for key, kept in answers.items() if not key.startswith("do:")}


async def offer_agent(talk: Talk) -> None:
    """After two messages that were not understood."""
    if await talk.agree("handover.offer"):
        await talk.start("request_agent")
    await talk.start("help")


async def queued(talk: Talk) -> None:
    """Something was said while waiting: the agent will read it."""
    place = await talk.look_up(QueuePlace())
    await talk.say("handover.forwarded", position=place.position)


async def cancel(talk: Talk) -> None:
    """`batal` with no form open: leave the queue, if in it."""
    if talk.queued and await talk.do(LeaveQueue()):
        await talk.say("handover.left")
    else:
        await talk.say("cancel.nothing")
