"""Edited messages, quoted questions, and the photos of an album that come late."""

import pytest

from tests.dialogue.scene import Scene
from tests.dialogue.test_manners import AWS, BARI, kept
from tests.dialogue.test_routing import STORY, answers, complaint


def edit(before: str, of: str = "m1") -> dict[str, str]:
    """That a message stands for an earlier one."""
    return {"id": f"{of}-edited", "instead_of": of, "before": before}


def told_where() -> Scene:
    """A complaint whose facility was told with a message of its own."""
    scene = complaint(until="facility")
    scene.say("RS SMC", facility="RS SMC", refers={"id": "m1"})
    return scene


@pytest.mark.parametrize("until", ["story", "evidence", "summary"])
def test_an_edited_answer_is_that_answer_anew(until: str) -> None:
    scene = told_where()
    steps = [lambda: scene.say(STORY, refers={"id": "m2"}), lambda: scene.tap("Tidak ada")]
    for step in steps[: ["story", "evidence", "summary"].index(until)]:
        step()
    assert scene.say(AWS, refers=edit("RS SMC")) == ["form.corrected", f"complaint.{until}"]
    assert answers(scene)["facility"] == kept(AWS)
    assert scene.say(BARI, refers=edit(AWS, "m1-edited")) == ["form.corrected", f"complaint.{until}"]
    assert answers(scene)["facility"] == kept(BARI)


def test_an_edited_story_is_told_anew() -> None:
    scene = told_where()
    scene.say(STORY, refers={"id": "m2"})
    better = STORY.replace("sore", "malam")
    assert scene.say(better, refers=edit(STORY, "m2")) == ["form.corrected", "complaint.evidence"]
    assert answers(scene)["story"] == better


def test_what_was_heard_before_it_was_asked_for_is_corrected_too() -> None:
    scene = Scene()
    said = "mau mengadu obat kosong di RS SMC"
    assert (
        scene.say(said, "file_complaint", facility="RS SMC", refers={"id": "m1"})[-1]
        == "complaint.story_more"
    )
    changed = f"mau mengadu obat kosong di {AWS}"
    assert scene.say(changed, "file_complaint", facility=AWS, refers=edit(said)) == [
        "form.corrected",
        "complaint.story_more",
    ]
    assert answers(scene)["facility"] == kept(AWS)


def test_an_edit_of_what_was_not_understood_is_an_answer() -> None:
    scene = complaint(until="facility")
    scene.say("?", refers={"id": "m1"})
    assert scene.say("RS SMC", facility="RS SMC", refers=edit("?")) == ["complaint.story"]


def test_an_edit_of_a_message_of_long_ago_is_a_message() -> None:
    scene = told_where()
    keys = scene.say("kantor palembang buka?", "ask_closure", place="palembang", refers=edit("halo", "m0"))
    assert keys[-2:] == ["form.go_on", "complaint.story"]
    assert answers(scene)["facility"] == kept("RS SMC")


def test_an_edit_that_names_something_else_does_not_touch_what_others_told() -> None:
    scene = told_where()
    scene.say("hm", refers={"id": "m2"})
    keys = scene.say(f"{AWS} juga", facility=AWS, refers=edit("hm", "m2"))
    assert "form.corrected" not in keys
    assert answers(scene)["facility"] == kept("RS SMC")


def test_an_old_question_that_is_quoted_is_answered() -> None:
    scene = Scene()
    scene.say("halo", "greet")
    menu = next(option for option in scene.options if option.title == "Pengaduan")
    scene.say("kantor palembang buka?", "ask_closure", place="palembang")
    assert scene.say("3", refers={"named": menu.id})[-1] == "complaint.category"


def test_an_earlier_question_that_is_quoted_is_answered_in_words_too() -> None:
    scene = complaint(until="facility")
    asked = scene.options[0].id.rpartition(":")[0]
    scene.say("RS SMC", facility="RS SMC")
    assert scene.say("RS BARI", facility="RS BARI", refers={"asked": asked}) == [
        "form.corrected",
        "complaint.story",
    ]
    assert answers(scene)["facility"] == kept(BARI)
    assert scene.say(STORY, refers={"asked": "99:complaint.facility"}) == ["complaint.evidence"]


def test_a_quoted_question_that_is_over_leaves_the_words_as_they_are() -> None:
    scene = told_where()
    assert scene.say(STORY, refers={"named": "99:complaint.category:antrean"}) == ["complaint.evidence"]


def test_the_photos_of_an_album_that_come_late_are_kept_without_a_word() -> None:
    scene = complaint(until="evidence")
    assert scene.say(media=2, refers={"album": "a"}) == ["complaint.evidence"]
    assert scene.say(media=1, refers={"album": "a"}) == []
    assert scene.say(media=1, refers={"album": "b"}) == ["complaint.evidence"]
    assert "Sudah kami terima: 4" in scene.text()


def test_a_late_photo_with_no_form_left_says_nothing() -> None:
    scene = Scene()
    scene.say(media=1, refers={"album": "a"})
    scene.say("batal")
    assert scene.say(media=1, refers={"album": "a"}) == []


def test_a_late_photo_with_words_is_answered() -> None:
    scene = complaint(until="evidence")
    scene.say(media=1, refers={"album": "a"})
    assert scene.say("selesai", media=1, refers={"album": "a"}) != []
