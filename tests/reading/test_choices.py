"""Choices and plain answers in the words people use."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.reading.choices import asks_back, read_choice, read_yes_no

TITLES = [["Obat kosong", "obat"], ["Ditolak RS", "ditolak", "kamar penuh"], ["Antrean lama", "antri"]]


@pytest.mark.parametrize(
    ("text", "index"),
    [
        ("2", 1), ("2.", 1), ("nomor dua", 1), ("yg ke 2", 1), ("dua", 1), ("kedua", 1), ("pilihan 1", 0),
        ("no 3 aja kak", 2), ("loro", 1), ("sikok", 0), ("yang terakhir", 2), ("Obat kosong", 0), ("obat kosong", 0),
        ("obat", 0), ("yang obat kosong aja kak", 0), ("obt ksong", 0), ("antrian lama", 2), ("ditolk rs", 1),
        ("kamar penuh min", 1), ("antre", 2),
    ],
)  # fmt: skip
def test_the_option_that_is_meant(text: str, index: int) -> None:
    assert read_choice(text, TITLES) == index


@pytest.mark.parametrize(
    "text", ["", "4", "0", "apa ya", "nomor 1 atau 2", "cuaca hari ini", "🙏", "13 orang"]
)
def test_what_chooses_nothing(text: str) -> None:
    assert read_choice(text, TITLES) is None


def test_two_equal_options_are_not_clear() -> None:
    assert read_choice("samarinda", [["Samarinda Ulu"], ["Samarinda Ilir"]]) is None
    assert read_choice("samarinda ulu", [["Samarinda Ulu"], ["Samarinda Ilir"]]) == 0


def test_a_title_that_is_a_number_is_meant_before_the_place_in_the_list() -> None:
    assert read_choice("2", [["Kelas 1"], ["2"], ["Kelas 3"]]) == 1
    assert read_choice("3", [["3"], ["2"], ["1"]]) == 0


@given(
    st.lists(
        st.text(min_size=1, max_size=20).filter(str.strip), min_size=1, max_size=9, unique_by=str.casefold
    )
)
def test_every_option_is_chosen_by_its_number_and_by_its_own_title(titles: list[str]) -> None:
    options = [[title] for title in titles]
    for at, title in enumerate(titles):
        if len({other.strip().casefold() for other in titles}) == len(titles) and any(
            map(str.isalpha, title)
        ):
            assert read_choice(title, options) in {at, None}
        if not any(char.isdigit() for other in titles for char in other):
            assert read_choice(str(at + 1), options) == at


@given(st.text(), st.lists(st.lists(st.text(), max_size=3), max_size=5))
def test_choosing_never_raises(text: str, titles: list[list[str]]) -> None:
    chosen = read_choice(text, titles)
    assert chosen is None or 0 <= chosen < len(titles)
    read_yes_no(text)


@pytest.mark.parametrize(
    "text",
    [
        "ya", "Iya", "iyaaa", "y", "ok", "okeee", "sip", "betul sekali pak", "bener", "lanjut", "setuju", "👍", "nggih",
        "iyo", "inggih", "muhun", "enya", "iya gak papa", "ga apa-apa", "he em", "yup benar", "gak salah",
    ],
)  # fmt: skip
def test_a_yes(text: str) -> None:
    assert read_yes_no(text) is True


@pytest.mark.parametrize(
    "text",
    [
        "tidak", "gak", "ga", "ngga", "bukan", "jangan dulu", "salah", "belum", "dak", "kada", "ora", "mboten", "teu",
        "nggak usah", "👎", "no", "bukan, yang benar 2",
    ],
)  # fmt: skip
def test_a_no(text: str) -> None:
    assert read_yes_no(text) is False


@pytest.mark.parametrize("text", ["", "ya tidak", "hmm", "kantor buka jam berapa", "🙏", "saya " * 20 + "ya"])
def test_neither(text: str) -> None:
    assert read_yes_no(text) is None


@pytest.mark.parametrize(
    "text", ["ini bayar ga?", "boleh ga", "tidak aktif knp", "berapa lama prosesnya", "harus datang gak"]
)
def test_a_question_back_is_neither_yes_nor_no(text: str) -> None:
    assert asks_back(text)


@pytest.mark.parametrize(
    "text",
    [
        "ga",
        "ya ga",
        "kayaknya ga",
        "iya gapapa",
        "gak masalah",
        "tidak, emang kenapa",
        "ya",
        "belum",
        "sudah kok",
    ],
)
def test_a_plain_answer_asks_nothing_back(text: str) -> None:
    assert not asks_back(text)
