"""Answer, correction, or a wish of its own: the line between them."""

import pytest

from bot.flows import effects, lookups
from bot.messages import MediaKind, Thresholds
from tests.dialogue.scene import Scene

STRICT = Thresholds(act=0.95, ask=0.3)
"""Of an interpreter that seldom acts."""

STORY = "dokter tidak datang padahal kami sudah menunggu dari pagi sampai sore hari"


def complaint(*, until: str = "facility") -> Scene:
    """A complaint that waits with one of its questions."""
    scene = Scene()
    steps = {
        "category": lambda: scene.say("saya mau mengadu", "file_complaint"),
        "facility": lambda: scene.tap("Obat tidak tersedia"),
        "story": lambda: scene.say("RS SMC", facility="RS SMC"),
        "evidence": lambda: scene.say(STORY),
        "summary": lambda: scene.tap("Tidak ada"),
    }
    for name, step in steps.items():
        keys = step()
        assert keys[-1] == f"complaint.{name}"
        if name == until:
            break
    return scene


def answers(scene: Scene) -> dict[str, object]:
    """What the form on top has taken down, without its key's flow."""
    return {key.partition(".")[2]: kept for key, kept in scene.dialogue.forms[-1].answers.items()}


# -- answers and wishes ---------------------------------------------------------------------------------------


def test_a_question_in_the_middle_is_answered_and_the_form_goes_on() -> None:
    scene = complaint(until="facility")
    keys = scene.say("kantor palembang buka jam berapa?", "ask_closure", place="palembang")
    assert keys == ["closure.open_now", "form.go_on", "complaint.facility"]
    assert scene.say("RS SMC", facility="RS SMC") == ["complaint.story"]


def test_a_question_whose_answer_needs_a_question_comes_back_too() -> None:
    scene = complaint(until="facility")
    assert scene.say("kantor buka ga?", "ask_closure") == ["closure.branch"]
    assert scene.say("samarinda", place="samarinda")[1:] == ["form.go_on", "complaint.facility"]


def test_an_answer_is_an_answer_whatever_the_interpreter_thinks() -> None:
    scene = complaint(until="facility")
    assert scene.say("RSUD AW Sjahranie", "find_facility", 0.99) == ["complaint.story"]


def test_a_story_with_question_words_is_no_interruption() -> None:
    scene = complaint(until="story")
    story = "kenapa obatnya selalu kosong, kantor bpjs bilang apa coba, sudah tiga kali begini terus"
    assert scene.say(story, "ask_closure") == ["complaint.evidence"]
    assert answers(scene)["story"] == story


def test_a_wish_for_a_human_is_never_taken_for_a_story() -> None:
    scene = complaint(until="story")
    assert scene.say("saya mau bicara sama orang aja", "request_agent") == ["handover.queued"]
    request = scene.done[-1]
    assert isinstance(request, effects.RequestAgent)
    assert request.so_far["file_complaint"]["complaint.category"] == "obat_kosong"


@pytest.mark.parametrize("text", ["aplikasi tidak bisa dibuka dari tadi", "kantor palembang buka"])
def test_a_wish_at_an_offer_is_a_wish_even_with_a_no_in_it(text: str) -> None:
    scene = Scene()
    scene.say("cara pindah faskes", "admin_change_facility")
    assert scene.keys[-1] == "admin.offer"
    intent = "ask_closure" if "kantor" in text else "ask_outage"
    entities = {"place": "palembang"} if "kantor" in text else {"system": "aplikasi"}
    assert scene.say(text + "?", intent, **entities)[0].partition(".")[0] in ("closure", "outage")


def test_thanks_with_a_particle_are_no_yes() -> None:
    scene = Scene()
    scene.say("cara pindah faskes", "admin_change_facility")
    assert scene.say("makasih ya", "thank") == ["thank.welcome"]
    assert not scene.done


def test_one_question_after_another_of_the_same_kind() -> None:
    scene = Scene()
    scene.say("cara pindah faskes", "admin_change_facility")
    assert scene.say("iuran kelas 3 berapa", "ask_payment")[0] == "information.is"
    assert "Iuran" in scene.text()


