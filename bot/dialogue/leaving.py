"""Leaving a form: by a word, for good, or by silence. One that may be taken up again goes onto the shelf."""

from bot.dialogue.running import Steps
from bot.dialogue.stack import SHELF, Stack
from bot.dialogue.state import Dialogue, Form


def cancel(stack: Stack, dialogue: Dialogue, form: Form) -> Steps:
    """Leave the form that has the floor; with no work left, whatever else `batal` can mean (the queue)."""
    light = stack.light(form)
    stack.leave()
    dialogue.others = []
    if dialogue.forms:
        stack.go_on()
        yield from stack.resume(again=True)
    elif light:
        yield from stack.begin("cancel")


def resume(stack: Stack, dialogue: Dialogue) -> Steps:
    """Go on: with the form that waits, below a menu too; without one, with what lies on the shelf."""
    if dialogue.top and stack.light(dialogue.top) and len(dialogue.forms) > 1:
        dialogue.forms.pop()
        stack.go_on()
    if dialogue.top and not stack.light(dialogue.top):
        yield from stack.resume(again=True)
    else:
        yield from stack.begin(SHELF, given={"resume": True})


def discard(stack: Stack, dialogue: Dialogue) -> Steps:
    """Throw away what was filled in and not sent: the form that has the floor, and those on the shelf."""
    form = dialogue.top
    filled_in = form is not None and form.resumable and not stack.light(form)
    if filled_in:
        dialogue.forms.pop()
    there = filled_in or bool(dialogue.shelf)
    dialogue.shelf.clear()
    stack.reply("shelf.thrown_away" if there else "shelf.empty")
    if dialogue.forms:
        stack.go_on()
        yield from stack.resume(again=True)


def left_alone(stack: Stack, dialogue: Dialogue) -> Steps:
    """A form was left alone: remind once, then leave it."""
    form = dialogue.top
    if form is None:
        return
    if stack.light(form):
        stack.clear()
    elif form.reminded:
        stack.reply("shelf.expired" if stack.clear() else "form.expired")
    else:
        stack.reply("form.remind")
        yield from stack.resume(again=True)
        form.reminded = True
