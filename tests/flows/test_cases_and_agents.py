"""How a case stands, a human, news, answers, manners."""

from datetime import timedelta
from typing import Any

import pytest

from bot.dialogue.answering import FindAnswer, Found
from bot.flows import effects, lookups
from tests.dialogue.scene import MONDAY, Scene


def case(number: str = "PLB-2611-00042", **changes: Any) -> lookups.CaseView:
    """A complaint that an agent has taken up."""
    usual: dict[str, Any] = {
        "kind": "complaint",
        "status": "assigned",
        "summary": "Obat kosong",
        "opened_at": MONDAY - timedelta(days=2),
        "due_at": MONDAY + timedelta(days=1),
        "step": "claimed",
        "step_at": MONDAY - timedelta(days=1),
        "branch": "palembang",
    }
    return lookups.CaseView(number=number, **(usual | changes))


def with_cases(*cases: lookups.CaseView) -> Scene:
    """A participant with these cases."""
    return Scene(
        answers={
            lookups.OwnCases: lambda wanted: [item for item in cases if wanted.number in (None, item.number)]
        }
    )


# -- how a case stands ----------------------------------------------------------------------------------------


def test_a_case_by_its_number() -> None:
    scene = with_cases(case(), case("PLB-2611-00043"))
    text = "laporan PLB-2611-00042 sampai mana"
    assert scene.say(text, "ask_case_status", case_number="PLB-2611-00042") == ["case_status.is"]
    for part in (
        "*PLB-2611-00042* (Pengaduan)",
        "sedang dikerjakan petugas",
        "petugas mulai menangani",
        "Batas waktu: Selasa, 24 November 2026 pukul 09.00 WIB",
        "Per Senin, 23 November 2026 pukul 09.00 WIB",
    ):
        assert part in scene.text()


def test_the_only_case_needs_no_number() -> None:
    assert with_cases(case()).say("laporan saya kemarin gimana", "ask_case_status") == ["case_status.is"]


def test_of_several_one_is_chosen() -> None:
    for answer in ("2", "PLB-2611-00043", "yang PLB-2611-00043"):
        scene = with_cases(case(), case("PLB-2611-00043", kind="outage_report"))
        assert scene.say("laporan saya gimana", "ask_case_status") == ["case_status.which"]
        assert scene.say(answer) == ["case_status.is"]
        assert "PLB-2611-00043" in scene.text()


def test_somebody_elses_case_is_never_told() -> None:
    scene = with_cases(case("PLB-2611-00043"))
    keys = scene.say("laporan PLB-2611-00042 gimana", "ask_case_status", case_number="PLB-2611-00042")
    assert keys == ["case_status.not_yours"]
    assert "dikerjakan" not in scene.text()


def test_no_case_at_all() -> None:
    assert Scene().say("laporan saya gimana", "ask_case_status") == ["case_status.none"]


@pytest.mark.parametrize("status", ["new", "assigned", "waiting", "resolved", "closed"])
@pytest.mark.parametrize("kind", ["complaint", "admin", "handover", "outage_report"])
def test_every_state_of_every_kind_can_be_told(status: str, kind: str) -> None:
    scene = with_cases(case(status=status, kind=kind))
    assert scene.say("laporan saya gimana", "ask_case_status") == ["case_status.is"]
    assert ("Batas waktu" in scene.text()) == (status in ("new", "assigned", "waiting"))


# -- a human --------------------------------------------------------------------------------------------------


def queue(**changes: Any) -> Scene:
    """A desk that answers like this."""
    usual: dict[str, Any] = {
        "number": "PLB-2611-00003",
        "position": 2,
        "open_now": True,
        "opens_at": None,
        "already": False,
    }
    return Scene(answers={effects.RequestAgent: lambda _: effects.Queued(**(usual | changes))})


