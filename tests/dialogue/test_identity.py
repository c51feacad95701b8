"""Who somebody is: numbers, names, days, ways to be reached, and what is said of those that cannot be."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.dialogue.identity import (
    Amount,
    Email,
    Entry,
    IdNumber,
    PersonName,
    PhoneNumber,
    WhichDay,
    Words,
    unnamed,
)
from bot.dialogue.questions import Unclear
from bot.dialogue.state import Heard, Said
from bot.messages import NOTHING
from bot.reading.numbers import NumberKind

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=ZoneInfo("Asia/Jakarta"))
NIK = IdNumber(kinds=(NumberKind.NIK,))
KK = IdNumber(kinds=(NumberKind.KK,))
CARD = IdNumber(kinds=(NumberKind.CARD,))
EITHER = IdNumber(kinds=(NumberKind.NIK, NumberKind.CARD))


def read(question: Entry, text: str) -> Any:
    """What a question makes of a text."""
    return question.read(Said(interpretation=NOTHING, at=NOW, text=text), (), strictly=False)


def heard(text: str) -> Heard:
    """A text that was said before."""
    return Heard(text=text, at=NOW)


@pytest.mark.parametrize(
    ("question", "text", "kept"),
    [
        (NIK, "1671014107900001", "1671014107900001"),
        (NIK, "nik saya 1671 0141 0790 0001 ya", "1671014107900001"),
        (KK, "1671012303100007", "1671012303100007"),
        (KK, "no kk 1671-0123-0310-0007", "1671012303100007"),
        (CARD, "0001234567890", "0001234567890"),
        (EITHER, "0001234567890", "0001234567890"),
        (EITHER, "1671014107900001", "1671014107900001"),
        (NIK, "9971014107900001", "9971014107900001"),  # an unknown province is no reason to refuse
    ],
)
def test_a_number(question: IdNumber, text: str, kept: str) -> None:
    assert read(question, text) == kept


@pytest.mark.parametrize(
    ("question", "text", "says"),
    [
        (NIK, "1671017207900001", "identity.bad_nik"),  # day 72
        (NIK, "1671013202900001", "identity.bad_nik"),  # day 32
        (NIK, "167101410790000", "identity.wrong_length"),
        (NIK, "16710141079000011", "identity.wrong_length"),
        (NIK, "0001234567890", "identity.is_other"),
        (NIK, "kk 1671012303100007", "identity.is_other"),
        (NIK, "081270001234", "identity.is_phone"),
        (KK, "nik 1671014107900001", "identity.is_other"),
        (CARD, "8888801234567890", "identity.is_va"),
        (CARD, "8988801234567890", "identity.is_va"),
        (CARD, "1671014107900001", "identity.is_other"),
        (CARD, "000123456789", "identity.wrong_length"),
        (
            IdNumber(kinds=(NumberKind.KK,), taken=("1671012303100007",)),
            "1671012303100007",
            "identity.same_number",
        ),
    ],
)
def test_what_is_wrong_with_a_number_is_said(question: IdNumber, text: str, says: str) -> None:
    found = read(question, text)
    assert isinstance(found, Unclear)
    assert found.says == says
    assert text not in str(found.values)


@pytest.mark.parametrize(
    ("question", "text", "kept"),
    [
        (NIK, "nik saya 1671014107900001", "1671014107900001"),
        (NIK, "1671014107900001", None),  # it may be a family card
        (KK, "kk 1671012303100007", "1671012303100007"),
        (KK, "1671012303100007", None),
        (CARD, "kartu 0001234567890", "0001234567890"),
        (NIK, "nik 1671017207900001", None),
        (IdNumber(kinds=(NumberKind.CARD,), first=False), "kartu 0001234567890", None),
    ],
)
def test_a_number_said_before_counts_only_where_it_says_what_it_is(
    question: IdNumber, text: str, kept: str | None
) -> None:
    assert question.hear(heard(text)) == kept


def test_sixteen_digits_that_say_nothing_are_offered() -> None:
    assert unnamed([heard("mau daftar 1671014107900001")]) == "1671014107900001"
    assert unnamed([heard("nik 1671014107900001")]) == ""
    assert unnamed([heard("1671014107900001 6472013112850002")]) == ""
    question = IdNumber(kinds=(NumberKind.KK,), offered="1671014107900001", yes="Ya")
    assert read(question, "iya betul") == "1671014107900001"
    assert question.tapped("offered") == "1671014107900001"


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Siti Aminah", "Siti Aminah"),
        ("nama saya Siti Nur'aini", "Siti Nur'aini"),
        ("namanya: I Made Wirawan, S.H.", "I Made Wirawan, S.H."),
        ("Budi", "Budi"),
        ("ya", None),
        ("tidak", None),
        ("12345", None),
        ("Siti 1671014107900001", None),
        ("saya mau tanya dulu dong pak kalau boleh tahu caranya bagaimana ya", None),
    ],
)
def test_a_name(text: str, kept: str | None) -> None:
    assert read(PersonName(), text) == kept


def test_a_day_and_one_that_is_to_come() -> None:
    assert read(WhichDay(now=NOW), "1 jan 90") == "1990-01-01"
    found = read(WhichDay(now=NOW), "besok")
    assert isinstance(found, Unclear)
    assert found.says == "identity.future_date"
    assert read(WhichDay(now=NOW), "1671014107900001") is None
    assert WhichDay(now=NOW).restore("no day") is None


def test_a_birth_date_said_before() -> None:
    assert WhichDay(now=NOW).hear(heard("anak saya lahir kemarin")) == "2026-11-22"
    assert WhichDay(now=NOW).hear(heard("kemarin saya ke kantor")) is None
    assert WhichDay(now=NOW, born=False).hear(heard("lahir kemarin")) is None


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("0812-7000-1234", "081270001234"),
        ("+62 812 7000 1234", "081270001234"),
        ("0711 123456", "0711123456"),
        ("123", None),
    ],
)
def test_a_phone_number(text: str, kept: str | None) -> None:
    assert read(PhoneNumber(), text) == kept


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Nama@Contoh.id", "nama@contoh.id"),
        ("email saya a.b@c-d.co.id ya", "a.b@c-d.co.id"),
        ("nama at contoh", None),
    ],
)
def test_an_address(text: str, kept: str | None) -> None:
    assert read(Email(), text) == kept


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Rp3.500.000", "3500000"),
        ("3,5 juta", "3500000"),
        ("3.5 jt", "3500000"),
        ("750 ribu", "750000"),
        ("3500000", "3500000"),
        ("Rp 4.250.000,00", "4250000"),
        ("banyak", None),
    ],
)
def test_an_amount(text: str, kept: str | None) -> None:
    assert read(Amount(), text) == kept


@pytest.mark.parametrize(
    "text", ["lewati", "Lewati", "tidak ada", "gak punya", "belum ada", "-", "skip", "tidak"]
)
def test_what_may_be_left_out(text: str) -> None:
    for question in (
        PhoneNumber("Lewati"),
        PersonName("Lewati"),
        Email("Lewati"),
        IdNumber("Lewati"),
        Words("Lewati"),
    ):
        assert read(question, text) == ""
        assert question.restore("") == ""


@pytest.mark.parametrize(
    ("question", "text", "kept"),
    [
        (PersonName(called="Nama anggota baru"), "namanya Siti Rahma", "Siti Rahma"),
        (PersonName(called="Nama"), "keliru, nama yang benar Siti", "Siti"),
        (PersonName(called="Nama"), "alamat Jl. Mangga", None),
        (Amount(called="Gaji pokok baru"), "keliru, gaji pokoknya 3.600.000", "3600000"),
        (Words(called="Alamat"), "alamatnya Jl. Durian 9", "Jl. Durian 9"),
        (PhoneNumber(called="Nomor HP"), "nomor hp 081270009999", "081270009999"),
        (PersonName(), "namanya Siti", None),
    ],
)
def test_a_correction_names_what_it_is_for(question: Entry, text: str, kept: str | None) -> None:
    assert question.correct(heard(text)) == kept


@given(st.text(max_size=200))
def test_no_text_breaks_a_question(text: str) -> None:
    for question in (
        NIK,
        EITHER,
        PersonName("x"),
        WhichDay(now=NOW),
        PhoneNumber(),
        Email(),
        Amount(),
        Words(),
    ):
        kept = read(question, text)
        assert kept is None or isinstance(kept, str | Unclear)
        if isinstance(kept, str):
            assert question.restore(kept) == kept
        question.hear(heard(text))
        question.correct(heard(text))