def test_a_menu_gives_way_to_words_that_say_more() -> None:
    scene = Scene()
    scene.say("halo min", "greet")
    assert scene.say("kantor palembang buka", "ask_closure", place="palembang") == ["closure.open_now"]


def test_a_menu_over_a_form_does_not_stand_in_the_way() -> None:
    scene = complaint(until="facility")
    scene.say("menu")
    assert scene.say("RS SMC", facility="RS SMC") == ["complaint.story"]


def test_a_question_to_the_operator_over_a_form_does_not_either() -> None:
    scene = complaint(until="evidence")
    assert scene.say("iuran kelas 3 berapa?", "ask_payment") == [
        "information.is",
        "form.go_on",
        "complaint.evidence",
    ]
    assert scene.say(media=1) == ["complaint.evidence"]
    assert scene.tap("Selesai") == ["complaint.summary"]


# -- understanding --------------------------------------------------------------------------------------------


def test_in_doubt_it_asks_back_and_goes_on_with_the_words_that_were_said() -> None:
    scene = Scene()
    assert scene.say(
        "SEP RS SMC gimana", "ask_outage", 0.45, also=["ask_referral"], facility="RS SMC", system="SEP"
    )
    assert scene.keys == ["clarify.which"]
    assert scene.titles == ["Gangguan sistem", "Rujukan & antrean", "Menu"]
    assert scene.understood == "asked_back"
    assert scene.tap("Gangguan sistem") == ["outage.unknown", "outage.since"]


def test_courtesy_is_never_offered_as_a_guess() -> None:
    scene = Scene()
    scene.say("hmm oke deh tutup", "ask_closure", 0.4, also=["thank", "affirm"])
    assert scene.keys == ["clarify.is_it"]
    assert "Kantor buka/tutup" in scene.text()


def test_likely_thanks_are_taken_as_thanks() -> None:
    assert Scene().say("tengkyu", "thank", 0.6) == ["thank.welcome"]


def test_in_doubt_it_asks_back_although_a_menu_is_open() -> None:
    scene = Scene()
    scene.say("halo", "greet")
    assert scene.say("bpjs saya", "check_membership", 0.4) == ["clarify.is_it"]
    assert scene.say("iya") == ["member.number"]


def test_twice_not_understood_offers_a_human() -> None:
    scene = Scene()
    assert scene.say("asdf") == ["lost.menu"]
    assert scene.understood == "fell_through"
    assert scene.say("qwer") == ["handover.offer"]
    assert scene.say("iya") == ["handover.queued"]


def test_what_was_not_understood_goes_along_when_the_menu_says_what_it_was() -> None:
    scene = Scene()
    story = "kemarin ibu saya ke rumah sakit terus ditinggal begitu saja sama perawatnya sampai malam"
    assert scene.say(story) == ["lost.menu"]
    assert scene.tap("Pengaduan")[:1] == ["complaint.sorry"]
    scene.say("Pelayanan faskes")
    scene.say("RS SMC", facility="RS SMC")
    assert scene.keys == ["complaint.evidence"]


def test_failures_in_a_form_ask_again_with_help_and_then_offer_a_human() -> None:
    scene = complaint(until="category")
    scene.tap("Antrean")
    assert scene.say("??") == ["form.hint_facility", "complaint.facility"]
    assert scene.say("??") == ["form.hint_facility", "form.offer_agent", "complaint.facility"]
    assert scene.say("RS SMC", facility="RS SMC") == ["complaint.story"]


def test_a_case_number_alone_is_understood() -> None:
    scene = Scene()
    assert scene.say("PLB-2611-00042", case_number="PLB-2611-00042") == ["case_status.not_yours"]


def test_what_an_agent_is_to_read_is_passed_on_while_waiting() -> None:
    scene = Scene(queued=True)
    for text, intent in [
        ("kartu anak saya belum jadi", ""),
        ("halo?", "greet"),
        ("obat kosong", "file_complaint"),
    ]:
        assert scene.say(text, intent) == ["handover.forwarded"]
    assert scene.say(media=1) == ["handover.forwarded"]
    assert scene.say(media=1, kind=MediaKind.VOICE) == ["handover.forwarded"]
    assert scene.say("kantor palembang buka?", "ask_closure", place="palembang") == ["closure.open_now"]
    assert scene.say("iuran berapa", "ask_payment") == ["information.is"]


