"""Which earlier answer of a form a message gives anew: an edited message the one it gave, a reply the one it quotes."""

from collections.abc import Sequence
from typing import Any

from bot.dialogue.questions import Retracted, Turned, Unclear
from bot.dialogue.requests import Ask
from bot.dialogue.state import Form, Heard, Said

Anew = tuple[str, Any] | None
"""A question's id and its new answer in the kept form; None where nothing earlier is answered."""


def told_anew(form: Form, asked: Sequence[Ask[Any]], said: Said) -> Anew:
    """The answer that a message corrects by what it refers to.

    Args:
        form: the form that has the floor.
        asked: the questions that it asked before the open one, oldest first.
        said: the message; where it neither is an edit nor quotes a question, nothing is corrected.
    """
    for ask in reversed(asked):
        if said.asked == f"{form.serial}:{ask.id}":
            kept = ask.question.read(said, [], strictly=False)
        elif said.instead_of:
            kept = _edited(form, ask, said)
        else:
            continue
        answers = kept is not None and not isinstance(kept, Unclear | Turned | Retracted)
        new = answers and kept != form.answers.get(ask.id)
        if new and ask.question.correctable:
            return ask.id, kept
    return None


def _edited(form: Form, ask: Ask[Any], said: Said) -> Any | None:
    """The answer to a question as the edited message gives it now, if it gave it before."""
    if ask.question.open_ended:
        return _with(form.answers.get(ask.id), said)
    if form.told_by.get(ask.id) == said.instead_of:
        return ask.question.read(said, [], strictly=False)
    heard = said.before and any(said.before in item.text for item in form.heard)
    return ask.question.correct(Heard.of(said)) if heard else None


def _with(story: Any, said: Said) -> str | None:
    """A story as it is after the edit of a message in it; None where that is no part of it."""
    parts = f"\n{story}\n".split(f"\n{said.before}\n")
    return f"\n{said.text}\n".join(parts).strip("\n") if said.before and len(parts) > 1 else None
