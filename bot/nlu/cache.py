"""What was understood a moment ago is not asked again: on the day of an outage thousands write the same."""

import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Sequence

from bot.messages import Interpretation
from bot.nlu.interpreter import Interpreter

MOST = 4096
"""Texts that are kept."""
LONGEST = 400
"""Characters of a text that is kept: nobody tells the same story twice."""
DIGITS = 6
"""A text with so many digits may hold a personal number and is not kept."""
HOLDS = 300.0
"""Seconds for which a text is kept."""


class Cached:
    """Answers texts that were answered before, by the model that would answer them now, and asks for the others.

    Args:
        behind: who is asked.
        most: texts that are kept; the one that was asked for longest ago goes first.
        holds: seconds.
        clock: seconds that never run back.
    """

    def __init__(
        self,
        behind: Interpreter,
        *,
        most: int = MOST,
        holds: float = HOLDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.behind = behind
        self._most = most
        self._holds = holds
        self._clock = clock
        self._forget_at = clock() + holds
        self._kept: OrderedDict[tuple[str, str], tuple[float, Interpretation]] = OrderedDict()
        self.hits = 0
        """Texts that nobody was asked about."""
        self.answered: Counter[str] = Counter()
        """Texts that each interpreter was asked about and answered, by its name."""

    def __len__(self) -> int:
        return len(self._kept)

    @property
    def name(self) -> str:
        """Whoever is asked."""
        return self.behind.name

    @property
    def model(self) -> str:
        """The model that is expected to answer the next text."""
        return self.behind.model

    async def interpret(self, texts: Sequence[str]) -> list[Interpretation]:
        """One interpretation a text, in the same order."""
        model = self.model
        found = {text: one for text in texts if (one := self._find(model, text))}
        asked = [text for text in dict.fromkeys(texts) if text not in found]
        for one in await self.behind.interpret(asked) if asked else []:
            found[one.text] = one
            self.answered[one.interpreter] += 1
            self._keep(one)
        self.hits += len(texts) - len(asked)
        return [found[text] for text in texts]

    def _find(self, model: str, text: str) -> Interpretation | None:
        until, one = self._kept.get((model, text), (0.0, None))
        if one is None or until < self._clock():
            return None
        self._kept.move_to_end((model, text))
        return one

    def _keep(self, one: Interpretation) -> None:
        """Keep an answer whose model is known, unless its text is long or may hold a personal number."""
        if not one.model or len(one.text) > LONGEST or sum(map(str.isdigit, one.text)) >= DIGITS:
            return
        self._forget_old()
        self._kept[one.model, one.text] = self._clock() + self._holds, one
        self._kept.move_to_end((one.model, one.text))
        if len(self._kept) > self._most:
            self._kept.popitem(last=False)

    def _forget_old(self) -> None:
        """Now and then, let go of all whose time is over."""
        now = self._clock()
        if now >= self._forget_at:
            self._forget_at = now + self._holds
            for key in [key for key, (until, _) in self._kept.items() if until < now]:
                del self._kept[key]
