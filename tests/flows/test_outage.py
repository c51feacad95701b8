"""Is a system down? What is known is told with its time; what is not is said to be unknown and taken down."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from bot.flows import effects, lookups
from tests.dialogue.scene import Scene, notice

WITA = ZoneInfo("Asia/Makassar")
OPENING = "SEP gak bisa terbit di RS SMC dari jam 8 pagi"
HEARD = {"system": "SEP", "facility": "RS SMC", "when": "dari jam 8 pagi"}
NINE = datetime(2022, 10, 3, 9, tzinfo=WITA).astimezone(UTC)


def known(*outages: lookups.NoticeView, now: datetime = NINE) -> Scene:
    """A scene in which these outages are known."""
    return Scene(now=now, answers={lookups.Outages: lambda _: list(outages)})


def outage(**changes: object) -> lookups.NoticeView:
    """An outage of VClaim in Samarinda since eight."""
    usual = {
        "kind": "outage",
        "title": "Gangguan VClaim",
        "affects": ("vclaim", "pcare"),
        "starts_at": datetime(2022, 10, 3, 8, tzinfo=WITA),
        "ends_at": None,
        "as_of": datetime(2022, 10, 3, 8, 30, tzinfo=WITA),
        "latest": lookups.UpdateView(
            status="identified",
            body="Perbaikan jaringan berjalan.",
            at=datetime(2022, 10, 3, 8, 45, tzinfo=WITA),
        ),
    }
    return notice(**(usual | changes))


def test_an_unknown_outage_is_taken_down_without_asking_what_was_said() -> None:
    scene = known()
    assert scene.say(OPENING, "ask_outage", **HEARD) == [
        "outage.unknown",
        "outage.reported",
        "outage.tell_me",
    ]
    report = scene.done[0]
    assert (report.system, report.branch, report.facility) == (
        "vclaim",
        "samarinda",
        "RS Samarinda Medika Citra",
    )
    assert report.since == datetime(2022, 10, 3, 8, tzinfo=WITA)
    assert report.words == OPENING
    text = scene.text()
    assert "belum ada pemberitahuan gangguan" in text
    assert "Sejak: Senin, 3 Oktober 2022 pukul 08.00 WITA" in text
    assert "manual" in text  # what the branch agreed with its hospitals


def test_the_reporter_may_ask_to_be_told() -> None:
    scene = known()
    scene.say(OPENING, "ask_outage", **HEARD)
    assert scene.tap("Ya") == ["outage.will_tell"]
    assert scene.done[-1] == effects.Subscribe(branch="samarinda", system="vclaim")


def test_a_known_outage_is_told_with_its_latest_news_and_their_time() -> None:
    scene = known(outage())
    assert scene.say(OPENING, "ask_outage", **HEARD) == ["outage.known", "outage.tell_me"]
    for part in (
        "Sejak: Senin, 3 Oktober 2022 pukul 08.00 WITA",
        "VClaim",
        "P-Care",
        "penyebab sudah diketahui",
        "Kabar terakhir (Senin, 3 Oktober 2022 pukul 08.45 WITA): Perbaikan jaringan berjalan.",
        "manual",
    ):
        assert part in scene.text()
    assert not scene.done


def test_an_outage_without_updates_is_told_as_of_its_own_time() -> None:
    scene = known(outage(latest=None, body="Petugas memeriksa."))
    scene.say(OPENING, "ask_outage", **HEARD)
    assert "(Senin, 3 Oktober 2022 pukul 08.30 WITA): Petugas memeriksa." in scene.text()
    assert "Status" not in scene.text()


def test_a_regional_outage_is_only_told_to_that_region() -> None:
    def look_up(wanted: lookups.Outages) -> list[lookups.NoticeView]:
        return [outage()] if wanted.branch in (None, "samarinda") else []

    scene = Scene(now=NINE, answers={lookups.Outages: look_up})
    assert scene.say("vclaim error?", "ask_outage", system="vclaim") == ["outage.branch"]
    assert scene.say("palembang", place="palembang") == ["outage.unknown", "outage.want_report"]
    other = Scene(now=NINE, answers={lookups.Outages: look_up})
    other.say("vclaim error?", "ask_outage", system="vclaim")
    assert other.say("samarinda", place="samarinda") == ["outage.known", "outage.tell_me"]


def test_a_national_outage_needs_no_place() -> None:
    scene = known(outage(national=True))
    assert scene.say("vclaim error?", "ask_outage", system="vclaim") == ["outage.known", "outage.tell_me"]


def test_who_only_asks_is_asked_whether_it_happens_to_them() -> None:
    scene = known()
    assert scene.say("mobile jkn lagi error ya?", "ask_outage", system="mobile jkn") == [
        "outage.unknown",
        "outage.want_report",
    ]
    assert scene.tap("Tidak") == ["outage.no_report"]
    assert not scene.done


@pytest.mark.parametrize(
    ("where", "facility", "branch"),
    [
        ("RS SMC", "RS Samarinda Medika Citra", "samarinda"),
        ("Klinik Sehat Ceria", "Klinik Sehat Ceria", "palembang"),
        ("gak tau", None, "palembang"),
        ("Bukan di faskes", None, "palembang"),
        ("1", None, "palembang"),
    ],
)
def test_where_it_fails(where: str, facility: str | None, branch: str) -> None:
    scene = known()
    scene.say("sep error dari tadi pagi", "ask_outage", system="sep", when="dari tadi pagi")
    assert scene.keys[-1] == "outage.facility"
    scene.say(where)
    if branch == "palembang":
        assert scene.keys == ["outage.branch"]
        scene.say("palembang")
    assert scene.keys[-2:] == ["outage.reported", "outage.tell_me"]
    assert (scene.done[0].facility, scene.done[0].branch) == (facility, branch)


@pytest.mark.parametrize(
    ("said", "hour", "part"),
    [
        ("jam 7", 7, "pukul 07.00 WITA"),
        ("dari subuh tadi", None, "dari subuh tadi"),
        ("barusan aja", None, "Sejak: barusan aja"),
        ("gak tau", None, ""),
        ("besok", None, "Sejak: besok"),
    ],
)
def test_since_when_in_any_words(said: str, hour: int | None, part: str) -> None:
    scene = known()
    scene.say("SEP error di RS SMC", "ask_outage", system="SEP", facility="RS SMC")
    assert scene.say(said)[-2:] == ["outage.reported", "outage.tell_me"]
    since = scene.done[0].since
    if hour is not None:
        assert since.astimezone(WITA).hour == hour
    assert since is None or since <= scene.now
    assert part in scene.text() or since is not None
    if said == "gak tau":
        assert "Sejak" not in scene.text()


@pytest.mark.parametrize(
    "words", ["ya", "bukan, saya mau lapor petugasnya", "mau lapor", "tolong dibantu dong"]
)
def test_a_yes_or_a_wish_is_no_time(words: str) -> None:
    scene = known()
    scene.say("SEP error di RS SMC", "ask_outage", system="SEP", facility="RS SMC")
    assert scene.say(words, "affirm") == ["form.hint_when", "outage.since"]


def test_a_system_by_button_by_name_and_never_heard_of() -> None:
    for answer in ("1", "vclaim", "yang SEP itu"):
        scene = known()
        assert scene.say("sistemnya error", "ask_outage") == ["outage.system"]
        assert scene.say(answer)[0] == "outage.unknown", answer
    scene = known()
    scene.say("sistemnya error", "ask_outage")
    assert scene.say("hmmm apa ya") == ["form.hint_system", "outage.system"]


def test_the_system_is_corrected_in_words() -> None:
    scene = known()
    scene.say("SEP error di RS SMC", "ask_outage", system="SEP", facility="RS SMC")
    keys = scene.say("eh maksudnya mobile jkn", system="mobile jkn")
    assert keys[0] == "form.corrected"
    assert "Mobile JKN" in scene.text()


def test_an_outage_that_is_over_is_told_so() -> None:
    scene = known(outage(ends_at=datetime(2022, 10, 3, 8, 50, tzinfo=WITA)))
    keys = scene.say("sep masih error di samarinda?", "ask_outage", system="sep", place="samarinda")
    assert keys == ["outage.over", "outage.unknown", "outage.want_report"]
    assert (
        "*Gangguan VClaim* sudah dinyatakan pulih pada Senin, 3 Oktober 2022 pukul 08.50 WITA."
        in scene.text()
    )