def test_a_question_is_answered_in_the_queue_too_before_one_would_act() -> None:
    scene, said = Scene(queued=True, thresholds=STRICT), "kantor palembang buka?"
    assert scene.say(said, "ask_closure", 0.9, place="palembang") == ["closure.open_now"]
    assert scene.say(said, "ask_closure", 0.8, place="palembang") == ["handover.forwarded"]


def test_what_is_no_question_is_for_the_agent_unless_one_would_act() -> None:
    scene = Scene(queued=True, thresholds=STRICT)
    said = "kantor palembang sudah buka"
    assert scene.say(said, "ask_closure", 0.9, place="palembang") == ["handover.forwarded"]
    assert scene.say(said, "ask_closure", 0.96, place="palembang") == ["closure.open_now"]


# -- emergencies ----------------------------------------------------------------------------------------------


def test_a_story_of_missing_medicine_is_no_emergency() -> None:
    scene = complaint(until="story")
    said = "obat jantung ibu saya kosong terus dari bulan lalu"
    assert scene.say(said, "emergency", 0.6) == ["complaint.evidence"]


def test_a_name_alone_is_no_wish() -> None:
    scene = Scene()
    assert scene.say("RS SMC", "out_of_scope", facility="RS SMC") == ["lost.menu"]


@pytest.mark.parametrize("written", ["samarinda", "plembang", "Wakanda"])
def test_the_name_of_a_place_alone_is_asked_about(written: str) -> None:
    scene = Scene()
    assert scene.say(written, "change_language", 0.3, place=written) == ["place.what"]
    assert written.lower() in scene.text().lower()
    assert (
        scene.tap("Alamat & jam kantor")
        == {
            "samarinda": ["office.is"],
            "plembang": ["form.which_branch", "office.branch"],  # Palembang, or Lembang of Bandung Barat
            "Wakanda": ["form.unknown_place", "office.branch"],
        }[written]
    )


def test_the_name_of_a_place_goes_on_with_the_question_before() -> None:
    scene = Scene(answers={lookups.Closures: lambda _: []})
    scene.say("kantor palembang buka?", "ask_closure", place="palembang")
    assert scene.say("samarinda", "out_of_scope", place="samarinda") == ["closure.open_now"]


def test_a_wish_that_begins_with_mau_is_no_yes() -> None:
    scene = Scene()
    scene.say("SEP kenapa ya?", "ask_outage")
    assert scene.keys[-1] == "outage.want_report"
    assert scene.say("mau cek kepesertaan", "check_membership") == ["member.number"]


def test_a_question_that_changes_nothing_interrupts_a_form_although_it_is_less_sure() -> None:
    scene = Scene(thresholds=STRICT)
    scene.say("mau mengadu", "file_complaint", 0.99)
    said = "kantor samarinda buka jam berapa?"
    assert scene.say(said, "ask_office", 0.88, place="samarinda")[0] == "office.is"
    scene.say("menu lagi")
    assert scene.say(said, "ask_office", 0.6, place="samarinda")[0] != "office.is"


def test_a_question_about_a_system_is_answered_although_it_is_not_sure() -> None:
    question, words = (Scene(thresholds=STRICT) for _ in range(2))
    assert question.say("mobile jkn error ga", "ask_outage", 0.88, system="mobile jkn")[0].startswith(
        "outage."
    )
    assert words.say("mobile jkn error", "ask_outage", 0.88, system="mobile jkn")[0].startswith("clarify.")


# -- taps -----------------------------------------------------------------------------------------------------


def test_a_tap_on_an_earlier_question_changes_its_answer() -> None:
    scene = Scene()
    scene.say("mau mengadu", "file_complaint")
    buttons = {option.title: option for option in scene.options}
    scene.press(buttons["Antrean"])
    assert scene.press(buttons["Obat tidak tersedia"]) == ["form.corrected", "complaint.facility"]
    assert answers(scene)["category"] == "obat_kosong"


def test_a_button_tapped_twice_changes_nothing() -> None:
    scene = Scene()
    scene.say("mau mengadu", "file_complaint")
    button = scene.options[0]
    scene.press(button)
    assert scene.press(button) == ["complaint.facility"]


