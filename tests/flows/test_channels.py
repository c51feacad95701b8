"""Which channels are offered: those that serve what is wanted and work now."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.dialogue.answering import FindAnswer, Found
from bot.flows import lookups, named_channels
from tests.dialogue.scene import MONDAY, Scene, notice, sample

SATURDAY = datetime(2026, 11, 28, 2, 0, tzinfo=UTC)
"""09.00 WIB."""


def outage(*affects: str, **changes: object) -> Scene:
    """A scene in which these systems are down in the whole country."""
    known = notice(**({"kind": "outage", "affects": affects, "national": True} | changes))
    return Scene(answers={lookups.Outages: lambda _: [known]})


def test_all_that_work_are_named() -> None:
    scene = Scene()
    assert scene.say("nomor layanan apa aja", "ask_channels") == ["channels.list"]
    assert "• *Care Center*: 165\n" in scene.text()
    assert "• *PANDAWA (WhatsApp)*: WhatsApp 0811-8165-165\n" in scene.text()
    assert "percakapan ini" in scene.text()


def test_the_branch_itself_is_named_only_where_one_is_known() -> None:
    scene = Scene()
    scene.say("nomor layanan apa aja", "ask_channels")
    assert "kantor cabang (datang langsung)" not in scene.text().lower()
    scene.say("nomor layanan di palembang apa aja", "ask_channels", place="palembang")
    assert "• *Telepon kantor cabang*: 0711-000-000" in scene.text()
    assert "Jl. Contoh No. 1, Palembang" in scene.text()


def test_for_a_topic_those_that_serve_it() -> None:
    scene = Scene()
    assert scene.say("lewat mana urus bayi baru lahir?", "ask_channels") == ["channels.for_topic"]
    assert "pendaftaran bayi" in scene.text()
    assert "PANDAWA" in scene.text()
    assert "CHIKA" not in scene.text()
    assert "lapor.go.id" not in scene.text()


def test_a_topic_in_english() -> None:
    scene = Scene()
    scene.dialogue.language = "en"
    scene.say("where can I complain?", "ask_channels")
    assert "For complaints, you can use:" in scene.text()
    assert "lapor.go.id" in scene.text()


def test_what_needs_a_system_that_is_down_is_not_offered() -> None:
    scene = outage("mobile_jkn", "chika_pandawa")
    assert scene.say("lewat mana ngurusnya", "ask_channels") == ["channels.list", "channels.down"]
    offered, down = scene.text().split("\n\n")
    assert "Mobile JKN" not in offered
    assert "PANDAWA" not in offered
    assert "Care Center" in offered
    assert down == ("Sedang tidak bisa dipakai: Aplikasi Mobile JKN, CHIKA (chat), dan PANDAWA (WhatsApp).")


def test_an_outage_that_is_over_or_elsewhere_takes_nothing_out() -> None:
    over = outage("mobile_jkn", ends_at=MONDAY - timedelta(minutes=1))
    assert over.say("lewat mana ngurusnya", "ask_channels") == ["channels.list"]
    elsewhere = outage("mobile_jkn", national=False)
    assert elsewhere.say("lewat mana ngurusnya", "ask_channels") == ["channels.list"]


def test_an_outage_that_names_no_system_affects_all_systems() -> None:
    scene = outage()
    scene.say("lewat mana ngurusnya", "ask_channels")
    assert "Care Center" in scene.text().split("\n\n")[1]
    assert "percakapan ini" in scene.text().split("\n\n")[0]


def test_outside_the_hours_it_is_said_when_they_begin() -> None:
    scene = Scene(now=SATURDAY)
    scene.say("nomor layanan di palembang apa aja", "ask_channels", place="palembang")
    assert scene.keys == ["channels.list", "channels.later"]
    later = scene.text().split("\n\n")[1]
    assert "Telepon kantor cabang*: 0711-000-000 (buka lagi Senin, 30 November 2026 pukul 08.00 WIB)" in later
    assert (
        "PANDAWA (WhatsApp)*: WhatsApp 0811-8165-165 (menu otomatis; petugas menjawab lagi Senin"
        in scene.text()
    )


def test_hours_are_those_of_the_branchs_zone() -> None:
    scene = Scene(now=datetime(2026, 11, 23, 23, 30, tzinfo=UTC))  # 06.30 WIB, 08.30 in Jayapura
    scene.say("lewat mana aja di jayapura", "ask_channels", place="jayapura")
    assert "channels.later" not in scene.keys
    scene.say("lewat mana aja di palembang", "ask_channels", place="palembang")
    assert "Selasa, 24 November 2026 pukul 08.00 WIB" in scene.text()


def test_a_closed_branch_is_not_offered() -> None:
    scene = Scene(answers={lookups.Closures: lambda _: [notice()]})
    scene.say("lewat mana aja di palembang", "ask_channels", place="palembang")
    offered, later = scene.text().split("\n\n")
    assert "Kantor cabang" not in offered
    assert "buka lagi Rabu, 25 November 2026" in later


def test_a_branch_closed_until_further_notice_cannot_be_used() -> None:
    scene = Scene(answers={lookups.Closures: lambda _: [notice(ends_at=None)]})
    scene.say("lewat mana aja di palembang", "ask_channels", place="palembang")
    assert scene.text().split("\n\n")[1].startswith("Sedang tidak bisa dipakai: Telepon kantor cabang dan")


# -- alternatives in other answers ----------------------------------------------------------------------------


def test_alternatives_to_a_closed_branch_are_those_that_work() -> None:
    closed = notice(alternatives=("care_center", "mobile_jkn", "branch_phone"))
    down = notice(kind="outage", affects=("mobile_jkn",), national=True)
    scene = Scene(answers={lookups.Closures: lambda _: [closed], lookups.Outages: lambda _: [down]})
    scene.say("kantor palembang buka ga?", "ask_closure", place="palembang")
    assert "• *Care Center*: 165\nSedang tidak bisa dipakai: Aplikasi Mobile JKN." in scene.text()
    assert "0711-000-000" not in scene.text()


def test_alternatives_to_a_later_closure_are_all_of_them() -> None:
    later = notice(
        starts_at=MONDAY + timedelta(days=1), ends_at=MONDAY + timedelta(days=3), alternatives=("mobile_jkn",)
    )
    down = notice(kind="outage", affects=("mobile_jkn",), national=True)
    scene = Scene(answers={lookups.Closures: lambda _: [later], lookups.Outages: lambda _: [down]})
    scene.say("kantor palembang besok buka ga?", "ask_closure", place="palembang", when="besok")
    assert "• *Aplikasi Mobile JKN*: Google Play Store dan App Store" in scene.text()


def test_an_outage_names_the_alternatives_of_its_notice() -> None:
    scene = outage("mobile_jkn", alternatives=("care_center", "mobile_jkn"))
    scene.say("mobile jkn error ya?", "ask_outage", system="mobile jkn")
    assert "Sementara itu bisa lewat: \n• *Care Center*: 165\nSedang tidak bisa dipakai" in scene.text()


# -- answers that name a channel (faq.yml) --------------------------------------------------------------------

DOWN = "Sedang tidak bisa dipakai: "


def asked(scene: Scene) -> str:
    """The answer to a question of the sample that names Mobile JKN and Care Center 165, and no other channel."""
    channels = [one for one in sample()[0].contacts.values() if one.called]
    names = {"mobile_jkn", "care_center"}
    code = next(
        code
        for code, one in sample()[0].questions.items()
        if {channel.code for channel in channels if named_channels._names(one.answer.id, channel)} == names
    )
    scene.answers[FindAnswer] = lambda _: Found(codes=(code,), likeness=1.0)
    assert scene.say("gimana caranya?", "ask_payment")[0] == "information.is"
    return scene.text()


def test_an_answer_that_names_a_channel_that_is_down_says_so_below() -> None:
    *_, last = asked(outage("mobile_jkn")).partition(DOWN)
    assert last.startswith("Aplikasi Mobile JKN.")


def test_several_that_are_down_are_one_line() -> None:
    text = asked(outage("mobile_jkn", "care_center"))
    assert text.count(DOWN) == 1
    assert f"{DOWN}Care Center dan Aplikasi Mobile JKN." in text


def test_what_the_answer_does_not_name_is_left_out() -> None:
    assert DOWN not in asked(outage("chika_pandawa", "website"))


def test_nothing_is_said_where_all_works_or_the_outage_is_over_or_elsewhere() -> None:
    assert DOWN not in asked(Scene())
    assert DOWN not in asked(outage("mobile_jkn", ends_at=MONDAY - timedelta(hours=1)))
    assert DOWN not in asked(outage("mobile_jkn", starts_at=MONDAY + timedelta(hours=1)))
    assert DOWN not in asked(outage("mobile_jkn", national=False))


def test_an_answer_to_a_question_of_its_own_too_and_in_english() -> None:
    config, _ = sample()
    code, question = next((code, one) for code, one in config.questions.items() if "PANDAWA" in one.answer.en)
    scene = outage("chika_pandawa")
    scene.dialogue.language = "en"
    scene.answers[FindAnswer] = lambda _: Found(codes=(code,), likeness=1.0)
    assert scene.say("how?", "ask_membership")[0] == "information.is"
    assert question.answer.en in scene.text()
    assert "Cannot be used just now: PANDAWA (WhatsApp)" in scene.text()


@pytest.mark.parametrize(
    ("answer", "names"),
    [
        ("hubungi 165.", True),
        ("(Care Center)", True),
        ("care center 165,", True),
        ("WhatsApp 0811-8165-165", False),
        ("Rp165.000", False),
        ("1650", False),
    ],
)
def test_a_name_is_a_word_of_its_own(answer: str, names: bool) -> None:
    assert named_channels._names(answer, sample()[0].contacts["care_center"]) is names


def test_every_channel_of_the_sample_that_may_be_down_has_a_name_for_answers() -> None:
    for contact in sample()[0].contacts.values():
        assert bool(contact.called) is bool(contact.depends_on and not contact.keeps_branch_hours), (
            contact.code
        )
