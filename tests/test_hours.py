"""Opening hours and deadlines, in all three time zones."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.config import Config, Deadline, Holidays, Week, load_config
from bot.hours import (
    Closed,
    OfficeDay,
    Why,
    add_working_days,
    add_working_hours,
    due_at,
    is_open,
    next_opening,
    office_day,
)
from bot.settings import HOME

CONFIG: Config = load_config(HOME / "config")
SAMPLE = CONFIG.holidays
SAMARINDA = CONFIG.branch("samarinda")
PALEMBANG = CONFIG.branch("palembang")
JAYAPURA = CONFIG.branch("jayapura")

OWN = Holidays.model_validate(
    {
        "holidays": [
            {
                "date": "2026-03-23",
                "kind": "joint_leave",
                "name": {"id": "Cuti bersama", "en": "Joint leave"},
            },
            {
                "date": "2026-11-26",
                "kind": "holiday",
                "name": {"id": "Galungan", "en": "Galungan"},
                "provinces": ["Bali"],
            },
            {"date": "2026-11-27", "kind": "joint_leave", "name": {"id": "Cuti", "en": "Leave"}},
            {"date": "2026-11-27", "kind": "holiday", "name": {"id": "Libur", "en": "Holiday"}},
        ],
        "duty_days": [
            {"date": "2026-03-23", "hours": "08:00-12:00", "branches": ["samarinda"]},
            {"date": "2026-11-28", "hours": ["08:00-10:00", "13:00-14:00"]},
        ],
    }
)
LUNCH = PALEMBANG.model_copy(
    update={"hours": Week.model_validate({"mon": ["08:00-12:00", "13:00-16:00"], "wed": "08:00-10:00"})}
)


def at(branch_zone: str, text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(branch_zone))


def wib(text: str) -> datetime:
    return at("Asia/Jakarta", text)


def wita(text: str) -> datetime:
    return at("Asia/Makassar", text)


def wit(text: str) -> datetime:
    return at("Asia/Jayapura", text)


def spoken(day: OfficeDay) -> tuple[str, str, str | None]:
    return ", ".join(map(str, day.ranges)), day.why.value, day.name.id if day.name else None


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2026-03-17", ("08:00-15:00", "regular", None)),
        ("2026-03-18", ("", "holiday", "Cuti bersama Nyepi")),
        ("2026-03-19", ("", "holiday", "Hari Suci Nyepi")),
        ("2026-03-20", ("", "holiday", "Cuti bersama Idulfitri")),
        ("2026-03-21", ("", "holiday", "Idulfitri 1447 H")),
        ("2026-03-22", ("", "holiday", "Idulfitri 1447 H")),
        ("2026-03-24", ("", "holiday", "Cuti bersama Idulfitri")),
        ("2026-03-25", ("08:00-15:00", "regular", None)),
        ("2026-11-28", ("", "weekend", None)),
        ("2025-04-02", ("08:00-12:00", "duty", "Cuti bersama Idulfitri")),
    ],
)
def test_days_of_the_sample(day: str, expected: tuple[str, str, str | None]) -> None:
    assert spoken(office_day(SAMARINDA, date.fromisoformat(day), SAMPLE)) == expected


def test_a_duty_day_is_of_the_branches_that_keep_it() -> None:
    day = date(2026, 3, 23)
    assert spoken(office_day(SAMARINDA, day, OWN)) == ("08:00-12:00", "duty", "Cuti bersama")
    assert spoken(office_day(PALEMBANG, day, OWN)) == ("", "holiday", "Cuti bersama")


def test_a_holiday_of_one_province() -> None:
    day = date(2026, 11, 26)
    assert office_day(CONFIG.branch("singaraja"), day, OWN).why is Why.HOLIDAY
    assert office_day(SAMARINDA, day, OWN).why is Why.REGULAR


def test_a_public_holiday_counts_before_joint_leave() -> None:
    assert spoken(office_day(SAMARINDA, date(2026, 11, 27), OWN))[2] == "Libur"


def test_openings_are_moments_in_the_zone_of_the_office() -> None:
    (opening,) = office_day(JAYAPURA, date(2026, 11, 23), SAMPLE).openings
    assert (opening.start, opening.end) == (wit("2026-11-23T08:00"), wit("2026-11-23T15:00"))
    assert opening.start.utcoffset() == timedelta(hours=9)


@pytest.mark.parametrize(
    ("utc", "open_in"),
    [
        ("2026-11-22T22:59", set()),
        ("2026-11-22T23:00", {"jayapura"}),
        ("2026-11-23T00:00", {"jayapura", "samarinda"}),
        ("2026-11-23T01:00", {"jayapura", "samarinda", "palembang"}),
        ("2026-11-23T05:59", {"jayapura", "samarinda", "palembang"}),
        ("2026-11-23T06:00", {"samarinda", "palembang"}),
        ("2026-11-23T07:00", {"palembang"}),
        ("2026-11-23T08:00", set()),
    ],
)
def test_one_moment_in_three_zones(utc: str, open_in: set[str]) -> None:
    moment = at("UTC", utc)
    found = {branch.code for branch in (PALEMBANG, SAMARINDA, JAYAPURA) if is_open(branch, moment, SAMPLE)}
    assert found == open_in


@pytest.mark.parametrize(
    ("branch", "after", "expected"),
    [
        (SAMARINDA, wita("2026-11-23T07:00"), wita("2026-11-23T08:00")),
        (SAMARINDA, wita("2026-11-23T08:00"), wita("2026-11-23T08:00")),
        (SAMARINDA, wita("2026-11-23T10:30"), wita("2026-11-23T10:30")),
        (SAMARINDA, wita("2026-11-23T15:00"), wita("2026-11-24T08:00")),
        (SAMARINDA, wita("2026-11-27T15:00"), wita("2026-11-30T08:00")),
        (SAMARINDA, wita("2026-03-17T16:00"), wita("2026-03-25T08:00")),
        (JAYAPURA, wib("2026-11-23T23:30"), wit("2026-11-24T08:00")),
        (LUNCH, wib("2026-11-23T12:00"), wib("2026-11-23T13:00")),
        (LUNCH, wib("2026-11-23T16:00"), wib("2026-11-25T08:00")),
    ],
)
def test_next_opening(branch: object, after: datetime, expected: datetime) -> None:
    found = next_opening(branch, after, SAMPLE)  # type: ignore[arg-type]
    assert (found, found.tzinfo) == (expected, expected.tzinfo)


@pytest.mark.parametrize(
    ("start", "days", "expected"),
    [
        (wita("2026-11-23T10:00"), 1, wita("2026-11-24T15:00")),
        (wita("2026-11-23T06:00"), 1, wita("2026-11-24T15:00")),
        (wita("2026-11-23T23:00"), 5, wita("2026-11-30T15:00")),
        (wita("2026-11-28T12:00"), 2, wita("2026-12-01T15:00")),
        (wita("2026-03-17T09:00"), 5, wita("2026-03-31T15:00")),
        (wib("2026-11-23T23:30"), 1, wita("2026-11-25T15:00")),
    ],
)
def test_working_days(start: datetime, days: int, expected: datetime) -> None:
    assert add_working_days(SAMARINDA, start, days, SAMPLE) == expected


@pytest.mark.parametrize(
    ("start", "hours", "expected"),
    [
        (wita("2026-11-23T09:00"), 4, wita("2026-11-23T13:00")),
        (wita("2026-11-23T11:00"), 4, wita("2026-11-23T15:00")),
        (wita("2026-11-23T13:00"), 4, wita("2026-11-24T10:00")),
        (wita("2026-11-27T14:30"), 4, wita("2026-11-30T11:30")),
        (wita("2026-11-28T03:00"), 4, wita("2026-11-30T12:00")),
        (wita("2026-03-17T14:00"), 1.5, wita("2026-03-25T08:30")),
        (wita("2025-04-02T20:00"), 5, wita("2025-04-04T09:00")),
    ],
)
def test_working_hours(start: datetime, hours: float, expected: datetime) -> None:
    assert add_working_hours(SAMARINDA, start, hours, SAMPLE) == expected


def test_duty_days_are_no_working_days_but_have_working_hours() -> None:
    assert add_working_days(SAMARINDA, wita("2026-03-20T09:00"), 1, OWN) == wita("2026-03-24T15:00")
    assert add_working_hours(SAMARINDA, wita("2026-03-22T09:00"), 4, OWN) == wita("2026-03-23T12:00")


def test_due_at() -> None:
    start = wita("2026-11-23T13:00")
    assert due_at(SAMARINDA, start, Deadline(working_hours=4), SAMPLE) == wita("2026-11-24T10:00")
    assert due_at(SAMARINDA, start, Deadline(working_days=2), SAMPLE) == wita("2026-11-25T15:00")


def test_the_fallback_office_has_hours_too() -> None:
    assert is_open(CONFIG.office(None), wib("2026-11-23T09:00"), SAMPLE)
    assert not is_open(CONFIG.office(None), wib("2026-12-25T09:00"), SAMPLE)


def test_times_need_a_zone_and_spans_a_length() -> None:
    naive = datetime(2026, 11, 23)  # noqa: DTZ001
    with pytest.raises(ValueError, match="without a zone"):
        is_open(SAMARINDA, naive, SAMPLE)
    with pytest.raises(ValueError, match="above 0"):
        add_working_hours(SAMARINDA, wita("2026-11-23T09:00"), 0, SAMPLE)
    with pytest.raises(ValueError, match="above 0"):
        add_working_days(SAMARINDA, wita("2026-11-23T09:00"), 0, SAMPLE)


BRANCHES = st.sampled_from([PALEMBANG, SAMARINDA, JAYAPURA, LUNCH, CONFIG.branch("singaraja")])
CALENDARS = st.sampled_from([SAMPLE, OWN, Holidays()])
MOMENTS = st.datetimes(
    datetime(2025, 1, 1),  # noqa: DTZ001 (hypothesis adds the zone)
    datetime(2028, 1, 1),  # noqa: DTZ001
    timezones=st.sampled_from([ZoneInfo("UTC"), ZoneInfo("Asia/Jayapura")]),
)
DEADLINES = st.builds(Deadline, working_days=st.integers(1, 30)) | st.builds(
    Deadline, working_hours=st.floats(0.1, 100).map(lambda hours: round(hours, 1))
)


@given(BRANCHES, MOMENTS, DEADLINES, CALENDARS)
def test_a_deadline_is_never_at_a_closed_moment(branch, start, deadline, holidays) -> None:  # type: ignore[no-untyped-def]
    due = due_at(branch, start, deadline, holidays)
    assert due > start
    openings = office_day(branch, due.date(), holidays).openings
    assert any(opening.start < due <= opening.end for opening in openings)


@given(BRANCHES, MOMENTS, MOMENTS, DEADLINES, CALENDARS)
def test_who_comes_first_is_due_first(branch, one, other, deadline, holidays) -> None:  # type: ignore[no-untyped-def]
    first, second = sorted((one, other))
    assert due_at(branch, first, deadline, holidays) <= due_at(branch, second, deadline, holidays)


@given(BRANCHES, MOMENTS, st.integers(1, 20), CALENDARS)
def test_more_days_are_due_later(branch, start, days, holidays) -> None:  # type: ignore[no-untyped-def]
    assert add_working_days(branch, start, days, holidays) < add_working_days(
        branch, start, days + 1, holidays
    )


@given(BRANCHES, MOMENTS, st.integers(1, 40), st.integers(1, 40), CALENDARS)
def test_hours_add_up(branch, start, some, more, holidays) -> None:  # type: ignore[no-untyped-def]
    half = add_working_hours(branch, start, some, holidays)
    assert add_working_hours(branch, half, more, holidays) == add_working_hours(
        branch, start, some + more, holidays
    )


@given(BRANCHES, MOMENTS, CALENDARS)
def test_the_next_opening_is_open_and_the_first(branch, after, holidays) -> None:  # type: ignore[no-untyped-def]
    opens = next_opening(branch, after, holidays)
    assert opens >= after
    assert is_open(branch, opens, holidays)
    assert (opens == after) == is_open(branch, after, holidays)
    just_before = opens - timedelta(minutes=1)
    assert just_before < after or not is_open(branch, just_before, holidays)


# -- closures -------------------------------------------------------------------------------------------------


def closed(start: datetime, end: datetime | None) -> Closed:
    return Closed(start, end)


MORNING_OFF = closed(wita("2026-11-23T08:00"), wita("2026-11-23T12:00"))
WEEK_OFF = closed(wita("2026-11-23T00:00"), wita("2026-11-28T00:00"))
FOR_GOOD = closed(wita("2026-11-24T12:00"), None)


@pytest.mark.parametrize(
    ("closures", "after", "expected"),
    [
        ([MORNING_OFF], wita("2026-11-23T07:00"), wita("2026-11-23T12:00")),
        ([MORNING_OFF], wita("2026-11-23T13:00"), wita("2026-11-23T13:00")),
        ([WEEK_OFF], wita("2026-11-22T09:00"), wita("2026-11-30T08:00")),
        ([FOR_GOOD], wita("2026-11-24T11:00"), wita("2026-11-24T11:00")),
        ([FOR_GOOD], wita("2026-11-24T12:00"), None),
        ([FOR_GOOD], wita("2026-12-24T12:00"), None),
        ([WEEK_OFF, FOR_GOOD], wita("2026-11-23T09:00"), None),
        (
            [closed(wita("2026-11-23T10:00"), wita("2026-11-23T11:00"))],
            wita("2026-11-23T10:30"),
            wita("2026-11-23T11:00"),
        ),
    ],
)
def test_the_next_opening_beside_closures(
    closures: list[Closed], after: datetime, expected: datetime | None
) -> None:
    assert next_opening(SAMARINDA, after, SAMPLE, closures) == expected


@pytest.mark.parametrize(
    ("closures", "deadline", "expected"),
    [
        ([MORNING_OFF], Deadline(working_hours=4), wita("2026-11-24T09:00")),
        ([WEEK_OFF], Deadline(working_days=1), wita("2026-11-30T15:00")),
        (
            [closed(wita("2026-11-24T14:00"), wita("2026-11-24T16:00"))],
            Deadline(working_days=1),
            wita("2026-11-25T15:00"),
        ),
        ([FOR_GOOD], Deadline(working_hours=4), wita("2026-11-23T12:00")),
        ([FOR_GOOD], Deadline(working_hours=14), None),
        ([FOR_GOOD], Deadline(working_days=1), None),
    ],
)
def test_deadlines_beside_closures(
    closures: list[Closed], deadline: Deadline, expected: datetime | None
) -> None:
    assert due_at(SAMARINDA, wita("2026-11-23T08:00"), deadline, SAMPLE, closures) == expected


@st.composite
def _closures(draw: st.DrawFn) -> list[Closed]:
    """Up to three closures, one of them perhaps without an end."""
    found = []
    for _ in range(draw(st.integers(0, 3))):
        start = draw(MOMENTS)
        length = draw(st.none() | st.integers(1, 60 * 24 * 40))
        found.append(Closed(start, None if length is None else start + timedelta(minutes=length)))
    return found


CLOSURES = _closures()


def _within(moment: datetime, closures: list[Closed]) -> bool:
    """Whether it lies in a closure; its very beginning does not, since a deadline may end there."""
    return any(one.start < moment and (one.end is None or moment < one.end) for one in closures)


@given(BRANCHES, MOMENTS, DEADLINES, CALENDARS, CLOSURES)
def test_a_promise_is_never_past_nor_on_a_holiday_nor_in_a_closure(  # type: ignore[no-untyped-def]
    branch, start, deadline, holidays, closures
) -> None:
    due = due_at(branch, start, deadline, holidays, closures)
    endless = any(one.end is None for one in closures)
    if due is None:
        assert endless
        return
    day = office_day(branch, due.date(), holidays)
    assert due > start
    assert day.why in (Why.REGULAR, Why.DUTY)
    assert any(opening.start < due <= opening.end for opening in day.openings)
    assert not _within(due, closures)
    without = due_at(branch, start, deadline, holidays)
    assert without is not None
    assert due >= without


@given(BRANCHES, MOMENTS, CALENDARS, CLOSURES)
def test_agents_never_work_in_a_closure(branch, after, holidays, closures) -> None:  # type: ignore[no-untyped-def]
    opens = next_opening(branch, after, holidays, closures)
    if opens is None:
        assert any(one.end is None for one in closures)
        assert not is_open(branch, after, holidays, closures)
        return
    assert opens >= after
    assert is_open(branch, opens, holidays, closures)
    assert not any(one.start <= opens and (one.end is None or opens < one.end) for one in closures)
    assert (opens == after) == is_open(branch, after, holidays, closures)
