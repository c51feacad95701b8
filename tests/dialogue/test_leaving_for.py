"""Leaving a form and wanting something else in one message: "ga jadi, cek tagihan aja"."""

import pytest

from bot.dialogue.commands import Commands
from bot.dialogue.several import Understand
from bot.flows import lookups
from bot.messages import Entity, Interpretation
from tests.dialogue.scene import THRESHOLDS, Scene, sample
from tests.dialogue.test_routing import complaint


def scene(intent: str, confidence: float = 0.95, **entities: str) -> Scene:
    """One whose interpreter takes what stands behind the word for leaving so."""

    def understand(wanted: Understand) -> tuple[Interpretation, ...]:
        (text,) = wanted.texts
        found = tuple(
            Entity(entity=name, value=value, start=text.index(value), end=text.index(value) + len(value))
            for name, value in entities.items()
        )
        ranking = ((intent, confidence),)
        meant = Interpretation(
            text=text,
            intent=intent,
            confidence=confidence,
            ranking=ranking,
            entities=found,
            thresholds=THRESHOLDS,
        )
        return (meant,)

    return Scene(answers={Understand: understand, lookups.Closures: lambda _: []})


def test_a_form_is_left_and_what_comes_after_is_served() -> None:
    talk = scene("check_bill")
    talk.say("mau mengadu", "file_complaint")
    assert talk.say("ga jadi, cek tagihan aja", "cancel", 0.8) == ["form.cancelled", "member.number"]
    assert [form.intent for form in talk.dialogue.forms] == ["check_bill"]


def test_a_form_that_may_be_taken_up_again_is_kept() -> None:
    talk = scene("ask_office", place="samarinda")
    talk.say("mau turun kelas", "admin_change_class")
    for button in ("Ya", "Tidak", "Setuju"):
        talk.tap(button)
    said = "batal deh, tanya jam buka kantor samarinda aja"
    assert talk.say(said, "ask_office", 0.6) == ["shelf.kept", "office.is"]
    assert [kept.form.intent for kept in talk.dialogue.shelf] == ["admin_change_class"]


def test_what_is_not_sure_is_asked_back_about_once_the_form_is_left() -> None:
    talk = scene("ask_outage", 0.4)
    talk.say("mau mengadu", "file_complaint")
    assert talk.say("batal, mau lapor gangguan", "cancel", 0.3) == ["form.cancelled", "clarify.is_it"]


def test_a_story_is_left_only_for_what_is_sure() -> None:
    told = "ga jadi, kamar penuh semua katanya padahal kosong"
    talk = complaint(until="story")
    talk.answers = scene("find_facility", 0.4).answers
    assert talk.say(told, "file_complaint", 0.6) == ["complaint.evidence"]
    talk = complaint(until="story")
    talk.answers = scene("file_complaint", 0.99).answers
    assert talk.say(told, "file_complaint", 0.6) == ["complaint.evidence"]


def test_a_reason_for_leaving_is_no_other_wish() -> None:
    talk = scene("ask_benefit", 0.4)
    talk.say("mau mengadu", "file_complaint")
    talk.say("batal, karena ibu saya sakit", "cancel")
    assert talk.keys == ["form.cancelled"]


def test_without_a_form_the_wish_is_served_as_well() -> None:
    assert scene("check_bill").say("ga jadi, cek tagihan aja", "cancel", 0.8) == ["member.number"]


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("ga jadi, cek tagihan aja", "cek tagihan aja"),
        ("Batal, mau lapor gangguan", "mau lapor gangguan"),
        ("eh ga jadi deh. kantor buka jam berapa?", "kantor buka jam berapa?"),
        ("cancel, i want to check my bill", "i want to check my bill"),
        ("cancel that please, i want to check my bill", "i want to check my bill"),
        ("batal mau tanya kartu hilang", "mau tanya kartu hilang"),
        ("batal", ""),
        ("ga jadi deh min", ""),
        ("batal, makasih", ""),
        ("ga jadi dirawat karena kamar penuh", ""),
        ("pembayaran saya batal, kenapa ya", ""),
    ],
)
def test_where_the_word_for_leaving_ends(text: str, rest: str) -> None:
    assert Commands(sample()[1]).after_cancel(text) == rest
