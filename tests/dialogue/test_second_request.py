"""Two requests in one message: the first is served, then the second is offered, once."""

from datetime import timedelta

from bot.flows import lookups
from tests.dialogue.scene import Scene

TWO = "kantor palembang hari ini buka? terus kartu saya hilang, gimana"


def scene() -> Scene:
    return Scene(answers={lookups.Closures: lambda wanted: []})


def asks_two(scene: Scene, intent: str = "ask_closure", second: str = "ask_card") -> list[str]:
    return scene.say(TWO, intent, second=("terus kartu saya hilang, gimana", second), place="palembang")


def test_the_second_is_offered_when_the_first_is_served() -> None:
    talk = scene()
    assert asks_two(talk) == ["closure.open_now", "later.offer"]
    assert "Kartu" in talk.text()
    assert talk.say("ya", "affirm")[0].startswith("information.")
    assert talk.dialogue.later is None


def test_no_is_an_answer_too() -> None:
    talk = scene()
    asks_two(talk)
    assert talk.say("tidak usah", "deny") == ["later.left"]


def test_who_asks_something_else_meanwhile_is_not_held_up() -> None:
    talk = scene()
    asks_two(talk)
    assert talk.say("berapa tagihan saya", "check_bill") == ["member.number"]


def test_it_waits_until_a_form_is_finished() -> None:
    talk = scene()
    said = "kantor besok buka? terus kartu saya hilang, gimana"
    assert talk.say(said, "ask_closure", second=("kartu saya hilang, gimana", "ask_card")) == [
        "closure.branch"
    ]
    assert talk.say("palembang", place="palembang") == ["closure.open", "later.offer"]


def test_who_leaves_leaves_both() -> None:
    talk = scene()
    assert "later.offer" not in asks_two(talk, "file_complaint")
    assert talk.say("batal") == ["form.cancelled"]


def test_what_the_first_would_merely_offer_gives_way() -> None:
    one, two = Scene(), Scene()
    said = "SEP error di RS SMC dari jam 8? sama minta nomor care center"
    told = {"system": "SEP", "facility": "RS SMC", "when": "dari jam 8"}
    alone = one.say(said, "ask_outage", **told)
    both = two.say(said, "ask_outage", second=("sama minta nomor care center", "ask_channels"), **told)
    assert alone[-1] == "outage.tell_me"
    assert both == [*alone[:-1], "later.offer"]


def test_an_old_one_is_forgotten() -> None:
    talk = scene()
    talk.say(
        "kantor besok buka? terus kartu saya hilang", "ask_closure", second=("kartu saya hilang", "ask_card")
    )
    talk.now += timedelta(hours=2)
    assert talk.say("palembang", place="palembang") == ["closure.open"]


def test_a_human_or_an_emergency_leaves_no_second_request() -> None:
    assert "later.offer" not in asks_two(scene(), "request_agent")
    talk = scene()
    asks_two(talk, "emergency")
    assert talk.dialogue.later is None


def test_manners_are_not_offered() -> None:
    assert asks_two(scene(), second="thank") == ["closure.open_now"]
    assert asks_two(scene(), second="help") == ["closure.open_now"]
