"""Rasa's own environment: Python 3.10, and the packages of requirements/rasa.lock, apart from the service's.

Rasa 3.6 runs on Python 3.10 at most and pins packages that the service uses in newer versions, so the two never share
an environment. Nothing here imports Rasa.
"""

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from bot.errors import SiagaError
from bot.settings import HOME, Where

LOCK = HOME / "requirements" / "rasa.lock"
FITS = "import sys, venv; sys.exit(sys.version_info[:2] != (3, 10) or sys.maxsize < 2**32)"
"""Ends well on a 64-bit Python 3.10 only: TensorFlow has wheels for no other."""
COLOUR = re.compile(r"\x1b\[\d*m")
FOLDERS = ("/usr/bin", "/usr/local/bin", "/opt/homebrew/bin", "/opt/local/bin", "~/.local/bin")
INSTALLED = (
    "$PYENV_ROOT/versions/3.10.*/bin",
    "~/.pyenv/versions/3.10.*/bin",
    "~/.asdf/installs/python/3.10.*/bin",
    "~/.local/share/mise/installs/python/3.10*/bin",
    "~/.local/share/uv/python/cpython-3.10.*/bin",
    "/opt/python/3.10*/bin",
    "/opt/homebrew/opt/python@3.10/bin",
    "/usr/local/opt/python@3.10/bin",
    "/Library/Frameworks/Python.framework/Versions/3.10/bin",
)
"""Where version managers and installers put their Pythons."""

NOISE = re.compile(
    r"Warning: |^  |^Implementing implicit|is not used in any story or rule| INFO  +rasa\.(validator|core)|^\s*$"
)
"""Lines of Rasa's that say nothing to those who train: other libraries' warnings, stories, which we have none of."""
WORTH = re.compile(r"^.*?site-packages/rasa/\S+ UserWarning: ")
"""Before what Rasa itself warns of, such as an entity whose marks do not fit the words."""

Say = Callable[[str], None]
"""Tells the person at the terminal how far it is."""


class NoPython(SiagaError):
    """No Python 3.10 was found; the message says how to get one."""

    def __init__(self) -> None:
        super().__init__(
            "Rasa 3.6 runs on Python 3.10, and none was found on PATH, with uv, pyenv, asdf or mise, or in the usual "
            "folders. Get one with `uv python install 3.10` or `pyenv install 3.10`, or install your system's package "
            "python3.10, and try again. Until then the embedded interpreter answers."
        )


class NotInstalled(SiagaError):
    """Rasa's environment could not be made, or what is needed to make it is missing."""


def rasa_python(data_dir: Path, lock: Path = LOCK) -> Path | None:
    """The Python of the environment of this lock file, or None while it is not complete.

    It is in the data folder, or came with the project, as in the image of docker/Dockerfile.rasa.
    """
    folders = [_folder(place, lock) for place in (data_dir, HOME)]
    return next((_python(folder) for folder in folders if (folder / "complete").exists()), None)


def make_rasa_home(data_dir: Path, say: Say, lock: Path = LOCK) -> Path:
    """Make the environment when it is missing, and give its Python. Takes a minute or more and 2.5 GB.

    An environment belongs to one lock file, by hash: a changed lock file makes a new one beside it, so that a server
    that runs in the old one is not disturbed.

    Raises:
        NoPython: there is no Python 3.10.
        NotInstalled: uv is missing or says no; what it said stands above on the terminal.
    """
    with _alone(data_dir):
        if python := rasa_python(data_dir, lock):
            return python
        base, uv = find_python(), find_uv()
        folder = _folder(data_dir, lock)
        say(f"Making Rasa's environment in {folder} with {base} (once; about 2.5 GB) ...")
        shutil.rmtree(folder, ignore_errors=True)
        _run([str(uv), "venv", "--quiet", "--no-project", "--python", str(base), str(folder)])
        python = _python(folder)
        _run([str(uv), "pip", "install", "--python", str(python), "--require-hashes", "-r", str(lock)])
        (folder / "complete").touch()
        for old in sorted(folder.parent.glob("*/complete")):
            if old.parent != folder:
                say(f"{old.parent} is of an older lock file and can be removed when no server runs in it.")
        return python


def find_python(places: Iterable[Path] | None = None) -> Path:
    """A Python 3.10 that really starts; `places` instead of the usual ones.

    Raises:
        NoPython: there is none.
    """
    seen = set()
    for place in candidates() if places is None else places:
        if place not in seen and place.is_file() and _fits(place):
            return place
        seen.add(place)
    raise NoPython


