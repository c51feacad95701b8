"""Answering requests on a port, until told to stop."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager

import uvicorn
from fastapi import FastAPI
from fastapi.telemetry import TelemetryConfig

from bot.errors import SiagaError


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


def bare_app() -> FastAPI:
    """An application without pages of documentation, and without FastAPI's own telemetry.

    That one tells whoever the environment names of every path and query, in which there may be names and numbers.
    """
    silent = TelemetryConfig(tracing=False, metrics=False, logs=False, auto_configure=False)
    return FastAPI(title="SIAGA", docs_url=None, redoc_url=None, openapi_url=None, telemetry=silent)


async def listen(
    app: FastAPI, host: str, port: int, over: asyncio.Event, started: Callable[[], None] | None = None
) -> None:
    """Answer requests until `over`, then finish those under way."""
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=5,
    )
    server = _Server(config)
    async with _told_to_stop(server, over):
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


class _Server(uvicorn.Server):
    """uvicorn without signal handlers of its own: `serve` has them, for all parts together."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals alone."""
        yield
