"""A complaint is taken down: what about, where, what happened, proof, a summary, a number."""

import pytest

from bot.flows import effects
from tests.dialogue.scene import Scene, sample
from tests.dialogue.test_routing import STORY, answers, complaint

LONG = (
    "saya ditolak berobat di RS SMC kemarin malam katanya kamar penuh padahal ibu saya demam tinggi "
    "dan kartunya masih aktif"
)


def test_from_the_first_word_to_a_case_number() -> None:
    scene = complaint(until="summary")
    text = scene.text()
    for part in ("Obat kosong", "RS Samarinda Medika Citra", "Samarinda", STORY):
        assert part in text
    assert "Lampiran" not in text
    assert scene.tap("Ya, kirim") == ["complaint.received"]
    case = scene.done[0]
    assert isinstance(case, effects.OpenCase)
    assert (case.kind, case.category, case.branch, case.priority) == (
        "complaint",
        "obat_kosong",
        "samarinda",
        "normal",
    )
    assert case.fields == {"facility": "RS Samarinda Medika Citra", "story": STORY}
    assert "PLB-2611-00001" in scene.text()
    assert "Paling lambat kami jawab" in scene.text()
    assert not scene.dialogue.forms


def test_a_long_opening_tells_it_all() -> None:
    scene = Scene()
    assert scene.say(LONG, "file_complaint", facility="RS SMC") == ["complaint.sorry", "complaint.evidence"]
    assert scene.say("tidak ada") == ["complaint.summary"]
    assert scene.say("ya") == ["complaint.received"]
    assert scene.done[0].category == "ditolak_rs"
    assert scene.done[0].priority == "high"


@pytest.mark.parametrize(
    ("answer", "category"),
    [
        ("2", "pelayanan_faskes"),
        ("nomor tiga", "antrean"),
        ("Biaya tambahan", "iur_biaya"),
        ("biaya tmbahan", "iur_biaya"),
        ("obatnya kosong terus", "obat_kosong"),
        ("susternya judes banget", "pelayanan_faskes"),
        ("lainnya", "lainnya"),
        ("sudah antri dari subuh tapi obat kosong", "antrean"),
        ("kartu saya dinonaktifkan", "administrasi"),  # not among the ten that are shown
    ],
)
def test_a_category_in_any_words(answer: str, category: str) -> None:
    scene = complaint(until="category")
    scene.say(answer)
    assert answers(scene)["category"] == category


@pytest.mark.parametrize("answer", ["99", "0", "hmm", "apa aja pilihannya"])
def test_no_category_at_all_is_asked_again(answer: str) -> None:
    scene = complaint(until="category")
    assert scene.say(answer) == ["form.hint_choose", "complaint.category"]


def test_a_story_told_at_the_wrong_question_is_not_asked_for_twice() -> None:
    scene = complaint(until="category")
    story = "kemarin ibu saya ke sana terus ditinggal begitu saja sampai malam tanpa diperiksa siapa pun"
    assert scene.say(story) == ["form.noted", "complaint.category"]
    scene.tap("Pelayanan faskes")
    assert scene.say("RS SMC", facility="RS SMC") == ["complaint.evidence"]
    assert answers(scene)["story"] == story


def test_a_category_about_no_facility_asks_for_the_place() -> None:
    scene = complaint(until="category")
    assert scene.say("iuran") == ["complaint.branch"]
    assert scene.say("palembang") == ["complaint.story"]


@pytest.mark.parametrize(
    ("answer", "name"),
    [
        ("RS SMC", "RS Samarinda Medika Citra"),
        ("rsud aw syahrani", "RSUD Abdoel Wahab Sjahranie"),
        ("di rumah sakit aw sjahranie kak", "RSUD Abdoel Wahab Sjahranie"),
    ],
)
def test_a_facility_that_is_known_decides_the_branch(answer: str, name: str) -> None:
    scene = complaint(until="facility")
    assert scene.say(answer) == ["complaint.story"]
    config = sample()[0]
    code = str(answers(scene)["facility"]).removeprefix("=")
    assert config.facilities[code].name == name


@pytest.mark.parametrize("answer", ["Klinik Sehat Ceria", "Tidak tahu", "saya lupa namanya"])
def test_a_facility_that_is_not_known_asks_for_the_place(answer: str) -> None:
    scene = complaint(until="facility")
    assert scene.say(answer) == ["complaint.branch"]
    scene.say("palembang")
    scene.say(STORY)
    scene.say("gak ada")
    assert ("Klinik Sehat Ceria" in scene.text()) == (answer == "Klinik Sehat Ceria")
    scene.say("ya kirim")
    assert scene.done[0].fields["facility"] == (answer if "Klinik" in answer else None)


SHORT = "pelayanan di RS SMC parah petugasnya kasar"


