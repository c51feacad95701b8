"""What became of the rows that a sender has in hand, written down together, and insisted on."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from uuid import uuid4

import structlog

from bot.delivery import outbox
from bot.delivery.outbox import Change, Due
from bot.delivery.together import Together
from bot.messages import Address
from bot.storage.engine import UNAVAILABLE, Database
from bot.storage.tables import Priority

log = structlog.get_logger()

_INSIST = 0.5  # seconds between two tries


class Notes:
    """Writes down how rows come on; `insisting` counts those that could not be written yet.

    Args:
        clock: the present time, aware.
        lease_seconds: for how long a row is ours from each note on.
    """

    def __init__(self, database: Database, clock: Callable[[], datetime], lease_seconds: float) -> None:
        self.insisting = 0
        self._database = database
        self._clock = clock
        self._lease = timedelta(seconds=lease_seconds)
        self._together = Together(partial(outbox.change_all, database))

    async def write(self, due: Due, values: Mapping[str, object]) -> bool:
        """Write down what happened, and insist until it is written: what is not would be sent again.

        Insisting is safe, since it changes nothing once another sender has the row (False then).
        """
        noted = await self._try(due, values)
        if noted is None:
            self.insisting += 1
            try:
                while noted is None:
                    await asyncio.sleep(_INSIST)
                    noted = await self._try(due, values)
            finally:
                self.insisting -= 1
        if not noted:
            log.warning("outbox.hold_lost", outbox=due.id)
        return noted

    async def make_ready(self, values: Mapping[str, object]) -> None:
        """Have the statement made that writes these columns.

        That takes some 40 ms once, in which the first messages of a broadcast would miss their turns.
        """
        nobody = Due(
            id=0,
            channel="",
            address=Address(""),
            sealed=b"",
            priority=Priority.REPLY,
            hold=uuid4(),
            held_until=self._clock(),
            parts_sent=0,
            attempts=0,
            doubt_since=None,
            last_try=False,
        )
        with suppress(*UNAVAILABLE):
            await outbox.change_all(self._database, [Change(nobody, self._held(values))])

    async def _try(self, due: Due, values: Mapping[str, object]) -> bool | None:
        """Whether the row is still ours and was changed; None where PostgreSQL is away."""
        try:
            return await self._together.ask(Change(due, self._held(values)))
        except UNAVAILABLE as error:
            log.warning("outbox.not_noted", outbox=due.id, error=type(error).__name__)
            return None

    def _held(self, values: Mapping[str, object]) -> Mapping[str, object]:
        """A row that is changed stays ours, unless its new values say otherwise."""
        return {"held_until": self._clock() + self._lease, **values}
