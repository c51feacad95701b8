"""Lookup tables by first letters match what Rasa's own expression matches."""

import re

from hypothesis import given
from hypothesis import strategies as st

from bot.config import load_config
from bot.nlu.rasa_side.lookups import by_first_letter
from bot.settings import HOME

WORDS = st.text(st.sampled_from("abAB .-^]ıİſsKkß1"), min_size=1, max_size=5)
TEXTS = st.text(st.sampled_from("abAB .-^]ıİſsKkß1"), max_size=40)


def as_rasa_writes(names: list[str]) -> str:
    """``rasa.nlu.utils.pattern_utils``, with word boundaries."""
    return "(\\b" + "\\b|\\b".join(re.escape(name) for name in names) + "\\b)"


def spans(expression: str, text: str, flags: int) -> list[tuple[int, int]]:
    return [found.span() for found in re.finditer(expression, text, flags)]


@given(st.lists(WORDS, min_size=1, max_size=12), TEXTS, st.sampled_from([0, re.IGNORECASE]))
def test_any_table_matches_the_same(names: list[str], text: str, flags: int) -> None:
    expression = as_rasa_writes(names)
    assert spans(by_first_letter(expression), text, flags) == spans(expression, text, flags)


def test_the_order_of_names_that_differ_in_case_decides_as_before() -> None:
    expression = as_rasa_writes(["Ab c x", "ab", "Ab c"])
    assert spans(by_first_letter(expression), "ab c", re.IGNORECASE) == [(0, 2)]


def test_the_shipped_tables_match_the_same_and_are_sorted() -> None:
    text = "min SEP di rs smc samarinda sama RSUD AW Sjahranie eror, mobile jkn jg, dari kutai kartanegara"
    for names in load_config(HOME / "config").nlu_lists().values():
        expression = as_rasa_writes(sorted(set(names)))
        assert by_first_letter(expression) != expression
        assert spans(by_first_letter(expression), text, re.IGNORECASE) == spans(
            expression, text, re.IGNORECASE
        )


def test_other_expressions_are_left_alone() -> None:
    for expression in (r"\d{16}", r"(\bfoo\b|\b[ab]+\b)", r"(\bfoo\b|\bbar|baz\b)", "(\\b\\b)"):
        assert by_first_letter(expression) == expression
