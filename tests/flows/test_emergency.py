"""Danger to life: help first, a human at once, and no alarm where there is none."""

from datetime import timedelta
from typing import Any

import pytest

from bot.dialogue.alarms import Alarms
from bot.dialogue.asking import asks
from bot.dialogue.state import Said
from bot.flows import effects, lookups
from bot.messages import Interpretation, Thresholds
from tests.dialogue.scene import MONDAY, Scene, sample
from tests.dialogue.test_routing import complaint

TOMORROW = MONDAY + timedelta(days=1, hours=-1)


def desk(**changes: Any) -> Scene:
    """A desk that answers like this."""
    usual: dict[str, Any] = {
        "number": "PLB-2611-00003",
        "position": 1,
        "open_now": True,
        "opens_at": None,
        "already": False,
    }
    return Scene(answers={effects.RequestAgent: lambda _: effects.Queued(**(usual | changes))})


def queued(scene: Scene) -> Scene:
    """The same participant, who waits for an agent by now because of an emergency."""
    scene.queued = True
    place = lookups.Place(position=1, open_now=True, opens_at=None, urgent=True)
    scene.answers[lookups.QueuePlace] = lambda _: place
    return scene


def in_a_complaint(words: str = "antrean") -> Scene:
    """Somebody who is just asked where it happened."""
    scene = desk()
    scene.say("mau mengadu", "file_complaint")
    assert scene.say(words) == ["complaint.facility"]
    return scene


# -- help and a human -----------------------------------------------------------------------------------------


def test_help_comes_first_and_a_human_without_being_asked_for() -> None:
    scene = desk()
    assert scene.say("tolong bapak saya sesak napas", "emergency") == ["emergency.help", "emergency.called"]
    assert not scene.options
    (request,) = scene.done
    assert request == effects.RequestAgent(reason="tolong bapak saya sesak napas", urgent=True)


def test_out_of_hours_it_says_when_agents_work_and_who_was_told() -> None:
    scene = desk(open_now=False, opens_at=TOMORROW, on_call=True)
    assert scene.say("tolong sesak napas", "emergency") == ["emergency.help", "emergency.called_closed"]
    assert "Petugas bertugas lagi: Selasa, 24 November 2026 pukul 08.00 WIB" in scene.text()
    assert "Petugas siaga sudah kami beri tahu" in scene.text()


def test_nobody_is_said_to_have_been_told_where_nobody_is_on_call() -> None:
    scene = desk(open_now=False, opens_at=TOMORROW)
    scene.say("tolong sesak napas", "emergency")
    assert "siaga" not in scene.text()


def test_in_a_closure_without_an_end_no_hour_is_promised() -> None:
    scene = desk(open_now=False, opens_at=None)
    scene.say("tolong sesak napas", "emergency")
    assert "Petugas bertugas lagi" not in scene.text()
    assert "belum bisa menjanjikan" in scene.text()


def test_the_agent_gets_what_a_form_had_taken_down() -> None:
    scene = in_a_complaint()
    scene.say("bapak saya pingsan sesak napas", "emergency", 0.4)
    assert scene.done[0].so_far == {"file_complaint": {"complaint.category": "antrean"}}


@pytest.mark.parametrize("words", ["darurat", "emergency", "Darurat!", "gawat darurat min"])
def test_one_word_is_enough(words: str) -> None:
    for scene in (desk(), in_a_complaint()):
        assert scene.say(words) == ["emergency.help", "emergency.called"]


# -- the second message, and calling it off -------------------------------------------------------------------


def test_what_is_written_next_goes_to_the_agent_with_the_number_to_call() -> None:
    scene = desk()
    scene.say("tolong sesak napas", "emergency")
    for said, confidence in (("tolong cepat dia sesak", 0.4), ("dia pingsan, tolong", 0.95)):
        assert queued(scene).say(said, "emergency", confidence) == ["emergency.forwarded"]
        assert "119" in scene.text()


def test_a_second_cry_much_later_repeats_the_help() -> None:
    scene = desk()
    scene.say("tolong sesak napas", "emergency")
    queued(scene).wait(minutes=20)
    assert scene.say("sekarang kejang", "emergency", 0.4) == ["emergency.help", "emergency.called"]


@pytest.mark.parametrize("words", ["batal", "tidak jadi", "ga jadi min", "never mind"])
def test_calling_it_off_leads_back_to_what_was_interrupted(words: str) -> None:
    scene = in_a_complaint()
    scene.say("bapak saya pingsan sesak napas", "emergency", 0.4)
    assert queued(scene).say(words) == ["handover.left", "form.go_on", "complaint.facility"]
    scene.queued = False
    assert scene.say("RS SMC", facility="RS SMC") == ["complaint.story"]


