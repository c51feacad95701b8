"""Running one flow within a turn: from the top, past what is answered already, to the next open question."""

import hashlib
from collections import Counter
from collections.abc import Generator
from typing import Any

import orjson

from bot.dialogue.flow import Flow
from bot.dialogue.requests import Ask, Consult, Effect, Leave, LookUp, Request, Say, Start, TakeBack, TakeUp
from bot.dialogue.state import Form
from bot.dialogue.talk import Talk

Steps = Generator[LookUp[Any] | Effect[Any], Any, Any]
"""What the shell drives: it looks up or does what comes out, and sends the result back in."""

DONE = "do:"
"""What the key of an effect's result begins with, among the answers."""

Paused = Ask[Any] | Start | TakeBack | TakeUp | Leave | None
"""Where a run stopped: at a question, at the wish to go elsewhere or back, or at its end."""


class Run:
    """A live coroutine of a form. It lasts one turn; the form's answers are what stays.

    Args:
        form: whose answers it is fed.
        flow: the coroutine.
        talk: what the coroutine holds in its hand.
        replies: where replies go; without it the run neither speaks nor acts, it only finds its way to the open
            question.
    """

    def __init__(self, form: Form, flow: Flow, talk: Talk, replies: list[Say] | None) -> None:
        self.form = form
        self.asked: list[Ask[Any]] = []
        """Questions in the order in which this run met them."""
        self._coroutine = flow.run(talk).__await__()
        self._now = talk.now
        self._replies = replies
        self._said: Counter[str] = Counter()
        self._done: Counter[str] = Counter()

    def go(self) -> Generator[LookUp[Any] | Effect[Any], Any, Paused]:  # noqa: C901 - one case a request
        """Run on until something new has to be asked."""
        result: Any = None
        while True:
            try:
                request: Request[Any] = self._coroutine.send(result)
            except StopIteration:
                return None
            result = None
            match request:
                case Say():
                    self._say(request)
                case Ask():
                    self.asked.append(request)
                    result = self.known(request)
                    if result is None:
                        return request
                case Effect():
                    key = self._key(request)
                    if self._replies is None and key not in self.form.answers:
                        return None
                    result = yield from self._do(request, key)
                case LookUp():
                    result = yield request
                case Start() | TakeBack() | TakeUp() | Leave():
                    return request

    def known(self, ask: Ask[Any]) -> Any | None:
        """The answer that the form has, or that was heard before the question came up, or that goes without saying."""
        answers = self.form.answers
        if ask.id not in answers and ask.id not in self.form.reask:
            kept = self._heard(ask)
            if kept is not None:
                answers[ask.id] = kept
        if ask.id not in answers:
            return None
        value = ask.question.restore(answers[ask.id])
        if value is None:
            del answers[ask.id]
        return value

    def _heard(self, ask: Ask[Any]) -> Any | None:
        heard = self.form.heard
        found = (kept for item in reversed(heard) if (kept := ask.question.hear(item)) is not None)
        kept = next(found, None)
        return ask.question.assume(heard) if kept is None else kept

    def _say(self, say: Say) -> None:
        """Reply once: a rerun comes past the same place again. That time has gone by is nothing new to say."""
        values = {name: value for name, value in say.values.items() if value != self._now}
        content = orjson.dumps(values, default=str, option=orjson.OPT_SORT_KEYS)
        token = f"{say.key}:{hashlib.sha256(content).hexdigest()[:12]}"
        self._said[token] += 1
        token = f"{token}:{self._said[token]}"
        if self._replies is not None and token not in self.form.said:
            self.form.said.append(token)
            self._replies.append(say)

    def _key(self, effect: Effect[Any]) -> str:
        """Where what an effect gave back is kept. Another server is asked anew when an answer was corrected."""
        name = type(effect).__name__
        if isinstance(effect, Consult):
            return f"{DONE}{name}:{hashlib.sha256(repr(effect).encode()).hexdigest()[:16]}"
        self._done[name] += 1
        return f"{DONE}{name}:{self._done[name]}"

    def _do(self, effect: Effect[Any], key: str) -> Generator[LookUp[Any] | Effect[Any], Any, Any]:
        """Have an effect done, unless a former turn of this form did it."""
        if key not in self.form.answers:
            self.form.answers[key] = effect.keep((yield effect))
        return effect.restore(self.form.answers[key])
