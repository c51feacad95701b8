"""What the shipped configuration must have."""

from collections import Counter
from datetime import date

import pytest

from bot.config import Config, HolidayKind

SYSTEMS = (
    "counter vclaim pcare mobile_jkn antrean_online fingerprint care_center "
    "chika_pandawa website payment_va edabu"
)

FAQ = "ask_payment ask_referral ask_benefit ask_card ask_screening"

CATEGORIES = (
    "ditolak_rs pelayanan_faskes antrean iur_biaya obat_kosong rawat_inap rujukan administrasi iuran sistem "
    "sidik_jari_wajah kantor diskriminasi lainnya"
)


def test_branches_of_the_contract(config: Config) -> None:
    zones = {
        "palembang": "Asia/Jakarta",
        "samarinda": "Asia/Makassar",
        "balikpapan": "Asia/Makassar",
        "jakarta_pusat": "Asia/Jakarta",
        "jayapura": "Asia/Jayapura",
    }
    assert {code: config.branch(code).zone for code in zones} == zones
    assert config.branch("palembang").case_prefix == "PLB"
    assert len(config.branches) == 43
    assert config.fallback_prefix == "NAS"


def test_a_code_is_the_name_in_lower_case(config: Config) -> None:
    for code, branch in config.branches.items():
        assert code == branch.name.lower().replace(" ", "_")


def test_zone_and_province_of_a_branch_agree_with_places(config: Config) -> None:
    zones = {province.name: province.zone for province in config.provinces}
    for branch in config.branches.values():
        assert branch.zone == zones[branch.province], branch.code
        for town in branch.covers:
            place = config.place(town)
            assert place is not None
            assert place.province == branch.province, town


def test_every_province_city_and_regency_is_there(config: Config) -> None:
    places = [place for province in config.provinces for place in province.places()]
    kinds = Counter(place.name.split()[0] for place in places)
    assert (len(config.provinces), len(places), dict(kinds)) == (38, 514, {"Kota": 98, "Kabupaten": 416})
    assert Counter(province.zone for province in config.provinces) == {
        "Asia/Jakarta": 18,
        "Asia/Makassar": 12,
        "Asia/Jayapura": 8,
    }


def test_short_names_and_districts_belong_to_a_place_that_is_there(config: Config) -> None:
    for province in config.provinces:
        known = {name for place in province.places() for name in (place.name, place.bare)}
        assert set(province.short_names) | set(province.districts) <= known, province.name


def test_codes_and_keys(config: Config) -> None:
    assert set(config.systems) == set(SYSTEMS.split())
    assert set(config.faq) == set(FAQ.split())
    assert set(config.categories) == set(CATEGORIES.split())
    assert {"care_center", "mobile_jkn", "vika", "chika", "pandawa", "whatsapp", "website", "lapor"} <= set(
        config.contacts
    )


def test_facilities_of_the_contract(config: Config) -> None:
    for name in ("RS SMC", "RSUD AW Sjahranie"):
        facility = config.find_facility(name).facility
        assert facility is not None
        assert facility.branch == "samarinda"
    assert len(config.facilities) >= 80


def test_a_facility_goes_to_the_branch_that_covers_its_city(config: Config) -> None:
    for facility in config.facilities.values():
        assert facility.city in config.branch(facility.branch).covers, facility.code


@pytest.mark.parametrize(("year", "holidays", "joint_leave"), [(2026, 17, 8), (2027, 17, 7)])
def test_holidays(config: Config, year: int, holidays: int, joint_leave: int) -> None:
    kinds = Counter(item.kind for item in config.holidays.holidays if item.date.year == year)
    assert (kinds[HolidayKind.HOLIDAY], kinds[HolidayKind.JOINT_LEAVE]) == (holidays, joint_leave)


def test_no_holiday_stands_twice_and_2027_is_not_confirmed(config: Config) -> None:
    days = Counter(item.date for item in config.holidays.holidays)
    assert max(days.values()) == 1
    assert not any(item.confirmed for item in config.holidays.holidays if item.date >= date(2027, 1, 1))


def test_deadlines(config: Config) -> None:
    table = config.cases.deadlines
    assert table.complaint.normal.working_days == 5
    assert table.complaint.high is not None
    assert table.complaint.high.working_days == 2
    assert table.handover.normal.working_hours == 4
    assert table.admin.normal.working_days == 3
    assert table.outage_report.normal.working_days == 1


def test_whose_hours_count(config: Config) -> None:
    assert config.office("jayapura").zone == "Asia/Jayapura"
    assert config.office(None).zone == "Asia/Jakarta"


def test_every_contact_still_holds(config: Config) -> None:
    outdated = [
        contact.code for contact in config.contacts.values() if not contact.valid_on(date(2026, 11, 23))
    ]
    assert outdated == []