def test_a_tap_on_a_form_that_waits_below_leaves_what_is_above() -> None:
    scene = Scene()
    scene.say("mau mengadu", "file_complaint")
    button = scene.options[0]
    assert scene.say("kantor buka ga?", "ask_closure") == ["closure.branch"]
    assert scene.press(button) == ["complaint.facility"]
    assert len(scene.dialogue.forms) == 1


def test_a_button_of_a_form_that_is_over_is_explained() -> None:
    scene = Scene()
    scene.say("mau mengadu", "file_complaint")
    button = scene.options[0]
    scene.say("batal", "cancel")
    assert scene.press(button) == ["form.stale", "menu.what"]


def test_the_buttons_of_an_old_menu_stay_good() -> None:
    scene = Scene()
    scene.say("halo", "greet")
    buttons = {option.title: option for option in scene.options}
    scene.press(buttons["Pengaduan"])
    scene.say("batal", "cancel")
    assert scene.press(buttons["Kantor buka/tutup"]) == ["closure.branch"]


@pytest.mark.parametrize("made_up", ["", "x", "9:closure.branch:palembang", "1:x:y", "1:a:_lost", "a:b:c"])
def test_a_made_up_button_is_stale(made_up: str) -> None:
    assert Scene().say("?", tapped=made_up)[0] == "form.stale"


# -- photos, voices and the like ------------------------------------------------------------------------------


def test_a_photo_out_of_the_blue_is_asked_about_and_kept_for_the_complaint() -> None:
    scene = Scene()
    assert scene.say(media=2) == ["media.what"]
    scene.tap("Pengaduan")
    scene.tap("Antrean")
    scene.say("RS SMC", facility="RS SMC")
    scene.say(STORY)
    assert "Sudah kami terima: 2" in scene.text()


def test_a_photo_before_it_is_asked_for_is_kept_and_the_question_stays() -> None:
    scene = complaint(until="facility")
    assert scene.say(media=1) == ["form.media_kept", "complaint.facility"]
    scene.say("RS SMC", facility="RS SMC")
    assert scene.say(STORY) == ["complaint.evidence"]
    assert "Sudah kami terima: 1" in scene.text()
    assert scene.titles == ["Selesai"]


def test_a_photo_with_a_caption_is_an_answer_with_a_photo() -> None:
    scene = complaint(until="facility")
    assert scene.say("RS SMC", facility="RS SMC", media=1) == ["complaint.story"]
    assert len(scene.dialogue.forms[-1].media) == 1


def test_a_photo_with_a_caption_that_is_a_wish_starts_it_with_the_photo() -> None:
    scene = Scene()
    scene.say("saya ditolak di RS SMC", "file_complaint", media=1, facility="RS SMC")
    assert len(scene.dialogue.forms[-1].media) == 1


def test_a_photo_whose_caption_is_not_understood_is_asked_about() -> None:
    assert Scene().say("nih", media=1) == ["media.what"]


@pytest.mark.parametrize("kind", ["voice", "audio", "video", "sticker", "contact"])
def test_what_cannot_be_read_is_said_and_the_question_is_put_again(kind: str) -> None:
    scene = complaint(until="facility")
    assert scene.say(media=1, kind=MediaKind(kind)) == ["media.in_form", "complaint.facility"]
    assert Scene().say(media=1, kind=MediaKind(kind)) == [f"media.{kind}"]


def test_a_poll_cannot_be_read_either() -> None:
    assert Scene().say(unsupported="poll") == ["media.other"]


# -- languages ------------------------------------------------------------------------------------------------


def test_the_language_changes_in_the_middle_of_a_form() -> None:
    scene = complaint(until="facility")
    assert scene.say("english please", "change_language") == [
        "language.done",
        "form.go_on",
        "complaint.facility",
    ]
    assert "At which hospital" in scene.text()
    assert scene.say("RS SMC", facility="RS SMC") == ["complaint.story"]


def test_commands_are_understood_in_both_languages_whatever_is_spoken() -> None:
    for word in ("batal", "cancel", "BATAL.", "gak jadi deh", "/batal"):
        scene = complaint(until="facility")
        assert scene.say(word) == ["form.cancelled"], word
    for word in ("petugas", "agent", "Petugas dong min", "cs"):
        assert complaint(until="facility").say(word) == ["handover.queued"], word
    for word in ("menu", "help", "/start", "/start promo", "Menu!"):
        assert Scene().say(word) == ["menu.what"], word