def test_a_short_opening_is_the_beginning_of_the_story() -> None:
    scene = Scene()
    assert scene.say(SHORT, "file_complaint", facility="RS SMC") == [
        "complaint.sorry",
        "complaint.story_more",
    ]
    assert SHORT in scene.text()
    assert scene.titles == ["Cukup"]
    assert scene.say("dari pagi sampai sore ditelantarkan") == ["complaint.evidence"]
    assert answers(scene)["story"] == f"{SHORT}\ndari pagi sampai sore ditelantarkan"


@pytest.mark.parametrize("answer", ["cukup", "tidak ada", "itu saja"])
def test_nothing_need_be_added_to_an_opening(answer: str) -> None:
    scene = Scene()
    scene.say(SHORT, "file_complaint", facility="RS SMC")
    assert scene.say(answer) == ["complaint.evidence"]
    assert answers(scene)["story"] == SHORT


def test_who_has_said_it_is_not_asked_a_third_time() -> None:
    scene = Scene()
    scene.say(SHORT, "file_complaint", facility="RS SMC")
    assert scene.say("apaan") == ["form.hint_words", "complaint.story_more"]
    assert scene.say("gatau") == ["complaint.evidence"]
    assert answers(scene)["story"] == SHORT


def test_a_story_that_is_to_be_changed_is_told_anew() -> None:
    scene = Scene()
    scene.say(SHORT, "file_complaint", facility="RS SMC")
    for said in ("cukup", "tidak ada"):
        scene.say(said)
    scene.tap("Ubah")
    assert scene.tap("Ceritanya") == ["complaint.story"]
    scene.say("obatnya kosong sudah tiga hari")
    assert answers(scene)["story"] == "obatnya kosong sudah tiga hari"


def test_what_is_told_after_the_story_goes_on_with_it() -> None:
    scene = complaint(until="evidence")
    more = "oh ya bapak saya juga dibiarkan di lorong"
    assert scene.say(more) == ["form.noted", "complaint.evidence"]
    assert answers(scene)["story"] == f"{STORY}\n{more}"


ANGRY = "pelayanan kalian payah semua, tiga jam saya nunggu di RS SMC ga ada yang peduli"


def test_what_was_told_in_anger_is_the_story_of_the_complaint() -> None:
    scene = Scene()
    assert scene.say(ANGRY, "frustration", facility="RS SMC") == ["frustration.sorry"]
    assert scene.say("mau komplain", "file_complaint")[-1] == "complaint.category"
    assert scene.tap("Pelayanan faskes") == ["complaint.evidence"]
    assert answers(scene)["story"] == ANGRY


def test_what_was_not_understood_is_the_story_too() -> None:
    scene = Scene()
    scene.say(ANGRY, facility="RS SMC")
    assert scene.keys == ["lost.menu"]
    scene.say("mau lapor aja", "file_complaint")
    assert scene.tap("Pelayanan faskes") == ["complaint.evidence"]


def test_a_complaint_over_an_outage_hears_what_was_told_of_it() -> None:
    scene = Scene()
    said = "saya sudah 3 jam di RS SMC, SEP tidak bisa terbit, petugas lempar-lempar dari loket ke loket"
    assert scene.say(said, "ask_outage", system="SEP", facility="RS SMC")[-1] == "outage.since"
    assert scene.say("saya mau lapor petugasnya", "file_complaint")[-1] == "complaint.category"
    assert scene.tap("Pelayanan faskes") == ["complaint.evidence"]
    assert said in answers(scene)["story"]


def test_anger_within_a_form_is_no_menu_over_it() -> None:
    scene = Scene()
    scene.say("mau lapor RS SMC", "file_complaint", facility="RS SMC")
    assert scene.say("saya kesel", "frustration") == [
        "frustration.in_form",
        "form.go_on",
        "complaint.category",
    ]
    assert scene.say("kok gitu sih") == ["form.hint_choose", "complaint.category"]
    assert scene.say("ya begitulah") == [
        "complaint.story"
    ]  # neither the kind nor the hospital is asked again
    scene.say("petugas lempar-lempar dari loket ke loket")
    scene.say("tidak ada")
    assert "*Fasilitas:* RS Samarinda Medika Citra" in scene.text()
    scene.tap("Ya, kirim")
    assert scene.done[-1].fields["facility"] == "RS Samarinda Medika Citra"


def test_anger_in_whole_sentences_is_part_of_the_story() -> None:
    scene = Scene()
    scene.say("mau lapor RS SMC", "file_complaint", facility="RS SMC")
    angry = "kalian semua payah dan tidak peduli sama sekali dengan kami orang kecil ini"
    assert scene.say(angry, "frustration", 0.97) == ["form.noted", "complaint.category"]
    assert scene.tap("Pelayanan faskes") == ["complaint.evidence"]
    assert angry in answers(scene)["story"]


