"""The local servers: data kept, nothing left behind however their owner ends, and one owner at a time."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import asyncpg
import pytest

from bot import local
from bot.local import AlreadyRunning, local_services

OWNER = """
import signal, sys, time
from pathlib import Path
from bot.local import local_services
signal.signal(signal.SIGINT, signal.default_int_handler)  # it is ignored in what a shell has started with "&"
with local_services(Path(sys.argv[1]), durable=False) as services:
    print(services.postgres.pid, services.redis.pid, flush=True)
    time.sleep(60)
"""


def start_owner(folder: Path) -> tuple[subprocess.Popen[str], list[int]]:
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER, str(folder)], stdout=subprocess.PIPE, text=True, process_group=0
    )
    assert owner.stdout
    return owner, [int(pid) for pid in owner.stdout.readline().split()]


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def ask(url: str, statement: str) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
async def test_nothing_is_left_however_the_owner_ends(tmp_path: Path, end: signal.Signals) -> None:
    owner, pids = start_owner(tmp_path)
    assert all(alive(pid) for pid in pids)
    owner.send_signal(end)
    owner.communicate()
    until = time.monotonic() + 20
    while any(alive(pid) for pid in pids):
        assert time.monotonic() < until
        time.sleep(0.05)
    assert owner.returncode != 0


async def test_data_is_kept_and_a_killed_run_is_taken_over(tmp_path: Path) -> None:
    with local_services(tmp_path) as services:
        assert await ask(services.database_url, "show fsync") == "on"
        await ask(services.database_url, "create table kept as select 42 as value")
    owner, pids = start_owner(tmp_path)
    for pid in (owner.pid, *pids):  # everything at once, as when a machine loses power
        os.kill(pid, signal.SIGKILL)
    owner.communicate()
    # As after a restart of the machine: the number in the pid file is somebody else's by now.
    stranger = subprocess.Popen([*local._not_root(), "sleep", "60"])
    (tmp_path / "postgres" / "postmaster.pid").write_text(f"{stranger.pid}\n")
    with local_services(tmp_path) as services:
        assert await ask(services.database_url, "select value from kept") == 42
    assert stranger.poll() is None
    stranger.kill()
    stranger.wait()


async def test_a_server_that_is_started_after_a_kill_takes_connections(tmp_path: Path) -> None:
    with local_services(tmp_path, durable=False) as services:
        for _ in range(3):
            services.postgres.kill()
            services.postgres.start()
            assert await ask(services.database_url, "select 1") == 1


async def test_only_one_owner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.local._TAKE_OVER", 0.3)
    with (
        local_services(tmp_path, durable=False),
        pytest.raises(AlreadyRunning),
        local_services(tmp_path, durable=False),
    ):
        pass


async def test_a_path_too_long_for_a_socket_is_no_hindrance(tmp_path: Path) -> None:
    with local_services(tmp_path / ("x" * 120), durable=False) as services:
        assert await ask(services.database_url, "select 1") == 1
        sockets = Path(services.redis_url.removeprefix("unix://")).parent
    assert not sockets.exists()
