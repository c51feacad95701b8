"""Leaving, going back, starting over, correcting, being reminded: the same in every form."""

import pytest

from bot.dialogue.flow import Flow
from bot.dialogue.talk import Talk
from bot.flows import effects, lookups
from bot.flows.registry import FLOWS
from tests.dialogue.scene import Scene, notice, sample
from tests.dialogue.test_routing import STORY, answers, complaint

# -- leaving --------------------------------------------------------------------------------------------------


def test_batal_leaves_one_form_and_the_one_below_goes_on() -> None:
    scene = complaint(until="facility")
    scene.say("mobile jkn error", "ask_outage", system="mobile jkn")
    assert scene.say("batal") == ["form.cancelled", "form.go_on", "complaint.facility"]
    assert scene.say("batal") == ["form.cancelled"]
    assert scene.say("batal") == ["cancel.nothing"]
    assert not scene.done


def test_a_wish_to_leave_in_other_words() -> None:
    scene = complaint(until="story")
    assert scene.say("ya udah ga usah deh min", "cancel") == ["form.cancelled"]


def test_stop_ends_the_news_and_the_form_too() -> None:
    scene = complaint(until="facility")
    assert scene.say("stop") == ["form.cancelled", "unsubscribe.done"]
    assert scene.say("stop") == ["unsubscribe.done"]


def test_start_brings_the_news_back() -> None:
    scene = Scene(answers={effects.Resubscribe: lambda _: True})
    assert scene.say("mulai") == ["subscribe.resumed", "menu.what"]
    assert Scene().say("/start") == ["menu.what"]


def test_batal_leaves_the_queue_even_with_a_menu_open() -> None:
    scene = Scene(queued=True)
    scene.say("menu")
    assert scene.say("batal") == ["handover.left"]
    assert isinstance(scene.done[-1], effects.LeaveQueue)


def test_leaving_after_a_report_says_nothing_untrue() -> None:
    """The report stands: "nothing was sent" would be a lie."""
    scene = Scene()
    scene.say(
        "SEP error di RS SMC dari jam 8", "ask_outage", system="SEP", facility="RS SMC", when="dari jam 8"
    )
    assert scene.keys[-1] == "outage.tell_me"
    assert scene.say("batal") == ["cancel.nothing"]


# -- going back and starting over -----------------------------------------------------------------------------


def test_back_asks_the_question_before() -> None:
    scene = complaint(until="story")
    assert scene.say("kembali") == ["complaint.facility"]
    assert scene.say("kembali") == ["complaint.category"]
    assert scene.say("kembali") == ["complaint.category"]
    scene.tap("Antrean")
    assert scene.say("RS AWS", facility="RS AWS") == ["complaint.story"]


def test_back_asks_again_what_was_only_heard() -> None:
    scene = Scene()
    scene.say("saya ditolak berobat di RS SMC", "file_complaint", facility="RS SMC")
    assert scene.keys[-1] == "complaint.story"
    assert scene.say("kembali") == ["complaint.facility"]


def test_restart_begins_anew_and_old_buttons_are_stale() -> None:
    scene = complaint(until="category")
    button = scene.options[0]
    scene.press(button)
    assert scene.say("ulang") == ["form.restarted", "complaint.sorry", "complaint.category"]
    assert answers(scene) == {}
    assert scene.press(button)[0] == "form.stale"


# -- correcting -----------------------------------------------------------------------------------------------


AWS, BARI = "RSUD AW Sjahranie", "RSUD Palembang BARI"


@pytest.mark.parametrize(
    ("text", "facility", "now"),
    [
        ("eh salah, RS-nya AWS", None, AWS),
        ("maksudnya RS BARI", "RS BARI", BARI),
        ("bukan SMC tapi RSUD AW Sjahranie", "RSUD AW Sjahranie", AWS),
        ("sorry, i mean RS BARI", "RS BARI", BARI),
    ],
)
@pytest.mark.parametrize("until", ["story", "evidence", "summary"])
def test_an_earlier_answer_is_corrected_in_words(
    until: str, text: str, facility: str | None, now: str
) -> None:
    scene = complaint(until=until)
    entities = {"facility": facility} if facility else {}
    assert scene.say(text, "deny", **entities) == ["form.corrected", f"complaint.{until}"]
    assert answers(scene)["facility"] == kept(now)


