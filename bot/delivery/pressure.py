"""What is left out when messages wait for too long: broadcasts first, then typing signs; never what comes in.

Each process looks for itself, by what PostgreSQL holds, once a second at most. What was left out comes back when the
wait is half of what ended it, so that it does not come and go.
"""

from datetime import datetime, timedelta

import structlog
from sqlalchemy import Row, Select, exists, func, literal, select
from sqlalchemy.orm import aliased

from bot import metrics
from bot.delivery.claiming import pending
from bot.storage.engine import UNAVAILABLE, Database
from bot.storage.tables import Inbox

log = structlog.get_logger()

LOOKED = timedelta(seconds=1)
"""For so long what was seen is believed."""
TYPING = 2.0
"""Typing signs are left out at so many times the load that holds up broadcasts."""
_WELL = 0.5


class Pressure:
    """How heavily messages wait.

    Args:
        waits: seconds that the oldest may wait for its turn.
        pending: messages that may wait.
    """

    def __init__(self, database: Database, waits: float = 10.0, pending: int = 1000) -> None:
        self._database = database
        self._waits = waits
        self._pending = pending
        self._looked_at: datetime | None = None
        self._notices = _Valve("notices", 1.0)
        self._typing = _Valve("typing", TYPING)

    async def no_notices(self, now: datetime) -> bool:
        """Whether broadcasts have to wait."""
        await self._look(now)
        return self._notices.shut

    async def no_typing(self, now: datetime) -> bool:
        """Whether typing signs are left out."""
        await self._look(now)
        return self._typing.shut

    async def _look(self, now: datetime) -> None:
        """Read the load, if that is due; while PostgreSQL is away, what was seen last stays."""
        if self._looked_at is not None and now - self._looked_at < LOOKED:
            return
        self._looked_at = now
        try:
            async with self._database.engine.connect() as connection:
                waiting = (await connection.execute(_waiting(now, self._most))).one()
        except UNAVAILABLE as error:
            log.warning("pressure.not_seen", error=type(error).__name__)
            return
        load = self._load(waiting, now)
        for valve in (self._notices, self._typing):
            valve.set(load)

    @property
    def _most(self) -> int:
        """What is counted at most: more changes nothing."""
        return int(self._pending * TYPING) + 1

    def _load(self, waiting: Row[int, datetime | None], now: datetime) -> float:
        """1 is as much as may be."""
        count, since = waiting
        oldest = (now - since).total_seconds() if since else 0.0
        return max(oldest / self._waits, count / self._pending)


class _Valve:
    """Shut from a load on until it is half of that."""

    def __init__(self, what: str, at: float) -> None:
        self.shut = False
        self._what = what
        self._at = at
        metrics.SHEDDING.labels(what).set(0)

    def set(self, load: float) -> None:
        shut = load >= self._at * (_WELL if self.shut else 1)
        if shut != self.shut:
            self.shut = shut
            metrics.SHEDDING.labels(self._what).set(int(shut))
            tell = log.warning if shut else log.info
            tell("pressure.shedding" if shut else "pressure.well", what=self._what, load=round(load, 2))


def _waiting(now: datetime, most: int) -> Select[int, datetime | None]:
    """How many wait, and since when the oldest could have been taken.

    What failed and waits for its next try, and what waits behind it, is no sign of load.
    """
    some = select(literal(1)).where(pending()).limit(most).subquery()
    count = select(func.count()).select_from(some).scalar_subquery()
    earlier = aliased(Inbox)
    behind = exists().where(earlier.address == Inbox.address, pending(earlier), earlier.id < Inbox.id)
    oldest = (
        select(Inbox.ready_at)
        .where(pending(), Inbox.ready_at <= now, Inbox.error.is_(None), ~behind)
        .order_by(Inbox.id)
        .limit(1)
        .scalar_subquery()
    )
    return select(count, oldest)