def test_until_it_is_called_off_the_form_asks_nothing() -> None:
    scene = in_a_complaint()
    scene.say("bapak saya pingsan sesak napas", "emergency", 0.4)
    assert queued(scene).say("kami di depan rs bari", facility="rs bari") == ["emergency.forwarded"]
    assert scene.waits_with is None


def test_after_it_was_called_off_the_next_cry_counts_again() -> None:
    scene = desk()
    scene.say("tolong sesak napas", "emergency")
    assert queued(scene).say("batal") == ["handover.left"]
    scene.queued = False
    assert scene.say("kejang lagi", "emergency", 0.4) == ["emergency.help", "emergency.called"]


# -- no alarm where there is none -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    [
        "tolong cepat",
        "tolong cepat dong min",
        "cepetan",
        "butuh cepat",
        "tolong dibantu segera ya",
        "please hurry",
    ],
)
def test_who_only_urges_is_in_no_danger(words: str) -> None:
    scene = desk()
    assert scene.say(words, "emergency", 0.99) == ["emergency.urged"]
    assert "119" in scene.text()
    assert not scene.done
    assert scene.tap("Bicara petugas") == ["handover.queued"]


def test_who_urges_while_waiting_or_in_a_form_changes_nothing() -> None:
    assert queued(desk()).say("tolong cepat", "emergency", 0.99) == ["emergency.forwarded"]
    scene = desk()
    scene.say("mau mengadu", "file_complaint")
    assert scene.say("tolong cepat", "emergency", 0.99) == ["emergency.in_form", "complaint.category"]
    assert not scene.done


URGENT = [
    "kartu saya belum jadi, darurat banget",
    "urgent banget nih min tolong",
    "ini penting banget pak",
]


@pytest.mark.parametrize("words", URGENT)
def test_a_form_that_is_urged_on_is_no_emergency(words: str) -> None:
    scene = desk()
    scene.say("mau turun kelas", "admin_change_class")
    scene.tap("Ya")
    asked = scene.keys[-1]
    for _ in range(3):
        assert scene.say(words, "emergency", 0.95) == ["emergency.in_form", asked]
    assert "119" in scene.text()
    assert not scene.done


def test_a_form_is_urged_on_in_english_too() -> None:
    scene = desk()
    scene.say("i want to complain about the hospital", "file_complaint")
    asked = scene.keys[-1]
    assert scene.say("my card is not ready, it is an emergency", "emergency", 0.95) == [
        "emergency.in_form",
        asked,
    ]


def test_urging_may_be_part_of_a_story() -> None:
    scene = complaint(until="story")
    assert scene.say(URGENT[0], "emergency", 0.95) == ["complaint.evidence"]


def test_urging_is_no_name() -> None:
    scene = Scene(our_branch="palembang")
    scene.say("mau turun kelas", "admin_change_class")
    for button in ("Ya", "Tidak", "Setuju"):
        scene.tap(button)
    assert scene.say(URGENT[0], "emergency", 0.95) == ["emergency.in_form", "admin.ask"]


@pytest.mark.parametrize(
    "words",
    [
        "istri saya pingsan darurat",
        "anak saya panas tinggi urgent banget",
        "kartu belum jadi, darurat, bapak saya di igd",
        "darurat",
        "tolong ini darurat",
        "my father is sick, it is an emergency, the card is not ready",
    ],
)
def test_who_names_somebody_in_danger_interrupts_a_form(words: str) -> None:
    scene = desk()
    scene.say("mau turun kelas", "admin_change_class")
    scene.tap("Ya")
    assert "emergency.help" in scene.say(words, "emergency", 0.95)


@pytest.mark.parametrize(
    "words",
    [
        "minggu lalu bapak saya sesak napas tapi ditolak rs",
        "tahun lalu anak saya kejang di igd disuruh bayar",
        "last year my son had a seizure and the hospital made us pay",
    ],
)
def test_a_story_of_long_ago_is_a_complaint(words: str) -> None:
    scene = desk()
    assert "complaint.sorry" in scene.say(words, "emergency", 0.98)
    assert not scene.done


