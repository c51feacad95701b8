"""Facilities near somebody or in a town, what the list says of one, and how the talk goes on from there."""

from datetime import timedelta
from typing import Any

import pytest

from bot.config import FacilityKind, Listed
from bot.facilities.finding import page
from bot.flows import lookups
from bot.flows.sorts import HOSPITALS, read_sort
from bot.messages import Location
from tests.dialogue.scene import MONDAY, Scene, sample

SAMARINDA = Location(latitude=-0.5022, longitude=117.1536)
PALEMBANG = Location(latitude=-2.99, longitude=104.76)
NOWHERE = Location(latitude=52.5, longitude=13.4)


def asked(text: str, **entities: Any) -> Scene:
    """Ask for facilities, on a Monday morning."""
    scene = Scene()
    scene.say(text, "find_facility", **entities)
    return scene


def listed(scene: Scene) -> list[str]:
    """The names in the list."""
    return [line.removeprefix("• ") for line in scene.text().splitlines() if line.startswith("• ")]


def test_without_a_place_it_asks_and_says_how_to_send_a_location() -> None:
    scene = asked("puskesmas terdekat dimana ya")
    assert scene.keys == ["near.where"]
    assert "tekan 📎 lalu *Lokasi*" in scene.text()


def test_a_shared_place_answers_it() -> None:
    scene = asked("puskesmas terdekat dimana ya")
    assert scene.say(location=SAMARINDA) == ["facility.found"]
    assert "Puskesmas terdekat dari lokasi Bapak/Ibu" in scene.text()
    assert len(listed(scene)) == 5
    assert all(name.startswith("Puskesmas") for name in listed(scene))


def test_a_rough_distance_says_that_it_is_rough() -> None:
    scene = asked("rs terdekat")
    scene.say(location=SAMARINDA)
    assert "± 1 km" in scene.text()
    assert "jarak dihitung ke tengah kota" in scene.text()


def test_in_a_town_that_is_named_nothing_is_asked() -> None:
    scene = asked("rumah sakit di balikpapan mana aja", place="balikpapan")
    assert scene.keys == ["facility.found"]
    assert "Rumah sakit di Kota Balikpapan" in scene.text()
    assert "km" not in scene.text()


def test_those_of_the_district_come_first() -> None:
    scene = asked("puskesmas di palaran", place="palaran")
    assert listed(scene)[0] == "Puskesmas Palaran"


def test_a_misspelt_town_is_understood() -> None:
    assert listed(asked("rs di palembng", place="palembng"))


def test_of_several_towns_it_asks_which() -> None:
    scene = asked("rs di malang", place="malang")
    assert scene.keys == ["near.which_place", "near.where"]
    assert scene.titles == ["Kota Malang", "Kab. Malang"]
    scene.tap("Kota Malang")
    assert "Rumah sakit di Kota Malang" in scene.text()


@pytest.mark.parametrize("answer", ["2", "kab malang", "Kab. Malang"])
def test_which_town_may_be_said_in_words_or_by_number(answer: str) -> None:
    scene = asked("rs di malang", place="malang")
    scene.say(answer)
    assert "Kabupaten Malang" in scene.text()


def test_of_a_place_nobody_knows_it_says_so_and_takes_a_location() -> None:
    scene = asked("rs dekat pasar 16 ilir", place="pasar 16 ilir")
    assert scene.keys == ["near.hint", "near.where"]
    scene.say(location=PALEMBANG)
    assert scene.keys == ["facility.found"]


def test_a_town_without_any_leads_to_the_nearest_around_it() -> None:
    scene = asked("rumah sakit di banyuasin", place="banyuasin")
    assert "terdekat dari Kabupaten Banyuasin (di sana sendiri belum ada yang tercatat)" in scene.text()
    assert listed(scene)


def test_far_from_everything_it_says_that_the_list_has_none() -> None:
    scene = asked("rs terdekat")
    assert scene.say(location=NOWHERE) == ["facility.none"]


def test_open_now_shows_only_what_is_known_to_be_open() -> None:
    scene = asked("puskesmas yg buka sekarang di samarinda", place="samarinda")
    assert set(listed(scene)) == {"Puskesmas Juanda", "Puskesmas Palaran", "Puskesmas Segiri"}
    assert "buka sampai 14.00 WITA" in scene.text()
    assert "belum diketahui" not in scene.text()


def test_none_open_is_no_word_on_whether_there_is_one() -> None:
    scene = Scene(now=MONDAY + timedelta(hours=10))
    scene.say("puskesmas yg buka sekarang di samarinda", "find_facility", place="samarinda")
    assert scene.keys == ["facility.none_open"]
    scene.tap("Tampilkan semua")
    assert "sekarang tutup" in scene.text()
    assert "jam buka belum diketahui" in scene.text()