# -- few words ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("title", "key"), [("pengaduan", "complaint.sorry"), ("Gangguan sistem", "outage.system")]
)
def test_what_stands_on_a_button_may_be_typed(title: str, key: str) -> None:
    """The texts tell people to write `pengaduan`; whatever the interpreter thinks of it."""
    assert Scene().say(title, "ask_case_status", 0.5)[0] == key


def test_who_stands_before_a_closed_door_and_asks_what_to_do_then_is_told_of_the_channels() -> None:
    scene = Scene()
    assert scene.say("terus saya hrs gmn dong", "ask_referral", 0.4) == ["clarify.is_it"]
    scene = Scene()
    scene.say("kantor palembang buka?", "ask_closure", place="palembang")
    assert scene.say("terus saya hrs gmn dong", "ask_referral", 0.4)[0] == "channels.list"
    scene.say("kantor palembang buka?", "ask_closure", place="palembang")
    scene.wait(minutes=11)
    assert scene.say("terus saya hrs gmn dong", "ask_referral", 0.4) != ["channels.list"]


def test_a_few_words_put_another_day_or_place_into_the_question_before() -> None:
    scene = Scene()
    scene.say("kantor palembang buka?", "ask_closure", place="palembang")
    scene.wait(minutes=9)
    assert scene.say("kalau besok?", "subscribe_updates", 0.3, when="besok") == ["closure.open"]
    assert scene.say("samarinda?", "out_of_scope", 0.4, place="samarinda") == ["closure.open_now"]
    assert "Samarinda" in scene.text()
    scene.wait(minutes=11)
    assert scene.say("kalau besok?", "", when="besok") == ["lost.menu"]


def test_a_likely_something_else_is_not_turned_away() -> None:
    assert Scene().say("udah nelpon ga diangkat", "out_of_scope", 0.4) == ["lost.menu"]
    assert Scene().say("cairkan jht", "out_of_scope", 0.95) == ["out_of_scope.sorry"]


def test_an_unheard_of_place_is_not_passed_over_for_the_one_spoken_of() -> None:
    scene = Scene()
    scene.say("kantor palembang buka?", "ask_closure", place="palembang")
    assert scene.say("kalau kantor di konohagakure buka?", "ask_closure")[-1] == "closure.branch"


def test_whoever_has_no_photo_to_send_is_not_asked_for_ever() -> None:
    scene = complaint(until="evidence")
    assert scene.say("iya") == ["form.hint_evidence", "complaint.evidence"]
    assert scene.say("MANA NOMORNYA") == ["complaint.summary"]


def test_who_goes_on_instead_of_saying_yes_is_not_asked_again() -> None:
    scene = Scene()
    assert scene.say("antri dari jam lima di RS BARI", "file_complaint", 0.5, facility="RS BARI") == [
        "clarify.is_it"
    ]
    scene.say("disuruh pulang dokternya cuti", "file_complaint")
    assert scene.keys == ["complaint.sorry", "complaint.story_more"]
    assert answers(scene)["facility"]


def test_who_goes_on_in_the_same_vein_has_said_yes() -> None:
    scene = Scene()
    scene.say("rumah sakit penuh semua ga ada yang mau terima ibu saya", "file_complaint", 0.5)
    assert scene.keys == ["clarify.is_it"]
    assert (
        scene.say("RS AWS", "find_facility", 0.5, also=["file_complaint"], facility="RS AWS")[0]
        == "complaint.sorry"
    )
    assert scene.tap("Ditolak berobat") == ["complaint.story_more"]  # which hospital was said


def test_a_yes_to_one_of_several_is_asked_which() -> None:
    scene = Scene()
    scene.say("kartu nonaktif", "admin_reactivate", 0.5, also=["file_complaint"])
    assert scene.say("iya betul", "affirm") == ["form.hint_choose", "clarify.which"]


def test_a_yes_is_no_name() -> None:
    scene = complaint(until="facility")
    assert scene.say("iya", "affirm") == ["form.hint_facility", "complaint.facility"]
