"""Answers that are found by the words of a question: asked of the shell, also where no meaning is sure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from bot.config import Question
from bot.dialogue.asking import asks, requests
from bot.dialogue.flow import Flows
from bot.dialogue.requests import LookUp
from bot.dialogue.routes import AskBack, Begin, Lost, Route
from bot.dialogue.routing import Open
from bot.dialogue.running import Steps
from bot.dialogue.state import LIKELY, Said

ANSWER = "_answer"
"""The flow that answers what no meaning is sure of."""
GENERALLY = 0.45
"""The likeness from which a general question is answered before a form about the same matter begins. Of the 3,000
questions in the training data that begin forms, 1 in 100 is that near, and nearly all of these ask no more."""


_SELF = re.compile(r"\W*(?:saya|sy|aku|ak|i)\b", re.IGNORECASE)
"""Of the statements in the training data that begin so and mean a form, none is as near to an answer (`GENERALLY`)."""


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


def answered_instead(
    route: Route,
    said: Said,
    waiting: Open | None,
    flows: Flows,
    questions: Mapping[str, Question],
    *,
    light: bool,
) -> Steps:
    """The way to an answer from config/faq.yml, where the words ask for one; else `route` as it was.

    That is where no meaning is sure, and where a form would begin although a general question about it was asked
    ("sampai kapan bayi bisa didaftarkan?").

    Args:
        route: where the message would go.
        said: the message.
        waiting: the open question, if there is one.
        flows: those that there are.
        questions: those of config/faq.yml.
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
            answered = len(found.codes) == 1 and _suits(questions.get(found.codes[0]), said)
        case _:
            answered = len(found.codes) == 1 and found.likeness >= GENERALLY
    return Begin(ANSWER) if answered else route


def _suits(question: Question | None, said: Said) -> bool:
    """Whether the answer is to what is likely meant, where anything is: "status of my report" asks for no card's."""
    meant = said.interpretation
    return question is None or meant.confidence < LIKELY or meant.intent in question.intents


def _tells(text: str) -> bool:
    """Whether somebody tells what befell them, and wishes for nothing yet: "saya kena phk"."""
    return bool(_SELF.match(text)) and not requests(text)


def _may_ask(route: Route, said: Said, waiting: Open | None, flows: Flows, light: bool) -> bool:
    match route:
        case Begin(intent):
            return intent in flows and flows[intent].general and (asks(said.text) or _tells(said.text))
        case Lost() | AskBack():
            in_form = waiting is not None and not light
            return not in_form or (asks(said.text) and not (waiting and waiting.ask.question.open_ended))
        case _:
            return False
