"""The shipped configuration, and copies of it to make mistakes in."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.config import Config, load_config
from bot.errors import ConfigurationError
from bot.settings import HOME

Mistaken = Callable[..., list[str]]


@pytest.fixture(scope="session")
def config() -> Config:
    return load_config(HOME / "config")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of config/ in the current folder, so that problems read ``config/...``."""
    copy = tmp_path / "config"
    copy.mkdir()
    for file in (HOME / "config").glob("*.yml"):
        shutil.copy(file, copy)
    monkeypatch.chdir(tmp_path)
    return copy


@pytest.fixture
def mistaken(folder: Path) -> Mistaken:
    """Replaces text in files of the copy, ``(file, old, new)`` each, and returns the problems found in it."""

    def edit(*edits: tuple[str, str, str]) -> list[str]:
        for file, old, new in edits:
            text = (folder / file).read_text()
            assert old in text, f"{old!r} is not in {file}"
            (folder / file).write_text(text.replace(old, new, 1))
        with pytest.raises(ConfigurationError) as raised:
            load_config(folder)
        return raised.value.problems

    return edit


def line_of(folder: Path, file: str, text: str, nth: int = 1) -> int:
    """The line (from 1) on which `text` stands for the nth time."""
    lines = (folder / file).read_text().split("\n")
    return [number for number, line in enumerate(lines, start=1) if text in line][nth - 1]
