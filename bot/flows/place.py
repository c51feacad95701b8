"""The name of a town, and nothing else: what is wanted there?"""

from bot.dialogue.questions import Choice
from bot.dialogue.talk import Talk

THERE = ("ask_office", "ask_closure", "find_facility")
"""What can be asked of a place."""


async def place(talk: Talk) -> None:
    """Name the place as it is known, and offer what can be told of it."""
    named = talk.opening.last("place")
    written = named.value if named else talk.opening.text
    found = talk.config.find_place(written).place
    branch = talk.config.find_branch(written).branch
    name = found.bare if found else branch.name if branch else written
    choices = [Choice(intent, talk.word(f"intent.{intent}")) for intent in THERE]
    await talk.start(await talk.choose("place.what", choices, place=name))
