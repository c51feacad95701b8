"""A flow, and what the engine needs to know of it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bot.dialogue.talk import Talk


@dataclass(frozen=True, kw_only=True)
class Flow:
    """A coroutine that reads like the talk it holds.

    Args:
        name: for the transcript and `siaga chat`.
        run: the coroutine.
        light: it holds nothing worth keeping: another wish replaces it, and leaving it needs no word.
        interrupts: its intent may interrupt a form that waits for an answer.
        by_question: but only when it is asked for: words that state something are rather an answer.
        answers_first: it begins with an answer that changes nothing, so a question needs less certainty.
        courtesy: manners: acted on when it is only likely.
        offered: may stand among the things that may have been meant, as manners never do.
        to_agent: while an agent is waited for, this is left to the agent, but for a question that it answers first.
        general: a general question about it may be answered from config/faq.yml before it begins.
        resumable: a form of it that is left before its end is kept for a week (`bot.dialogue.shelf`).
        ends_all: when it ends, the forms that waited below it are left too.
        hands_on: what was told to it serves a complaint or an agent that follows: nobody tells it twice.
        quiet: the question that waits below is not put again when it ends.
        sets_aside: when it ends, those forms are kept until it turns out that it was not meant.
    """

    name: str
    run: Callable[[Talk], Awaitable[None]]
    light: bool = False
    interrupts: bool = True
    by_question: bool = False
    answers_first: bool = False
    courtesy: bool = False
    offered: bool = True
    to_agent: bool = False
    general: bool = False
    resumable: bool = False
    ends_all: bool = False
    hands_on: bool = False
    quiet: bool = False
    sets_aside: bool = False


Flows = dict[str, Flow]
"""Flows by the intent that starts them."""
