"""Two requests in one message."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.messages import Interpretation, Thresholds
from bot.nlu.parts import parts, two_requests


def meant(text: str, intent: str, confidence: float = 0.99) -> Interpretation:
    return Interpretation(
        text=text,
        intent=intent,
        confidence=confidence,
        ranking=((intent, confidence),),
        thresholds=Thresholds(act=0.9, ask=0.2),
    )


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("kantor samarinda besok buka?", []),
        ("min mau tanya. makasih", []),
        (
            "kantor samarinda besok buka? terus kartu saya hilang, cetak ulang gimana",
            ["kantor samarinda besok buka?", "terus kartu saya hilang, cetak ulang gimana"],
        ),
        (
            "mau cek tagihan bulan ini\nsama minta nomor care center",
            ["mau cek tagihan bulan ini", "sama minta nomor care center"],
        ),
        ("satu dua tiga. " * 5, []),
    ],
)
def test_a_message_is_parted_where_another_request_may_begin(text: str, found: list[str]) -> None:
    assert parts(text) == found


@given(st.text(max_size=200))
def test_parts_are_of_the_message(text: str) -> None:
    assert all(part in text for part in parts(text))


def test_a_sure_message_is_served_first_and_the_other_wish_second() -> None:
    whole = meant("SEP error? sama minta nomor care center", "ask_outage")
    outage, channels = (
        meant("SEP error?", "ask_outage"),
        meant("sama minta nomor care center", "ask_channels"),
    )
    assert two_requests(whole, [outage, channels]) == (whole, channels)


def test_of_an_unsure_message_the_first_wish_is_served_first() -> None:
    whole = meant("kantor besok buka? terus kartu hilang, gimana", "ask_card", 0.4)
    closure, card = (
        meant("kantor besok buka?", "ask_closure"),
        meant("terus kartu hilang, gimana", "ask_card", 0.8),
    )
    first, second = two_requests(whole, [closure, card])
    assert (first.text, first.intent, second) == (whole.text, "ask_closure", card)


@pytest.mark.parametrize(
    ("whole", "read"),
    [
        (
            ("ask_card", 0.99),
            [("kartu saya hilang.", "ask_card", 0.99), ("di angkot kemarin", "ask_office", 0.99)],
        ),
        (
            ("ask_card", 0.99),
            [("kartunya mau dicetak", "ask_card", 0.99), ("caranya gimana ya", "help", 0.6)],
        ),
        (("ask_card", 0.99), [("apa ini", "help", 0.99), ("mau tanya alamat", "ask_office", 0.99)]),
        (("ask_card", 0.4), [("kartunya mau dicetak", "ask_card", 0.99), ("caranya gimana ya", "help", 0.6)]),
        (("ask_card", 0.4), []),
    ],
    ids=["no wish", "not sure", "whole is something else", "unsure parts", "one request"],
)
def test_what_is_no_second_request(whole: tuple[str, float], read: list[tuple[str, str, float]]) -> None:
    message = meant("...", *whole)
    assert two_requests(message, [meant(*part) for part in read]) == (message, None)
