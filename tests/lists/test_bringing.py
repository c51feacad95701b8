"""A list on its way in: counted, told, handed on."""

from collections.abc import Callable
from pathlib import Path

import pytest

from bot.lists.bringing import TOLD, Brought, Import, bring_in
from bot.lists.reading import BadList, Layout, Problem

LAYOUT = Layout[dict[str, str]](columns={"name": str}, needed=("name",), made=dict)
BAD = Problem(3, "name", "found nothing")


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str], Path]:
    def written(text: str) -> Path:
        file = tmp_path / "list.csv"
        file.write_text(text)
        return file

    return written


def test_good_lines_go_on_and_bad_ones_are_told() -> None:
    told: list[Problem] = []
    coming = Import(["a", BAD, "b"], told.append)
    assert list(coming.good()) == ["a", "b"]
    assert told == [BAD]
    assert coming.brought == Brought(read=2, problems=1)


def test_how_far_it_is_counts_bad_lines_too() -> None:
    far: list[int] = []
    list(Import(["a", BAD, "b", "c", "d"], progress=far.append, every=2).good())
    assert far == [2, 4]


def test_what_is_left_changed_nothing() -> None:
    assert Brought(read=5, added=2, changed=1, problems=7).left == 2


def test_a_file_is_stored_as_it_is_read(
    write: Callable[[str], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    stored: list[dict[str, str]] = []

    async def store(coming: Import[dict[str, str]]) -> None:
        stored.extend(coming.good())
        coming.brought.added = len(stored)

    file = write("\ufeffname\nSiti\nx,y\nBudi\n")
    assert bring_in(file, LAYOUT, store, every=2) == Brought(read=2, added=2, problems=1)
    assert stored == [{"name": "Siti"}, {"name": "Budi"}]
    assert capsys.readouterr() == (
        "",
        f"2 lines read\n{file}: line 3: found 2 fields, expected 1 as in line 1\n",
    )


def test_a_file_that_is_only_checked_is_told_of_all_the_same(
    write: Callable[[str], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    file = write("name\n" + "x,y\n" * (TOLD + 2) + "Siti\n")
    assert bring_in(file, LAYOUT, None) == Brought(read=1, problems=TOLD + 2)
    said = capsys.readouterr().err.splitlines()
    assert len(said) == TOLD + 1
    assert said[TOLD - 1].startswith(f"{file}: line {TOLD + 1}: ")
    assert said[TOLD] == "... and more"


def test_what_is_no_list_is_refused(write: Callable[[str], Path], tmp_path: Path) -> None:
    with pytest.raises(BadList, match=r"missing\.csv: no such file"):
        bring_in(tmp_path / "missing.csv", LAYOUT, None)
    with pytest.raises(BadList, match='found the column "nama"'):
        bring_in(write("nama\nSiti\n"), LAYOUT, None)
