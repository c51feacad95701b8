"""Who is on call, in cases.yml, and what is said about mistakes there."""

from pathlib import Path

import pytest

from bot.config import load_config
from tests.config.conftest import Mistaken, line_of

PEOPLE = """on_call:
  - address: telegram:4711
    branches: [palembang, samarinda]
    hours: {sat: "00:00-23:59", sun: ["00:00-08:00", "16:00-23:59"]}
  - address: whatsapp:+6281100001234
"""


def test_people_are_read(folder: Path) -> None:
    path = folder / "cases.yml"
    path.write_text(path.read_text().replace("on_call: []\n", PEOPLE))
    first, second = load_config(folder).cases.on_call
    assert (first.address, first.branches) == ("telegram:4711", ("palembang", "samarinda"))
    assert (second.address, second.branches, second.hours) == ("whatsapp:+6281100001234", (), None)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "telegram:4711",
            "0811-0000-1234",
            'found "0811-0000-1234", expected an address such as telegram:4711 or whatsapp:+6281100001234',
        ),
        ("telegram:4711", "whatsapp:0811000012", "expected an address such as"),
        (
            "palembang",
            "palembng",
            'found "palembng", expected the code of a branch (did you mean "palembang"?)',
        ),
        ("branches:", "branch:", 'unknown key (did you mean "branches"?)'),
        ('"16:00-23:59"', '"16-24"', 'expected hours such as "08:00-15:00"'),
    ],
)
def test_mistakes(mistaken: Mistaken, folder: Path, old: str, new: str, said: str) -> None:
    (problem,) = mistaken(("cases.yml", "on_call: []\n", PEOPLE.replace(old, new, 1)))
    assert said in problem
    assert problem.startswith(f"config/cases.yml:{line_of(folder, 'cases.yml', new)}: on_call[0].")


def test_a_third_language_is_short_enough_for_a_button_too(mistaken: Mistaken) -> None:
    title = "title: {id: Rujukan, en: Referral}"
    problems = mistaken(("categories.yml", title, title.replace("}", ", jv: Rujukan ingkang dangu sanget}")))
    assert "expected at most 20 characters" in problems[0]
