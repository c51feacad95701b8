"""A form that was left is offered again: go on with it, begin anew, or throw it away."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bot.dialogue.questions import Choice, Choose, Unclear
from bot.dialogue.state import Form, Said
from bot.dialogue.talk import Talk
from bot.reading.choices import read_yes_no

LATER = "later"
"""The answer of who says no: the form stays where it is."""


@dataclass(frozen=True)
class WhatWithIt(Choose):
    """What is to be done with a form that was left; a plain yes goes on with it, a plain no leaves it there."""

    def read(self, said: Said, narrowed: Sequence[str], *, strictly: bool) -> Any | Unclear | None:
        """``resume``, ``anew``, ``discard`` or `LATER`."""
        found = super().read(said, narrowed, strictly=strictly)
        if found is None:
            yes = said.agrees if said.agrees is not None else read_yes_no(said.text)
            return None if yes is None else "resume" if yes else LATER
        return found

    def restore(self, kept: Any) -> str | None:
        """As it was kept."""
        return LATER if kept == LATER else super().restore(kept)


async def shelf(talk: Talk) -> None:
    """What lies on the shelf; where a service is wished for again, the form of that one."""
    form = await _which(talk)
    if form is None:
        await talk.say("shelf.empty")
        return
    chosen = "resume" if talk.given.get("resume") else await _offer(talk, form)
    if chosen == LATER:
        await talk.say("shelf.later")
        return
    if chosen == "resume":
        await talk.take_up(form)
    talk.throw_away(form)
    if chosen == "anew":
        await talk.start(form.intent)
    await talk.say("shelf.thrown_away")


async def _offer(talk: Talk, form: Form) -> str:
    choices = [
        Choice("resume", talk.word("button.resume"), words=("lanjut", "lanjutkan", "terus")),
        Choice("anew", talk.word("button.anew"), words=("mulai baru", "baru", "dari awal")),
        Choice("discard", talk.word("button.discard"), words=("hapus", "buang")),
    ]
    left = form.touched_at.astimezone(talk.zone())
    what = talk.word(f"intent.{form.intent}")
    return await talk.ask("shelf.offer", WhatWithIt(choices, by_words=False), what=what, left=left)


async def _which(talk: Talk) -> Form | None:
    """The form that is meant: asked about where several lie there."""
    forms = talk.shelved
    wished = next((form for form in forms if form.intent == talk.given.get("intent")), None)
    if wished or len(forms) < 2:
        return wished or (forms[0] if forms else None)
    choices = [Choice(str(form.serial), talk.word(f"intent.{form.intent}")) for form in forms]
    serial = await talk.choose("shelf.which", choices)
    return next((form for form in forms if str(form.serial) == serial), None)
