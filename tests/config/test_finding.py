"""Which branch, facility, system, zone is meant by what people write."""

from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.config import Branch, Config, load_config
from bot.settings import HOME

EVERYTHING = load_config(HOME / "config")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("palembang", "palembang"),
        ("PALEMBANG!!", "palembang"),
        ("kantor bpjs palembang", "palembang"),
        ("plg", "palembang"),
        ("Plaju", "palembang"),
        ("smd", "samarinda"),
        ("di samarinda ulu kak", "samarinda"),
        ("saya tinggal di tenggarong pak", "samarinda"),
        ("bontang", "samarinda"),
        ("samarindah", "samarinda"),
        ("balikpapn", "balikpapan"),
        ("sepaku", "balikpapan"),
        ("jakpus", "jakarta_pusat"),
        ("jakarta pusat", "jakarta_pusat"),
        ("Kemayoran", "jakarta_pusat"),
        ("kota jayapura", "jayapura"),
        ("sentani", "jayapura"),
        ("malang", "malang"),
        ("kab. malang", "malang"),
        ("muara teweh", "muara_teweh"),
        ("pematangsiantar", "pematang_siantar"),
        ("jakarta_pusat", "jakarta_pusat"),
    ],
)
def test_a_branch_is_found(config: Config, text: str, code: str) -> None:
    found = config.find_branch(text)
    assert found.branch is not None
    assert (found.branch.code, found.near) == (code, ())


@pytest.mark.parametrize(
    ("text", "near"),
    [
        ("jakarta", ["jakarta_pusat", "jakarta_barat"]),
        ("kaltim", ["samarinda", "balikpapan"]),
        ("bandung", ["cimahi", "bandung_barat"]),
        ("smd atau bpn", ["samarinda", "balikpapan"]),
        ("makassar", []),
        ("tanjung balai karimun", []),
        ("papua", ["jayapura"]),
        ("", []),
    ],
)
def test_several_or_no_branches(config: Config, text: str, near: list[str]) -> None:
    found = config.find_branch(text)
    assert found.branch is None
    assert [branch.code for branch in found.near] == near


def test_an_unknown_place_is_answered_with_the_nearest_names(config: Config) -> None:
    found = config.find_branch("samarjaya")
    assert found.branch is None
    assert [branch.code for branch in found.near] == ["samarinda", "surabaya", "semarang"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("rs smc", "rs_smc"),
        ("RS. SMC", "rs_smc"),
        ("rumah sakit samarinda medika citra", "rs_smc"),
        ("RSUD AW Sjahranie", "rsud_aws"),
        ("rumah sakit aw syahranie", "rsud_aws"),
        ("di rsud aws kak", "rsud_aws"),
        ("pkm palaran", "puskesmas_palaran"),
        ("puskesmas plajuu", "puskesmas_plaju"),
        ("rsud abepra", "rsud_abepura"),
        ("rsmh", "rsmh"),
    ],
)
def test_a_facility_is_found(config: Config, text: str, code: str) -> None:
    found = config.find_facility(text)
    assert found.facility is not None
    assert found.facility.code == code


def test_a_shared_name_is_asked_back(config: Config) -> None:
    found = config.find_facility("rs bhayangkara")
    assert found.facility is None
    assert {item.code for item in found.near} >= {"rs_bhayangkara_palembang", "rs_bhayangkara_balikpapan"}


@pytest.mark.parametrize(
    "text", ["puskesmas pakjo", "rs harapan sehat sentosa", "puskesmas", "rs", "", "???"]
)
def test_an_unknown_facility_is_not_taken_for_another(config: Config, text: str) -> None:
    assert config.find_facility(text).facility is None


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("SEP", "vclaim"),
        ("v-claim", "vclaim"),
        ("cetak sep", "vclaim"),
        ("p care", "pcare"),
        ("p-care", "pcare"),
        ("mobil jkn eror", "mobile_jkn"),
        ("otp ga masuk", "mobile_jkn"),
        ("antrian online", "antrean_online"),
        ("frista", "fingerprint"),
        ("finger print", "fingerprint"),
        ("165", "care_center"),
        ("pandawa", "chika_pandawa"),
        ("va briva", "payment_va"),
        ("autodebet", "payment_va"),
        ("edabbu", "edabu"),
    ],
)
def test_a_system_is_found(config: Config, text: str, code: str) -> None:
    found = config.find_system(text)
    assert found is not None
    assert found.code == code