def test_the_next_ones_come_by_button_and_by_words_until_there_are_no_more() -> None:
    scene = asked("puskesmas di samarinda", place="samarinda")
    seen = listed(scene)
    scene.tap("Yang lain")
    seen += listed(scene)
    scene.say("yang lain ada?", "greet", 0.9)
    seen += listed(scene)
    assert len(seen) == len(set(seen)) == 12
    assert "Yang lain" not in scene.titles
    scene.say("lagi")
    assert scene.keys == ["facility.no_more"]


@pytest.mark.parametrize(
    ("text", "intent"),
    [("yang buka sekarang ada ga?", "ask_closure"), ("yg buka skrg", "ask_office"), ("buka sekarang", "")],
)
def test_that_are_open_goes_on_with_the_list_whatever_it_was_taken_for(text: str, intent: str) -> None:
    scene = asked("puskesmas di samarinda", place="samarinda")
    scene.say(text, intent)
    assert scene.keys == ["facility.found"]
    assert len(listed(scene)) == 3


def test_how_far_it_is_needs_a_place_to_go_from() -> None:
    scene = asked("puskesmas di samarinda", place="samarinda")
    assert scene.say("jauh ga?", "out_of_scope") == ["near.from_where"]
    scene.say(location=SAMARINDA)
    assert "± 1 km" in scene.text()


def test_another_town_or_kind_goes_on_with_the_rest() -> None:
    scene = asked("puskesmas di samarinda", place="samarinda")
    scene.say("kalau di balikpapan?", "find_facility", place="balikpapan")
    assert "Puskesmas di Kota Balikpapan" in scene.text()
    scene.say("rumah sakitnya?", "find_facility", 0.5)
    assert "Rumah sakit di Kota Balikpapan" in scene.text()
    scene.tap("Puskesmas/klinik")
    assert "Puskesmas/klinik di Kota Balikpapan" in scene.text()


def test_a_wish_of_its_own_leaves_the_list() -> None:
    scene = asked("puskesmas di samarinda", place="samarinda")
    assert scene.say("kantor palembang buka ga?", "ask_closure", place="palembang") == ["closure.open_now"]
    scene = asked("rs di samarinda", place="samarinda")
    assert scene.say("rs nolak saya", "file_complaint")[0] == "complaint.sorry"


def test_asked_again_later_nothing_is_said_twice() -> None:
    """What is open changes while the talk goes on: only the newest list is shown."""
    scene = asked("puskesmas di samarinda", place="samarinda")
    scene.wait(hours=6)
    assert scene.say("lagi") == ["facility.found"]


def test_of_one_facility_it_says_what_the_list_says_and_no_more() -> None:
    scene = asked("RS SMC terima bpjs ga?", facility="RS SMC")
    assert scene.keys == ["facility.about"]
    text = scene.text()
    assert "Daftar kami tidak mencatat apakah di sini melayani peserta JKN" in text
    assert "mohon pastikan ke fasilitasnya" in text


def test_a_facility_that_nobody_knows_is_not_taken_for_another() -> None:
    scene = asked("rs entah apa terima bpjs?", facility="rs entah apa")
    assert scene.keys == ["facility.unknown", "near.where"]


def test_of_several_of_one_name_it_asks_which() -> None:
    scene = asked("rs bhayangkara terima bpjs?", facility="rs bhayangkara")
    assert scene.keys == ["facility.which"]
    scene.tap("RS Bhayangkara Palembang")
    assert scene.keys == ["facility.about"]


def test_a_name_below_a_list_tells_of_that_one() -> None:
    scene = asked("rs di samarinda", place="samarinda")
    assert scene.say("RS SMC", "find_facility", 0.5, facility="RS SMC") == ["facility.about"]


def test_a_place_out_of_the_blue_asks_what_is_looked_for() -> None:
    scene = Scene()
    assert scene.say(location=SAMARINDA) == ["location.what"]
    assert scene.titles == ["Puskesmas/klinik", "Rumah sakit", "Kantor BPJS", "Untuk petugas"]
    scene.tap("Rumah sakit")
    assert "Rumah sakit terdekat dari lokasi" in scene.text()


def test_a_place_after_a_list_shows_the_same_around_it() -> None:
    scene = asked("klinik di samarinda", place="samarinda")
    assert scene.say(location=PALEMBANG) in (["facility.found"], ["facility.none"])
    assert "Klinik terdekat dari lokasi" in scene.text()


def test_a_place_that_was_shared_a_while_ago_still_holds() -> None:
    scene = Scene()
    scene.say(location=SAMARINDA)
    scene.wait(minutes=20)
    scene.say("puskesmas terdekat", "find_facility")
    assert scene.keys == ["facility.found"]
    scene.wait(hours=2)
    assert scene.say("puskesmas terdekat", "find_facility") == ["near.from_where"]


def test_for_who_cried_for_help_a_place_leads_to_emergency_rooms_at_once() -> None:
    scene = Scene()
    scene.say("tolong bapak saya sesak napas", "emergency")
    assert scene.say(location=SAMARINDA)[0] == "facility.emergency"
    text = scene.text()
    assert len(listed(scene)) == 3
    assert "*119*" in text
    assert "IGD 24 jam" in text
    scene = Scene(queued=True)
    scene.dialogue.emergency_at = MONDAY
    assert scene.say(location=NOWHERE) == ["facility.emergency_none"]


