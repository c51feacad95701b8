"""Answers: the one that was asked for, the general one, one of several, and what follows them."""

from collections.abc import Callable
from functools import cache

import pytest

from bot.answers.index import Index, load_index
from bot.dialogue.answering import FindAnswer, Found
from bot.flows import effects
from bot.flows.registry import FLOWS
from bot.settings import HOME
from tests.dialogue.scene import Scene, sample


@cache
def index() -> Index:
    """The shipped questions."""
    return load_index(HOME / "config", sample()[0])


def find(wanted: FindAnswer) -> Found:
    """As the shell finds it, on a day on which every answer holds."""
    asked = index().asked(wanted.text, wanted.intent)
    return Found(codes=tuple(match.code for match in asked), likeness=asked[0].likeness if asked else 0.0)


def knowing(**more: Callable[[FindAnswer], Found]) -> Scene:
    """A scene in which questions are really looked for."""
    return Scene(answers={FindAnswer: more.get("find", find)})


def noted(scene: Scene) -> list[effects.NoteAnswer]:
    """The answers that were noted down."""
    return [one for one in scene.done if isinstance(one, effects.NoteAnswer)]


def test_the_question_itself_is_answered() -> None:
    scene = knowing()
    assert scene.say("telat bayar kena denda ga?", "ask_payment") == ["information.is", "information.helpful"]
    assert sample()[0].questions["late_fine"].answer.id in scene.text()
    assert noted(scene)[0].code == "late_fine"
    assert noted(scene)[0].text == "telat bayar kena denda ga?"


def test_an_answer_is_in_the_language_of_the_talk() -> None:
    scene = knowing()
    scene.dialogue.language = "en"
    scene.say("how long is a referral good for?", "ask_referral")
    assert "90 days" in scene.text()


@pytest.mark.parametrize("intent", [intent for intent, flow in FLOWS.items() if flow.name == "information"])
def test_without_an_answer_of_its_own_the_general_one_is_given(intent: str) -> None:
    scene = Scene()
    scene.say("mau tanya", intent)
    answer = sample()[0].faq.get(intent)
    if answer:
        assert answer.answer.id in scene.text()
        assert noted(scene)[0].code is None


def test_a_tapped_menu_entry_gives_the_general_answer() -> None:
    scene = knowing()
    scene.say("iuran dan kartu", "ask_payment", 0.5, also=("ask_card", "check_bill"))
    assert scene.keys == ["clarify.which"]
    scene.tap("Kartu")
    assert sample()[0].faq["ask_card"].answer.id in scene.text()


def test_two_near_each_other_are_offered() -> None:
    scene = knowing(find=lambda _: Found(codes=("rehab", "arrears_limit"), likeness=0.5))
    assert scene.say("tunggakan lama gimana?", "ask_payment") == ["information.which"]
    assert scene.titles == ["Cicil tunggakan", "Batas tunggakan", "Bukan itu"]
    assert scene.tap("Batas tunggakan")[0] == "information.is"
    assert noted(scene)[0].code == "arrears_limit"


def test_none_of_those_offered_is_the_general_answer() -> None:
    scene = knowing(find=lambda _: Found(codes=("rehab", "arrears_limit"), likeness=0.5))
    scene.say("tunggakan lama gimana?", "ask_payment")
    scene.tap("Bukan itu")
    assert noted(scene)[0].code is None
    assert sample()[0].faq["ask_payment"].answer.id in scene.text()


# -- did it help? ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "rating", "keys"),
    [
        ("ya", "yes", ["information.glad"]),
        ("membantu makasih", "yes", ["information.glad"]),
        ("tidak", "no", ["information.agent"]),
        ("belum membantu", "no", ["information.agent"]),
        ("ga membantu", "no", ["information.agent"]),
    ],
)
def test_whether_an_answer_helped_is_kept(answer: str, rating: str, keys: list[str]) -> None:
    scene = knowing()
    scene.say("sidik jari ibu saya gagal terbaca", "ask_referral")
    assert scene.titles == ["Ya", "Tidak", "Bicara petugas"]
    assert scene.say(answer, "deny" if rating == "no" else "affirm") == keys
    assert scene.done[-1] == effects.RateAnswer(1, rating)


def test_who_was_not_helped_gets_a_human() -> None:
    scene = knowing()
    scene.say("sidik jari ibu saya gagal terbaca", "ask_referral")
    scene.tap("Tidak")
    assert scene.say("iya", "affirm") == ["handover.queued"]
    assert scene.done[-1].reason == "sidik jari ibu saya gagal terbaca"


def test_a_human_instead_is_kept_too() -> None:
    scene = knowing()
    scene.say("sidik jari ibu saya gagal terbaca", "ask_referral")
    assert scene.tap("Bicara petugas") == ["handover.queued"]
    assert effects.RateAnswer(1, "agent") in scene.done