@pytest.mark.parametrize("until", ["facility", "story", "evidence", "summary"])
def test_a_choice_is_corrected_in_words(until: str) -> None:
    scene = complaint(until=until)
    assert scene.say("ralat, antrean") == ["form.corrected", f"complaint.{until}"]
    assert answers(scene)["category"] == "antrean"


def kept(name: str) -> str:
    """How an answer that names a known facility is kept."""
    found = sample()[0].find_facility(name).facility
    assert found
    return f"={found.code}"


def test_words_of_correction_in_a_story_correct_nothing() -> None:
    scene = complaint(until="story")
    story = "petugasnya salah input data saya terus bilang maksudnya RS BARI yang harus tanggung jawab"
    assert scene.say(story, facility="RS BARI") == ["complaint.evidence"]
    assert answers(scene)["facility"] != kept(BARI)


def test_a_correction_never_falls_back_on_what_was_only_assumed() -> None:
    """The branch was assumed from the talk; a correction of the category must not touch it."""
    scene = Scene()
    scene.say("kantor palembang buka?", "ask_closure", place="palembang")
    scene.say("mau mengadu pelayanan kantor di samarinda", "file_complaint", place="samarinda")
    scene.say("kantor")
    assert answers(scene)["branch"] == "samarinda"
    scene.say(STORY)
    scene.say("eh salah, iuran")
    assert answers(scene)["branch"] == "samarinda"


def test_ubah_asks_which_and_comes_back_to_the_summary() -> None:
    scene = complaint(until="summary")
    assert scene.tap("Ubah") == ["form.change"]
    labels = ["Jenis pengaduan", "Nama fasilitas", "Ceritanya", "Foto/dokumen"]
    assert scene.titles == [*labels, "Sudah benar"]
    assert scene.say("2") == ["complaint.facility"]
    assert scene.say("RS AWS", facility="RS AWS") == ["complaint.summary"]
    assert "Sjahranie" in scene.text()
    assert scene.say("ya kirim") == ["complaint.received"]


def test_ubah_in_words_and_a_change_that_is_left() -> None:
    scene = complaint(until="summary")
    assert scene.say("ubah") == ["form.change"]
    assert scene.say("kembali") == ["complaint.summary"]
    for right in ("ya bener", "Sudah benar", "tidak ada"):
        assert scene.say("ubah") == ["form.change"]
        assert scene.say(right) == ["complaint.summary"], right


def test_a_question_that_is_no_answer_is_not_said_to_be_noted() -> None:
    scene = complaint(until="summary")
    scene.say("ubah")
    text = "nomor kartu saya masih aktif atau tidak ya, kok belum ada kabar?"
    assert scene.say(text) == ["form.hint_choose", "form.change"]
    assert scene.say(text, "check_membership", 0.5) == ["clarify.is_it"]


def test_a_no_never_sends() -> None:
    for text in ("jangan kirim dulu", "tidak", "jgn dikirim", "belum", "bukan begitu ceritanya"):
        scene = complaint(until="summary")
        assert scene.say(text) == ["form.change"], text
        assert not scene.done
    scene = complaint(until="summary")
    assert scene.say("belum benar") == ["form.hint_confirm", "complaint.summary"]


# -- being left alone -----------------------------------------------------------------------------------------


def test_a_form_left_alone_is_reminded_of_once_and_then_closed() -> None:
    scene = complaint(until="facility")
    assert scene.waits_with == "file_complaint"
    assert scene.left_alone() == ["form.remind", "complaint.facility"]
    assert scene.left_alone() == ["form.expired"]
    assert not scene.dialogue.forms
    assert scene.left_alone() == []


def test_an_answer_after_the_reminder_starts_the_clock_anew() -> None:
    scene = complaint(until="facility")
    scene.left_alone()
    scene.say("RS SMC", facility="RS SMC")
    assert scene.left_alone() == ["form.remind", "complaint.story"]


