"""A desk that reviews: who reads texts there, and texts that were not understood."""

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from bot.errors import SiagaError
from bot.messages import Entity, Interpretation
from bot.nlu.normalising import load_normaliser
from bot.nlu.training import read_labels
from bot.review.reading import Readers
from bot.settings import HOME
from bot.storage.tables import Understanding
from tests.desk.scene import Scene

NORMALISER = load_normaliser(HOME / "config" / "nlu" / "normalising.yml")
LABELS = read_labels(HOME / "config" / "rasa" / "domain.yml")
PLACES = re.compile(r"palembang|samarinda", re.IGNORECASE)


class ByWord:
    """Takes a text for what its words say; `silent`: does not answer."""

    model = ""
    words = (("otp", "ask_outage"), ("buka", "ask_closure"), ("kartu", "ask_card"))

    def __init__(self, name: str, *, silent: bool = False) -> None:
        self.name = name
        self.silent = silent

    async def interpret(self, texts: Sequence[str]) -> list[Interpretation]:
        if self.silent:
            raise SiagaError("silent")
        return [self._read(text) for text in texts]

    def _read(self, text: str) -> Interpretation:
        intent = next((intent for word, intent in self.words if word in text.lower()), "help")
        places = tuple(
            Entity(entity="place", value=found.group(), start=found.start(), end=found.end())
            for found in PLACES.finditer(text)
        )
        ranking = ((intent, 0.7), ("greet", 0.2), ("thank", 0.05))
        return Interpretation(
            text=text, intent=intent, confidence=0.7, ranking=ranking, entities=places, interpreter=self.name
        )


def readers(*, rasa: bool = False, silent: bool = False) -> Readers:
    """An embedded interpreter, and a Rasa on demand."""
    known = {"embedded": ByWord("embedded")} | ({"rasa": ByWord("rasa", silent=silent)} if rasa else {})
    return Readers(known, LABELS, NORMALISER)


async def keep(scene: Scene, *texts: str, minutes: float = 0, **fields: Any) -> list[int]:
    """Rows for texts, as a turn keeps them, `minutes` ago."""
    thought = {"interpreter": "embedded", "ranking": [["ask_office", 0.41], ["ask_closure", 0.36]]}
    usual: dict[str, Any] = {"outcome": "asked_back", "thought": thought}
    rows = [
        Understanding(
            text=text,
            alike=NORMALISER.normalise(text).text,
            at=scene.desk.clock() - timedelta(minutes=minutes),
            **(usual | fields),
        )
        for text in texts
    ]
    async with scene.database.sessions.begin() as session:
        session.add_all(rows)
    return [row.id for row in rows]