def test_the_same_wish_goes_on_with_the_complaint_that_waits() -> None:
    scene = Scene()
    scene.say("menu")
    button = next(option for option in scene.options if option.title == "Pengaduan")
    scene.press(button)
    scene.tap("Pelayanan faskes")
    assert scene.press(button) == ["form.go_on", "complaint.facility"]
    assert [form.intent for form in scene.dialogue.forms] == ["file_complaint"]


def test_an_agent_sees_what_was_told_before_the_story_was_asked_for() -> None:
    scene = Scene()
    scene.say("RS SMC: petugas lempar-lempar dari loket ke loket", "file_complaint", facility="RS SMC")
    scene.say("petugas")
    assert "lempar-lempar" in scene.done[-1].so_far["file_complaint"]["complaint.story"]


def test_a_story_that_is_too_short_is_asked_for_again() -> None:
    scene = complaint(until="story")
    assert scene.say("kecewa") == ["form.hint_words", "complaint.story"]
    assert scene.say("dokternya tidak pernah datang") == ["complaint.evidence"]


def test_photos_are_counted_and_five_are_enough() -> None:
    scene = complaint(until="evidence")
    assert scene.say(media=2) == ["complaint.evidence"]
    assert "Sudah kami terima: 2" in scene.text()
    assert scene.say(media=3) == ["complaint.summary"]
    assert "*Lampiran:* 5" in scene.text()
    scene.say("kirim")
    assert len(scene.done[0].evidence) == 5


@pytest.mark.parametrize(
    "answer", ["Tidak ada", "tidak ada", "gak ada", "ga ada min", "lewati", "selesai", "1", "belum"]
)
def test_no_photos(answer: str) -> None:
    scene = complaint(until="evidence")
    assert scene.say(answer) == ["complaint.summary"]


def test_a_story_with_a_no_in_it_is_no_word_on_photos() -> None:
    scene = complaint(until="evidence")
    assert scene.say("saya antre sejak subuh dan sampai siang tidak dipanggil") == [
        "form.noted",
        "complaint.evidence",
    ]


@pytest.mark.parametrize("words", ["3", "nomor 3", "Batal"])
def test_the_third_option_of_the_summary_stops(words: str) -> None:
    scene = complaint(until="summary")
    assert scene.say(words) == ["form.cancelled"]
    assert not scene.done


@pytest.mark.parametrize(
    "yes", ["ya", "iya betul", "kirim", "ok kirim aja", "1", "Ya, kirim", "sudah benar", "👍"]
)
def test_a_yes_sends(yes: str) -> None:
    scene = complaint(until="summary")
    assert scene.say(yes) == ["complaint.received"]


@pytest.mark.parametrize("until", ["category", "facility", "story", "evidence", "summary"])
def test_batal_at_every_question_opens_nothing(until: str) -> None:
    scene = complaint(until=until)
    assert scene.say("batal") == ["form.cancelled"]
    assert not scene.done


def test_the_button_batal_under_the_summary() -> None:
    scene = complaint(until="summary")
    assert scene.titles == ["Ya, kirim", "Ubah", "Batal"]
    assert scene.tap("Batal") == ["form.cancelled"]
    assert not scene.done


def test_a_very_long_story_is_shortened_in_the_summary_only() -> None:
    scene = complaint(until="story")
    story = "mereka bilang " + "kamar penuh terus " * 200
    scene.say(story.strip())
    scene.tap("Tidak ada")
    assert len(scene.text()) < 1000
    scene.say("kirim")
    assert scene.done[0].summary == story.strip()[:4000]


@pytest.mark.parametrize(
    ("told", "category", "key"),
    [
        ("hmm", "lainnya", "complaint.branch"),
        ("antri dari subuh malah disuruh pulang", "antrean", "complaint.facility"),
    ],
)
def test_nobody_is_held_up_by_the_category(told: str, category: str, key: str) -> None:
    """After two tries the most telling words decide, else "something else": an agent will see."""
    scene = Scene()
    assert scene.say(f"mau mengadu {told}", "file_complaint")[-1] == "complaint.category"
    assert scene.say("aduh gimana ya") == ["form.hint_choose", "complaint.category"]
    assert scene.say("terserah deh") == [key]
    assert answers(scene)["category"] == category


MORE = "oh ya bapak saya juga dibiarkan di lorong"


def test_what_is_told_at_the_summary_sends_nothing_and_goes_into_the_story() -> None:
    scene = complaint(until="summary")
    assert scene.say(MORE) == ["form.noted", "complaint.summary"]
    assert not scene.done
    assert f"{STORY}\n{MORE}" in scene.text()
    assert scene.say("iya sudah benar semuanya tolong dikirim ya pak") == ["complaint.received"]
    assert scene.done[-1].fields["story"] == f"{STORY}\n{MORE}"
