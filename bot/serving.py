"""Running the service: the web pages, the workers, the senders and the scheduler, in one process or in many."""

import asyncio
import gc
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import structlog
from fastapi import FastAPI
from fastapi.responses import RedirectResponse
from fastapi.staticfiles import StaticFiles
from sqlalchemy import func, select
from structlog.contextvars import bound_contextvars

from bot import health, tracing, webhooks
from bot.api import Api, problem_handlers
from bot.api import router as api_router
from bot.app import Bot, clock
from bot.channels.telegram import Telegram
from bot.channels.telegram_polling import poll
from bot.conversation.typing import typing
from bot.delivery import inbox
from bot.delivery.claiming import Claimed
from bot.delivery.limits import limits
from bot.delivery.pace import Pace
from bot.delivery.pressure import Pressure
from bot.delivery.sender import Sender
from bot.delivery.waking import first_of
from bot.desk import Desk
from bot.desk import router as desk_router
from bot.errors import ChannelError, ConfigurationError
from bot.health import Health
from bot.jobs import jobs
from bot.listening import bare_app, listen
from bot.media.enclosing import Enclosing
from bot.media.keeping import Keeper
from bot.media.links import Links
from bot.media.links import router as links_router
from bot.messages import Event
from bot.notices.broadcaster import Broadcaster
from bot.scheduler import Scheduler
from bot.simulator.pages import Simulation
from bot.simulator.pages import router as simulator_router
from bot.status import Status
from bot.status import router as status_router
from bot.worker import Turns, Worker

log = structlog.get_logger()
HERE = Path(__file__).parent
ROLES = ("web", "worker", "sender", "scheduler")
_TURN_TO_POLL = 5.0  # seconds
_COLLECTOR = "OTEL_EXPORTER_OTLP_ENDPOINT"
_POLLING_LOCK = 0x51A6B
"""Exactly one process may poll Telegram: of two, its getUpdates answers one with 409."""


@dataclass(frozen=True, slots=True)
class Stop:
    """How a process ends: it takes nothing new, but its web pages answer for a while, until no balancer asks it."""

    told: asyncio.Event = field(default_factory=asyncio.Event)
    """From now on it is not ready."""
    over: asyncio.Event = field(default_factory=asyncio.Event)
    """From now on no page is answered."""

    def at_once(self) -> None:
        """Without the while: somebody waits at the terminal, or has asked twice."""
        self.told.set()
        self.over.set()

    async def drain(self, seconds: float) -> None:
        """End the pages some seconds after it was told."""
        await self.told.wait()
        await first_of(self.over, seconds=seconds)
        self.over.set()


def web(bot: Bot, stopping: asyncio.Event, condition: Health) -> FastAPI:
    """Every page and endpoint on one application; `stopping` ends the pages that stay open."""
    app = bare_app()
    takes = {name: channel.limits.files for name, channel in bot.channels.items()}
    enclosing = Enclosing(bot.database, bot.sealer, bot.vault, takes, clock)
    intake = webhooks.Intake(
        database=bot.database,
        sealer=bot.sealer,
        channels=bot.channels,
        clock=clock,
        quiet_seconds=bot.settings.quiet_seconds,
    )
    app.router.routes += webhooks.routes(intake)
    app.include_router(desk_router(_desk(bot, enclosing, stopping)), prefix="/desk")
    links = Links(sealer=bot.sealer, public_url=bot.settings.public_url, clock=clock)
    app.include_router(links_router(links, bot.database, bot.vault))
    app.include_router(api_router(_api(bot, enclosing)))
    problem_handlers(app)
    status = Status(database=bot.database, config=bot.config, clock=clock)
    app.include_router(status_router(status))
    if bot.settings.simulator:
        _add_simulator(app, bot, stopping)
    _add_root(app, bot)
    app.include_router(health.router(condition))
    app.add_middleware(tracing.Traced)
    return app


def _desk(bot: Bot, enclosing: Enclosing, stopping: asyncio.Event) -> Desk:
    return Desk(
        database=bot.database,
        sealer=bot.sealer,
        config=bot.config,
        texts=bot.texts,
        handling=bot.handling,
        publisher=bot.publisher,
        live=bot.live,
        clock=clock,
        readers=bot.readers,
        vault=bot.vault,
        enclosing=enclosing,
        stopping=stopping,
        secure_cookies=bot.settings.public_url.startswith("https:"),
    )