def candidates() -> Iterator[Path]:
    """Files that may be a Python 3.10, likeliest first: PATH, what uv knows, version managers, usual folders."""
    on_path = [Path(folder) for folder in os.get_exec_path() if folder]
    for name in ("python3.10", "python3", "python"):
        yield from (folder / name for folder in on_path)
    yield from _known_to_uv()
    for pattern in INSTALLED:
        yield from _matching(pattern)
    yield from (Path(folder).expanduser() / "python3.10" for folder in FOLDERS)


def find_uv() -> Path:
    """The uv beside our own Python, where `make setup` puts it, or the one on PATH.

    Raises:
        NotInstalled: there is none.
    """
    beside = Path(sys.executable).with_name("uv")
    found = str(beside) if beside.exists() else shutil.which("uv")
    if not found:
        raise NotInstalled(
            "uv is needed to install Rasa and was not found: run `make setup`, or put uv on PATH."
        )
    return Path(found)


def run_shown(command: Sequence[str | Path], folder: Path) -> int:
    """Run in Rasa's environment with its progress on the terminal, without the noise; gives the exit status."""
    run = subprocess.Popen(  # noqa: S603 - our own words and paths
        command, cwd=folder, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    with run:
        assert run.stdout is not None
        rest = b""
        while piece := os.read(run.stdout.fileno(), 65536):
            *lines, rest = re.split(rb"(?<=[\r\n])", rest + piece)
            _show(lines)
        _show([rest])
    return run.returncode


def _show(lines: Iterable[bytes]) -> None:
    for line in lines:
        sys.stderr.write(_worth_saying(COLOUR.sub("", line.decode(errors="replace"))))
    sys.stderr.flush()


def _worth_saying(line: str) -> str:
    """A line of Rasa's, without the place in its code, or nothing; a progress bar ends with a carriage return."""
    said = WORTH.sub("", line)
    return "" if NOISE.search(said.rstrip("\r\n")) else said


def environment() -> dict[str, str]:
    """The variables for a process of Rasa's environment: our code to import, the encoder, no telemetry, no chatter."""
    kept = {name: value for name, value in os.environ.items() if name not in ("PYTHONHOME", "VIRTUAL_ENV")}
    encoder = Where().encoder  # also from .env, and by its whole path: such processes run in other folders
    return {
        **kept,
        **({"SIAGA_ENCODER": str(encoder.resolve())} if encoder else {}),
        "PYTHONPATH": str(HOME),
        "PYTHONWARNINGS": "ignore",
        "PYTHONUNBUFFERED": "1",
        "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
        "RASA_TELEMETRY_ENABLED": "false",
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }


def _folder(data_dir: Path, lock: Path) -> Path:
    return data_dir / "rasa-env" / hashlib.sha256(lock.read_bytes()).hexdigest()[:12]


def _python(folder: Path) -> Path:
    return folder / "bin" / "python"


def _known_to_uv() -> Iterator[Path]:
    """What uv would use; it also knows the Pythons that it brought itself, wherever they are."""
    try:
        uv = find_uv()
        found = subprocess.run(  # noqa: S603 - fixed words
            [uv, "python", "find", "--no-project", "3.10"],
            capture_output=True,
            text=True,
            timeout=30,
            check=True,
        )
    except (NotInstalled, OSError, subprocess.SubprocessError):
        return
    yield Path(found.stdout.strip())


def _matching(pattern: str) -> list[Path]:
    """The Pythons in the folders of a pattern, newest first; none where its variable is not set."""
    filled = os.path.expandvars(os.path.expanduser(pattern))
    if "$" in filled:
        return []
    return sorted(
        (folder / "python3.10" for folder in Path("/").glob(filled.removeprefix("/"))),
        key=_release,
        reverse=True,
    )


def _release(python: Path) -> tuple[int, ...]:
    """The numbers in a path, so that 3.10.13 comes after 3.10.9."""
    return tuple(int(part) for part in "".join(c if c.isdigit() else " " for c in str(python)).split())


def _fits(python: Path) -> bool:
    """Whether it starts and is what is needed: a version manager's stand-in may be there without its Python."""
    try:
        run = subprocess.run([python, "-c", FITS], capture_output=True, timeout=30, check=False)  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return False
    return run.returncode == 0


def _run(command: list[str]) -> None:
    """Run with its progress on the terminal."""
    if subprocess.run(command, check=False).returncode:  # noqa: S603 - our own words and paths
        raise NotInstalled(
            f"Rasa's environment could not be made: {' '.join(command[1:3])} failed, see above."
        )


@contextmanager
def _alone(data_dir: Path) -> Iterator[None]:
    """Two commands at once would make one environment twice: the second waits."""
    path = data_dir / "rasa-env" / ".lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
