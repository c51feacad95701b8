"""Models on the disk: found when they are whole, in service one at a time, taken back one by one, the old forgotten."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bot.nlu.models import KEPT, Models, NothingBefore, Overtaken
from bot.settings import HOME

ABOUT = {"act": 0.9, "ask": 0.3}


@pytest.fixture
def models(tmp_path: Path) -> Models:
    return Models(tmp_path / "models", ".npz", made_by="this")


def put(models: Models, name: str, **about: object) -> None:
    models.put(name, lambda path: path.write_text(name), {**ABOUT, **about})


def served(models: Models, *names: str) -> None:
    for name in names:
        put(models, name)
        kept = models.find(name)
        assert kept
        models.promote(kept)


def test_a_model_is_kept_with_what_is_known_of_it(models: Models) -> None:
    assert models.find("one") is None
    assert models.newest_first() == []
    put(models, "one", lines=7)
    kept = models.find("one")
    assert kept
    assert (kept.thresholds.act, kept.thresholds.ask, kept.path.read_text()) == (0.9, 0.3, "one")
    assert (kept.about["lines"], kept.about["made_by"]) == (7, "this")
    models.note(kept, held={"n": 3})
    assert models.find("one").about == {**kept.about, "held": {"n": 3}}  # type: ignore[union-attr]
    assert kept.path.stat().st_mode & 0o777 == 0o644  # trained by one user, served by another


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"act": "high", "ask": 0}', '{"act": 1}', "null"])
def test_a_model_whose_note_is_damaged_is_none(models: Models, damage: str) -> None:
    served(models, "one")
    (models.folder / "one.json").write_text(damage)
    assert models.find("one") is None
    assert models.in_service() is None
    assert models.newest_first() == []


def test_a_model_without_its_file_is_none(models: Models) -> None:
    served(models, "one")
    models.path("one").unlink()
    assert models.in_service() is None
    assert models.current() == "one"


def test_a_failed_write_leaves_what_was_there(models: Models) -> None:
    put(models, "one")

    def fail(path: Path) -> None:
        path.write_text("half")
        raise OSError("no space left")

    with pytest.raises(OSError, match="no space"):
        models.put("one", fail, ABOUT)
    assert models.path("one").read_text() == "one"
    assert not list(models.folder.glob("*.coming"))


def test_models_are_taken_back_one_after_the_other(models: Models) -> None:
    served(models, "one", "two", "three")
    assert models.roll_back().name == "two" == models.current()
    assert models.roll_back().name == "one" == models.current()
    with pytest.raises(NothingBefore):
        models.roll_back()
    assert models.current() == "one"
    served(models, "three")
    assert models.roll_back().name == "one"


def test_one_that_comes_back_into_service_is_one_more_step(models: Models) -> None:
    served(models, "one", "two", "one", "two")
    assert [models.roll_back().name for _ in range(3)] == ["one", "two", "one"]


def test_what_cannot_be_used_any_more_is_not_put_back(models: Models) -> None:
    served(models, "one", "two", "three", "four")
    models.path("three").unlink()
    put(models, "two", made_by="another")
    assert models.roll_back().name == "one"


def test_a_damaged_history_costs_no_more_than_itself(models: Models) -> None:
    served(models, "one", "two")
    history = models.folder / "history.jsonl"
    history.write_text("{torn\n[]\n5\n" + history.read_text() + '{"model": ')
    assert models.roll_back().name == "one"
    history.write_bytes(b"\xff\xfe")
    with pytest.raises(NothingBefore):
        models.roll_back()
    served(models, "three")
    assert models.roll_back().name == "one"  # it was in service, whatever the history had lost


def test_a_model_in_service_from_before_there_was_a_history_can_come_back(models: Models) -> None:
    put(models, "old")
    (models.folder / "current").write_text("old.npz\n")
    served(models, "new")
    assert models.roll_back().name == "old"


def test_the_newest_are_kept_and_those_that_are_needed(models: Models) -> None:
    served(models, "before", "serving")
    for number in range(KEPT + 3):
        put(models, f"new{number}")
    names = {kept.name for kept in models.newest_first()}
    assert names == {"before", "serving", *(f"new{number}" for number in range(3, KEPT + 3))}
    assert {path.stem for path in models.folder.glob("*.npz")} == names
    assert models.newest_first()[0].name == f"new{KEPT + 2}"


def test_a_model_of_another_maker_is_known_but_not_usable(models: Models) -> None:
    put(models, "one", made_by="another")
    kept = models.find("one")
    assert kept
    assert not models.usable(kept)
    assert Models(models.folder, ".npz", made_by="another").usable(kept)


def test_who_compared_with_another_model_is_overtaken(models: Models) -> None:
    served(models, "one", "two")
    put(models, "three")
    kept = models.find("three")
    assert kept
    with pytest.raises(Overtaken, match="two"):
        models.promote(kept, instead_of="one")
    assert models.current() == "two"
    models.promote(kept, instead_of="two")
    assert models.current() == "three"


PROMOTE = """\
import sys
from pathlib import Path
from bot.nlu.models import Models, Overtaken
models = Models(Path(sys.argv[1]), ".npz", made_by="this")
kept = models.find(sys.argv[2])
sys.stdin.readline()
try:
    models.promote(kept, instead_of=sys.argv[3] or None)
    print("promoted")
except Overtaken:
    print("overtaken")
"""


@pytest.mark.parametrize(("instead_of", "promoted"), [("one", 1), ("", 4)])
def test_processes_that_promote_at_once_do_so_one_after_the_other(
    models: Models, instead_of: str, promoted: int
) -> None:
    served(models, "one")
    names = [f"new{number}" for number in range(4)]
    for name in names:
        put(models, name)
    command = [sys.executable, "-c", PROMOTE, str(models.folder)]
    running = [
        subprocess.Popen(
            [*command, name, instead_of], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=HOME
        )
        for name in names
    ]
    for process in running:
        assert process.stdin
        process.stdin.write("go\n")
        process.stdin.flush()
    said = [process.communicate()[0].strip() for process in running]
    assert sorted(said) == ["overtaken"] * (4 - promoted) + ["promoted"] * promoted
    history = [
        json.loads(line)["model"] for line in (models.folder / "history.jsonl").read_text().splitlines()
    ]
    assert history[0] == "one"
    assert history[-1] == models.current()
    assert sorted(history[1:]) == sorted(
        name for name, word in zip(names, said, strict=True) if word == "promoted"
    )
