"""Several requests in one message: those that are sure, in their order.

The shell reads a message as a whole and, where its sentences part it, the second request beside the first
(`Said.second`). What stands behind that, and what only commas part, is read here.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, ClassVar

from bot.dialogue.alarms import EMERGENCY
from bot.dialogue.asking import asks, requests
from bot.dialogue.flow import Flows
from bot.dialogue.requests import Consult
from bot.dialogue.running import Steps
from bot.dialogue.stack import LATER, Stack
from bot.dialogue.state import LIKELY, Dialogue, Heard, Said
from bot.messages import Interpretation

SURE = 0.9
"""From here on a part is a request of its own: offering one that was none costs a "no"."""
MOST = 4
"""Parts that are looked at; who writes more tells a story."""
SHORTEST = 3
"""Words of a part that can be a request by itself."""
LATER_WITHIN = timedelta(hours=1)
"""How long the other requests of a message are worth coming back to."""
_APART = re.compile(
    r"\s*[,;?.!]\s+|\s+(?=(?:terus|trus|trs|lalu|sekalian|sama|dan|and|also)\s)", re.IGNORECASE
)


@dataclass(frozen=True)
class Understand(Consult[tuple[Interpretation, ...]]):
    """What parts of a message mean by themselves, in their order; the interpreter is asked."""

    texts: tuple[str, ...]
    result: ClassVar[Any] = tuple[Interpretation, ...]


@dataclass(frozen=True)
class Wanted:
    """What a message wants: itself, taken for its first request, and the requests that come after it."""

    first: Said | None = None
    """None where no request in it is sure."""
    others: list[Heard] = field(default_factory=list)


def told_apart(said: Said, flows: Flows, *, unsure: bool) -> Steps:
    """The requests of a message, as `Wanted`.

    Args:
        said: the message.
        flows: those that there are.
        unsure: whether it could not be told what it wants as a whole.
    """
    if said.second is None and not unsure:
        return Wanted(said)
    texts = _after(said) if said.second else _pieces(said.text)
    found: Sequence[Interpretation] = (yield Understand(texts)) if texts else ()
    parts = [said.second, *found] if said.second else list(found)
    sure = [part for part in parts if _is_sure(part, flows)]
    if said.second and (not unsure or _is_sure(said.interpretation, flows)):
        return Wanted(said, _others(sure, said, said.interpretation.intent))
    if not sure:
        return Wanted()
    first = sure[0]
    besides = [part for part in parts if part.confidence >= LIKELY]
    if said.second and said.interpretation.asked_about:  # what stands first is unclear, and offered last
        besides.append(said.interpretation)
    alone = replace(said, text=first.text, interpretation=first, second=None)
    return Wanted(
        alone, _others([part for part in besides if _offered(part.intent, flows)], said, first.intent)
    )


def offer_others(stack: Stack, dialogue: Dialogue, flows: Flows, now: datetime) -> Steps:
    """Offer the other requests of a message when its first is served; what is merely offered gives way."""
    others, form = dialogue.others, stack.top
    if not others or (form and not (form.open and form.open.optional)):
        return
    dialogue.others = []
    fresh = [other for other in others if _offered(other.intent, flows) and now - other.at <= LATER_WITHIN]
    if fresh:
        stack.replies[:] = [reply for reply in stack.replies if not reply.asks]
        yield from stack.begin(LATER, fresh, given={"intents": [other.intent for other in fresh]})


def _after(said: Said) -> tuple[str, ...]:
    """What stands behind the second request."""
    assert said.second
    at = said.text.find(said.second.text)
    rest = said.text[at + len(said.second.text) :].strip(" ,.;?!") if at >= 0 else ""
    return _pieces(rest) or ((rest,) if _asks_for(rest) else ())


def _pieces(text: str) -> tuple[str, ...]:
    """The parts of a text, where each asks for something; none where it is one request, or a story."""
    found = tuple(part.strip() for part in _APART.split(text) if part.strip())
    return found if 1 < len(found) <= MOST and all(_asks_for(part) for part in found) else ()


def _asks_for(text: str) -> bool:
    return len(text.split()) >= SHORTEST and (requests(text) or asks(text))


def _is_sure(meant: Interpretation, flows: Flows) -> bool:
    """Whether it is a request by itself; of one that is answered and no more, less certainty is enough."""
    flow = flows.get(meant.intent)
    return _offered(meant.intent, flows) and meant.confidence >= (
        LIKELY if flow and flow.by_question else SURE
    )


def _offered(intent: str, flows: Flows) -> bool:
    flow = flows.get(intent)
    return flow is not None and flow.offered and not flow.courtesy and intent != EMERGENCY


def _others(found: Sequence[Interpretation], said: Said, first: str) -> list[Heard]:
    """Each intent once, as the flow that serves it will hear it."""
    by_intent = {meant.intent: meant for meant in reversed(found) if meant.intent != first}
    return [
        Heard(text=meant.text, at=said.at, intent=meant.intent, entities=list(meant.entities))
        for meant in found
        if by_intent.get(meant.intent) is meant
    ]
