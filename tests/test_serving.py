"""How the parts come and go, in processes of their own: ready, told to stop, finishing what is in hand."""

import asyncio
import os
import signal
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import select, text

from bot import cli
from bot.delivery import inbox, outbox
from bot.delivery.outbox import Letter
from bot.health import Health
from bot.listening import PortTaken
from bot.messages import Address, Incoming, Text
from bot.serving import Stop
from bot.serving import _signals as listening_to_signals
from bot.storage.engine import Database
from bot.storage.sealing import Sealer
from bot.storage.tables import Inbox, InboxState, Outbox, OutboxState
from tests.conftest import NOON
from tests.running import environment, free_port, running_part
from tests.standins import TelegramStandIn, running_telegram

CHAT = Address("telegram:4711")


@pytest.fixture
async def telegram() -> AsyncIterator[TelegramStandIn]:
    async with running_telegram() as standin:
        yield standin


@pytest.fixture
def settings(database_url: str, telegram: TelegramStandIn) -> dict[str, str]:
    return environment(database_url, telegram)


def numbers(base: str) -> dict[str, float]:
    """What /metrics tells, the values of a number with labels added up."""
    told: dict[str, float] = {}
    for family in text_string_to_metric_families(httpx.get(f"{base}/metrics").text):
        for sample in family.samples:
            told[sample.name] = told.get(sample.name, 0.0) + sample.value
    return told


def ready(base: str) -> tuple[int, str]:
    answer = httpx.get(f"{base}/readyz", timeout=10)
    return answer.status_code, answer.json()["status"]


def with_port(settings: Mapping[str, str]) -> tuple[dict[str, str], int, str]:
    port = free_port()
    return {**settings, "SIAGA_METRICS_PORT": str(port)}, port, f"http://127.0.0.1:{port}"


async def until_gone(process: subprocess.Popen[bytes], seconds: float) -> float:
    """Wait for a good end; how long it took."""
    began = time.monotonic()
    assert await asyncio.to_thread(process.wait, seconds) == 0
    return time.monotonic() - began


async def test_the_web_is_not_ready_before_it_is_gone(
    settings: dict[str, str], telegram: TelegramStandIn, database: Database, tmp_path: Path
) -> None:
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    with running_part("web", settings | {"SIAGA_DRAIN_SECONDS": "5"}, tmp_path / "log", port=port) as web:
        assert ready(base) == (200, "ok")
        web.send_signal(signal.SIGTERM)
        told = time.monotonic()
        while ready(base)[0] == 200:
            assert time.monotonic() - told < 2
        assert ready(base) == (503, "stopping")
        assert httpx.get(f"{base}/healthz").status_code == 200
        update = telegram.message(4711, "halo")
        assert await telegram.deliver(f"{base}/webhooks/telegram", update) == [200]
        assert numbers(base)["siaga_inbox_pending"] == 1
        assert time.monotonic() - told < 4.8  # in time for what is checked to mean something
        await until_gone(web, 10)
        assert time.monotonic() - told > 4.8
    async with database.sessions() as session:
        assert len((await session.scalars(select(Inbox))).all()) == 1


@pytest.mark.parametrize("signals", [(signal.SIGTERM, signal.SIGTERM), (signal.SIGINT,)])
async def test_who_asks_twice_or_sits_at_the_terminal_does_not_wait(
    signals: tuple[signal.Signals, ...],
) -> None:
    stop = Stop()
    with listening_to_signals(stop):
        draining = asyncio.create_task(stop.drain(30))
        for one in signals:
            assert not stop.over.is_set()
            os.kill(os.getpid(), one)
            await asyncio.wait_for(stop.told.wait(), 1)
        await asyncio.wait_for(draining, 1)
    assert stop.over.is_set()


async def test_a_worker_tells_its_numbers_and_finishes_its_turn(
    settings: dict[str, str], database: Database, sealer: Sealer, tmp_path: Path
) -> None:
    env, port, base = with_port(settings)
    with socket.create_server(("127.0.0.1", 0)) as silent:  # a Rasa that hangs makes a turn long
        env |= {
            "SIAGA_RASA_URL": f"http://127.0.0.1:{silent.getsockname()[1]}",
            "SIAGA_RASA_TIMEOUT": "2",
        }
        with running_part("worker", env, tmp_path / "log", port=port) as worker:
            await write(database, sealer, "halo min")
            while numbers(base).get("siaga_turn_seconds_count", 0) < 1:
                await asyncio.sleep(0.05)
            told = numbers(base)
            assert told["siaga_arrival_to_commit_seconds_sum"] > 2
            assert told["siaga_interpretations_total"] == 1
            assert told["siaga_rasa_left_alone"] == 0
            assert "siaga_inbox_pending" not in told
            assert 'role="worker"' in httpx.get(f"{base}/metrics").text

            await write(database, sealer, "kantor palembang buka jam berapa")
            await asyncio.sleep(0.7)
            worker.send_signal(signal.SIGTERM)
            await asyncio.sleep(0.3)
            assert ready(base) == (503, "stopping")
            assert httpx.get(f"{base}/healthz").status_code == 200
            await until_gone(worker, 12)
    async with database.sessions() as session:
        assert set(await session.scalars(select(Inbox.state))) == {InboxState.DONE}
        assert len((await session.scalars(select(Outbox.state))).all()) >= 2


