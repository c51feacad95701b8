"""What a service wants to know before anything is taken down: what was said already is not asked."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bot.config.administration import Condition, ServiceForm
from bot.dialogue.questions import YesNo
from bot.dialogue.state import Heard
from bot.dialogue.talk import Talk


@dataclass(frozen=True)
class Told(YesNo):
    """A yes-or-no question that words may have answered before it is asked.

    Args:
        says_yes: words that say yes: "pbi".
        says_no: words that say no, also those that hold one of the former: "bukan pbi".
    """

    says_yes: Sequence[str] = ()
    says_no: Sequence[str] = ()

    def hear(self, heard: Heard) -> Any | None:
        """What the words say, unless they say both; an answer to another question says nothing."""
        text = "" if heard.answered else heard.text.lower()
        no, rest = _cut(text, self.says_no)
        yes, _ = _cut(rest, self.says_yes)
        return None if yes == no else yes


def _cut(text: str, words: Sequence[str]) -> tuple[bool, str]:
    """Whether one of these words stands in a text, and the text without them."""
    if not words:
        return False, text
    found = re.compile(rf"\b(?:{'|'.join(map(re.escape, words))})\b")
    return bool(found.search(text)), found.sub(" ", text)


def ruled_out(talk: Talk, service: ServiceForm) -> Condition | None:
    """The condition that cannot be met by what the opening says: then no form is offered."""
    said = ((condition, _question(talk, condition).hear(talk.opening)) for condition in service.conditions)
    return next(
        (one for one, answer in said if one.stops and answer is not None and answer is not one.needed), None
    )


async def met(talk: Talk, condition: Condition) -> bool:
    """Whether a condition lets the form go on; else what to do is said, and another service offered that fits."""
    question = condition.question.text(talk.language)
    answer = await talk.ask_as(
        f"if_{condition.code}",
        "",
        "admin.ask",
        _question(talk, condition),
        question=question,
        hint="",
        offered="",
    )
    if answer is condition.needed:
        return True
    await refuse(talk, condition)
    return not condition.stops


async def refuse(talk: Talk, condition: Condition) -> None:
    """What to do where a condition is not met: another service that fits, or an officer."""
    instead = talk.config.services.get(condition.instead or "")
    alone = (
        condition.stops and not instead and not talk.waiting
    )  # another form's question has buttons of its own
    leads_to = ["request_agent"] if alone else []
    await talk.say_with(leads_to, "admin.unmet", words=condition.unmet.text(talk.language))
    if instead:
        if await talk.agree("admin.instead", what=instead.name.text(talk.language)):
            await talk.start(instead.intent)
        if condition.stops:
            await talk.say("admin.not_now")


def _question(talk: Talk, condition: Condition) -> Told:
    """The question of a condition; the words that answer it stand in config/texts, by its code."""
    return Told(
        talk.word("button.yes"),
        talk.word("button.no"),
        says_yes=talk.words(f"told.{condition.code}_yes"),
        says_no=talk.words(f"told.{condition.code}_no"),
    )