def hospital(code: str, latitude: float, emergency: bool | None) -> Listed:
    """A hospital north of the place in Samarinda."""
    return Listed(
        code=code,
        name=f"RS {code}",
        kind=FacilityKind.HOSPITAL,
        city="Kota Samarinda",
        province="Kalimantan Timur",
        zone="Asia/Makassar",
        location=Location(latitude=latitude, longitude=SAMARINDA.longitude),
        exact=True,
        emergency=emergency,
    )


@pytest.mark.parametrize(
    ("there", "shown"),
    [
        ([("jauh", 0.5, True), ("dekat", -0.5, None)], ["RS dekat", "RS jauh"]),
        ([("tanpa", -0.5, False), ("dekat", -0.49, None)], ["RS dekat"]),
        ([("ada", -0.45, True), ("dekat", -0.5, None)], ["RS ada"]),
        ([("tanpa", -0.5, False)], []),
    ],
)
def test_in_danger_a_hospital_that_is_far_is_no_help(
    there: list[tuple[str, float, bool | None]], shown: list[str]
) -> None:
    known = [hospital(*item) for item in there]

    def find(wanted: lookups.FindFacilities) -> lookups.FacilitiesFound:
        return lookups.FacilitiesFound(page(known, wanted.search, sample()[0].holidays).listed)

    scene = Scene(answers={lookups.FindFacilities: find})
    scene.dialogue.emergency_at = MONDAY
    scene.say(location=SAMARINDA)
    assert listed(scene) == shown


def test_who_waits_for_an_agent_sends_it_to_the_agent() -> None:
    assert Scene(queued=True).say(location=SAMARINDA) == ["handover.forwarded"]


def test_in_a_form_a_place_answers_which_branch() -> None:
    scene = Scene()
    scene.say("mau komplain soal iuran", "file_complaint")
    while scene.keys[-1] != "complaint.branch":
        scene.say("iuran") if scene.keys[-1] == "complaint.category" else scene.tap("Tidak tahu")
    assert scene.say(location=SAMARINDA) == ["complaint.story"]
    assert scene.dialogue.branch == "samarinda"


def test_in_a_form_that_asks_something_else_a_place_is_kept_and_the_form_goes_on() -> None:
    scene = Scene()
    scene.say("mau komplain soal iuran di samarinda", "file_complaint", place="samarinda")
    scene.say("iuran") if scene.keys[-1] == "complaint.category" else None
    assert scene.keys[-1] == "complaint.story"
    assert scene.say(location=PALEMBANG) == ["form.location_kept", "complaint.story"]
    assert scene.dialogue.top
    assert scene.dialogue.top.heard[-1].location == PALEMBANG


def test_for_which_facility_a_place_offers_the_nearest() -> None:
    scene = Scene()
    scene.say("komplain antrean lama", "file_complaint")
    assert scene.keys[-1] == "complaint.facility"
    scene.say(location=SAMARINDA)
    assert len(scene.titles) == 6
    scene.tap(scene.titles[0])
    assert scene.keys == ["complaint.story"]


def test_english() -> None:
    scene = Scene()
    scene.dialogue.language = "en"
    scene.say("hospitals in samarinda", "find_facility", place="samarinda")
    assert "Hospitals in Kota Samarinda" in scene.text()
    scene.say("open now?", "ask_closure")
    assert "on record as open now" not in scene.text()
    assert "emergency room 24 hours" in scene.text()


def test_a_list_of_the_longest_names_is_not_too_long() -> None:
    """WhatsApp takes 1,024 characters with buttons; what is longer would be cut into two messages."""
    scene = asked("rs di samarinda", place="samarinda")
    assert len(scene.text()) < 1000


@pytest.mark.parametrize(
    ("text", "kinds", "alone"),
    [
        ("rs yang buka sekarang ada ga kak?", HOSPITALS, True),
        ("rs nolak saya", HOSPITALS, False),
        ("lagi", (), True),
        ("berapa jauh", (), True),
        ("saya sakit lagi", (), False),
    ],
)
def test_what_sort_a_text_speaks_of(text: str, kinds: tuple[str, ...], alone: bool) -> None:
    sort = read_sort(text)
    assert (sort.kinds, sort.alone) == (kinds, alone)


def test_the_search_is_one_that_the_shell_can_carry_out() -> None:
    seen: list[lookups.FindFacilities] = []

    def find(wanted: lookups.FindFacilities) -> lookups.FacilitiesFound:
        seen.append(wanted)
        return lookups.FacilitiesFound()

    scene = Scene(answers={lookups.FindFacilities: find})
    scene.say("igd terdekat", "find_facility")
    scene.say(location=SAMARINDA)
    assert seen[-1].search.near == SAMARINDA
    assert seen[-1].search.emergency
    assert seen[-1].search.kinds == HOSPITALS
    hash(seen[-1])
