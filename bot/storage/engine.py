"""The way to PostgreSQL: a pool of connections, sessions, and notifications."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import asyncpg
import orjson
import structlog
from sqlalchemy import event
from sqlalchemy.exc import DisconnectionError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

log = structlog.get_logger()

UNAVAILABLE = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, SQLAlchemyError)
"""What a statement raises when PostgreSQL is away (or refuses it). Nothing was stored, unless its answer was lost."""

_CONNECT = 5.0  # seconds; a webhook must be answered well within Twilio's 15
_HEARTBEAT = 15.0  # seconds between signs of life on the listening connection

# What libpq knows, PostgreSQL itself does not, and asyncpg would hand on to it.
_LIBPQ_ONLY = frozenset(
    {
        "channel_binding",
        "connect_timeout",
        "fallback_application_name",
        "gssencmode",
        "hostaddr",
        "keepalives",
        "keepalives_count",
        "keepalives_idle",
        "keepalives_interval",
        "load_balance_hosts",
        "require_auth",
        "sslcompression",
        "sslsni",
        "tcp_user_timeout",
    }
)


class Database:
    """One PostgreSQL, reached by any libpq URL.

    Args:
        url: ``postgresql://user:password@host/name``, or over a socket ``postgresql:///name?host=/run/pg``.
        pool: connections kept open at most; half as many more are opened when all are busy.
        patience: seconds that one statement may take; None: as long as it needs.
    """

    def __init__(self, url: str, *, pool: int = 10, patience: float | None = 30.0) -> None:
        self._dsn = _for_asyncpg(url)
        self._patience = patience
        self.engine: AsyncEngine = create_async_engine(
            "postgresql+asyncpg://",
            async_creator=self._connect,
            pool_size=pool,
            max_overflow=pool // 2,
            pool_timeout=_CONNECT,
            json_serializer=lambda value: orjson.dumps(value).decode(),
            json_deserializer=orjson.loads,
            hide_parameters=True,  # an error message never carries what a participant wrote
        )
        self.autocommit: AsyncEngine = self.engine.execution_options(isolation_level="AUTOCOMMIT")
        """The same pool, where each statement is a transaction of its own: one round trip in place of three."""
        event.listen(self.engine.sync_engine, "checkout", _refuse_dead)
        self.sessions: async_sessionmaker[AsyncSession] = async_sessionmaker(
            self.engine, expire_on_commit=False
        )

    async def ping(self) -> bool:
        """Whether PostgreSQL answers within two seconds."""
        try:
            async with asyncio.timeout(2), self.engine.connect() as connection:
                await connection.exec_driver_sql("select 1")
        except UNAVAILABLE:
            return False
        return True

    @asynccontextmanager
    async def listen(self, *channels: str) -> AsyncIterator[asyncio.Event]:
        """An event that is set whenever one of `channels` is notified; clear it, then look.

        It is also set after every (re)connection, since something may have been missed meanwhile. While
        PostgreSQL is away it tries again, at first at once, later every few seconds.
        """
        woken = asyncio.Event()
        listening = asyncio.create_task(self._keep_listening(channels, woken))
        try:
            yield woken
        finally:
            listening.cancel()
            with suppress(asyncio.CancelledError):
                await listening

    async def close(self) -> None:
        """Close every connection of the pool."""
        await self.engine.dispose()

    async def _connect(self, **_: Any) -> asyncpg.Connection:
        return await asyncpg.connect(
            self._dsn,
            timeout=_CONNECT,
            command_timeout=self._patience,
            server_settings={"application_name": "siaga", "timezone": "UTC"},
        )

    async def _keep_listening(self, channels: tuple[str, ...], woken: asyncio.Event) -> None:
        wait = 0.1
        while True:
            try:
                connection = await self._connect()
            except UNAVAILABLE as error:
                log.warning("database.listening_lost", error=type(error).__name__)
            else:
                wait = 0.1
                await self._listen_on(connection, channels, woken)
            await asyncio.sleep(wait * random.uniform(0.8, 1.2))  # noqa: S311 (spreads processes, no secret)
            wait = min(wait * 2, 5.0)

    async def _listen_on(
        self, connection: asyncpg.Connection, channels: tuple[str, ...], woken: asyncio.Event
    ) -> None:
        """Listen until the connection is lost."""
        lost = asyncio.Event()
        connection.add_termination_listener(lambda _: lost.set())
        try:
            for channel in channels:
                await connection.add_listener(channel, lambda *_: woken.set())
            woken.set()
            while not lost.is_set():
                with suppress(TimeoutError):
                    await asyncio.wait_for(lost.wait(), _HEARTBEAT)
                    break
                await connection.execute("select 1", timeout=_CONNECT)
        except UNAVAILABLE as error:
            log.warning("database.listening_lost", error=type(error).__name__)
        finally:
            connection.terminate()


def _refuse_dead(connection: Any, *_: object) -> None:
    """Let the pool replace a connection that was lost while nobody used it, as all are when PostgreSQL restarts.

    asyncpg notices the loss by itself, so that nothing has to be asked of PostgreSQL before each transaction.
    """
    if connection.driver_connection.is_closed():
        raise DisconnectionError


def _for_asyncpg(url: str) -> str:
    """`url` without what only libpq understands; ``postgresql+asyncpg://`` is taken too."""
    parts = urlsplit(url)
    known = [(name, value) for name, value in parse_qsl(parts.query) if name not in _LIBPQ_ONLY]
    query = f"?{urlencode(known)}" if known else ""
    return f"{parts.scheme.partition('+')[0]}://{parts.netloc}{parts.path}{query}"
