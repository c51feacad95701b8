"""Finding the question that is asked."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.answers.index import LEAD, SURE, Index, no_questions
from bot.config import Question, Translated
from bot.nlu.concepts import Concepts
from bot.nlu.features import Analyser
from bot.nlu.normalising import Normaliser
from tests.answers.test_held import index

NORMALISER = Normaliser({"brp": "berapa", "ga": "tidak"})


def question(code: str, *phrases: str, intents: tuple[str, ...] = ("ask_payment",)) -> Question:
    said = Translated(id=code, en=code)
    return Question(code=code, intents=intents, title=said, phrases=phrases, answer=said, offer_agent=False)


FINE = question("fine", "denda telat bayar berapa", "telat bayar kena denda", "is there a fine")
PARTS = question("parts", "tunggakan bisa dicicil", "cara mencicil tunggakan", "pay in parts")
SMALL = Index((FINE, PARTS), Analyser(NORMALISER, Concepts((), NORMALISER)))


def test_a_phrase_finds_its_question() -> None:
    for asked in (FINE, PARTS):
        for phrase in asked.phrases:
            assert [match.code for match in SMALL.asked(phrase)] == [asked.code]
            assert SMALL.asked(phrase)[0].likeness > 0.6


def test_abbreviations_and_slips_are_seen_through() -> None:
    assert SMALL.asked("denda tlat byr brp ya min")[0].code == "fine"
    assert SMALL.asked("TUNGGAKAN bisa di cicil ga???")[0].code == "parts"


def test_words_that_no_phrase_has_count_against_it() -> None:
    plain = SMALL.nearest("denda")[0].likeness
    assert SMALL.nearest("denda tilang motor di jalan tol kemarin sore")[0].likeness < plain / 2


@pytest.mark.parametrize("text", ["", "   ", "???", "🙏", "xyz qwe", "1671012304900001"])
def test_nothing_is_found_for_nothing(text: str) -> None:
    assert SMALL.asked(text) == []
    assert index().asked(text) == []


def test_an_index_without_questions_finds_nothing() -> None:
    assert no_questions().asked("denda telat bayar") == []


def test_the_meaning_brings_its_questions_nearer() -> None:
    without = SMALL.nearest("denda")[0].likeness
    assert SMALL.nearest("denda", "ask_payment")[0].likeness > without
    assert SMALL.nearest("denda", "ask_card")[0].likeness == pytest.approx(without)
    assert SMALL.nearest("zzz", "ask_payment") == []


def test_those_that_are_equally_near_are_offered_together() -> None:
    twins = Index(
        (FINE, question("twin", "denda telat bayar berapa", "aaa bbb", "ccc ddd")),
        Analyser(NORMALISER, Concepts((), NORMALISER)),
    )
    assert {match.code for match in twins.asked("denda telat bayar berapa")} == {"fine", "twin"}


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=300))
def test_any_text_can_be_asked(text: str) -> None:
    matches = index().asked(text)
    assert len(matches) <= 3
    assert all(match.likeness >= SURE - LEAD for match in matches)
    assert matches == sorted(matches, key=lambda match: -match.likeness)


def test_a_look_up_takes_no_time_that_anybody_notices() -> None:
    """Measured in milliseconds of this process; here about one. The bound is wide, for a busy machine."""
    texts = ["telat bayar kena denda ga", "rujukan berlaku berapa lama ya min"] * 50
    begun = time.process_time()
    for text in texts:
        index().asked(text)
    assert (time.process_time() - begun) / len(texts) < 0.005
