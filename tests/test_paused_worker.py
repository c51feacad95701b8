"""A worker process that is really stopped in the middle of a turn, and wakes when its hold is another's."""

import asyncio
import signal
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from sqlalchemy import select

from bot.app import clock
from bot.delivery import inbox
from bot.messages import Address, Incoming
from bot.storage.engine import Database
from bot.storage.sealing import Sealer
from bot.storage.tables import Author, Inbox, InboxState, Message, Outbox
from tests.running import environment, free_port, running_part

PATIENCE = 90.0


class SlowRasa:
    """Takes a request and answers it when it is told to: meanwhile the worker is in its turn, before the commit."""

    def __init__(self) -> None:
        self.asked, self.answer = threading.Event(), threading.Event()

    @contextmanager
    def listening(self) -> Iterator[str]:
        told = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                told.asked.set()
                told.answer.wait(PATIENCE)
                self.send_error(500)

            def log_message(self, *_: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            self.answer.set()
            server.shutdown()
            server.server_close()


async def test_a_worker_that_was_stopped_past_its_hold_commits_nothing_when_it_wakes(
    database_url: str, database: Database, sealer: Sealer, tmp_path: Path
) -> None:
    env = environment(database_url, turn_lease=3, simulator=True)
    rasa = SlowRasa()
    with rasa.listening() as address:
        slow = env | {"SIAGA_RASA_URL": address, "SIAGA_RASA_TIMEOUT": str(PATIENCE)}
        with part(slow, tmp_path / "paused.log") as paused:
            await write(database, sealer)
            assert await asyncio.to_thread(rasa.asked.wait, PATIENCE)
            paused.send_signal(signal.SIGSTOP)
            try:
                with part(env, tmp_path / "other.log"):
                    await until_done(database)
                    before = await everything(database)
                    rasa.answer.set()
                    paused.send_signal(signal.SIGCONT)
                    await told(tmp_path / "paused.log", "turn.hold_lost")
            finally:
                paused.send_signal(signal.SIGCONT)
    assert await everything(database) == before
    lines, replies = before
    assert [author for author, _ in lines] == [Author.PARTICIPANT, Author.BOT]
    assert replies == 1
    assert "turn.committed" not in (tmp_path / "paused.log").read_text()


@contextmanager
def part(env: Mapping[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A worker, once it lives."""
    port = free_port()
    with running_part("worker", {**env, "SIAGA_METRICS_PORT": str(port)}, log, port=port) as process:
        yield process


async def write(database: Database, sealer: Sealer) -> None:
    message = Incoming(
        channel="simwhatsapp",
        address=Address("simwhatsapp:sari"),
        provider_id="1",
        sent_at=clock(),
        text="halo",
    )
    await inbox.store(database, sealer, [message], clock())


async def until_done(database: Database) -> None:
    async with asyncio.timeout(PATIENCE):
        while True:
            async with database.sessions() as session:
                if await session.scalar(select(Inbox.state)) is InboxState.DONE:
                    return
            await asyncio.sleep(0.05)


async def told(log: Path, event: str) -> None:
    async with asyncio.timeout(PATIENCE):
        while event not in log.read_text():
            await asyncio.sleep(0.05)


async def everything(database: Database) -> tuple[list[tuple[Author, str]], int]:
    """The lines of the talk, and how many messages go out."""
    async with database.sessions() as session:
        lines = await session.execute(select(Message.author, Message.body).order_by(Message.id))
        return [(author, body) for author, body in lines], len((await session.scalars(select(Outbox))).all())
