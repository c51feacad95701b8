"""What is kept between two turns."""

from bot.dialogue.state import Dialogue, Form, dump, load
from bot.flows import effects
from tests.dialogue.scene import MONDAY, Scene
from tests.dialogue.test_routing import complaint


def test_what_is_kept_is_plain_json() -> None:
    kept = dump(complaint(until="evidence").dialogue)
    assert kept["forms"][0]["answers"]["complaint.category"] == "obat_kosong"
    assert load(kept) == complaint(until="evidence").dialogue


def test_a_dialogue_that_no_longer_fits_starts_afresh_but_goes_on_counting() -> None:
    assert load({"serial": 7, "forms": [{"intent": 1}]}) == Dialogue(serial=7)
    assert load({"serial": "x", "forms": 3}) == Dialogue()
    assert load(["nonsense"]) == Dialogue()


def test_a_flow_that_there_is_no_more_is_forgotten() -> None:
    form = Form(intent="gone", serial=1, started_at=MONDAY, touched_at=MONDAY)
    scene = Scene(dialogue=Dialogue(forms=[form], serial=1))
    assert scene.say("menu") == ["menu.what"]
    assert [item.intent for item in scene.dialogue.forms] == ["help"]


def test_an_answer_that_no_longer_fits_is_asked_again() -> None:
    scene = complaint(until="facility")
    scene.dialogue.forms[0].answers["complaint.category"] = "a category that was taken off the list"
    assert scene.say("RS SMC", facility="RS SMC") == ["complaint.category"]


def test_what_an_effect_gave_back_is_kept() -> None:
    opened = effects.Opened(number="PLB-2611-00001", due_at=MONDAY)
    effect = effects.OpenCase(kind="complaint", summary="x")
    assert effect.restore(effect.keep(opened)) == opened
