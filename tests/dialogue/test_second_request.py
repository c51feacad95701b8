"""Two requests in one message: the first is served, then the second is offered, once."""

from datetime import timedelta

from bot.dialogue.several import Understand
from bot.flows import lookups
from bot.messages import Interpretation
from tests.dialogue.scene import THRESHOLDS, Scene

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
    assert not talk.dialogue.others


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
    assert not talk.dialogue.others


def test_manners_are_not_offered() -> None:
    assert asks_two(scene(), second="thank") == ["closure.open_now"]
    assert asks_two(scene(), second="help") == ["closure.open_now"]


THREE = "kantor palembang buka jam brp hari ini, trus kartu saya hilang gmn, sama tagihan saya brp"
MEANT = {
    "sama tagihan saya brp": ("check_bill", 0.99),
    "kantor palembang besok buka ga": ("ask_closure", 0.7),
    "kartu saya hilang gimana": ("ask_card", 0.95),
    "bayar tagihan dimana": ("ask_payment", 0.96),
    "mau cek tagihan": ("check_bill", 0.97),
    "sama cek kepesertaan": ("check_membership", 0.7),
    "warnanya apa ya itu": ("ask_card", 0.3),
}


def meaning(text: str) -> Interpretation:
    intent, confidence = MEANT.get(text, ("", 0.0))
    return Interpretation(text=text, intent=intent, confidence=confidence, thresholds=THRESHOLDS)


def reading() -> tuple[Scene, list[str]]:
    """A scene whose interpreter knows the parts above, and what it was asked."""
    asked: list[str] = []

    def understand(wanted: Understand) -> tuple[Interpretation, ...]:
        asked.extend(wanted.texts)
        return tuple(map(meaning, wanted.texts))

    return Scene(answers={lookups.Closures: lambda wanted: [], Understand: understand}), asked


def asks_three(talk: Scene) -> list[str]:
    return talk.say(
        THREE, "ask_closure", 0.55, second=("trus kartu saya hilang gmn", "ask_card"), place="palembang"
    )


def test_of_three_requests_the_first_is_answered_and_the_others_are_offered() -> None:
    talk, asked = reading()
    assert asks_three(talk) == ["closure.open_now", "later.which"]
    assert asked == ["sama tagihan saya brp"]
    assert talk.titles == ["Kartu", "Cek tagihan", "Cukup"]
    assert talk.tap("Kartu")[-1] == "later.offer"
    assert "Cek tagihan" in talk.text()
    assert talk.say("ya", "affirm") == ["member.number"]


def test_each_is_served_by_its_own_words() -> None:
    talk, _ = reading()
    asks_three(talk)
    talk.tap("Cek tagihan")
    assert [heard.text for heard in talk.dialogue.forms[-1].heard] == ["sama tagihan saya brp"]
    assert [other.intent for other in talk.dialogue.others] == ["ask_card"]


def test_enough_is_enough() -> None:
    talk, _ = reading()
    asks_three(talk)
    assert talk.say("sudah cukup") == ["later.left"]
    assert not talk.dialogue.others
    assert not talk.dialogue.forms


def test_requests_that_only_commas_part_are_told_apart() -> None:
    talk, _ = reading()
    said = "kantor palembang besok buka ga, kartu saya hilang gimana, bayar tagihan dimana"
    talk.say(said, "ask_payment", 0.39, also=["ask_closure", "ask_card"])
    assert talk.keys[0] == "closure.branch"  # the part has no entity of its own here
    assert talk.say("palembang", place="palembang")[-1] == "later.which"
    assert talk.titles == ["Kartu", "Cara bayar", "Cukup"]


def test_the_sure_one_is_served_before_the_one_that_is_likely() -> None:
    talk, _ = reading()
    assert talk.say("mau cek tagihan, sama cek kepesertaan", "check_bill", 0.42) == ["member.number"]
    assert [other.intent for other in talk.dialogue.others] == ["check_membership"]


def test_a_story_with_commas_is_not_taken_to_pieces() -> None:
    talk, asked = reading()
    talk.say("kemarin saya ke kantor, antri lama, tidak dipanggil juga", "file_complaint", 0.4)
    assert talk.keys == ["clarify.is_it"]
    assert not asked


def test_parts_that_mean_nothing_sure_are_asked_back_about_as_a_whole() -> None:
    talk, asked = reading()
    assert talk.say("minta tolong dong, warnanya apa ya itu", "ask_card", 0.4) == ["clarify.is_it"]
    assert asked == ["minta tolong dong", "warnanya apa ya itu"]


def test_in_a_form_nothing_is_taken_to_pieces() -> None:
    talk, asked = reading()
    talk.say("mau mengadu", "file_complaint")
    talk.say("kartu saya hilang gimana, bayar tagihan dimana", "ask_card", 0.4)
    assert not asked


def test_where_the_first_is_unclear_the_sure_one_is_served_and_the_first_offered() -> None:
    talk, _ = reading()
    said = "anu itu gimana ya kartunya, trus kantor palembang besok buka ga"
    second = ("kantor palembang besok buka ga", "ask_closure")
    assert talk.say(said, "admin_change_class", 0.4, second=second) == ["closure.branch"]
    assert [other.intent for other in talk.dialogue.others] == ["admin_change_class"]
