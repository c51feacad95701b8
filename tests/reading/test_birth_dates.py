"""Birth dates in all the ways people write them."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.reading.birth_dates import read_birth_date

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=ZoneInfo("Asia/Jakarta"))
"""A Monday."""


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("1 jan 90", "1990-01-01"),
        ("01011990", "1990-01-01"),
        ("010190", "1990-01-01"),
        ("satu januari 1990", "1990-01-01"),
        ("1-1-1990", "1990-01-01"),
        ("1990-01-01", "1990-01-01"),
        ("19900101", "1990-01-01"),
        ("tgl 1 bulan 1 tahun 90", "1990-01-01"),
        ("saya lahir 5 Mei 1960 di Palembang", "1960-05-05"),
        ("17 agustus '45", "1945-08-17"),
        ("satu januari sembilan puluh", "1990-01-01"),
        ("dua puluh satu agustus sembilan belas tujuh puluh", "1970-08-21"),
        ("1 Januari sembilan belas sembilan puluh lima", "1995-01-01"),
        ("tujuh belas agustus seribu sembilan ratus enam puluh", "1960-08-17"),
        ("5 mei dua ribu dua belas", "2012-05-05"),
        ("5 mei dua ribu", "2000-05-05"),
        ("kemarin", "2026-11-22"),
        ("hari ini", "2026-11-23"),
        ("2 minggu lalu", "2026-11-09"),
        ("3 november", "2026-11-03"),
        ("20 des", "2025-12-20"),
        ("jumat", "2026-11-20"),
        ("tgl 3", "2026-11-03"),
    ],
)
def test_a_day_that_has_been(written: str, day: str) -> None:
    assert read_birth_date(written, NOW) == date.fromisoformat(day)


@pytest.mark.parametrize(
    "written",
    [
        "besok",
        "31 desember 2030",
        "31 feb 1990",
        "tidak tahu",
        "",
        "1671014107900001",
        "minggu lalu",
        "tahun 1990",
    ],
)
def test_no_day_or_none_that_has_been(written: str) -> None:
    assert read_birth_date(written, NOW) is None


@given(st.dates(date(1905, 1, 1), date(2026, 11, 23)))
def test_every_day_in_the_usual_forms(day: date) -> None:
    for form in ("%d-%m-%Y", "%d/%m/%Y", "%Y-%m-%d", "%d%m%Y"):
        assert read_birth_date(day.strftime(form), NOW) == day


@given(st.text(max_size=80))
def test_any_text_is_read_or_not(text: str) -> None:
    found = read_birth_date(text, NOW)
    assert found is None or found <= NOW.date()
