"""How right the answers are, on lines that the index has never seen."""

from functools import cache
from pathlib import Path

import pytest
import yaml

from bot.answers.index import Index, load_index
from bot.config import load_config
from bot.settings import HOME

HELD = Path(__file__).with_name("held.yml")
NONE = "none"


@cache
def index() -> Index:
    return load_index(HOME / "config", load_config(HOME / "config"))


def lines() -> list[tuple[str, str]]:
    """Text and code, in the order of the file."""
    held = yaml.safe_load(HELD.read_text())
    return [(str(text), code) for code, texts in held.items() for text in texts]


def test_the_lines_are_many_and_not_those_of_the_index() -> None:
    held, config = lines(), load_config(HOME / "config")
    phrases = {phrase for question in config.questions.values() for phrase in question.phrases}
    assert len(held) >= 200
    assert sum(code == NONE for _, code in held) >= 60
    assert {code for _, code in held} == {*config.questions, NONE}
    assert [text for text, _ in held if text in phrases] == []


@pytest.mark.parametrize("half", ["chosen on", "measured on"])
def test_what_is_answered_is_answered_rightly(half: str) -> None:
    """Of what is answered at most 1 in 16 is wrong; of what has an answer at least 3 of 4 get it."""
    some = lines()[half == "measured on" :: 2]
    found = [(code, [match.code for match in index().asked(text)]) for text, code in some]
    answered = [(code, codes[0]) for code, codes in found if len(codes) == 1]
    right = sum(code == given for code, given in answered)
    there = sum(code != NONE for _, code in some)
    assert right / len(answered) >= 0.94
    assert right / there >= 0.75


def test_what_has_no_answer_gets_none() -> None:
    nothing = [text for text, code in lines() if code == NONE]
    answered = [text for text in nothing if index().asked(text)]
    assert len(answered) / len(nothing) <= 0.08


def test_where_two_are_near_the_right_one_is_offered() -> None:
    offered = [(code, [match.code for match in index().asked(text)]) for text, code in lines()]
    near = [(code, codes) for code, codes in offered if len(codes) > 1]
    assert near
    assert sum(code in codes for code, codes in near) / len(near) >= 0.75


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("besar iuran", "contribution_amounts"),
        ("cicil tunggakan", "rehab"),
        ("denda telat bayar", "late_fine"),
        ("contribution amount", "contribution_amounts"),
        ("pay arrears in parts", "rehab"),
        ("fine for paying late", "late_fine"),
    ],
)
def test_what_the_short_answer_says_to_write_leads_on(words: str, code: str) -> None:
    answer = load_config(HOME / "config").faq["ask_payment"].answer
    assert f"*{words}*" in " ".join(answer.by_language().values())
    assert [match.code for match in index().asked(words)] == [code]
