"""The shelf: a form that was left is kept for a week and offered again."""

import pytest

from bot.dialogue import shelf
from bot.dialogue.state import Dialogue, Form, dump, load
from bot.flows import effects, lookups
from tests.dialogue.scene import MONDAY, Scene
from tests.flows.requests import NIK, begun, filled_in


def half() -> Scene:
    """A form that has a name and waits for the NIK."""
    scene = begun("reactivate")
    scene.say("Siti Aminah")
    return scene


def left() -> Scene:
    """The same form, left with `batal`."""
    scene = half()
    assert scene.say("batal", "cancel") == ["shelf.kept"]
    return scene


def test_it_is_said_that_the_form_is_kept_and_until_when() -> None:
    scene = left()
    assert "30 November 2026" in scene.text()
    assert not scene.dialogue.forms
    assert [kept.form.intent for kept in scene.dialogue.shelf] == ["admin_reactivate"]


def test_lanjutkan_goes_on_at_the_next_open_question() -> None:
    scene = left()
    scene.wait(days=6)
    assert scene.say("lanjutkan") == ["shelf.back", "admin.ask"]
    assert "Nama" in scene.text()
    assert "NIK" in scene.text()
    assert not scene.dialogue.shelf
    scene.say(NIK)
    assert scene.dialogue.forms[-1].answers["nik"] == NIK


def test_a_greeting_offers_it() -> None:
    scene = left()
    scene.wait(days=1)
    assert scene.say("selamat pagi", "greet") == ["shelf.offer"]
    assert scene.titles == ["Ya, lanjutkan", "Mulai baru", "Hapus"]
    assert scene.say("iya", "affirm") == ["shelf.back", "admin.ask"]


def test_the_same_wish_offers_it_and_another_does_not() -> None:
    scene = left()
    assert scene.say("mau lapor meninggal", "admin_report_death")[0] == "admin.about"
    assert scene.say("aktifkan kartu", "admin_reactivate") == ["shelf.offer"]


def test_from_the_list_of_services_too() -> None:
    scene = left()
    scene.say("administrasi", "admin_request")
    assert scene.say("J") == ["shelf.offer"]


def test_who_says_no_keeps_it() -> None:
    scene = left()
    scene.say("halo", "greet")
    assert scene.say("tidak", "deny") == ["shelf.later"]
    assert scene.dialogue.shelf


def test_beginning_anew_throws_it_away() -> None:
    scene = left()
    scene.say("halo", "greet")
    assert scene.tap("Mulai baru") == ["admin.about", "admin.offer"]
    assert not scene.dialogue.shelf
    assert "name" not in scene.dialogue.forms[-1].answers


def test_it_can_be_thrown_away() -> None:
    scene = left()
    scene.say("halo", "greet")
    assert scene.tap("Hapus") == ["shelf.thrown_away"]
    assert scene.say("lanjutkan") == ["shelf.empty"]


def test_hapus_isian_throws_away_what_is_open_and_what_lies_there() -> None:
    scene = half()
    assert scene.say("hapus isian") == ["shelf.thrown_away"]
    assert not scene.dialogue.forms
    scene = left()
    assert scene.say("hapus isian") == ["shelf.thrown_away"]
    assert scene.say("hapus isian") == ["shelf.empty"]


def test_after_a_week_it_is_gone() -> None:
    scene = left()
    scene.wait(days=7)
    assert scene.say("lanjutkan") == ["shelf.empty"]
    assert not scene.dialogue.shelf


def test_it_is_gone_although_nobody_writes() -> None:
    scene = left()
    assert shelf.next_end(scene.dialogue) == MONDAY + shelf.KEPT
    scene.wait(days=7)
    assert scene.left_alone() == []
    assert not scene.dialogue.shelf
    assert shelf.next_end(scene.dialogue) is None


def test_silence_puts_it_there() -> None:
    scene = half()
    assert scene.left_alone() == ["form.remind", "admin.ask"]
    assert scene.left_alone() == ["shelf.expired"]
    assert scene.say("lanjutkan") == ["shelf.back", "admin.ask"]


def test_so_does_a_handover() -> None:
    scene = half()
    assert scene.say("petugas") == ["handover.queued", "shelf.set_aside"]
    assert scene.dialogue.shelf


def test_an_agent_gets_the_answers_without_where_files_lie() -> None:
    scene = filled_in("reactivate")
    scene.say(media=1)
    scene.say("petugas")
    [queued] = [done for done in scene.done if isinstance(done, effects.RequestAgent)]
    assert queued.so_far["admin_reactivate"]["nik"] == NIK
    assert queued.so_far["admin_reactivate"]["paper_ktp"] == 1
    assert "file-0" not in str(queued)


