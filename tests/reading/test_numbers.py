"""Personal numbers: found with their places, checked, and never shown."""

import re
from datetime import date

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.reading.numbers import NumberKind, check_nik, mask, personal_numbers

SEPARATORS = st.sampled_from(["", " ", "-", "."])


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("nik 1671012304900001 ya", "nik", "1671012304900001"),
        ("NIK: 1671 0123 0490 0001", "nik", "1671012304900001"),
        ("nik saya 16710123 04900001", "nik", "1671012304900001"),
        ("kartu 0001234567890", "jkn_number", "0001234567890"),
        ("no kk 1671012304900002", "kk", "1671012304900002"),
        ("nomor kartu keluarga: 1671012304900002", "kk", "1671012304900002"),
        ("VA 8888801234567890", "va", "8888801234567890"),
        ("mandiri 8988801234567890", "va", "8988801234567890"),
        ("hp 0812-7000-1234", "phone", "081270001234"),
        ("0853 4811 9020", "phone", "085348119020"),
        ("0857.1890.4421", "phone", "085718904421"),
        ("+62 812-7000-1234", "phone", "6281270001234"),
        ("hubungi 6281270001234", "phone", "6281270001234"),
        ("telp (0711) 312345", "phone", "0711312345"),
        ("jam 12.30 telp 081270001234", "phone", "081270001234"),
        ("PLB-2611-00042", "case_number", "PLB-2611-00042"),
        ("no plb 2611 00042", "case_number", "PLB-2611-00042"),
        ("aduan plb261100042 gimana", "case_number", "PLB-2611-00042"),
        ("Smd - 2612 - 00007", "case_number", "SMD-2612-00007"),
        ("nik saya 167101230490000", "unknown", "167101230490000"),
        ("noka 0812345678901", "jkn_number", "0812345678901"),
    ],
)
def test_one_number_is_found_whatever_stands_between_its_digits(text: str, kind: str, value: str) -> None:
    (found,) = personal_numbers(text)
    assert (found.kind, found.value) == (kind, value)
    digits = re.sub(r"\W", "", text[found.start : found.end]).upper()
    assert digits == value.replace("-", "")


@pytest.mark.parametrize(
    "text",
    [
        "", "Rp1.200.000", "Rp 1.200.000.000", "iuran 150.000 per orang", "tgl 11-09-2020 jam 08.00", "call 165",
        "1500400", "kelas 3 umur 66", "2026-11-18", "nik 2611 123",
    ],
)  # fmt: skip
def test_what_is_no_personal_number_is_left_alone(text: str) -> None:
    assert personal_numbers(text) == []
    assert mask(text) == text


def test_several_numbers_side_by_side_are_told_apart() -> None:
    text = "0812-7000-1234 0001234567890 1671012304900001"
    assert [number.kind for number in personal_numbers(text)] == ["phone", "jkn_number", "nik"]
    assert mask(text) == "*********234 *********7890 ************0001"


def test_case_numbers_and_amounts_survive_the_mask() -> None:
    text = "aduan PLB-2611-00042 soal Rp1.200.000 nik 1671012304900001"
    assert mask(text) == "aduan PLB-2611-00042 soal Rp1.200.000 nik ************0001"


@given(st.text())
def test_masking_never_raises_and_masking_twice_changes_nothing(text: str) -> None:
    once = mask(text)
    assert mask(once) == once


NUMBERISH = st.text(alphabet="0123456789 .-+()*Rpplb/\n", max_size=60)


@given(NUMBERISH)
@example("Rp1.000.1234567890123")
@example("***123456789 12345678")
def test_no_long_run_of_digits_survives_the_mask(text: str) -> None:
    once = mask(text)
    cases = [number for number in personal_numbers(once) if number.kind is NumberKind.CASE]
    for number in reversed(cases):
        once = once[: number.start] + once[number.end :]
    assert not re.search(r"\d{9}", once)
    assert mask(mask(text)) == mask(text)


@given(st.text(), st.text())
def test_places_are_right_and_do_not_overlap(before: str, after: str) -> None:
    end = 0
    for number in personal_numbers(f"{before} 0812-7000-1234 {after}"):
        assert end <= number.start < number.end
        end = number.end


@given(st.from_regex(r"08[1-9]\d{7,10}", fullmatch=True, alphabet=st.characters(codec="ascii")), SEPARATORS)
def test_a_mobile_number_is_found_in_groups_of_four(number: str, separator: str) -> None:
    groups = [number[at : at + 4] for at in range(0, len(number), 4)]
    if len(groups[-1]) == 1:
        groups[-2:] = [groups[-2] + groups[-1]]
    (found,) = personal_numbers(f"hp saya {separator.join(groups)} ya")
    assert (found.kind, found.value) == (NumberKind.PHONE, number)


@pytest.mark.parametrize(
    ("digits", "valid", "woman", "birthday"),
    [
        ("1671014107900001", True, True, (1, 7, 90)),
        ("6472013112850002", True, False, (31, 12, 85)),
        ("1671017207900001", False, None, None),
        ("1671013202900001", False, None, None),
        ("167101410790000", False, None, None),
    ],
)
def test_a_nik_is_checked_by_its_layout(
    digits: str, valid: bool, woman: bool | None, birthday: object
) -> None:
    check = check_nik(digits)
    assert (check.valid, check.woman, check.birthday) == (valid, woman, birthday)


def test_an_unknown_province_is_no_reason_to_refuse() -> None:
    check = check_nik("9901014107900001")
    assert check.valid
    assert not check.province_known


def test_a_birth_date_that_differs_from_the_nik_is_noticed() -> None:
    assert check_nik("1671014107900001").agrees_with(date(1990, 7, 1))
    assert not check_nik("1671014107900001").agrees_with(date(1990, 7, 2))