@pytest.mark.parametrize("text", ["halo", "", "kartu saya hilang", "semua"])
def test_no_system(config: Config, text: str) -> None:
    assert config.find_system(text) is None


@pytest.mark.parametrize(
    ("place", "zone"),
    [
        ("samarinda", "Asia/Makassar"),
        ("Papua", "Asia/Jayapura"),
        ("bandung", "Asia/Jakarta"),
        ("ambon", "Asia/Jayapura"),
        ("jogja", "Asia/Jakarta"),
        ("pontianak", "Asia/Jakarta"),
        ("kuta", "Asia/Makassar"),
    ],
)
def test_zone(config: Config, place: str, zone: str) -> None:
    assert config.zone_of(place) == ZoneInfo(zone)


def test_no_zone(config: Config) -> None:
    assert config.zone_of("atlantis") is None


@pytest.mark.parametrize(
    ("scope", "zone"),
    [
        ({"national": True}, "Asia/Jakarta"),
        ({"branches": ["samarinda", "palembang"]}, "Asia/Makassar"),
        ({"branches": ["closed_long_ago", "jayapura"]}, "Asia/Jayapura"),
        ({"branches": ["closed_long_ago"]}, "Asia/Jakarta"),
        ({"provinces": ["Papua", "Kalimantan Timur"]}, "Asia/Jayapura"),
        ({"provinces": ["Kalimantan Timur", "Papua"]}, "Asia/Makassar"),
    ],
)
def test_a_notice_has_the_clock_of_the_first_place_that_it_names(
    config: Config, scope: dict[str, object], zone: str
) -> None:
    assert config.zone_of_scope(scope) == ZoneInfo(zone)


def test_branch_covering(config: Config) -> None:
    for place, code in (
        ("bontang", "samarinda"),
        ("Kabupaten Banyuasin", "palembang"),
        ("samarinda ulu", "samarinda"),
    ):
        branch = config.branch_covering(place)
        assert branch is not None
        assert branch.code == code
    assert config.branch_covering("makassar") is None
    assert config.branch_covering("jakarta") is None


def test_nlu_lists(config: Config) -> None:
    lists = config.nlu_lists()
    assert set(lists) == {"facility", "place", "system"}
    assert {"RS SMC", "RSUD AW Sjahranie"} <= set(lists["facility"])
    assert {"Samarinda Ulu", "Kalimantan Timur", "plg", "Plaju"} <= set(lists["place"])
    assert {"sep", "mobile jkn", "autodebet"} <= set(lists["system"])
    assert all(len(set(names)) == len(names) and all(names) for names in lists.values())


@settings(max_examples=200)
@given(st.text(max_size=200) | st.sampled_from(EVERYTHING.nlu_lists()["place"]))
def test_finding_never_fails(text: str) -> None:
    found = EVERYTHING.find_branch(text)
    assert found.branch is None or not found.near
    EVERYTHING.find_facility(text)
    EVERYTHING.find_system(text)
    EVERYTHING.zone_of(text)
    EVERYTHING.branch_covering(text)


@pytest.mark.parametrize("branch", EVERYTHING.branches.values(), ids=lambda branch: branch.code)
def test_every_branch_is_found_by_each_of_its_names(branch: Branch) -> None:
    for name in (
        branch.name,
        branch.code,
        f"kantor cabang {branch.name.upper()}",
        *branch.aliases,
        *branch.covers,
    ):
        assert EVERYTHING.find_branch(name).branch == branch, name


def test_every_facility_is_found_by_its_name(config: Config) -> None:
    for facility in config.facilities.values():
        for name in (facility.name, facility.name.lower(), *facility.aliases):
            assert config.find_facility(name).facility == facility, name


def test_a_very_long_text_costs_little(config: Config) -> None:
    assert config.find_branch("samarinda " + "a" * 100_000).branch == config.branch("samarinda")
