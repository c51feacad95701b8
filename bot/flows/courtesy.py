"""Manners: greeting, thanks, the menu, and everything that is not a request."""

from bot.dialogue.questions import Choice
from bot.dialogue.suggesting import ENOUGH
from bot.dialogue.talk import Talk

MENU = (
    "ask_closure",
    "ask_outage",
    "check_membership",
    "check_bill",
    "admin_request",
    "file_complaint",
    "ask_case_status",
    "find_facility",
    "ask_channels",
    "request_agent",
)

PARTS = ((4, "morning"), (11, "noon"), (15, "afternoon"), (18, "evening"))
"""From which hour on one wishes a good what."""


def _choices(talk: Talk, intents: tuple[str, ...] | list[str]) -> list[Choice]:
    return [Choice(intent, talk.word(f"intent.{intent}")) for intent in intents]


async def greet(talk: Talk) -> None:
    """Good morning, and what this is."""
    hour = talk.local_now().hour
    begun = [part for start, part in PARTS if hour >= start]
    part = begun[-1] if begun else "evening"
    chosen = await talk.choose("greet.menu", _choices(talk, MENU), greeting=talk.word(f"greet.{part}"))
    await talk.start(chosen, anew=not talk.opening.entities)  # a bare "halo" is no word of a report


async def menu(talk: Talk) -> None:
    """What can be done here."""
    chosen = await talk.choose("menu.what", _choices(talk, MENU))
    await talk.start(chosen)


async def clarify(talk: Talk) -> None:
    """Between knowing and not knowing: was one of these meant?"""
    intents = talk.given["intents"]
    if len(intents) == 1:
        meant = await talk.agree("clarify.is_it", what=talk.word(f"intent.{intents[0]}"))
        await talk.start(intents[0] if meant else "help")
    intents = [*intents, "help"]
    await talk.start(await talk.choose("clarify.which", _choices(talk, intents)))


async def later(talk: Talk) -> None:
    """The other requests of the same message: which is wanted now? The rest is offered after it."""
    intents = talk.given["intents"]
    if len(intents) == 1:
        wanted = (
            intents[0] if await talk.agree("later.offer", what=talk.word(f"intent.{intents[0]}")) else ENOUGH
        )
    else:
        enough = Choice(ENOUGH, talk.word("button.enough"))
        wanted = await talk.suggest("later.which", [*_choices(talk, intents), enough])
    if wanted == ENOUGH:
        await talk.say("later.left")
        return
    talk.put_off([heard for heard in talk.heard if heard.intent != wanted])
    await talk.start(wanted)


async def lost(talk: Talk) -> None:
    """Not understood: say so, and show what is understood."""
    chosen = await talk.choose("lost.menu", _choices(talk, MENU))
    await talk.start(chosen)


async def thank(talk: Talk) -> None:
    """You are welcome."""
    await talk.say("thank.welcome")


async def goodbye(talk: Talk) -> None:
    """Until next time; a form waits for it."""
    await talk.say("goodbye.in_form" if talk.waiting else "goodbye.bye")


async def stray_yes(talk: Talk) -> None:
    """A "ya" or "tidak" to nothing."""
    await talk.start("help")


async def bot_challenge(talk: Talk) -> None:
    """Yes, a machine; and a human is to be had."""
    await talk.say("bot_challenge.yes")


async def frustration(talk: Talk) -> None:
    """Anger at us: no defence, a human. A form that waits goes on: there is nothing to choose but an answer."""
    if talk.waiting:
        await talk.say("frustration.in_form")
        return
    offered = _choices(talk, ["request_agent", "file_complaint", "help"])
    await talk.start(await talk.choose("frustration.sorry", offered))


async def out_of_scope(talk: Talk) -> None:
    """Somebody else's business, BPJS Ketenagakerjaan's above all."""
    await talk.say("out_of_scope.sorry")


async def language(talk: Talk) -> None:
    """Another language: the one that was named, else one of those that there are."""
    offered = [Choice(code, name) for code, name in talk.languages.items()]
    named = talk.language_named(talk.opening.text)
    talk.speak(named or await talk.choose("language.which", offered))
    await talk.say("language.done")
