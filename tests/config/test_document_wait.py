"""How long a request waits for a document, as cases.yml says it."""

import pytest

from bot.config.services import DocumentWait
from tests.config.conftest import Mistaken

SAMPLE = "  remind_after_days: 7\n  expire_after_days: 14\n"


def test_it_may_be_left_out() -> None:
    assert (DocumentWait().remind_after_days, DocumentWait().expire_after_days) == (7, 14)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (
            "  remind_after_days: 14\n  expire_after_days: 14\n",
            "documents: found remind_after_days 14, expected fewer than expire_after_days (14)",
        ),
        ("  remind_after_days: 0\n", "documents.remind_after_days: found 0, expected at least 1"),
        ("  expire_after_days: 400\n", "documents.expire_after_days: found 400, expected at most 365"),
        ("  expire_after_days: dua minggu\n", 'found "dua minggu", expected a'),
        ("  expire_days: 14\n", 'unknown key (did you mean "expire_after_days"?)'),
    ],
)
def test_mistakes_are_named_with_their_line(mistaken: Mistaken, written: str, said: str) -> None:
    (problem,) = mistaken(("cases.yml", SAMPLE, written))
    assert said in problem
    assert problem.startswith("config/cases.yml:")
