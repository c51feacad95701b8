"""Talks about one's own data: what is told, what is asked once more, what ends where."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from bot.dialogue.commands import Commands
from bot.dialogue.state import Dialogue, Heard
from bot.flows import effects, lookups
from bot.flows.people import MOST, code_in
from tests.dialogue.scene import MONDAY, Scene, sample

KEPT = lookups.KeptDays(media=365, sealed=365, talks=730)


def case(number: str, status: str = "resolved") -> lookups.CaseLine:
    return lookups.CaseLine(number=number, kind="complaint", status=status, opened_at=MONDAY)


def known(**more: Any) -> lookups.OwnData:
    given: dict[str, Any] = {
        "addresses": ("WhatsApp +62812***001",),
        "name": "Ratih",
        "language": "id",
        "numbers": (("nik", "************0001"),),
        "consents": (),
        "cases": (),
        "lines": 12,
        "files": 0,
        "subscriptions": 0,
        "since": MONDAY - timedelta(days=30),
        "kept": KEPT,
    }
    return lookups.OwnData(**given | more)


def scene(about: lookups.OwnData | None = None, **outcomes: effects.JoinOutcome) -> Scene:
    fits = effects.JoinOutcome(state="fits", other="WhatsApp +62812***001")
    made = Scene()
    answers: dict[type, Any] = {
        lookups.KnownOfMe: about or known(),
        lookups.HowLongKept: KEPT,
        effects.EraseAll: effects.ErasureReceipt(number="HAPUS-2611-00001", open_cases=("PLB-2611-00001",)),
        effects.OrderCopy: True,
        effects.MakeJoinCode: effects.OwnCode(code="ABCD-2345", minutes=15),
        effects.TryJoinCode: outcomes.get("tried", fits),
        effects.Join: outcomes.get("joined", fits),
        effects.Part: True,
    }
    made.answers = {kind: partial(_given, value) for kind, value in answers.items()}
    return made


def _given(value: Any, _asked: Any) -> Any:
    return value


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("privasi", "privacy"),
        ("data saya", "my_data"),
        ("minta data saya dong min", "my_data"),
        ("tolong salinan data saya ya", "my_data"),
        ("Hapus data saya!", "erase_me"),
        ("tolong hapus data saya", "erase_me"),
        ("saya mau hapus semua data ku", "erase_me"),
        ("please delete my data", "erase_me"),
        ("gabung", "join"),
        ("gabung ABCD-2345", "join"),
        ("tolong gabung abcd 2345 ya", "join"),
        ("/gabung ABCD2345", "join"),
        ("gabung akun saya", "join"),
        ("pisahkan akun", "part"),
        ("data saya salah", None),
        ("hapus data saya di faskes lama, saya pindah", None),
        ("data saya dihapus petugas kenapa", None),
        ("gabung bpjs anak saya", None),
        ("anak saya mau gabung bpjs", None),
        ("minta petugas dong", None),
    ],
)
def test_words(text: str, command: str | None) -> None:
    assert Commands(sample()[1]).read(text) == command


def test_codes_at_the_end_of_a_text() -> None:
    assert code_in("gabung abcd 2345.") == "ABCD-2345"
    assert code_in("ABCD2345") == "ABCD-2345"
    assert code_in("gabung akun saya") is None, "every code has a digit"
    assert code_in("gabung") is None


def test_what_is_known_is_told_and_a_copy_sent_only_after_a_yes() -> None:
    talk = scene(known(cases=(case("PLB-2611-00002"),)))
    keys = talk.say("data saya")
    assert keys[:2] == ["my_data.known", "my_data.case"]
    assert "NIK ************0001" in talk.text()
    assert not talk.done
    assert talk.tap("Ya") == ["my_data.coming"]
    assert [type(one) for one in talk.done] == [effects.OrderCopy]


def test_consents_are_told_with_version_and_time() -> None:
    given = lookups.ConsentView(
        purpose="administration", version="2026-11", given_at=MONDAY, withdrawn_at=None
    )
    talk = scene(known(consents=(given,)))
    talk.say("data saya")
    assert "layanan administrasi" in talk.text()
    assert "2026-11" in talk.text()
    assert "Ditarik" not in talk.text()


def test_many_cases_do_not_make_a_wall() -> None:
    talk = scene(known(cases=tuple(case(f"PLB-2611-{number:05d}") for number in range(99))))
    assert talk.say("data saya").count("my_data.case") == MOST


def test_nothing_is_erased_without_a_yes() -> None:
    talk = scene()
    assert talk.say("hapus data saya")[-1] == "erase.sure"
    assert talk.say("tidak") == ["erase.left"]
    talk.say("hapus data saya")
    assert talk.say("menu")[-1] == "menu.what"
    assert not talk.done


def test_erasing_says_what_stays_and_gives_a_receipt() -> None:
    both = ("WhatsApp +62812***001", "Telegram R***")
    talk = scene(known(addresses=both, cases=(case("PLB-2611-00001", "new"), case("PLB-2611-00002"))))
    assert talk.say("hapus data saya") == ["erase.what", "erase.open", "erase.all", "erase.sure"]
    assert "PLB-2611-00001" in talk.text()
    assert "PLB-2611-00002" not in talk.text()
    assert talk.tap("Ya, hapus") == ["erase.done", "erase.rest"]
    assert "HAPUS-2611-00001" in talk.text()


def test_after_erasing_the_dialogue_knows_nothing_but_the_language() -> None:
    talk = scene()
    talk.dialogue.language, talk.dialogue.branch = "en", "palembang"
    talk.say("mau mengadu", "file_complaint")
    assert talk.dialogue.forms
    talk.say("delete my data")
    talk.tap("Yes, erase")
    serial = talk.dialogue.serial
    assert talk.dialogue == Dialogue(serial=serial, language="en")
    assert serial > 1, "buttons of old forms must not be taken for those of new ones"


def test_forgetting_leaves_nothing_that_a_dialogue_can_hold() -> None:
    full = Dialogue(serial=4, language="en", branch="palembang", failures=1, asked="x", album="y")
    full.others = [Heard(text="rahasia", at=MONDAY)]
    (form,) = [object()]
    full.forget(form)  # type: ignore[arg-type]
    assert full == Dialogue(serial=4, language="en", forms=[form])  # type: ignore[list-item]


def test_a_code_is_shown_and_one_may_be_typed_instead() -> None:
    talk = scene()
    assert talk.say("gabung") == ["join.code"]
    assert "ABCD-2345" in talk.text()
    assert talk.say("wxyz 6789") == ["join.sure"]
    assert talk.done[-1] == effects.TryJoinCode(code="WXYZ-6789")
    assert talk.tap("Ya") == ["join.fits"]
    assert talk.done[-1] == effects.Join(code="WXYZ-6789")


def test_a_code_behind_the_word_is_asked_about_at_once() -> None:
    talk = scene()
    assert talk.say("gabung wxyz-6789") == ["join.sure"]
    assert "WhatsApp +62812***001" in talk.text()
    assert talk.tap("Tidak") == ["join.left"]
    assert not any(isinstance(one, effects.Join) for one in talk.done)


@pytest.mark.parametrize("state", ["wrong", "too_many", "own", "same"])
def test_what_is_wrong_with_a_code_is_said(state: str) -> None:
    talk = scene(tried=effects.JoinOutcome(state=state))
    assert talk.say("gabung wxyz-6789") == [f"join.{state}"]


def test_a_code_that_was_used_meanwhile_joins_nothing() -> None:
    talk = scene(joined=effects.JoinOutcome(state="wrong"))
    talk.say("gabung wxyz-6789")
    assert talk.tap("Ya") == ["join.wrong"]


def test_parting() -> None:
    assert scene().say("pisahkan akun") == ["join.none"]
    talk = scene(known(addresses=("Telegram R***", "WhatsApp +62812***001")))
    assert talk.say("pisahkan akun") == ["join.part"]
    assert talk.tap("Ya") == ["join.parted"]
    assert talk.done == [effects.Part()]


def test_days_that_are_for_ever_are_not_told() -> None:
    talk = scene()
    talk.answers[lookups.HowLongKept] = lambda _: lookups.KeptDays(media=None, sealed=30, talks=None)
    talk.say("privasi")
    assert "30 hari" in talk.text()
    assert "None" not in talk.text()
    assert "Isi percakapan: paling lama" not in talk.text()


@pytest.mark.parametrize(("words", "key"), [("data saya", "my_data"), ("hapus data saya", "erase")])
def test_who_joined_accounts_a_moment_ago_gets_and_erases_nothing_yet(words: str, key: str) -> None:
    about = known(
        addresses=("WhatsApp +62812***001", "Telegram R***"), settles_at=MONDAY + timedelta(hours=20)
    )
    talk = scene(about)
    assert talk.say(words)[-1] == f"{key}.joined_lately"
    assert not talk.replies[-1].asks
    assert not talk.done
