"""Answers that are found by the words of a question: asked of the shell, also where no meaning is sure."""

from dataclasses import dataclass

from bot.dialogue.flow import Flows
from bot.dialogue.requests import LookUp
from bot.dialogue.routes import AskBack, Begin, Lost, Route
from bot.dialogue.routing import Open, asks
from bot.dialogue.running import Steps
from bot.dialogue.state import Said

ANSWER = "_answer"
"""The flow that answers what no meaning is sure of."""
GENERALLY = 0.45
"""The likeness from which a general question is answered before a form about the same matter begins. Of the 3,000
questions in the training data that begin forms, 1 in 100 is that near, and nearly all of these ask no more."""


@dataclass(frozen=True, kw_only=True)
class Found:
    """The questions that may have been asked, by their codes of config/faq.yml, best first.

    One: it is that. Several: they are equally near. None: there is no answer, or one that holds no more (`expired`).
    """

    codes: tuple[str, ...] = ()
    likeness: float = 0.0
    """Of the best, 0 to 1."""
    expired: str | None = None


@dataclass(frozen=True)
class FindAnswer(LookUp[Found]):
    """Which question of config/faq.yml a text asks; `intent` is what it surely means, "" where that is not sure."""

    text: str
    intent: str = ""


def answered_instead(route: Route, said: Said, waiting: Open | None, flows: Flows, *, light: bool) -> Steps:
    """The way to an answer from config/faq.yml, where the words ask for one; else `route` as it was.

    That is where no meaning is sure, and where a form would begin although a general question about it was asked
    ("sampai kapan bayi bisa didaftarkan?").

    Args:
        route: where the message would go.
        said: the message.
        waiting: the open question, if there is one.
        flows: those that there are.
        light: whether nothing is lost by leaving the open question: in a form only a plain question is answered.
    """
    if (
        not said.text
        or said.tapped is not None
        or said.media
        or not _may_ask(route, said, waiting, flows, light)
    ):
        return route
    found: Found = yield FindAnswer(said.text, route.intent if isinstance(route, Begin) else "")
    match route:
        case Lost():
            answered = bool(found.codes)
        case AskBack():
            answered = len(found.codes) == 1
        case _:
            answered = len(found.codes) == 1 and found.likeness >= GENERALLY
    return Begin(ANSWER) if answered else route


def _may_ask(route: Route, said: Said, waiting: Open | None, flows: Flows, light: bool) -> bool:
    match route:
        case Begin(intent):
            return intent in flows and flows[intent].general and asks(said.text)
        case Lost() | AskBack():
            in_form = waiting is not None and not light
            return not in_form or (asks(said.text) and not (waiting and waiting.ask.question.open_ended))
        case _:
            return False
