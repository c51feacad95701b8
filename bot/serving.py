"""Running the service: the web pages, the workers, the senders and the scheduler, in one process or in many."""

import asyncio
import signal
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import structlog
import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse
from fastapi.staticfiles import StaticFiles
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import func, select

from bot import webhooks
from bot.api import Api, problem_handlers
from bot.api import router as api_router
from bot.app import Bot, clock
from bot.channels.telegram import Telegram
from bot.channels.telegram_polling import poll
from bot.conversation.typing import typing
from bot.delivery import inbox
from bot.delivery.inbox import Claimed
from bot.delivery.sender import Sender
from bot.desk import Desk
from bot.desk import router as desk_router
from bot.errors import ChannelError, SiagaError
from bot.messages import Event
from bot.nlu.rasa import Fallback
from bot.scheduler import Scheduler
from bot.simulator.pages import Simulation
from bot.simulator.pages import router as simulator_router
from bot.status import Status
from bot.status import router as status_router
from bot.storage.tables import Inbox, InboxState
from bot.worker import Worker

log = structlog.get_logger()
HERE = Path(__file__).parent
ROLES = ("web", "worker", "sender", "scheduler")
_TURN_TO_POLL = 5.0  # seconds
_POLLING_LOCK = 0x51A6B
"""Exactly one process may poll Telegram (protocols: a second one is answered 409)."""


def web(bot: Bot, stopping: asyncio.Event) -> FastAPI:
    """Every page and endpoint on one application; `stopping` ends the pages that stay open."""
    app = FastAPI(title="SIAGA", docs_url=None, redoc_url=None, openapi_url=None)
    desk = Desk(
        database=bot.database,
        sealer=bot.sealer,
        config=bot.config,
        texts=bot.texts,
        handling=bot.handling,
        publisher=bot.publisher,
        live=bot.live,
        channels=bot.channels,
        clock=clock,
        stopping=stopping,
        secure_cookies=bot.settings.public_url.startswith("https:"),
    )
    app.include_router(
        webhooks.router(
            webhooks.Intake(
                database=bot.database,
                sealer=bot.sealer,
                channels=bot.channels,
                clock=clock,
                quiet_seconds=bot.settings.quiet_seconds,
            )
        )
    )
    app.include_router(desk_router(desk), prefix="/desk")
    api = Api(
        database=bot.database,
        sealer=bot.sealer,
        config=bot.config,
        handling=bot.handling,
        publisher=bot.publisher,
        live=bot.live,
        clock=clock,
    )
    app.include_router(api_router(api))
    problem_handlers(app)
    status = Status(database=bot.database, config=bot.config, clock=clock)
    app.include_router(status_router(status))
    if bot.settings.simulator:
        _add_simulator(app, bot, stopping)
    _add_health(app, bot)
    return app


def _add_simulator(app: FastAPI, bot: Bot, stopping: asyncio.Event) -> None:
    app.mount("/simulator/static", StaticFiles(directory=HERE / "simulator" / "static"))
    simulation = Simulation(
        database=bot.database, sealer=bot.sealer, live=bot.live, clock=clock, stopping=stopping
    )
    app.include_router(simulator_router(simulation))


def _add_health(app: FastAPI, bot: Bot) -> None:
    @app.get("/")
    async def root() -> RedirectResponse:
        return RedirectResponse("/simulator" if bot.settings.simulator else "/desk")

    @app.get("/healthz")
    async def healthz() -> dict[str, str]:
        """This process lives."""
        return {"status": "ok"}

    @app.get("/readyz")
    async def readyz() -> JSONResponse:
        """Messages can be taken in: PostgreSQL answers. Everything else may be away."""
        ready = await bot.database.ping()
        body = {"status": "ok" if ready else "no database", "interpreter": _interpreter(bot)}
        return JSONResponse(body, 200 if ready else 503)

    @app.get("/metrics")
    async def metrics(_request: Request) -> Response:
        """For Prometheus."""
        pending = select(func.count()).select_from(Inbox).where(Inbox.state == InboxState.PENDING)
        async with bot.database.sessions() as session:
            waiting = await session.scalar(pending)
        lines = f"# TYPE siaga_inbox_pending gauge\nsiaga_inbox_pending {waiting}\n".encode()
        return Response(generate_latest() + lines, media_type=CONTENT_TYPE_LATEST)


