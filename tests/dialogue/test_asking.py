"""What counts as a question, as a wish, and as a request of its own in a part of a message."""

import pytest

from bot.dialogue.asking import asks, requests, wishes


@pytest.mark.parametrize(
    "text",
    [
        "kantor buka?",
        "Kapan kantor buka",
        "kantor di mana",
        "error ga",
        "SEP error nggak ya... kah",
        "siapo yang di loket, berapo antre",
        "is it open",
    ],
)
def test_a_question_is_known_without_its_mark(text: str) -> None:
    assert asks(text)


@pytest.mark.parametrize(
    "text", ["antrean online error", "ga bisa masuk", "kapanpun boleh", "saya mau berobat"]
)
def test_what_tells_something_is_no_question(text: str) -> None:
    assert not asks(text)


def test_who_wants_something_need_not_ask() -> None:
    assert wishes("mau cetak kartu")
    assert wishes("nak batikan kartu")
    assert not wishes("kartu saya hilang")


def test_a_part_is_a_request_by_its_wish_or_its_question() -> None:
    assert requests("terus cek tagihan")
    assert requests("cetak ulang gimana")
    assert not requests("my card is lost")
    assert not requests("kantornya ramai sekali")
