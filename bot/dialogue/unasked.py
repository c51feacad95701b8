"""What comes beside words: for the form that is open, or for an agent; and what we can neither read nor hear."""

from bot.dialogue.questions import Evidence
from bot.dialogue.routing import SPOKEN, Open
from bot.dialogue.running import Steps
from bot.dialogue.stack import Stack
from bot.dialogue.state import Dialogue, Heard, Said

TWICE = 2
"""After that many voice notes in a row, somebody who listens is offered."""


def take_media(stack: Stack, said: Said, waiting: Open | None, *, awaited: bool) -> Steps:
    """A photo or file: for the form that is open, else we ask what it is for.

    Args:
        awaited: whether a document is missing somewhere.
    """
    if waiting is None or stack.light(waiting.form):
        heard = [Heard.of(said)] if said.text and awaited else []
        yield from stack.begin("_document" if awaited else "_media", heard, media=said.media)
        return
    waiting.form.media.extend(said.media)
    if isinstance(waiting.ask.question, Evidence):
        waiting.form.open = None
    else:
        stack.reply("form.media_kept")
    yield from stack.resume(again=True)


def take_unread(stack: Stack, dialogue: Dialogue, kind: str, said: Said, waiting: Open | None) -> Steps:
    """What can neither be read nor heard is kept for an agent; a story that is told so goes with its form."""
    dialogue.unheard = dialogue.unheard + 1 if kind in SPOKEN else 0
    open_form = waiting if waiting and not stack.light(waiting.form) else None
    if open_form and open_form.ask.question.open_ended:
        open_form.form.media.extend(said.media)
    if open_form is None or dialogue.unheard >= TWICE:
        given = {"kind": kind, "times": dialogue.unheard}
        yield from stack.begin("_unread", given=given, media=said.media)
        return
    question = open_form.ask.question
    is_story = question.open_ended and kind in SPOKEN
    stack.reply(question.unreadable or ("media.story" if is_story else "media.in_form"))
    yield from stack.resume(again=True)


def is_late_photo(dialogue: Dialogue, said: Said) -> bool:
    """Keep a photo of an album that has been answered: it needs no answer of its own."""
    late = said.album is not None and said.album == dialogue.album and not said.text
    dialogue.album = said.album or dialogue.album
    if late and dialogue.top:
        dialogue.top.media.extend(said.media)
    return late
