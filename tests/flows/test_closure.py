"""Is the office open? On the branch's own clock, by closures, holidays and hours, in that order."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.flows import lookups
from tests.dialogue.scene import MONDAY, Scene, notice

WIB, WITA, WIT = (ZoneInfo(f"Asia/{city}") for city in ("Jakarta", "Makassar", "Jayapura"))
START = datetime(2020, 9, 11, tzinfo=WIB)
END = datetime(2020, 9, 16, tzinfo=WIB)
PALEMBANG = notice(
    title="Pelayanan tatap muka dihentikan sementara",
    starts_at=START,
    ends_at=END,
    cause="Ada pegawai yang positif COVID-19",
    alternatives=("care_center", "mobile_jkn", "vika", "chika", "whatsapp"),
    as_of=START - timedelta(hours=7),
)


def ask(
    when: datetime,
    text: str = "min kantor palembang hari ini buka ga ya",
    *found: lookups.NoticeView,
    place: str = "palembang",
) -> Scene:
    """Ask at a moment, with these closures known."""
    scene = Scene(
        now=when.astimezone(UTC), answers={lookups.Closures: lambda wanted: touching(wanted, found)}
    )
    entities = {"place": place} if place in text else {}
    scene.say(text, "ask_closure", **entities)
    return scene


def touching(wanted: lookups.Closures, found: tuple[lookups.NoticeView, ...]) -> list[lookups.NoticeView]:
    """What the database would give: closures of Palembang that touch the time."""
    return [
        item
        for item in found
        if wanted.branch == "palembang"
        and item.starts_at < wanted.until
        and (item.ends_at is None or item.ends_at > wanted.since)
    ]


def test_during_a_closure_it_says_since_when_until_when_why_and_what_instead() -> None:
    scene = ask(datetime(2020, 9, 12, 9, tzinfo=WIB), "min kantor palembang hari ini buka ga ya", PALEMBANG)
    text = scene.text()
    assert scene.keys == ["closure.closed"]
    for part in (
        "Kantor Cabang Palembang sedang tutup",
        "Sejak: Jumat, 11 September 2020",
        "Sampai: Selasa, 15 September 2020",
        "Ada pegawai yang positif COVID-19",
        "Buka lagi: Rabu, 16 September 2020 pukul 08.00 WIB",
        "Care Center",
        "Mobile JKN",
        "VIKA",
        "CHIKA",
        "Informasi per Kamis, 10 September 2020 pukul 17.00 WIB",
    ):
        assert part in text


def test_where_the_notice_names_no_channel_those_are_told_that_do_without_an_office() -> None:
    unnamed = replace(PALEMBANG, alternatives=())
    text = ask(datetime(2020, 9, 12, 9, tzinfo=WIB), "kantor palembang buka?", unnamed).text()
    for part in ("bisa lewat", "Mobile JKN", "PANDAWA", "Care Center"):
        assert part in text


@pytest.mark.parametrize(
    ("when", "instead"),
    [
        (datetime(2020, 9, 7, 9, tzinfo=WIB), False),  # open
        (datetime(2020, 9, 7, 7, tzinfo=WIB), False),  # soon open
        (datetime(2020, 9, 7, 16, tzinfo=WIB), True),
        (datetime(2020, 9, 6, 9, tzinfo=WIB), True),  # a Sunday
        (datetime(2026, 12, 25, 9, tzinfo=WIB), True),  # a holiday
    ],
)
def test_whoever_stands_at_a_door_that_is_closed_by_its_hours_is_told_what_instead(
    when: datetime, instead: bool
) -> None:
    assert ("Mobile JKN" in ask(when, "kantor palembang hari ini buka?").text()) is instead


def test_of_another_day_only_the_hours_are_told() -> None:
    scene = ask(datetime(2020, 9, 5, 9, tzinfo=WIB), "besok kantor palembang buka?")
    assert scene.keys == ["closure.weekend"]
    assert "Mobile JKN" not in scene.text()


def test_before_it_begins_the_coming_closure_is_told_too() -> None:
    scene = ask(datetime(2020, 9, 9, 9, tzinfo=WIB), "kantor palembang buka?", PALEMBANG)
    assert scene.keys == ["closure.open_now", "closure.coming"]
    assert "Mulai: Jumat, 11 September 2020" in scene.text()


def test_a_day_within_it_is_asked_about_before_it_begins() -> None:
    scene = ask(datetime(2020, 9, 9, 9, tzinfo=WIB), "tanggal 14 september kantor palembang buka?", PALEMBANG)
    assert scene.keys == ["closure.will_close"]


def test_on_the_last_day_it_is_closed_and_on_the_next_it_is_open() -> None:
    assert ask(END - timedelta(minutes=1), "palembang buka?", PALEMBANG).keys == ["closure.closed"]
    scene = ask(END + timedelta(hours=9), "palembang buka?", PALEMBANG)
    assert scene.keys == ["closure.open_now", "closure.ended"]


def test_long_after_it_nobody_hears_of_it() -> None:
    assert ask(END + timedelta(days=5, hours=9), "palembang buka?", PALEMBANG).keys == ["closure.open_now"]


def test_another_branch_is_not_told_about_it() -> None:
    scene = ask(datetime(2020, 9, 14, 9, tzinfo=WIB), "kantor samarinda buka?", PALEMBANG, place="samarinda")
    assert scene.keys == ["closure.open_now"]
    assert "Palembang" not in scene.text()


def test_until_further_notice() -> None:
    scene = ask(
        datetime(2020, 9, 12, 9, tzinfo=WIB), "palembang buka?", notice(starts_at=START, ends_at=None)
    )
    assert "Sampai ada pemberitahuan lebih lanjut." in scene.text()
    assert "Buka lagi" not in scene.text()


def test_a_closure_that_ends_at_noon_ends_at_noon() -> None:
    short = notice(starts_at=MONDAY, ends_at=datetime(2026, 11, 23, 12, tzinfo=WIB))
    scene = ask(datetime(2026, 11, 23, 10, tzinfo=WIB), "palembang buka?", short)
    assert "Sampai: Senin, 23 November 2026 pukul 12.00 WIB" in scene.text()
    assert "Buka lagi: Senin, 23 November 2026 pukul 12.00 WIB" in scene.text()
    later = ask(datetime(2026, 11, 23, 13, tzinfo=WIB), "palembang buka?", short)
    assert later.keys == ["closure.open_now", "closure.ended"]


@pytest.mark.parametrize(
    ("place", "zone", "told"),
    [("palembang", WIB, "Minggu"), ("samarinda", WITA, "Senin"), ("jayapura", WIT, "Senin")],
)
def test_around_midnight_today_is_the_branchs_own_day(place: str, zone: ZoneInfo, told: str) -> None:
    """Sunday 23.30 in Jakarta is Monday 00.30 in Samarinda and 01.30 in Jayapura."""
    now = datetime(2026, 11, 22, 23, 30, tzinfo=WIB)
    scene = ask(now, f"kantor {place} hari ini buka?", place=place)
    assert told in scene.text()
    assert scene.keys == ["closure.weekend" if told == "Minggu" else "closure.opens"]
    assert {"palembang": "WIB", "samarinda": "WITA", "jayapura": "WIT"}[place] in scene.text()


@pytest.mark.parametrize(
    ("when", "keys", "part"),
    [
        ((2026, 11, 23, 7), ["closure.opens"], "08.00-15.00 WIB"),
        ((2026, 11, 23, 9), ["closure.open_now"], "sedang *buka*"),
        ((2026, 11, 23, 16), ["closure.over"], "Buka lagi: Selasa, 24 November 2026 pukul 08.00 WIB"),
        ((2026, 11, 20, 16), ["closure.over"], "Buka lagi: Senin, 23 November 2026 pukul 08.00 WIB"),
        ((2026, 11, 21, 9), ["closure.weekend"], "Buka lagi: Senin, 23 November 2026 pukul 08.00 WIB"),
        ((2026, 8, 17, 9), ["closure.holiday"], "Kemerdekaan"),
    ],
)
def test_without_a_closure_hours_and_holidays_decide(
    when: tuple[int, ...], keys: list[str], part: str
) -> None:
    scene = ask(datetime(*when, tzinfo=WIB), "kantor palembang hari ini buka?")
    assert scene.keys == keys
    assert part in scene.text()


@pytest.mark.parametrize(
    ("asked", "day"),
    [
        ("besok", "Selasa, 24 November 2026"),
        ("lusa", "Rabu, 25 November 2026"),
        ("senin depan", "Senin, 30 November 2026"),
        ("hari sabtu", "Sabtu, 28 November 2026"),
        ("tanggal 18 agustus 2027", "Rabu, 18 Agustus 2027"),
        ("tanggal 25 desember", "Jumat, 25 Desember 2026"),
    ],
)
def test_the_day_that_was_asked_about(asked: str, day: str) -> None:
    scene = ask(MONDAY, f"kantor palembang {asked} buka?")
    assert day in scene.text()


def test_the_day_may_stand_in_another_message_than_the_place() -> None:
    scene = Scene()
    assert scene.say("besok kantor buka?", "ask_closure", when="besok") == ["closure.branch"]
    assert scene.say("samarinda", place="samarinda") == ["closure.open"]
    assert "Selasa, 24 November 2026" in scene.text()


def test_an_unknown_place_is_asked_about_with_the_nearest_names() -> None:
    scene = Scene()
    assert scene.say("kantor bpjs palembangan baru buka?", "ask_closure", place="palembangan baru") == [
        "form.unknown_place",
        "closure.branch",
    ]
    assert "palembangan baru" in scene.text()
    assert scene.titles == ["Palembang"]
    assert scene.say("1") == ["closure.open_now"]
    assert scene.say("di kaltim buka ga?", "ask_closure", place="kaltim") == [
        "form.which_branch",
        "closure.branch",
    ]
    assert set(scene.titles) == {"Samarinda", "Balikpapan"}
    assert scene.tap("Balikpapan") == ["closure.open_now"]


@pytest.mark.parametrize(
    "answer", ["di samarinda kak", "samarinda", "SAMARINDAH", "tenggarong", "kutai kartanegara"]
)
def test_a_place_is_taken_in_any_words(answer: str) -> None:
    scene = Scene()
    scene.say("kantor buka?", "ask_closure")
    assert scene.say(answer) == ["closure.open_now"]
    assert "Samarinda" in scene.text()


def test_a_place_that_nobody_serves_is_asked_again_and_then_a_human_is_offered() -> None:
    scene = Scene()
    scene.say("kantor buka?", "ask_closure")
    assert scene.say("xqzt")[-1] == "closure.branch"
    assert "form.offer_agent" in scene.say("qqqq wwww")


def test_the_branch_that_was_spoken_of_is_taken_for_granted() -> None:
    scene = ask(MONDAY, "kantor palembang buka?")
    assert scene.say("kalau besok?", "ask_closure", when="besok") == ["closure.open"]
    assert "Palembang" in scene.text()
    assert scene.say("menu") == ["menu.what"]
    assert scene.tap("Kantor buka/tutup") == ["closure.open_now"]


def test_the_branch_whose_number_was_written_to_is_taken_for_granted() -> None:
    scene = Scene(our_branch="jayapura")
    assert scene.say("buka ga?", "ask_closure") == ["closure.over"] or "Jayapura" in scene.text()
    assert "Jayapura" in scene.text()


def test_a_replacement_office_is_named_with_its_address() -> None:
    scene = ask(MONDAY, "palembang buka?", notice(replacement_office="samarinda"))
    assert "Dialihkan ke: Samarinda, Jl. Contoh" in scene.text()


# -- the address ----------------------------------------------------------------------------------------------


def test_address_and_hours_and_a_closure_under_way_with_them() -> None:
    scene = Scene(answers={lookups.Closures: lambda _: [notice()]})
    assert scene.say("alamat kantor palembang", "ask_office", place="palembang") == [
        "office.is",
        "office.closed_now",
    ]
    for part in ("Jl. Contoh", "Senin-Jumat: 08.00-15.00 WIB", "maps", "Perhatian: kantor ini sedang tutup."):
        assert part in scene.text()


def test_it_never_says_that_the_office_opens_into_a_closure() -> None:
    """After hours on the day before: by the hours it opens tomorrow, by the notice on Wednesday."""
    scene = ask(datetime(2020, 9, 10, 16, tzinfo=WIB), "palembang buka?", PALEMBANG)
    assert scene.keys == ["closure.over", "closure.coming"]
    assert "Buka lagi: Rabu, 16 September 2020 pukul 08.00 WIB" in scene.text()
    assert "Buka lagi: Jumat" not in scene.text()


def test_of_two_closures_on_end_the_second_counts_too() -> None:
    second = notice(id=2, starts_at=END, ends_at=END + timedelta(days=2))
    scene = ask(datetime(2020, 9, 14, 9, tzinfo=WIB), "palembang buka?", PALEMBANG, second)
    assert "Buka lagi: Jumat, 18 September 2020" in scene.text()
    endless = notice(id=2, starts_at=END, ends_at=None)
    scene = ask(datetime(2020, 9, 14, 9, tzinfo=WIB), "palembang buka?", PALEMBANG, endless)
    assert "Buka lagi" not in scene.text()


@pytest.mark.parametrize(
    ("words", "intent", "entities"),
    [
        ("kantor bpjs di wakanda", "ask_office", {"place": "wakanda"}),
        ("kantor wakanda", "ask_office", {}),
        ("alamat kantor bpjs wakanda dong", "ask_office", {}),
        ("kantor wakanda buka ga", "ask_closure", {}),
        ("rumah sakit di wakanda", "find_facility", {}),
    ],
)
def test_a_place_of_which_nobody_has_heard_is_said_to_be_unknown(
    words: str, intent: str, entities: dict[str, str]
) -> None:
    scene = Scene()
    assert scene.say(words, intent, **entities)[0] == "form.unknown_place"
    assert "*wakanda*" in scene.text()
    assert not [title for title in scene.titles if title in ("Samarinda", "Tarakan")]  # nothing like it


@pytest.mark.parametrize(
    "words", ["kantor terdekat", "alamat kantor kalian", "kantor di jalan apa", "kantor bpjs dong"]
)
def test_not_every_word_behind_an_office_is_a_place(words: str) -> None:
    assert Scene().say(words, "ask_office")[0] != "form.unknown_place"


def test_hours_are_written_as_the_language_writes_them() -> None:
    scene = Scene()
    scene.say("is the palembang office open today?", "ask_closure", place="palembang")
    assert "08:00-15:00 WIB" in scene.text("en")
    scene = Scene()
    scene.say("where is the office of palembang please", "ask_office", place="palembang")
    assert "Today: 08:00-15:00 WIB" in scene.text("en")
    assert "08.00" not in scene.text("en")