def _interpreter(bot: Bot) -> dict[str, object]:
    """Who understands messages in this process, and whether Rasa is silent."""
    if not isinstance(bot.interpreter, Fallback):
        return {"name": bot.interpreter.name}
    return {"name": "rasa", "answered": bot.interpreter.answered, "silent": bot.interpreter.last_failure}


class PortTaken(SiagaError):
    """Somebody listens on that port already, or it is not ours to take."""


def check_port(host: str, port: int, advice: str) -> None:
    """Whether the web pages can be had there, before anything is started.

    Raises:
        PortTaken: they cannot; `advice` says what to do.
    """
    try:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except (OSError, OverflowError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise PortTaken(f"Cannot listen on {host}:{port} ({why}). {advice}") from error


async def serve(bot: Bot, role: str, host: str, port: int, started: Callable[[], None] | None = None) -> None:
    """Run one role or all of them until SIGTERM or Ctrl-C.

    Args:
        bot: the assembled service.
        role: ``all`` or one of `ROLES`.
        host: address to listen on, for the web.
        port: port to listen on, for the web.
        started: called once the web answers.
    """
    stopping = asyncio.Event()
    roles = ROLES if role == "all" else (role,)
    jobs: dict[str, Callable[[], Awaitable[None]]] = {
        "web": lambda: _run_web(bot, host, port, stopping, started),
        "worker": lambda: _worker(bot).run(stopping),
        "sender": lambda: Sender(bot.database, bot.sealer, bot.channels, clock).run(stopping),
        "scheduler": lambda: _schedule(bot, stopping),
    }
    with _signals(stopping):
        async with asyncio.TaskGroup() as tasks:
            for name in roles:
                tasks.create_task(_until_stopped(jobs[name], stopping), name=name)
    log.info("service.stopped", role=role)


async def _until_stopped(job: Callable[[], Awaitable[None]], stopping: asyncio.Event) -> None:
    """Run a part; when one ends, for whatever reason, all do."""
    try:
        await job()
    finally:
        stopping.set()


def _worker(bot: Bot) -> Worker:
    async def take_turn(claimed: Claimed) -> None:
        async with typing(bot.channels, claimed):
            await bot.conversations.take_turn(claimed)

    return Worker(
        bot.database,
        bot.sealer,
        take_turn,
        clock,
        lease_seconds=bot.settings.turn_lease,
    )


async def _schedule(bot: Bot, stopping: asyncio.Event) -> None:
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(Scheduler(bot.database, bot.sealer, clock).run(stopping))
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
        await inbox.store(bot.database, bot.sealer, events, clock())

    lock = select(func.pg_try_advisory_lock(_POLLING_LOCK))
    async with bot.database.engine.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        while not await connection.scalar(lock):  # noqa: ASYNC110 - nothing tells when a lock is free
            await asyncio.sleep(_TURN_TO_POLL)
        await poll(telegram, store)


class _Server(uvicorn.Server):
    """uvicorn without signal handlers of its own: `serve` has them, for all parts together."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals alone."""
        yield


async def _run_web(
    bot: Bot, host: str, port: int, stopping: asyncio.Event, started: Callable[[], None] | None
) -> None:
    config = uvicorn.Config(
        web(bot, stopping),
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=5,
    )
    server = _Server(config)
    async with _told_to_stop(server, stopping):
        running = asyncio.create_task(server.serve())
        while not server.started and not running.done():  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.02)
        if server.started and started:
            started()
        await running


@asynccontextmanager
async def _told_to_stop(server: uvicorn.Server, stopping: asyncio.Event) -> AsyncIterator[None]:
    async def tell() -> None:
        await stopping.wait()
        server.should_exit = True

    task = asyncio.create_task(tell())
    try:
        yield
    finally:
        task.cancel()


@contextmanager
def _signals(stopping: asyncio.Event) -> Iterator[None]:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    try:
        yield
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)
