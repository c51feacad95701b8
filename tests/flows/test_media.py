"""What nobody asked for: it is kept, answered usefully, and never passed over."""

import pytest

from bot.messages import MediaKind
from tests.dialogue.scene import Scene

SPOKEN = ("voice", "audio")


def at_the_story() -> Scene:
    """A complaint that waits for what happened."""
    scene = Scene()
    scene.say("mau mengadu", "file_complaint")
    scene.say("antrean")
    assert scene.say("RS SMC", facility="RS SMC") == ["complaint.story"]
    return scene


def send(scene: Scene, kind: str) -> list[str]:
    """Send one file of a kind."""
    return scene.say(media=1, kind=MediaKind(kind))


@pytest.mark.parametrize("kind", ["voice", "audio", "video"])
def test_who_speaks_is_offered_somebody_who_listens(kind: str) -> None:
    scene = Scene()
    assert send(scene, kind) == [f"media.{kind}"]
    assert scene.titles == ["Bicara petugas", "Menu"]
    assert scene.tap("Bicara petugas") == ["handover.queued"]


@pytest.mark.parametrize("kind", ["sticker", "contact"])
def test_a_sticker_or_a_card_leads_to_what_can_be_done(kind: str) -> None:
    scene = Scene()
    assert send(scene, kind) == [f"media.{kind}"]
    assert scene.tap("Menu") == ["menu.what"]


@pytest.mark.parametrize("kind", ["poll", "dice", "story", "a kind of next year"])
def test_a_kind_that_nobody_knows_is_answered_too(kind: str) -> None:
    scene = Scene()
    assert scene.say(unsupported=kind) == ["media.other"]
    assert scene.titles == ["Menu", "Bicara petugas"]
    assert scene.say("kantor palembang buka?", "ask_closure", place="palembang")[0].startswith("closure.")


@pytest.mark.parametrize("kind", SPOKEN)
def test_a_story_that_is_told_by_voice_goes_with_the_complaint(kind: str) -> None:
    scene = at_the_story()
    assert send(scene, kind) == ["media.story", "complaint.story"]
    assert scene.say("antre dari subuh sampai sore tidak dipanggil juga") == ["complaint.evidence"]
    assert "Sudah kami terima: 1" in scene.text()
    assert [item.kind for item in scene.dialogue.forms[-1].media] == [MediaKind(kind)]


@pytest.mark.parametrize("kind", ["voice", "audio", "video", "image"])
def test_where_proof_is_asked_for_a_recording_is_proof(kind: str) -> None:
    scene = at_the_story()
    scene.say("antre dari subuh sampai sore tidak dipanggil juga")
    assert send(scene, kind) == ["complaint.evidence"]
    assert "Sudah kami terima: 1" in scene.text()


def test_a_sticker_is_no_proof() -> None:
    scene = at_the_story()
    scene.say("antre dari subuh sampai sore tidak dipanggil juga")
    assert send(scene, "sticker") == ["media.in_form", "complaint.evidence"]


def test_elsewhere_in_a_form_the_question_is_put_again() -> None:
    scene = Scene()
    scene.say("mau mengadu", "file_complaint")
    assert send(scene, "voice") == ["media.in_form", "complaint.category"]


def test_two_voice_notes_in_a_row_are_offered_an_agent_first() -> None:
    scene = Scene()
    send(scene, "voice")
    assert send(scene, "voice") == ["media.voice_again"]
    assert scene.tap("Ya") == ["handover.queued"]


def test_in_a_form_the_agent_gets_what_was_told_and_a_no_leads_back() -> None:
    scene = at_the_story()
    send(scene, "voice")
    assert send(scene, "voice") == ["media.voice_again"]
    assert scene.tap("Tidak") == ["media.write", "form.go_on", "complaint.story"]
    assert len(scene.dialogue.forms[-1].media) == 2
    scene = at_the_story()
    send(scene, "voice")
    send(scene, "voice")
    assert scene.tap("Ya") == ["handover.queued"]
    assert "complaint.category" in scene.done[-1].so_far["file_complaint"]


def test_words_between_two_voice_notes_count() -> None:
    scene = Scene()
    send(scene, "voice")
    scene.say("makasih", "thank")
    assert send(scene, "voice") == ["media.voice"]


@pytest.mark.parametrize("kind", ["voice", "sticker", "contact", "video", "image", "document"])
def test_who_waits_for_an_agent_hears_that_it_was_passed_on(kind: str) -> None:
    assert send(Scene(queued=True), kind) == ["handover.forwarded"]


def test_an_album_of_films_gets_one_answer() -> None:
    scene, album = Scene(), {"album": "7"}
    assert scene.say(media=1, kind=MediaKind.VIDEO, refers=album) == ["media.video"]
    assert scene.say(media=1, kind=MediaKind.VIDEO, refers=album) == []
