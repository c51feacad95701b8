"""What each interpreter makes of a text now, side by side."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.errors import SiagaError
from bot.messages import Interpretation
from bot.nlu.interpreter import Interpreter
from bot.nlu.normalising import Normaliser
from bot.nlu.training import Labels, Span


@dataclass(frozen=True)
class Readers:
    """Whoever can read a text.

    Args:
        interpreters: by name; the first always answers.
        labels: the intents and entities that there are.
        normaliser: makes texts comparable.
    """

    interpreters: Mapping[str, Interpreter]
    labels: Labels
    normaliser: Normaliser

    async def read(self, texts: Sequence[str]) -> dict[str, list[Interpretation] | None]:
        """By interpreter: one interpretation a text, in order; None where it does not answer."""
        return {name: await _asked(one, texts) for name, one in self.interpreters.items()}

    async def suggested(self, texts: Sequence[str]) -> list[tuple[Span, ...]]:
        """The entities of texts as the first interpreter sees them."""
        first = next(iter(self.interpreters.values()), None)
        read = await _asked(first, texts) if first else None
        return [entities(one) for one in read] if read else [() for _ in texts]


def entities(read: Interpretation) -> tuple[Span, ...]:
    """The entities of an interpretation as training data has them."""
    return tuple(Span(found.entity, found.value, found.start, found.end) for found in read.entities)


async def _asked(interpreter: Interpreter, texts: Sequence[str]) -> list[Interpretation] | None:
    if not texts:
        return []
    try:
        return await interpreter.interpret(texts)
    except SiagaError:
        return None
