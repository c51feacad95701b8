"""What counts as a question, as a wish, and as a request of its own in a part of a message."""

import pytest

from bot.dialogue.asking import asks, asks_what_now, requests, wishes


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


@pytest.mark.parametrize(
    "text",
    [
        "terus saya hrs gmn dong",
        "trs gimana",
        "Lalu bagaimana ya, pak?",
        "harus ngapain??",
        "solusinya apa min",
        "kemana dong",
        "apa yg harus saya lakukan",
        "jadi gimana nih",
        "so what should I do now?",
    ],
)
def test_who_asks_what_to_do_then(text: str) -> None:
    assert asks_what_now(text)


@pytest.mark.parametrize(
    "text",
    ["terus saya harus daftar gimana", "kartu hilang gimana", "apa", "ya", "gimana cara bayar", "", "99"],
)
def test_who_asks_how_to_do_something_asks_something_else(text: str) -> None:
    assert not asks_what_now(text)


def test_who_wants_something_need_not_ask() -> None:
    assert wishes("mau cetak kartu")
    assert wishes("nak batikan kartu")
    assert not wishes("kartu saya hilang")


def test_a_part_is_a_request_by_its_wish_or_its_question() -> None:
    assert requests("terus cek tagihan")
    assert requests("cetak ulang gimana")
    assert not requests("my card is lost")
    assert not requests("kantornya ramai sekali")
