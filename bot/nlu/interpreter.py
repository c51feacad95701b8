"""What every interpreter can do: texts in, interpretations out."""

from collections.abc import Sequence
from typing import Protocol

from bot.messages import Interpretation, Thresholds

__all__ = ["Interpreter", "Thresholds"]


class Interpreter(Protocol):
    """Says what texts mean."""

    @property
    def name(self) -> str:
        """Who answers: ``embedded``, ``rasa``."""
        ...

    @property
    def model(self) -> str:
        """The model that is expected to answer the next text."""
        ...

    async def interpret(self, texts: Sequence[str]) -> list[Interpretation]:
        """One interpretation a text, in the same order. A text that nothing can be made of gets confidence 0."""
        ...
