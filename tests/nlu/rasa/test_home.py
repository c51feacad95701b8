"""Rasa's environment: which Python is taken, and what is said where there is none."""

import hashlib
import os
import sys
from pathlib import Path

import pytest

from bot.nlu.rasa import home
from bot.nlu.rasa.home import NoPython, NotInstalled, find_python, make_rasa_home, rasa_python, run_shown


def program(path: Path, script: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home without any Python, and a PATH of one folder."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("PYENV_ROOT", raising=False)
    monkeypatch.setattr(home, "FOLDERS", ())
    monkeypatch.setattr(home, "INSTALLED", [name for name in home.INSTALLED if name[0] in "~$"])
    monkeypatch.setattr(home, "find_uv", lambda: program(tmp_path / "uv", "exit 2"))
    return tmp_path


def test_one_that_does_not_start_is_passed_over(bare: Path) -> None:
    """A version manager's stand-in is on PATH also when its Python is not there."""
    program(bare / "bin" / "python3.10", "exit 127")
    real = program(bare / ".pyenv" / "versions" / "3.10.13" / "bin" / "python3.10", "exit 0")
    program(bare / ".pyenv" / "versions" / "3.10.9" / "bin" / "python3.10", "exit 0")
    assert find_python() == real


def test_pyenv_may_live_elsewhere(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYENV_ROOT", str(bare / "managed"))
    real = program(bare / "managed" / "versions" / "3.10.1" / "bin" / "python3.10", "exit 0")
    assert find_python() == real


def test_what_uv_knows_is_taken(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = program(bare / "somewhere" / "python", "exit 0")
    monkeypatch.setattr(home, "find_uv", lambda: program(bare / "uv", f"echo {real}"))
    assert find_python() == real


def test_another_version_does_not_do() -> None:
    if sys.version_info[:2] == (3, 10):
        pytest.skip("the service never runs on 3.10")
    with pytest.raises(NoPython):
        find_python([Path(sys.executable)])


def test_without_one_it_says_how_to_get_it(bare: Path, tmp_path: Path) -> None:
    lock = tmp_path / "rasa.lock"
    lock.write_text("")
    with pytest.raises(NoPython, match=r"uv python install 3\.10.*embedded interpreter"):
        make_rasa_home(tmp_path / "data", print, lock)
    assert rasa_python(tmp_path / "data", lock) is None


def test_it_is_made_once_for_a_lock_file(bare: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(bare / "bin" / "python3.10", "exit 0")
    monkeypatch.setenv("PATH", f"{bare / 'bin'}{os.pathsep}/usr/bin{os.pathsep}/bin")
    uv = f'echo "$@" >> {tmp_path}/calls; for folder; do :; done; test "$1" = venv && mkdir -p "$folder/bin"; exit 0'
    monkeypatch.setattr(home, "find_uv", lambda: program(bare / "uv", uv))
    lock, told = tmp_path / "rasa.lock", list[str]()
    lock.write_text("rasa==3.6.21 --hash=sha256:0\n")
    first = make_rasa_home(tmp_path / "data", told.append, lock)
    assert (
        make_rasa_home(tmp_path / "data", told.append, lock) == first == rasa_python(tmp_path / "data", lock)
    )
    assert hashlib.sha256(lock.read_bytes()).hexdigest()[:12] in str(first)
    venv, install = (tmp_path / "calls").read_text().splitlines()
    assert venv.startswith("venv")
    assert f"--require-hashes -r {lock}" in install
    assert len(told) == 1
    lock.write_text("rasa==3.6.22 --hash=sha256:1\n")
    assert rasa_python(tmp_path / "data", lock) is None
    assert make_rasa_home(tmp_path / "data", told.append, lock) != first
    assert "can be removed" in told[-1]


def test_one_that_broke_off_is_not_used(bare: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(bare / "bin" / "python3.10", "exit 0")
    monkeypatch.setattr(home, "find_uv", lambda: program(bare / "uv", 'test "$1" != pip'))
    lock = tmp_path / "rasa.lock"
    lock.write_text("")
    with pytest.raises(NotInstalled, match="pip install failed"):
        make_rasa_home(tmp_path / "data", print, lock)
    assert rasa_python(tmp_path / "data", lock) is None


def test_progress_is_shown_without_the_noise(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    script = program(
        tmp_path / "rasa",
        "printf 'Epochs: 10%%\\rEpochs: 20%%\\n'\n"
        "echo '/x/site-packages/jax/a.py:1: DeprecationWarning: old' >&2; echo '  import jax' >&2\n"
        "echo '/x/site-packages/rasa/shared/utils/io.py:100: UserWarning: Misaligned entity' >&2\n"
        "printf 'the end'; exit 3",
    )
    assert run_shown([script], tmp_path) == 3
    said = capsys.readouterr().err
    assert said == "Epochs: 10%\rEpochs: 20%\nMisaligned entity\nthe end"
