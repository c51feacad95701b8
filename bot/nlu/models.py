"""Trained models as files: by name, what is known of each, which one is in service, and which were before it.

Each interpreter has a folder of its own, with ``<name>.npz`` or ``<name>.tar.gz``, the model; ``<name>.json``, what is
known of it, written last; ``current``, the file name of the model in service; and ``history.jsonl``, a line for every
time that a model came into service.
"""

import fcntl
import json
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bot.errors import SiagaError
from bot.nlu.interpreter import Thresholds

KEPT = 5
"""Newest models that are kept, beside the one in service and the one before it."""


class NothingBefore(SiagaError):
    """There is no earlier model that could be put back into service."""


class Unusable(SiagaError):
    """A model's file is damaged, or made by a program that this one does not understand."""


class Overtaken(SiagaError):
    """Another model came into service while this one was compared with the one before."""


@dataclass(frozen=True)
class Kept:
    """A trained model on the disk.

    Args:
        name: a hash of all that it was made from.
        path: its file.
        thresholds: chosen on messages that were held out of its training.
        about: all that is noted of it: ``act``, ``ask``, ``when`` and by what it was ``made_by``; as it was trained and
            measured, also ``lines``, ``seconds`` and ``held``, its figures on the held set.
    """

    name: str
    path: Path
    thresholds: Thresholds
    about: dict[str, Any]


@dataclass(frozen=True)
class Models:
    """The models of one interpreter.

    Args:
        folder: theirs alone.
        suffix: of a model's file, with its dot.
        made_by: what a model has to be made by so that the present program can use it; empty where that is not known.
    """

    folder: Path
    suffix: str
    made_by: str

    def path(self, name: str) -> Path:
        """Where the model of this name is, or would be."""
        return self.folder / f"{name}{self.suffix}"

    def find(self, name: str) -> Kept | None:
        """The model of this name, if it is complete."""
        try:
            about = json.loads(self._note(name).read_text("utf-8"))
            thresholds = Thresholds(act=float(about["act"]), ask=float(about["ask"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None
        path = self.path(name)
        return Kept(name, path, thresholds, about) if path.is_file() else None

    def newest_first(self) -> list[Kept]:
        """Every complete model."""
        names = [path.stem for path in self.folder.glob("*.json")]
        found = [kept for name in names if (kept := self.find(name))]
        return sorted(found, key=lambda kept: (str(kept.about.get("when", "")), kept.name), reverse=True)

    def usable(self, kept: Kept) -> bool:
        """Whether the present program can use a model; where it is not said what made it, it is believed to."""
        return kept.about.get("made_by", "") in ("", self.made_by) or not self.made_by

    def in_service(self) -> Kept | None:
        """The model in service, usable or not; None when there is none, or its files are gone."""
        name = self.current()
        return self.find(name) if name else None

    def current(self) -> str:
        """The name of the model in service, empty when there is none."""
        try:
            return (self.folder / "current").read_text("utf-8").strip().removesuffix(self.suffix)
        except (OSError, UnicodeDecodeError):
            return ""

    def before(self) -> Kept | None:
        """The newest of the models in service before this one that is still there and usable."""
        current = self.current()
        for name in reversed(self._stack()):
            kept = self.find(name) if name != current else None
            if kept and self.usable(kept):
                return kept
        return None

    def put(self, name: str, write: Callable[[Path], object], about: dict[str, Any]) -> Kept:
        """Keep a trained model.

        Args:
            name: of the model.
            write: writes the model's file at a path.
            about: what is known of it; ``act`` and ``ask`` at least.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        _write(self.path(name), write)
        whole = {"when": _stamp(), "made_by": self.made_by, **about}
        self._tell(name, whole)
        self._forget_old()
        return Kept(name, self.path(name), Thresholds(act=whole["act"], ask=whole["ask"]), whole)

    def note(self, kept: Kept, **more: Any) -> None:
        """Add to what is known of a model."""
        self._tell(kept.name, {**kept.about, **more})

    def promote(self, kept: Kept, *, instead_of: str | None = None) -> None:
        """Put a model into service; whoever answers with the one before changes over.

        Args:
            kept: the model.
            instead_of: the name of the model that it was found to be no worse than; empty: of none.

        Raises:
            Overtaken: meanwhile another one than `instead_of` is in service.
        """
        with self.locked("promoting"):
            current = self.current()
            if instead_of is not None and current != instead_of:
                raise Overtaken(f"Meanwhile model {current} came into service. Run the command again.")
            if current == kept.name:
                return
            if current and self._stack()[-1:] != [current]:
                self._remember(current)
            self._serve(kept)
            self._remember(kept.name)

    def roll_back(self) -> Kept:
        """Put the model before the one in service back into service, and give it.

        Raises:
            NothingBefore: there is none that is still there and usable.
        """
        with self.locked("promoting"):
            kept = self.before()
            if kept is None:
                raise NothingBefore(f"{self.folder} has no model that was in service before and can be used.")
            self._serve(kept)
            self._remember(kept.name, back=True)
            return kept

    @contextmanager
    def locked(self, what: str) -> Iterator[None]:
        """One process at a time, also among several containers on one volume: the others wait."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / f"{what}.lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def _note(self, name: str) -> Path:
        return self.folder / f"{name}.json"

    def _tell(self, name: str, about: dict[str, Any]) -> None:
        _write_text(self._note(name), json.dumps(about, indent=2))

    def _serve(self, kept: Kept) -> None:
        _write_text(self.folder / "current", kept.path.name)

    def _lines(self) -> list[str]:
        try:
            return (self.folder / "history.jsonl").read_text("utf-8").splitlines()
        except (OSError, UnicodeDecodeError):
            return []

    def _remember(self, name: str, *, back: bool = False) -> None:
        """A line more; the whole file is written anew, so that no line is ever torn."""
        line = json.dumps({"at": _stamp(), "model": name, "back": back})
        _write_text(self.folder / "history.jsonl", "".join(f"{one}\n" for one in [*self._lines(), line]))

    def _stack(self) -> list[str]:
        """Names in the order in which they came into service, without those that were rolled back."""
        names: list[str] = []
        for line in self._lines():
            try:
                entry = json.loads(line)
                name, back = str(entry["model"]), bool(entry["back"])
            except (ValueError, KeyError, TypeError):
                continue
            if not back:
                names.append(name)
            elif name in names:
                del names[len(names) - names[::-1].index(name) :]
        return names

    def _forget_old(self) -> None:
        """Leave the newest models, the one in service and the one before it."""
        before = self.before()
        needed = {self.current(), before.name if before else ""}
        for kept in self.newest_first()[KEPT:]:
            if kept.name not in needed:
                self._note(kept.name).unlink(missing_ok=True)
                kept.path.unlink(missing_ok=True)


def _stamp() -> str:
    """The time that a file is written at, as the disk would note it."""
    return datetime.fromtimestamp(time.time(), UTC).isoformat()


def _write_text(path: Path, text: str) -> None:
    _write(path, lambda coming: coming.write_text(text, "utf-8"))


def _write(path: Path, write: Callable[[Path], object]) -> None:
    """Write a file so that a reader sees the old one or the new one; the service may run as somebody else."""
    handle, name = tempfile.mkstemp(dir=path.parent, suffix=".coming")
    os.close(handle)
    coming = Path(name)
    try:
        write(coming)
        coming.chmod(0o644)
        coming.replace(path)
    finally:
        coming.unlink(missing_ok=True)