def _api(bot: Bot, enclosing: Enclosing) -> Api:
    return Api(
        database=bot.database,
        sealer=bot.sealer,
        config=bot.config,
        handling=bot.handling,
        publisher=bot.publisher,
        live=bot.live,
        clock=clock,
        enclosing=enclosing,
    )


def _add_simulator(app: FastAPI, bot: Bot, stopping: asyncio.Event) -> None:
    app.mount("/simulator/static", StaticFiles(directory=HERE / "simulator" / "static"))
    simulation = Simulation(
        database=bot.database,
        sealer=bot.sealer,
        live=bot.live,
        clock=clock,
        vault=bot.vault,
        stopping=stopping,
    )
    app.include_router(simulator_router(simulation))


def _add_root(app: FastAPI, bot: Bot) -> None:
    @app.get("/")
    async def root() -> RedirectResponse:
        return RedirectResponse("/simulator" if bot.settings.simulator else "/desk")


async def serve(bot: Bot, role: str, host: str, port: int, started: Callable[[], None] | None = None) -> None:
    """Run one role or all of them until SIGTERM or Ctrl-C.

    Args:
        bot: the assembled service.
        role: ``all`` or one of `ROLES`.
        host: address to listen on, for the web.
        port: port to listen on, for the web.
        started: called once the web answers.
    """
    stop = Stop()
    condition = Health(
        database=bot.database, interpreter=bot.interpreter, role=role, stopping=stop.told, clock=clock
    )
    parts = ROLES if role == "all" else (role,)
    jobs: dict[str, Callable[[], Awaitable[None]]] = {
        "web": lambda: listen(web(bot, stop.over, condition), host, port, stop.over, started),
        "worker": lambda: _work(bot, stop.told),
        "sender": lambda: _send(bot, stop.told),
        "scheduler": lambda: _schedule(bot, stop.told),
    }
    spare_what_is_loaded()
    with _traced(role), _signals(stop):
        async with _seen_apart(condition, host, bot.settings.metrics_port), asyncio.TaskGroup() as tasks:
            tasks.create_task(stop.drain(bot.settings.drain_seconds if "web" in parts else 0))
            for name in parts:
                tasks.create_task(_until_stopped(name, jobs[name], stop), name=name)
    log.info("service.stopped")


def spare_what_is_loaded() -> None:
    """Keep the collector of cycles from looking through all that is loaded again and again.

    A process would stand still for some 0.2 s twice a minute, and messages that had their turns would leave in a burst.
    """
    gc.collect()
    gc.freeze()


async def _until_stopped(name: str, job: Callable[[], Awaitable[None]], stop: Stop) -> None:
    """Run a part; when one ends, for whatever reason, all do."""
    with bound_contextvars(role=name):
        try:
            await job()
        finally:
            stop.told.set()


