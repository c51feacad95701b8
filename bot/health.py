"""How a process is, for those who run the service: ``/healthz``, ``/readyz`` and ``/metrics``."""

import asyncio
import platform
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from importlib.metadata import version

import structlog
from fastapi import APIRouter, FastAPI, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST
from prometheus_client.core import Metric

from bot import metrics
from bot.delivery import queues
from bot.delivery.queues import Queues
from bot.listening import bare_app
from bot.nlu.cache import Cached
from bot.nlu.fallback import Fallback
from bot.nlu.watching import health
from bot.storage.engine import UNAVAILABLE, Database
from bot.storage.migrating import pending

log = structlog.get_logger()

_PATIENCE = 2.0  # seconds for the database, so that whoever asks is answered in time


@dataclass(kw_only=True)
class Health:
    """How this process is.

    Args:
        role: ``all``, ``web``, ``worker``, ``sender`` or ``scheduler``.
        stopping: set from the moment at which the process was told to stop.
        clock: the present time, aware.
    """

    database: Database
    interpreter: Cached
    role: str
    stopping: asyncio.Event
    clock: Callable[[], datetime]
    _current: bool = field(default=False, init=False)
    """Whether the schema was seen to be this release's: it does not go back."""

    async def not_ready(self) -> str | None:
        """Why no more should be given to this process; None if it may."""
        if self.stopping.is_set():
            return "stopping"
        if not await self.database.ping():
            return "no database"
        if not self._current:
            try:
                async with asyncio.timeout(_PATIENCE):
                    self._current = not await pending(self.database)
            except UNAVAILABLE:
                return "no database"
        return None if self._current else "the schema is not this release's: siaga migrate"

    async def found(self) -> list[Metric]:
        """What is looked up for Prometheus."""
        about = (version("siaga"), platform.python_version(), self.role)
        found = [metrics.BUILD.of([(about, 1)]), *_interpreting(self.interpreter)]
        if self.role not in ("all", "web", "scheduler"):  # two that tell of the queues are enough
            return found
        try:
            waiting = await queues.look(self.database, self.clock())
        except UNAVAILABLE as error:
            log.warning("metrics.no_queues", error=type(error).__name__)
            return [*found, metrics.DATABASE_UP.being(0)]
        return [*found, metrics.DATABASE_UP.being(1), *_waiting(waiting)]


def router(health_of: Health) -> APIRouter:
    """The three addresses."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/healthz")
    async def healthz() -> dict[str, str]:
        """This process lives."""
        return {"status": "ok"}

    @routes.get("/readyz")
    async def readyz() -> JSONResponse:
        """This process may be given work: PostgreSQL answers, with our schema. Everything else may be away."""
        if reason := await health_of.not_ready():
            return JSONResponse({"status": reason}, 503)  # at once: Rasa is not asked
        return JSONResponse({"status": "ok", "interpreter": await health(health_of.interpreter)})

    @routes.get("/metrics")
    async def metrics_() -> Response:
        """For Prometheus."""
        return Response(metrics.page(await health_of.found()), media_type=CONTENT_TYPE_LATEST)

    return routes


def alone(health_of: Health) -> FastAPI:
    """The three addresses as all that a process serves: of the parts without web pages."""
    app = bare_app()
    app.include_router(router(health_of))
    return app


def _interpreting(interpreter: Cached) -> Iterator[Metric]:
    """What the interpreters of this process did: they keep count themselves."""
    yield metrics.INTERPRETATIONS.of(((name,), count) for name, count in interpreter.answered.items())
    yield metrics.CACHE_HITS.being(interpreter.hits)
    if isinstance(interpreter.behind, Fallback):
        yield metrics.RASA_LEFT_ALONE.being(int(interpreter.behind.resting))


def _waiting(found: Queues) -> Iterator[Metric]:
    yield metrics.INBOX_PENDING.being(found.inbox_pending)
    yield metrics.INBOX_OLDEST.being(found.inbox_oldest)
    yield metrics.INBOX_DEAD.being(found.inbox_dead)
    yield metrics.OUTBOX_QUEUED.of(((_short(priority),), count) for priority, count in found.queued.items())
    yield metrics.OUTBOX_LATE.of(((_short(priority),), age) for priority, age in found.late.items())
    yield metrics.OUTBOX_STOPPED.of(((state.value,), count) for state, count in found.stopped.items())


def _short(priority: str) -> str:
    """``reply`` for ``a_reply``: the letter is there for the order alone."""
    return priority.partition("_")[2]
