"""Dates and times as people write them, seen from a Wednesday morning in Samarinda."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.reading.dates import find_when, read_date, read_when

WITA = ZoneInfo("Asia/Makassar")
NOW = datetime(2026, 11, 18, 10, 0, tzinfo=WITA)
TODAY = NOW.date()


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("kantor buka hari ini?", "2026-11-18"), ("buko hari ni dak", "2026-11-18"), ("dino iki", "2026-11-18"),
        ("poe ieu", "2026-11-18"), ("is it open today", "2026-11-18"), ("besok", "2026-11-19"),
        ("bsk libur ga", "2026-11-19"), ("sesuk", "2026-11-19"), ("isukan", "2026-11-19"),
        ("tomorrow", "2026-11-19"), ("lusa", "2026-11-20"), ("kmrn", "2026-11-17"), ("wingi", "2026-11-17"),
        ("kemarin lusa", "2026-11-16"), ("rabu", "2026-11-18"), ("jumat buka?", "2026-11-20"),
        ("jum'at", "2026-11-20"), ("hari minggu", "2026-11-22"), ("minggu", "2026-11-22"),
        ("senin depan", "2026-11-23"), ("rabu besok", "2026-11-25"), ("senin minggu depan", "2026-11-23"),
        ("sabtu kemarin", "2026-11-14"), ("kamis lalu", "2026-11-12"), ("sejak selasa", "2026-11-17"),
        ("sejak jumat", "2026-11-13"), ("tgl 25", "2026-11-25"), ("tgl 11", "2026-12-11"),
        ("tgl 3 kmrn", "2026-11-03"), ("sejak tanggal 1", "2026-11-01"), ("11 september", "2026-09-11"),
        ("tanggal 18 Agustus 2020", "2020-08-18"), ("11/9/2020", "2020-09-11"), ("11-09-20", "2020-09-11"),
        ("Senin, 3 Oktober 2022", "2022-10-03"), ("2 hari lagi", "2026-11-20"),
        ("3 hari yang lalu", "2026-11-15"), ("udah 3 hari", "2026-11-15"),
    ],
)  # fmt: skip
def test_the_day_that_is_meant(text: str, day: str) -> None:
    when = read_when(text, NOW)
    assert when is not None
    assert when.day == date.fromisoformat(day)


@pytest.mark.parametrize(
    ("text", "start", "has_time"),
    [
        ("jam 8 pagi", "18T08:00", True), ("jam setengah delapan", "18T07:30", True), ("dari jam 8", "18T08:00", True),
        ("dr tadi pagi", "18T06:00", False), ("dari subuh", "18T04:00", False), ("jam 2 siang", "18T14:00", True),
        ("jam 7 malam", "18T19:00", True), ("jam 2", "18T14:00", True), ("pukul 08.30", "18T08:30", True),
        ("jam 8 lewat 15", "18T08:15", True), ("jam 9 kurang seperempat", "18T08:45", True),
        ("jam 12 malam", "19T00:00", True), ("besok pagi", "19T06:00", False), ("besok jam 9", "19T09:00", True),
        ("besok kantor buka jam 9 ga", "19T09:00", True), ("semalam", "17T18:00", False),
        ("tadi malam", "17T18:00", False), ("sejak kemarin", "17T00:00", False), ("sejak jam 11", "17T23:00", True),
        ("jam 9 WIB", "18T10:00", True), ("3 jam yang lalu", "18T07:00", True), ("since monday", "16T00:00", False),
        ("dari kemarin sore", "17T15:00", False), ("minggu depan", "23T00:00", False),
        ("minggu kemarin", "09T00:00", False), ("jam 8 malam kemarin", "17T20:00", True),
    ],
)  # fmt: skip
def test_since_when(text: str, start: str, has_time: bool) -> None:
    when = read_when(text, NOW)
    assert when is not None
    assert when.start == datetime.fromisoformat(f"2026-11-{start}").replace(tzinfo=WITA)
    assert when.has_time is has_time


def test_a_span_has_no_single_day() -> None:
    week = read_when("minggu depan", NOW)
    assert week is not None
    assert week.day is None
    assert week.end == datetime(2026, 11, 30, tzinfo=WITA)


def test_a_limit_has_an_end_alone() -> None:
    until = read_when("tutup sampai jumat", NOW)
    assert until is not None
    assert (until.start, until.day, until.end) == (None, None, datetime(2026, 11, 21, tzinfo=WITA))


def test_from_and_until_are_one() -> None:
    hours = read_when("jaga toko dari jam 8 sampe jam 5", NOW)
    assert hours is not None
    assert hours.start == datetime(2026, 11, 18, 8, tzinfo=WITA)
    assert hours.end == datetime(2026, 11, 18, 17, tzinfo=WITA)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "pagi min",
        "tadi",
        "sekarang",
        "nanti",
        "tiap bulan",
        "umur 5 tahun",
        "SEP error",
        "dr. Budi",
        "2 orang",
    ],
)
def test_what_speaks_of_no_time(text: str) -> None:
    assert read_when(text, NOW) is None
    assert find_when(text) == []


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("sep gabisa terbit dari jam 8 min", ["dari jam 8"]),
        ("tutup sampai 18 april ya", ["sampai 18 april"]),
        ("tanggal 18 Agustus buka?", ["18 Agustus"]),
        ("autodebet tiap tgl 5", ["tgl 5"]),
        ("libur 24-25 desember?", ["24-25 desember"]),
        ("sudah dua tahun, sejak jam 5 subuh, rabu besok", ["dua tahun", "sejak jam 5 subuh", "rabu besok"]),
        ("ayah umur 66 tahun kontrol senin depan", ["senin depan"]),
        ("dari jam 8 sampe jam 5", ["dari jam 8 sampe jam 5"]),
    ],
)
def test_the_words_that_speak_of_a_time(text: str, spans: list[str]) -> None:
    assert [text[start:end] for start, end in find_when(text)] == spans


@given(st.text())
def test_reading_never_raises(text: str) -> None:
    when = read_when(text, NOW)
    assert when is None or all(at is None or at.tzinfo is not None for at in (when.start, when.end))
    read_date(text, TODAY)
    for start, end in find_when(text):
        assert 0 <= start < end <= len(text)


WORDS = st.sampled_from(
    [
    "jam", "setengah", "8", "99", "31", "februari", "tgl", "minggu", "depan", "lalu", "kemarin",
    "besok", "sejak", "sampai", "dari", "pagi", "malam", "2", "tahun", "lagi", "bulan", "9999",
    "1/1/1", "30/2/2020", "senin", "hari", "ini", "yang", "akhir", "ini", "24", "wib", "dua",
    "puluh", "abad", "0",
]
)  # fmt: skip


@given(st.lists(WORDS, max_size=8).map(" ".join))
def test_no_order_of_time_words_breaks_the_reader(text: str) -> None:
    read_when(text, NOW)
    find_when(text)


MONTHS = [
    "Januari", "Februari", "Maret", "April", "Mei", "Juni", "Juli", "Agustus", "September",
    "Oktober", "November", "Desember",
]  # fmt: skip


@given(st.dates(min_value=date(1930, 1, 1), max_value=TODAY))
def test_a_birth_date_is_read_back_from_every_way_of_writing_it(day: date) -> None:
    month = MONTHS[day.month - 1]
    for written in (
        day.isoformat(), f"{day:%d-%m-%Y}", f"{day:%d/%m/%Y}", f"{day.day}/{day.month}/{day.year}",
        f"{day.day} {month} {day.year}", f"{day.day} {month[:3].lower()} {day.year}", f"{day:%d%m%Y}",
        f"{day.day} {day.month} {day.year}", f"Palembang, {day.day} {month} {day.year}", f"{day:%d.%m.%Y}",
        f"tgl {day.day} bulan {day.month} tahun {day.year}",
    ):  # fmt: skip
        assert read_date(written, TODAY) == day, written


@given(st.dates(min_value=TODAY - timedelta(365 * 90), max_value=TODAY))
def test_a_year_of_two_digits_is_the_latest_possible(day: date) -> None:
    assert read_date(f"{day:%d-%m-%y}", TODAY) == day


@pytest.mark.parametrize(
    "text", ["31 februari 1990", "besok", "1 Januari", "32-01-1990", "1 Januari 2090", ""]
)
def test_what_is_no_birth_date(text: str) -> None:
    assert read_date(text, TODAY) is None