@contextmanager
def _traced(role: str) -> Iterator[None]:
    """Tell a collector of every step, where the environment names one.

    Raises:
        ConfigurationError: it does, but OpenTelemetry is not there.
    """
    if not (os.environ.get(_COLLECTOR) or os.environ.get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")):
        yield
        return
    try:
        from bot.spans import Spans  # noqa: PLC0415 (costs time and packages, and most do without)
    except ImportError as error:
        raise ConfigurationError([f"{_COLLECTOR} is set. Install the packages of siaga[otel]"]) from error
    spans = Spans(role)
    try:
        with tracing.recorded_by(spans):
            yield
    finally:
        spans.close()


@asynccontextmanager
async def _seen_apart(condition: Health, host: str, port: int | None) -> AsyncIterator[None]:
    """Health and metrics of a part that has no web pages, until it has come to its end."""
    if port is None or condition.role in ("all", "web"):
        yield
        return
    gone = asyncio.Event()
    listening = asyncio.create_task(listen(health.alone(condition), host, port, gone))
    try:
        yield
    finally:
        gone.set()
        await listening


def _pressure(bot: Bot) -> Pressure:
    return Pressure(bot.database, bot.settings.shed_after, bot.settings.shed_pending)


def _worker(bot: Bot) -> Worker:
    pressure = _pressure(bot)

    def signs(together: Sequence[Claimed]) -> AbstractAsyncContextManager[None]:
        return typing(bot.channels, together, lambda: pressure.no_typing(clock()))

    async def take_turn(claimed: Claimed) -> None:
        async with signs([claimed]):
            await bot.conversations.take_turn(claimed)

    async def take_together(together: Sequence[Claimed]) -> list[Claimed]:
        async with signs(together):
            return await bot.conversations.take_together(together)

    return Worker(
        bot.database,
        bot.sealer,
        Turns(take_turn, take_together),
        clock,
        lease_seconds=bot.settings.turn_lease,
    )


def _broadcaster(bot: Bot) -> Broadcaster:
    return Broadcaster(
        database=bot.database,
        sealer=bot.sealer,
        config=bot.config,
        texts=bot.texts,
        channels=tuple(bot.channels),
        live=bot.live,
        clock=clock,
    )


async def _work(bot: Bot, stopping: asyncio.Event) -> None:
    """Take turns, bring what participants send besides words into our own store, and make broadcasts' messages."""
    lease = timedelta(seconds=bot.settings.media_lease)
    keeper = Keeper(bot.database, bot.sealer, bot.vault, bot.channels, bot.live, clock, lease=lease)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(_worker(bot).run(stopping))
        tasks.create_task(keeper.run(stopping))
        tasks.create_task(_broadcaster(bot).run(stopping))


async def _send(bot: Bot, stopping: asyncio.Event) -> None:
    settings = bot.settings
    allowed = limits(settings.whatsapp_per_second, settings.telegram_per_second)
    pace = Pace(allowed, settings.redis_url, settings.senders)
    try:
        sender = Sender(
            bot.database,
            bot.sealer,
            bot.channels,
            clock,
            pace=pace,
            live=bot.live,
            pressure=_pressure(bot),
            lease_seconds=settings.send_lease,
        )
        await sender.run(stopping)
    finally:
        await pace.close()


async def _schedule(bot: Bot, stopping: asyncio.Event) -> None:
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(Scheduler(bot.database, jobs(bot), clock).run(stopping))
        telegram = bot.channels.get("telegram")
        if isinstance(telegram, Telegram):
            polled = bot.settings.telegram_mode == "polling"
            reached = tasks.create_task(_poll(bot, telegram) if polled else _register(bot, telegram))
            await stopping.wait()
            reached.cancel()


async def _register(bot: Bot, telegram: Telegram) -> None:
    """Tell Telegram where to deliver; it takes addresses with https only."""
    if not bot.settings.public_url.startswith("https:"):
        log.warning("telegram.not_registered", reason="SIAGA_PUBLIC_URL does not begin with https:")
        return
    try:
        await telegram.set_webhook(bot.settings.public_url)
    except ChannelError as error:
        log.error("telegram.not_registered", reason=error.code)


async def _poll(bot: Bot, telegram: Telegram) -> None:
    """Fetch Telegram's updates, as the only process that does."""

    async def store(events: list[Event]) -> None:
        with tracing.followed(None):
            await inbox.store(bot.database, bot.sealer, events, clock(), bot.settings.quiet_seconds)
            log.info("poll.stored", events=len(events))

    lock = select(func.pg_try_advisory_lock(_POLLING_LOCK))
    async with bot.database.engine.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        while not await connection.scalar(lock):  # noqa: ASYNC110 - nothing tells when a lock is free
            await asyncio.sleep(_TURN_TO_POLL)
        await poll(telegram, store)


@contextmanager
def _signals(stop: Stop) -> Iterator[None]:
    """SIGTERM ends the process in good order; a second one, or Ctrl-C, without waiting for the balancer."""
    loop = asyncio.get_running_loop()

    def told() -> None:
        log.info("service.stopping")
        if stop.told.is_set():
            stop.over.set()
        stop.told.set()

    loop.add_signal_handler(signal.SIGTERM, told)
    loop.add_signal_handler(signal.SIGINT, stop.at_once)
    try:
        yield
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)