def test_nobody_is_asked_after_every_answer() -> None:
    scene = knowing()
    assert "information.helpful" in scene.say("rujukan berlaku berapa lama?", "ask_referral")
    assert scene.say("surat kontrol itu apa?", "ask_referral") == ["information.is"]
    scene.wait(minutes=31)
    assert "information.helpful" in scene.say("cara perpanjang rujukan?", "ask_referral")


def test_what_an_answer_leads_to_is_offered() -> None:
    scene = knowing()
    scene.say("batas bayar iuran tiap bulan tanggal berapa?", "ask_payment")
    assert scene.titles == ["Ya", "Tidak", "Cek tagihan"]
    scene.say("tunggakan bisa dicicil ga?", "ask_payment")
    assert scene.keys == ["information.is", "information.lead"]
    scene.say("tidak", "deny")
    assert scene.keys == ["information.closing"]


def test_the_general_answer_offers_a_human_when_nobody_asks_whether_it_helped() -> None:
    scene = knowing()
    scene.say("rujukan berlaku berapa lama?", "ask_referral")
    assert scene.say("kacamata ditanggung?", "ask_benefit") == ["information.is", "information.agent"]
    assert scene.say("ga usah, makasih", "deny") == ["information.closing"]


def test_another_wish_takes_the_place_of_the_question_whether_it_helped() -> None:
    scene = knowing()
    scene.say("rujukan berlaku berapa lama?", "ask_referral")
    assert scene.say("kantor palembang buka ga?", "ask_closure", place="palembang")[0].startswith("closure.")


# -- where no meaning is sure ---------------------------------------------------------------------------------


def test_a_question_that_no_intent_is_sure_of_is_answered() -> None:
    scene = knowing()
    assert scene.say("bener ga opname dibatasi 3 hari", "ask_benefit", 0.2)[0] == "information.is"
    assert scene.understood == "acted"
    assert scene.dialogue.failures == 0


def test_it_is_answered_rather_than_asked_back_about() -> None:
    scene = knowing()
    scene.say("telat bayar kena denda ga?", "ask_payment", 0.4, also=("check_bill",))
    assert scene.keys[0] == "information.is"


def test_what_has_no_answer_is_not_answered() -> None:
    scene = knowing()
    assert scene.say("resep rendang apa", "", 0.0) == ["lost.menu"]
    assert noted(scene) == []


def test_a_question_in_a_form_is_answered_and_the_form_goes_on() -> None:
    scene = knowing()
    scene.say("ada gangguan", "ask_outage")
    before = scene.keys[-1]
    scene.say("surat rujukan berlaku berapa lama?", "ask_referral", 0.2)
    assert scene.keys == ["information.is", "form.go_on", before]


def test_who_waits_for_an_agent_is_not_answered_by_guess() -> None:
    scene = knowing()
    scene.queued = True
    assert scene.say("rujukan berlaku berapa lama", "ask_referral", 0.2) == ["handover.forwarded"]


def test_a_general_question_is_answered_before_a_form_begins() -> None:
    scene = knowing()
    scene.say("kapan paling lambat bayi didaftarkan?", "admin_newborn")
    assert noted(scene)[0].code == "newborn_deadline"
    assert "28 hari" in scene.text()
    assert "Bayi baru lahir" in scene.titles


def test_a_wish_begins_its_form() -> None:
    scene = knowing()
    scene.say("mau daftarkan bayi baru lahir", "admin_newborn")
    assert noted(scene) == []


def test_an_answer_that_has_run_out_counts_as_missing() -> None:
    scene = knowing(find=lambda _: Found(likeness=0.7, expired="contribution_rise"))
    scene.say("iuran naik ga tahun ini?", "ask_payment")
    assert noted(scene)[0].expired == "contribution_rise"
    assert noted(scene)[0].code is None


@pytest.mark.parametrize("words", ["saya kena phk", "saya phk", "saya phk bpjs nya gimana"])
def test_who_tells_what_befell_them_gets_the_short_answer_before_a_form(words: str) -> None:
    scene = knowing()
    assert scene.say(words, "admin_change_segment")[0] == "information.is"
    assert "PHK" in scene.text()
    assert "Pindah segmen" in scene.titles


@pytest.mark.parametrize("words", ["mau pindah segmen", "saya mau pindah segmen karena phk", "pindah segmen"])
def test_who_wishes_for_a_form_gets_the_form(words: str) -> None:
    assert knowing().say(words, "admin_change_segment") == ["admin.about", "admin.offer"]


def test_how_to_pay_is_told_in_two_sentences() -> None:
    scene = knowing()
    assert scene.say("gmn cara bayarnya", "ask_payment")[0] == "information.is"
    assert len(scene.text().split("\n\n")[0]) < 250