async def write(database: Database, sealer: Sealer, words: str) -> None:
    now = datetime.now(UTC)
    said = Incoming(channel="telegram", address=CHAT, provider_id=words, sent_at=now, text=words)
    await inbox.store(database, sealer, [said], now)


async def test_a_sender_tells_its_numbers_and_finishes_what_is_on_its_way(
    settings: dict[str, str], telegram: TelegramStandIn, database: Database, sealer: Sealer, tmp_path: Path
) -> None:
    env, port, base = with_port(settings)
    blocked = {"ok": False, "error_code": 403, "description": f"Forbidden: bot was blocked by {CHAT}"}
    telegram.fail_next(403, blocked)
    with running_part("sender", env, tmp_path / "log", port=port) as sender:
        await queue(database, sealer, CHAT)
        await queue(database, sealer, Address("telegram:4712"))
        while numbers(base).get("siaga_send_seconds_count", 0) < 2:
            await asyncio.sleep(0.05)
        page = httpx.get(f"{base}/metrics").text
        for outcome in ("taken", "refused"):
            assert f'siaga_send_seconds_count{{channel="telegram",outcome="{outcome}"}} 1.0' in page
        assert 'heard="send"' in page
        assert "blocked by" not in page
        assert CHAT not in page
        told = numbers(base)
        assert (told["siaga_failures_total"], told["siaga_limiter_wait_seconds_count"]) == (1, 2)

        telegram.hang_next(2)
        await queue(database, sealer, Address("telegram:4713"))
        while len(telegram.sent) < 2:
            await asyncio.sleep(0.05)
        sender.send_signal(signal.SIGTERM)
        await asyncio.sleep(0.3)
        assert ready(base) == (503, "stopping")
        await until_gone(sender, 15)
    async with database.sessions() as session:
        states = (await session.scalars(select(Outbox.state).order_by(Outbox.id))).all()
    assert list(states[1:]) == [OutboxState.SENT, OutboxState.SENT]
    assert len(telegram.sent) == 2


async def test_what_is_loaded_is_spared_by_the_collector_of_cycles(
    settings: dict[str, str], tmp_path: Path
) -> None:
    """Python itself tells, at the end of the process: it imports `sitecustomize` before anything else."""
    told = tmp_path / "told"
    leaving = f"open({str(told)!r}, 'w').write(f'{{gc.get_freeze_count()}} {{len(gc.get_objects())}}')"
    (tmp_path / "sitecustomize.py").write_text(f"import atexit, gc\natexit.register(lambda: {leaving})\n")
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    env, port, _ = with_port(settings | {"PYTHONPATH": path})
    with running_part("sender", env, tmp_path / "log", port=port) as sender:
        sender.send_signal(signal.SIGTERM)
        await until_gone(sender, 15)
    spared, looked_through = map(int, told.read_text().split())
    assert spared > 4 * looked_through


async def queue(database: Database, sealer: Sealer, address: Address) -> None:
    async with database.sessions.begin() as session:
        letter = Letter(address=address, text=Text(body="halo"))
        await outbox.queue(session, sealer, [letter], datetime.now(UTC))


def test_a_metrics_port_that_is_taken_is_said_before_anything_starts(
    settings: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(cli, "configure", lambda *_: None)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        monkeypatch.setenv("SIAGA_METRICS_PORT", str(taken.getsockname()[1]))
        with pytest.raises(PortTaken, match="SIAGA_METRICS_PORT"):
            cli.serve_(role="worker")


class Nobody:
    """No interpreter is asked while the process is not ready."""


def health(database: Database) -> Health:
    return Health(
        database=database,
        interpreter=Nobody(),  # type: ignore[arg-type]
        role="web",
        stopping=asyncio.Event(),
        clock=lambda: NOON,
    )


async def test_what_makes_a_process_not_ready(database: Database) -> None:
    process = health(database)
    assert await process.not_ready() is None
    process.stopping.set()
    assert await process.not_ready() == "stopping"
    away = Database("postgresql://siaga@/siaga?host=/nonexistent")
    assert await health(away).not_ready() == "no database"
    await away.close()


@pytest.mark.parametrize(
    ("revision", "reason"), [("0001", "siaga migrate"), (None, "siaga migrate"), ("9999", None)]
)
async def test_a_schema_that_lacks_something_is_said(
    database: Database, revision: str | None, reason: str | None
) -> None:
    """One that a newer release migrated already lacks nothing: the old processes go on until they are replaced."""
    async with database.engine.begin() as connection:
        await connection.execute(text("delete from alembic_version"))
        if revision:
            await connection.execute(text("insert into alembic_version values (:at)"), {"at": revision})
    said = await health(database).not_ready()
    assert said is None if reason is None else reason in str(said)