def test_in_working_hours_the_place_in_the_queue_is_said() -> None:
    scene = queue()
    assert scene.say("mau bicara petugas", "request_agent") == ["handover.queued"]
    assert "Antrean ke-2" in scene.text()
    assert scene.done[0].reason == "mau bicara petugas"


def test_out_of_hours_it_says_from_when() -> None:
    scene = queue(open_now=False, opens_at=MONDAY + timedelta(days=1, hours=-1))
    assert scene.say("mau bicara petugas", "request_agent") == ["handover.queued_closed"]
    assert "Dijawab mulai: Selasa, 24 November 2026 pukul 08.00 WIB" in scene.text()


def test_a_second_wish_keeps_the_place() -> None:
    scene = queue(already=True, position=1)
    assert scene.say("petugas") == ["handover.already"]


def test_leaving_the_queue() -> None:
    scene = Scene(queued=True)
    assert scene.say("batal") == ["handover.left"]
    taken = Scene(queued=True, answers={effects.LeaveQueue: lambda _: False})
    assert taken.say("batal") == ["cancel.nothing"]


# -- news -----------------------------------------------------------------------------------------------------


def test_news_of_a_system_in_a_place() -> None:
    scene = Scene()
    text = "kabari kalau mobile jkn di samarinda sudah normal"
    assert scene.say(text, "subscribe_updates", system="mobile jkn", place="samarinda") == ["subscribe.done"]
    assert scene.done == [effects.Subscribe(branch="samarinda", system="mobile_jkn")]


def test_news_of_a_place_asks_which() -> None:
    scene = Scene()
    assert scene.say("kabari saya ya", "subscribe_updates") == ["subscribe.branch"]
    assert scene.say("palembang") == ["subscribe.done_all"]


def test_no_more_news() -> None:
    assert Scene().say("stop") == ["unsubscribe.done"]
    none = Scene(answers={effects.Unsubscribe: lambda _: 0})
    assert none.say("jangan kirim lagi", "unsubscribe_updates") == ["unsubscribe.none"]


# -- manners --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hour", "part"), [(0, "pagi"), (4, "siang"), (8, "sore"), (13, "malam"), (20, "malam"), (22, "pagi")]
)
def test_a_greeting_fits_the_time_of_day(hour: int, part: str) -> None:
    """Hours in UTC; on the clock of Jakarta seven more."""
    scene = Scene(now=MONDAY.replace(hour=hour))
    scene.say("halo", "greet")
    assert f"Selamat {part}" in scene.text()


@pytest.mark.parametrize(
    ("text", "intent", "keys"),
    [
        ("makasih kak", "thank", ["thank.welcome"]),
        ("dadah", "goodbye", ["goodbye.bye"]),
        ("ini robot ya?", "bot_challenge", ["bot_challenge.yes"]),
        ("ya", "affirm", ["menu.what"]),
        ("tidak", "deny", ["menu.what"]),
        ("cairkan jht", "out_of_scope", ["out_of_scope.sorry"]),
        ("bot bego", "frustration", ["frustration.sorry"]),
        ("nomor layanan apa aja", "ask_channels", ["channels.list"]),
        ("ga jadi", "cancel", ["cancel.nothing"]),
    ],
)
def test_manners(text: str, intent: str, keys: list[str]) -> None:
    assert Scene().say(text, intent) == keys


def test_anger_leads_to_a_human_or_a_complaint() -> None:
    scene = Scene()
    scene.say("bot bego ga nyambung", "frustration")
    assert scene.titles == ["Bicara petugas", "Pengaduan", "Menu"]
    assert scene.tap("Bicara petugas") == ["handover.queued"]


@pytest.mark.parametrize(
    ("text", "language"),
    [("english please", "en"), ("pakai bahasa inggris", "en"), ("bahasa indonesia aja", "id")],
)
def test_another_language(text: str, language: str) -> None:
    scene = Scene()
    assert scene.say(text, "change_language") == ["language.done"]
    assert scene.dialogue.language == language


