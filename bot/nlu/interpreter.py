"""What every interpreter can do: texts in, interpretations out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.messages import Interpretation


class Interpreter(Protocol):
    """Says what texts mean."""

    @property
    def name(self) -> str:
        """Who answers: ``embedded``, ``rasa``."""
        ...

    async def interpret(self, texts: Sequence[str]) -> list[Interpretation]:
        """One interpretation a text, in the same order. A text that nothing can be made of gets confidence 0."""
        ...


@dataclass(frozen=True, slots=True)
class Thresholds:
    """From which confidence an interpretation is acted on, and from which it is asked back about.

    Chosen on held-out folds of the training data, so that acting is wrong in at most 2% of all messages. Below
    `ask` a message counts as not understood.
    """

    act: float
    ask: float
