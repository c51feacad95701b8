"""Answers from config/faq.yml: to the question that was asked, else in general; a human where that is not enough."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from bot.config import Question
from bot.dialogue.answering import ANSWER, FindAnswer, Found
from bot.dialogue.questions import FEW, Choice, Choose, Unclear, YesNo
from bot.dialogue.state import Said
from bot.dialogue.talk import Talk
from bot.flows.effects import NoteAnswer, RateAnswer
from bot.flows.named_channels import with_what_is_down
from bot.reading.choices import read_yes_no

RARELY = timedelta(minutes=30)
"""How long nobody is asked again whether an answer helped."""
OTHER = "other"
"""The option that none of the questions offered was meant."""


class _Helped(Choose):
    """Whether it helped: "ga membantu" is a no, though "membantu" is in it."""

    def read(self, said: Said, narrowed: Sequence[str], *, strictly: bool) -> Any | Unclear | None:
        """``yes``, ``no``, or the code of the third button."""
        short = len(said.text.split()) <= FEW
        agrees = read_yes_no(said.text) if short else None
        if agrees is None:
            return super().read(said, narrowed, strictly=strictly)
        return "yes" if agrees else "no"


async def information(talk: Talk) -> None:
    """The answer to the question asked, else the general one to the intent that led here."""
    found = await _found(talk)
    question = talk.config.questions.get(await _which(talk, found))
    if question:
        await _answer(talk, question, found)
    elif talk.intent == ANSWER:
        await talk.start("help")
    else:
        await _in_general(talk, found)


async def _found(talk: Talk) -> Found:
    text = talk.opening.text
    if not text:  # a button was tapped
        return Found()
    return await talk.look_up(FindAnswer(text, "" if talk.intent == ANSWER else talk.intent))


async def _which(talk: Talk, found: Found) -> str:
    """The code of the question that was asked; of several that are equally near, the participant says which."""
    if len(found.codes) < 2:
        return next(iter(found.codes), "")
    titles = {code: talk.config.questions[code].title.text(talk.language) for code in found.codes}
    choices = [Choice(code, title) for code, title in titles.items()]
    return await talk.choose(
        "information.which", [*choices, Choice(OTHER, talk.word("button.other_question"))]
    )


async def _answer(talk: Talk, question: Question, found: Found) -> None:
    noted = await talk.do(
        NoteAnswer(code=question.code, intent=talk.intent, text=talk.opening.text, likeness=found.likeness)
    )
    answer = await with_what_is_down(talk, question.answer.text(talk.language))
    await talk.say("information.is", answer=answer)
    leads_to = question.leads_to if question.leads_to != talk.intent else None
    await _afterwards(talk, noted, leads_to, offer_agent=question.offer_agent)


async def _in_general(talk: Talk, found: Found) -> None:
    """The intent's own answer. It is noted as one that was missing: the question itself had none that holds."""
    answer = talk.config.faq.get(talk.intent)
    valid = answer is not None and answer.valid_on(talk.local_now().date())
    noted = await talk.do(
        NoteAnswer(
            code=None,
            intent=talk.intent,
            text=talk.opening.text,
            likeness=found.likeness,
            expired=found.expired,
        )
    )
    if answer and valid:
        said = await with_what_is_down(talk, answer.answer.text(talk.language))
        await talk.say("information.is", answer=said)
        await _afterwards(talk, noted, None, offer_agent=answer.offer_agent)
    else:
        await talk.say("information.none")
        await _offer_agent(talk)


async def _afterwards(talk: Talk, noted: int, leads_to: str | None, *, offer_agent: bool) -> None:
    """What may follow an answer: whether it helped, now and then; else what it leads to, or a human."""
    if talk.waiting or talk.queued:
        return
    if talk.seldom(RARELY):
        await _ask_whether_it_helped(talk, noted, leads_to)
    elif leads_to:
        if await talk.may_ask("information.lead", _yes_no(talk), what=talk.word(f"intent.{leads_to}")):
            await talk.start(leads_to)
        await talk.say("information.closing")
    elif offer_agent:
        await _offer_agent(talk)


async def _ask_whether_it_helped(talk: Talk, noted: int, leads_to: str | None) -> None:
    further = leads_to or "request_agent"
    choices = [
        Choice("yes", talk.word("button.yes"), words=("membantu", "helped", "helpful")),
        Choice("no", talk.word("button.no"), words=("belum", "kurang", "not helpful")),
        Choice(further, talk.word(f"intent.{further}")),
    ]
    said = await talk.may_ask("information.helpful", _Helped(choices, by_words=False))
    if said in ("yes", "no"):
        await talk.do(RateAnswer(noted, said))
    elif said == "request_agent":
        await talk.do(RateAnswer(noted, "agent"))
    if said == "no":
        await _offer_agent(talk)
    elif said == "yes":
        await talk.say("information.glad")
    else:
        await talk.start(said)


async def _offer_agent(talk: Talk) -> None:
    if await talk.offer("information.agent"):
        await talk.start("request_agent")
    await talk.say("information.closing")


def _yes_no(talk: Talk) -> YesNo:
    return YesNo(talk.word("button.yes"), talk.word("button.no"))