@pytest.mark.parametrize(
    "words",
    [
        "sejak minggu lalu bapak saya sesak napas",
        "dari bulan lalu sakit, sekarang tidak sadar",
        "minggu lalu operasi, tolong sekarang pendarahan",
        "kemarin ibu saya jatuh dan muntah darah",
    ],
)
def test_what_began_earlier_and_goes_on_is_an_emergency(words: str) -> None:
    assert desk().say(words, "emergency", 0.9)[0] == "emergency.help"


def test_a_story_of_a_complaint_may_be_of_an_emergency_that_is_over() -> None:
    scene = in_a_complaint()
    scene.say("RS SMC", facility="RS SMC")
    story = "anak saya sesak napas tapi ditolak igd kemarin"
    assert scene.say(story, "emergency", 0.8) == ["complaint.evidence"]


def test_missing_medicine_is_a_story_however_much_it_sounds_like_an_emergency() -> None:
    scene = in_a_complaint()
    scene.say("RS SMC", facility="RS SMC")
    story = "obat jantung ibu saya kosong sudah tiga hari dan tidak ada yang menjelaskan"
    assert scene.say(story, "emergency", 0.99) == ["complaint.evidence"]


def test_an_emergency_in_the_middle_of_a_story_is_one_and_is_kept_as_the_story() -> None:
    scene = in_a_complaint()
    scene.say("RS SMC", facility="RS SMC")
    story = "anak saya sesak napas dan ditolak igd"
    assert scene.say(story, "emergency", 0.8) == ["emergency.help", "emergency.called"]
    assert queued(scene).say("batal") == ["handover.left", "form.go_on", "complaint.evidence"]


# -- by the words alone ---------------------------------------------------------------------------------------


def taken(text: str, intent: str, confidence: float) -> tuple[str, float]:
    """What a message that was taken for an intent is taken for after all."""
    meant = Interpretation(
        text=text, intent=intent, confidence=confidence, thresholds=Thresholds(act=0.9, ask=0.2)
    )
    said = Said(interpretation=meant, at=MONDAY, text=text)
    heard = Alarms(sample()[1]).heard(said, question=asks(text)).interpretation
    return heard.intent, heard.confidence


@pytest.mark.parametrize(
    ("text", "intent", "confidence"),
    [
        ("my father cannot breathe", "frustration", 0.2),
        ("My father can’t breathe, where do we go?", "ask_office", 0.4),
        ("my child is having seizures help", "help", 0.95),
        ("ibu saya tidak sadarkan diri", "ask_benefit", 0.5),
    ],
)
def test_a_sign_is_enough_in_every_language(text: str, intent: str, confidence: float) -> None:
    assert taken(text, intent, confidence) == ("emergency", 0.7)


@pytest.mark.parametrize(
    ("text", "intent", "confidence"),
    [
        ("is treatment of a heart attack covered?", "ask_benefit", 0.95),
        ("last month my wife had a heart attack", "file_complaint", 0.6),
        ("obat jantung kosong", "file_complaint", 0.8),
    ],
)
def test_a_question_or_a_story_of_such_a_sign_is_left_alone(
    text: str, intent: str, confidence: float
) -> None:
    assert taken(text, intent, confidence) == (intent, confidence)


@pytest.mark.parametrize("words", ["igd buka 24 jam ga", "ugd bayar ga?", "igd perlu rujukan ga"])
def test_who_asks_how_an_emergency_room_works_is_told_and_nobody_is_called(words: str) -> None:
    scene = desk()
    assert scene.say(words, "emergency", 0.92) == ["emergency.help", "emergency.asked"]
    assert not scene.done


@pytest.mark.parametrize(
    "words",
    ["igd buka ga istri pendarahan", "anak saya panas tinggi igd mana yang buka", "tolong igd buka ga"],
)
def test_a_question_that_tells_of_somebody_calls_a_human(words: str) -> None:
    assert desk().say(words, "emergency", 0.92) == ["emergency.help", "emergency.called"]


def test_a_single_word_that_nobody_knows_is_not_taken_for_a_cry_for_help() -> None:
    scene = desk()
    scene.say("gunungsari", "emergency", 0.19)
    assert "emergency" not in [option.id.rpartition(":")[2] for option in scene.options]


def test_an_answer_that_names_a_hospital_is_no_cry_for_help() -> None:
    scene = in_a_complaint()
    said = "mbah ga tau nomor ktp ibunya anaknya lagi di rs"
    assert "emergency.help" not in scene.say(said, "emergency", 0.58)
    assert "emergency.help" in scene.say("anaknya pingsan di rs", "emergency", 0.58)