def test_nobody_is_reminded_of_a_menu_or_an_offer() -> None:
    scene = Scene()
    scene.say("halo", "greet")
    assert scene.waits_with is None
    assert scene.left_alone() == []
    scene.say(
        "SEP error di RS SMC dari jam 8", "ask_outage", system="SEP", facility="RS SMC", when="dari jam 8"
    )
    assert scene.waits_with is None


# -- once -----------------------------------------------------------------------------------------------------


def test_what_was_said_is_not_said_again_though_time_goes_by() -> None:
    scene = Scene()
    scene.say("mobile jkn error", "ask_outage", system="mobile jkn")
    assert "outage.unknown" in scene.keys
    scene.wait(minutes=5)
    assert scene.tap("Ya") == ["outage.branch"]
    scene.wait(minutes=5)
    assert scene.say("samarinda", place="samarinda") == ["outage.since"]


def test_an_effect_happens_once_though_the_flow_is_run_again() -> None:
    scene = Scene()
    scene.say(
        "SEP error di RS SMC dari jam 8", "ask_outage", system="SEP", facility="RS SMC", when="dari jam 8"
    )
    scene.wait(minutes=1)
    assert scene.say("kantor samarinda buka?", "ask_closure", place="samarinda") == ["closure.open_now"]
    assert [type(done) for done in scene.done] == [effects.ReportOutage]


def test_an_effect_is_not_done_by_a_question_that_is_put_again() -> None:
    scene = complaint(until="summary")
    for text in ("hmm", "apa ya", "english please"):
        scene.say(text, "change_language" if "english" in text else "")
    assert scene.keys[-1] == "complaint.summary"
    assert not scene.done
    assert scene.say("yes") == ["complaint.received"]
    assert [type(done) for done in scene.done] == [effects.OpenCase]


def test_news_that_comes_while_a_question_is_open_is_told() -> None:
    """An outage is published while its reporter is asked since when."""
    scene = Scene()
    scene.say("SEP error di RS SMC", "ask_outage", system="SEP", facility="RS SMC")
    assert scene.keys[-1] == "outage.since"
    scene.answers[lookups.Outages] = lambda _: [
        notice(kind="outage", affects=("vclaim",), title="VClaim terganggu")
    ]
    assert scene.say("jam 8 pagi", when="jam 8 pagi") == ["outage.known", "outage.tell_me"]
    assert scene.tap("Ya") == ["outage.will_tell"]
    assert [type(done) for done in scene.done] == [effects.Subscribe]


async def _subscribe_once_there_is_a_case(talk: Talk) -> None:
    if not await talk.look_up(lookups.OwnCases()):
        await talk.agree("outage.want_report")
    await talk.do(effects.Subscribe())
    await talk.say("outage.will_tell")


def test_the_way_back_to_the_open_question_does_nothing_by_itself() -> None:
    """Since the question was put there is a case, so the flow would go on to its effect: but not on `batal`."""
    flow = Flow(name="test", run=_subscribe_once_there_is_a_case)
    for said, done in [("batal", []), ("apa ya", [effects.Subscribe()])]:
        scene = Scene(flows=FLOWS | {"greet": flow})
        assert scene.say("halo", "greet") == ["outage.want_report"]
        scene.answers[lookups.OwnCases] = lambda _: ["a case"]
        scene.say(said)
        assert scene.done == done


def test_the_oldest_form_is_left_when_too_many_wait() -> None:
    scene = Scene()
    wishes = {
        "file_complaint": "mau mengadu",
        "ask_outage": "SEP kenapa ya?",
        "check_membership": "mau cek kepesertaan",
        "admin_change_class": "mau turun kelas",
        "check_bill": "mau cek tagihan",
    }
    for intent, text in wishes.items():
        scene.say(text, intent)
        if scene.keys[-1] == "admin.offer":
            scene.tap("Ya")
    assert [form.intent for form in scene.dialogue.forms] == list(wishes)[1:]
