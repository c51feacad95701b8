"""The learning curve on small data: nothing is measured on what was trained on."""

from pathlib import Path

import pytest

from bot.nlu.training import Example, read_labels, read_training
from tests.nlu import curve
from tests.nlu.conftest import LISTS

LINES = [Example(f"{intent} {number}", intent) for intent in "ab" for number in range(20)]


def test_parts_share_no_line_and_have_every_intent() -> None:
    parts = curve.parts_of(LINES)
    assert sorted(one.text for part in parts for one in part) == sorted(one.text for one in LINES)
    assert [sum(one.intent == "a" for one in part) for part in parts] == [4] * 5
    assert curve.parts_of(list(LINES)) == parts


def test_a_larger_share_has_the_lines_of_a_smaller_one() -> None:
    shares = [{one.text for one in curve.some_of(LINES, share)} for share in curve.SHARES]
    assert [len(share) for share in shares] == [10, 20, 30, 40]
    assert shares[0] < shares[1] < shares[2] < shares[3]


@pytest.mark.parametrize(
    ("right", "share"),
    [
        ([True] * 100, 1.0),
        ([True] * 50 + [False] * 50, 0.52),
        ([False] * 100, 0.02),
        ([True, False] * 50, 0.05),
    ],
)
def test_what_may_be_acted_on_is_counted_from_the_surest(right: list[bool], share: float) -> None:
    assert curve.covered([1 - at / 100 for at in range(100)], right) == share


def test_the_table_has_a_row_a_share(config_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[set[str], set[str]]] = []
    plain = curve.measured

    def measured(known: list[Example], unknown: list[Example], folder: Path) -> list[float]:
        asked.append(({one.text for one in known}, {one.text for one in unknown}))
        return plain(known, unknown, folder)

    class Config:
        def nlu_lists(self) -> dict[str, list[str]]:
            return LISTS

    monkeypatch.setattr(curve, "measured", measured)
    monkeypatch.setattr(curve, "load_config", lambda _: Config())
    monkeypatch.setattr(curve, "SHARES", (0.7, 1.0))
    labels = read_labels(config_dir / "rasa" / "domain.yml")
    table = list(curve.rows(read_training(config_dir / "rasa" / "nlu", labels), config_dir, 2))
    assert [row.split(" | ")[0] for row in table[2:]] == [f"| {len(asked[at][0])}" for at in (1, 3)]
    assert len(asked) == 4
    assert not any(known & unknown for known, unknown in asked)
