"""People and texts for the tests of the review."""

from collections.abc import Callable
from typing import Any

import pytest

from bot import staff
from bot.nlu.normalising import load_normaliser
from bot.settings import HOME
from bot.storage.engine import Database
from bot.storage.tables import Agent, Role, Understanding
from tests.conftest import Clock

NORMALISER = load_normaliser(HOME / "config" / "nlu" / "normalising.yml")


class Review:
    """What was kept, and who decides about it."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self.database, self.clock = database, clock

    async def agent(self, name: str, branch: str | None = None) -> Agent:
        async with self.database.sessions.begin() as session:
            email = f"{name.lower()}@siaga.example"
            return await staff.create_agent(
                session, email, name, Role.SUPERVISOR, branch, "sandi panjang sekali", self.clock()
            )

    async def keep(self, *texts: str, **fields: Any) -> list[int]:
        """Rows for texts, as the turn keeps them."""
        usual = {
            "outcome": "fell_through",
            "thought": {"interpreter": "embedded", "ranking": [["help", 0.2]]},
        }
        rows = [
            Understanding(
                text=text, alike=NORMALISER.normalise(text).text, at=self.clock(), **(usual | fields)
            )
            for text in texts
        ]
        async with self.database.sessions.begin() as session:
            session.add_all(rows)
        return [row.id for row in rows]

    async def row(self, id_: int) -> Understanding:
        async with self.database.sessions() as session:
            return await session.get_one(Understanding, id_)


@pytest.fixture
def review(database: Database, clock: Callable[[], Any]) -> Review:
    return Review(database, clock)  # type: ignore[arg-type]
