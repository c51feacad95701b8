"""Offices: the one that was named, the one that is nearest, the one that serves a place; open today or not."""

from datetime import timedelta

from bot.flows import lookups
from bot.messages import Location
from tests.dialogue.scene import MONDAY, Scene, notice

SAMARINDA = Location(latitude=-0.5022, longitude=117.1536)


def test_a_named_office_says_what_it_always_said_and_whether_it_is_open_today() -> None:
    scene = Scene()
    assert scene.say("alamat kantor palembang", "ask_office", place="palembang") == ["office.is"]
    assert "Hari ini: 08.00-15.00 WIB" in scene.text()


def test_on_a_sunday_and_on_a_holiday_it_is_closed_today() -> None:
    scene = Scene(now=MONDAY - timedelta(days=1))
    scene.say("alamat kantor palembang", "ask_office", place="palembang")
    assert "Hari ini: tutup\n" in scene.text()
    scene = Scene(now=MONDAY + timedelta(days=32))  # Christmas Day
    scene.say("alamat kantor palembang", "ask_office", place="palembang")
    assert "Hari ini: tutup (" in scene.text()


def test_a_closure_under_way_is_said() -> None:
    scene = Scene(answers={lookups.Closures: lambda _: [notice()]})
    scene.say("alamat kantor palembang", "ask_office", place="palembang")
    assert scene.keys == ["office.is", "office.closed_now"]
    assert "Hari ini" not in scene.text()


def test_a_closure_to_come_is_said_as_such() -> None:
    tomorrow = notice(starts_at=MONDAY + timedelta(hours=20))
    scene = Scene(answers={lookups.Closures: lambda _: [tomorrow]})
    scene.say("alamat kantor palembang", "ask_office", place="palembang")
    assert scene.keys == ["office.is", "office.will_close"]
    assert "Hari ini: 08.00-15.00 WIB" in scene.text()


def test_the_nearest_asks_where_one_is_whatever_was_spoken_of_before() -> None:
    scene = Scene()
    scene.say("alamat kantor palembang", "ask_office", place="palembang")
    assert scene.say("kantor bpjs terdekat dimana", "ask_office") == ["office.where"]
    assert "tekan 📎 lalu *Lokasi*" in scene.text()
    assert scene.say(location=SAMARINDA) == ["office.is"]
    assert "Kantor Cabang Samarinda" in scene.text()
    assert "Jarak: ± 1 km" in scene.text()


def test_the_nearest_takes_a_town_too() -> None:
    scene = Scene()
    scene.say("kantor bpjs terdekat dimana", "ask_office")
    assert scene.say("tenggarong", "", place="tenggarong") == ["office.is", "office.serves"]
    assert "Kantor Cabang Samarinda melayani Kabupaten Kutai Kartanegara" in scene.text()


def test_a_place_shared_a_while_ago_is_where_one_is() -> None:
    scene = Scene()
    scene.say(location=SAMARINDA)
    assert scene.say("kantor terdekat", "ask_office") == ["office.is"]


def test_which_office_a_location_means_may_be_chosen_after_it() -> None:
    scene = Scene()
    scene.say(location=SAMARINDA)
    scene.tap("Kantor BPJS")
    assert "Kantor Cabang Samarinda" in scene.text()


def test_a_location_just_after_a_question_about_offices_needs_no_choice() -> None:
    scene = Scene()
    scene.say("kantor palembang buka ga?", "ask_closure", place="palembang")
    assert scene.say(location=SAMARINDA) == ["office.is"]
    scene.wait(minutes=11)
    assert scene.say(location=SAMARINDA) == ["location.what"]


def test_where_the_nearest_office_serves_the_place_nothing_more_is_said() -> None:
    scene = Scene()
    scene.say(location=Location(latitude=-8.06, longitude=111.90))  # Tulungagung
    scene.tap("Kantor BPJS")
    assert scene.keys == ["office.is"]


def test_where_another_branch_serves_the_place_than_the_nearest_that_is_said() -> None:
    """Blitar is nearer to the office of Tulungagung, and served from Kediri."""
    scene = Scene()
    scene.say(location=Location(latitude=-8.10, longitude=112.17))
    scene.tap("Kantor BPJS")
    assert scene.keys == ["office.is", "office.served_by"]
    assert "*Kantor Cabang Tulungagung*" in scene.text()
    assert "kemungkinan *Kantor Cabang Kediri*" in scene.text()


def test_a_named_place_says_who_serves_it_and_which_office_is_nearer() -> None:
    scene = Scene()
    scene.say("alamat kantor bpjs kota blitar", "ask_office", place="kota blitar")
    assert scene.keys == ["office.is", "office.serves"]
    assert "Kantor Cabang Kediri melayani Kota Blitar" in scene.text()
    assert "Kantor yang lebih dekat: Tulungagung" in scene.text()


def test_a_town_without_a_branch_in_its_province_gets_the_nearest_ones() -> None:
    scene = Scene()
    scene.say("alamat kantor bpjs kota bengkulu", "ask_office", place="kota bengkulu")
    assert scene.keys == ["form.which_branch", "office.branch"]
    assert "Palembang" in scene.titles
