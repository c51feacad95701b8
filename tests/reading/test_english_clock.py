"""Times of day as they are said in English."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from bot.reading.dates import read_when
from bot.reading.english_clock import plain_clock

NOW = datetime(2026, 11, 23, 11, 0, tzinfo=ZoneInfo("Asia/Makassar"))


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("8 am", "at 08:00"),
        ("since 8 this morning", "since at 08:00"),
        ("8 o'clock in the morning", "at 08:00"),
        ("at 3.30 p.m.", "at 15:30"),
        ("12 am or 12 pm", "at 00:00 or at 12:00"),
        ("9 in the evening", "at 21:00"),
        ("7 yesterday evening", "at 19:00 yesterday"),
        ("last night", "tadi malam"),
        ("15 pm", "15 pm"),
        ("jam 8 pagi", "jam 8 pagi"),
        ("kamar 8 ampuh", "kamar 8 ampuh"),
        ("", ""),
    ],
)
def test_on_a_clock_of_24_hours(text: str, plain: str) -> None:
    assert plain_clock(text) == plain


@pytest.mark.parametrize(
    ("text", "day", "hour"),
    [
        ("since 8 this morning", 23, 8),
        ("since 3 pm yesterday", 22, 15),
        ("8:15 am", 23, 8),
        ("since last night", 22, 18),
        ("7 yesterday evening", 22, 19),
    ],
)
def test_it_is_read_as_any_other_time(text: str, day: int, hour: int) -> None:
    when = read_when(text, NOW)
    assert when
    assert (when.start.day, when.start.hour) == (day, hour)
