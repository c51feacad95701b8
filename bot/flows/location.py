"""A place that was shared out of the blue: what is looked for there?"""

from bot.config.listed import Search
from bot.dialogue.questions import Choice
from bot.dialogue.talk import Talk
from bot.dialogue.whereabouts import Spot
from bot.flows.facilities import emergency_rooms, nearby
from bot.flows.office import at_place
from bot.flows.sorts import FIRST_LEVEL, HOSPITALS

_WANTED = ("first", "hospital", "office", "agent")


async def location(talk: Talk) -> None:
    """The nearest emergency rooms to who cried for help; else what was just asked for, or what is chosen now."""
    here = talk.opening.location
    if here is None:  # taken back with "ulang"
        await talk.start("help")
        return
    if talk.in_danger:
        await emergency_rooms(talk, here)
        return
    asked = {"ask_office": "office", "ask_closure": "office", "find_facility": "any"}.get(
        talk.asked_before or ""
    )
    choices = [Choice(code, talk.word(f"location.{code}")) for code in _WANTED]
    match asked or await talk.choose("location.what", choices):
        case "office":
            await at_place(talk, here)
        case "agent":
            await talk.start("request_agent")
        case wanted:
            kinds = {"first": FIRST_LEVEL, "hospital": HOSPITALS}.get(wanted, ())
            await nearby(talk, Spot(here), Search(kinds=kinds))
