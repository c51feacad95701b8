"""Over to a human, with everything that was said already."""

from typing import Any

from bot.dialogue.state import Form
from bot.dialogue.stories import told
from bot.dialogue.talk import Talk
from bot.flows.complaint import STORY
from bot.flows.effects import LeaveQueue, RequestAgent
from bot.flows.lookups import QueuePlace


async def request_agent(talk: Talk) -> None:
    """The participant wants a human: put the talk into the queue, say the place in it, and when somebody works."""
    queued = await talk.do(RequestAgent(reason=talk.opening.text, branch=talk.branch, so_far=so_far(talk)))
    opens = queued.opens_at.astimezone(talk.zone()) if queued.opens_at else ""
    unknown = not queued.open_now and not queued.opens_at
    key = "handover.queued" if queued.open_now else "handover.queued_closed"
    await talk.say_with(
        ["cancel"],
        "handover.already" if queued.already else key,
        number=queued.number,
        position=queued.position,
        opens=opens,
        unknown=talk.word("promise.unknown") if unknown else "",
    )


def so_far(talk: Talk) -> dict[str, Any]:
    """What the forms that wait have taken down: nobody should have to say it twice."""
    taken = {form.intent: _taken(form) for form in talk.waiting}
    return {intent: answers for intent, answers in taken.items() if answers}


def _taken(form: Form) -> dict[str, Any]:
    """The answers of a form, and what was told to a complaint that has not come to its story yet.

    Of documents only how many files there are, which hang on the talk's own lines.
    """
    kept = {key: value for key, value in form.answers.items() if not key.startswith("do:")}
    answers = {key: len(value["files"]) if _is_paper(value) else value for key, value in kept.items()}
    story = told(form.heard) if form.intent == "file_complaint" and STORY not in answers else ""
    return answers | ({STORY: story} if story else {})


def _is_paper(kept: object) -> bool:
    return isinstance(kept, dict) and "files" in kept


async def offer_agent(talk: Talk) -> None:
    """After two messages that were not understood."""
    if await talk.agree("handover.offer"):
        await talk.start("request_agent")
    await talk.start("help")


async def queued(talk: Talk) -> None:
    """Something was said while waiting: the agent will read it."""
    place = await talk.look_up(QueuePlace())
    await talk.say("emergency.forwarded" if place.urgent else "handover.forwarded", position=place.position)


async def cancel(talk: Talk) -> None:
    """`batal` with no form open: leave the queue, if in it."""
    if talk.queued and await talk.do(LeaveQueue()):
        await talk.say("handover.left")
        talk.call_off()
    else:
        await talk.say("cancel.nothing")