def test_what_is_not_resumable_is_not_kept() -> None:
    scene = Scene()
    scene.say("saya mau mengadu", "file_complaint")
    scene.tap("Obat tidak tersedia")
    assert scene.say("batal") == ["form.cancelled"]
    assert not scene.dialogue.shelf


def test_an_offer_that_was_not_taken_is_nothing_to_keep() -> None:
    scene = Scene()
    scene.say("kartu mati", "admin_reactivate")
    scene.say("batal")
    assert not scene.dialogue.shelf


def test_three_are_kept_and_one_of_a_kind() -> None:
    dialogue = Dialogue()
    for serial, intent in enumerate(("a", "b", "b", "c", "d"), start=1):
        form = Form(intent=intent, serial=serial, started_at=MONDAY, touched_at=MONDAY, resumable=True)
        form.answers["name"] = "x"
        assert shelf.put(dialogue, form, MONDAY)
    assert [(kept.form.intent, kept.form.serial) for kept in dialogue.shelf] == [("b", 3), ("c", 4), ("d", 5)]


def test_of_several_it_is_asked_which() -> None:
    scene = left()
    scene.say("nik dobel", "admin_fix_duplicate")
    scene.tap("Ya")
    scene.tap("Setuju")
    scene.say("batal")
    assert len(scene.dialogue.shelf) == 2
    assert scene.say("lanjutkan") == ["shelf.which"]
    assert scene.tap("Aktifkan kembali") == ["shelf.back", "admin.ask"]


def test_a_photo_is_still_there_when_it_is_taken_up() -> None:
    scene = filled_in("reactivate")
    scene.say(media=1)
    scene.say("batal")
    assert scene.say("lanjutkan") == ["shelf.back", "admin.paper"]
    assert "1 dari 2" in scene.text()


def test_an_answer_that_no_longer_fits_is_asked_again() -> None:
    scene = left()
    scene.dialogue.shelf[0].form.answers["branch"] = "a branch that was closed"
    scene.our_branch = None
    assert scene.say("lanjutkan") == ["shelf.back", "admin.branch"]


def test_a_form_of_a_flow_that_there_is_no_more_is_thrown_away() -> None:
    scene = left()
    scene.dialogue.shelf[0].form.intent = "gone"
    assert scene.say("lanjutkan") == ["shelf.empty"]


def test_lanjutkan_is_a_yes_where_yes_or_no_is_asked() -> None:
    scene = Scene()
    scene.say("kartu mati", "admin_reactivate")
    assert scene.say("lanjutkan") == ["admin.ask"]


def test_lanjutkan_means_the_form_rather_than_an_offer_that_may_be_left() -> None:
    scene = left()
    scene.say("kacamata ditanggung ga", "ask_benefit")
    assert scene.replies[-1].asks
    assert scene.say("lanjutkan") == ["shelf.back", "admin.ask"]


def test_lanjutkan_in_a_form_puts_its_question_again() -> None:
    scene = half()
    assert scene.say("lanjutkan") == ["admin.ask"]
    scene.say("menu")
    assert scene.say("lanjutkan") == ["form.go_on", "admin.ask"]


def test_a_case_that_was_opened_is_not_opened_again() -> None:
    scene = filled_in("reactivate")
    for _ in range(2):
        scene.say(media=1)
    scene.tap("Ya, kirim")
    assert not scene.dialogue.shelf
    assert [type(done) for done in scene.done].count(effects.OpenCase) == 1


def test_dialogues_of_former_releases_still_load() -> None:
    stored = dump(half().dialogue)
    del stored["shelf"]
    for form in stored["forms"]:
        del form["resumable"]
    loaded = load(stored)
    assert loaded.shelf == []
    assert loaded.forms[0].answers["name"] == "Siti Aminah"


def test_the_list_of_what_can_be_changed_as_former_releases_kept_it_is_asked_anew() -> None:
    scene = half()
    form = scene.dialogue.forms[-1]
    form.given["changes"] = ["name"]
    assert form.open
    form.open.id = "form.change"
    assert scene.say(NIK) == ["admin.ask"]


@pytest.mark.parametrize("begun_", [True, False])
def test_setting_all_aside(begun_: bool) -> None:
    dialogue = Dialogue()
    form = Form(intent="admin_newborn", serial=1, started_at=MONDAY, touched_at=MONDAY, resumable=begun_)
    form.answers["name"] = "x"
    dialogue.forms.append(form)
    assert bool(shelf.set_aside(dialogue, MONDAY)) == begun_
    assert not dialogue.forms


def test_the_queue_is_left_with_batal_and_the_form_stays() -> None:
    scene = half()
    scene.say("petugas")
    scene.queued = True
    scene.answers[lookups.QueuePlace] = lambda _: lookups.Place(position=1, open_now=True, opens_at=None)
    assert scene.say("batal") == ["handover.left"]
    scene.queued = False
    assert scene.say("lanjutkan") == ["shelf.back", "admin.ask"]