# -- a bare "status" ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words", ["status", "cek status", "statusnya gimana min", "status saya", "check my status"]
)
def test_a_bare_status_is_that_of_the_own_cases(words: str) -> None:
    scene = with_cases(case())
    assert scene.say(words, "check_membership") == ["case_status.own", "case_status.is"]
    assert "PLB-2611-00042" in scene.text()
    assert "cek kepesertaan" in scene.text("id")


def test_who_has_no_case_means_the_membership() -> None:
    assert with_cases().say("cek status", "check_membership") == ["member.number"]


@pytest.mark.parametrize(
    "words", ["status kepesertaan saya", "status bpjs saya aktif ga", "cek status kartu"]
)
def test_a_status_of_something_is_no_bare_one(words: str) -> None:
    assert with_cases(case()).say(words, "check_membership") == ["member.number"]


@pytest.mark.parametrize(
    "words",
    [
        "what is the status of my report?",
        "how is my complaint going",
        "gimana laporan saya",
        "aduan saya udah sampai mana",
    ],
)
def test_the_own_report_by_its_name_needs_less_certainty(words: str) -> None:
    scene = with_cases(case())
    scene.answers[FindAnswer] = lambda _: Found(codes=("check_status",), likeness=0.9)
    assert scene.say(words, "ask_case_status", 0.55, also=["check_membership"])[-1] == "case_status.is"


def test_an_answer_to_something_else_than_what_is_likely_meant_is_not_given() -> None:
    scene = with_cases(case())
    scene.answers[FindAnswer] = lambda _: Found(codes=("check_status",), likeness=0.9)
    assert scene.say("kelanjutannya gimana ya", "ask_case_status", 0.55) == ["clarify.is_it"]
    scene = with_cases(case())
    scene.answers[FindAnswer] = lambda _: Found(codes=("check_status",), likeness=0.9)
    assert scene.say("masih aktif gimana ya", "check_membership", 0.55)[0] == "information.is"


def test_a_status_within_a_form_is_told_and_the_form_goes_on() -> None:
    scene = with_cases(case())
    scene.say("cek tagihan saya", "check_bill")
    assert scene.say("status", "check_membership") == [
        "case_status.own",
        "case_status.is",
        "form.go_on",
        "member.number",
    ]


# -- thanks and goodbye in a form -----------------------------------------------------------------------------


def at_the_name() -> Scene:
    """A form that asks for a name, which nearly any words would be."""
    scene = Scene(our_branch="palembang")
    scene.say("mau turun kelas", "admin_change_class")
    for button in ("Ya", "Tidak", "Setuju"):
        scene.tap(button)
    return scene


@pytest.mark.parametrize(
    "words", ["thanks bye", "ok thank you, goodbye", "dadah min", "makasih ya kak, sampai jumpa"]
)
def test_goodbye_is_no_name_and_the_form_waits_quietly(words: str) -> None:
    scene = at_the_name()
    assert scene.say(words, "thank", 0.6) == ["goodbye.in_form"]
    assert scene.waits_with == "admin_change_class"
    assert scene.say("Budi Santoso") == ["admin.ask"]
    assert scene.dialogue.forms[-1].answers["name"] == "Budi Santoso"


@pytest.mark.parametrize("words", ["terima kasih banyak min", "makasih ya", "thanks a lot"])
def test_thanks_are_no_name(words: str) -> None:
    assert at_the_name().say(words, "affirm", 0.4) == ["thank.welcome", "form.go_on", "admin.ask"]


@pytest.mark.parametrize("name", ["Bayu Pamit Nugroho", "Siti Banyak", "Dewi Bye Lestari"])
def test_a_name_with_such_a_word_in_it_is_a_name(name: str) -> None:
    scene = at_the_name()
    scene.say(name, "thank", 0.7)
    assert scene.dialogue.forms[-1].answers["name"] == name
