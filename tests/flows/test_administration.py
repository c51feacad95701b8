"""Administrative services: one flow for all of them, from the wish to a case."""

import pytest

from bot.config.administration import FieldType
from bot.flows import effects, lookups
from bot.messages import MediaKind
from tests.dialogue.scene import Scene, sample
from tests.flows.requests import CARD, KK, NIK, OTHER_NIK, begun, filled_in, service, with_papers

CODES = list(sample()[0].services)


@pytest.mark.parametrize("code", CODES)
def test_every_service_comes_to_a_case(code: str) -> None:
    scene = with_papers(code)
    wanted = service(code)
    assert wanted.name.id in scene.text()
    assert NIK not in scene.text()
    assert CARD not in scene.text()
    assert scene.tap("Ya, kirim") == ["admin.opened"]
    agreed, case = scene.done
    version = f"{sample()[0].consent.version} (365/365/730)"
    assert agreed == effects.Consent(purpose="administration", version=version)
    assert isinstance(case, effects.OpenCase)
    assert (case.kind, case.category, case.branch) == ("admin", code, "palembang")
    assert case.fields["service"] == code
    assert case.fields["state"] == "new"
    assert set(case.fields) >= {entry.key for entry in wanted.fields}
    asked = wanted.asked_on(scene.now.date(), case.fields)
    assert set(case.documents) == {paper.code for paper in asked}
    assert not scene.dialogue.forms
    assert not scene.dialogue.shelf


@pytest.mark.parametrize("code", CODES)
def test_every_service_in_english(code: str) -> None:
    scene = Scene(our_branch="palembang")
    scene.dialogue.language = "en"
    scene.say("I want it", service(code).intent)
    assert service(code).name.en in scene.text()
    assert scene.titles == ["Yes", "No"]


def test_what_is_not_confirmed_is_said_to_be_so() -> None:
    scene = Scene()
    scene.say("kartu mati", "admin_reactivate")
    assert "belum dikonfirmasi" in scene.text()
    scene = Scene()
    scene.say("resign", "admin_change_segment")
    assert "Kompas (2022)" in scene.text()


@pytest.mark.parametrize("question", ["ini bayar ga?", "berapa lama prosesnya", "tidak aktif knp"])
def test_a_question_back_is_no_refusal(question: str) -> None:
    scene = Scene()
    scene.say("nama saya salah", "admin_change_identity")
    waits = scene.say("ya")
    assert scene.say(question)[-1:] == waits[-1:]
    assert scene.dialogue.forms


def test_who_only_asks_is_answered_and_need_not_go_on() -> None:
    scene = Scene()
    scene.say("syarat daftar bayi apa ya?", "admin_newborn")
    assert "Surat keterangan lahir" in scene.text()
    assert scene.say("tidak", "deny") == ["admin.not_now"]
    assert not scene.done
    assert not scene.dialogue.forms


# -- the list -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("C", "Pendaftaran bayi baru lahir"),
        ("layanan j", "Pengaktifan kembali kartu"),
        ("yang G", "Perubahan faskes tingkat pertama (FKTP)"),
        ("1", "Pendaftaran peserta baru"),
        ("nomor 9", "Perbaikan data ganda"),
        ("pindah faskes", "Perubahan faskes tingkat pertama (FKTP)"),
        ("turun kelas", "Perubahan kelas rawat"),  # not on the first page
        ("kartu mati", "Pengaktifan kembali kartu"),
        ("bayi", "Pendaftaran bayi baru lahir"),
    ],
)
def test_a_service_by_letter_number_or_words(said: str, name: str) -> None:
    scene = Scene()
    assert scene.say("administrasi", "admin_request") == ["admin.which"]
    assert scene.say(said) == ["admin.about", "admin.offer"]
    assert name in scene.text()


def test_every_service_can_be_reached_by_buttons_and_by_numbers_alone() -> None:
    by_button: list[str] = []
    scene = Scene()
    scene.say("administrasi", "admin_request")
    for _page in range(2):
        assert len(scene.titles) <= 10
        by_button += [title for title in scene.titles if title != "Pilihan lain"]
        scene.tap("Pilihan lain")
    assert len(by_button) == len(CODES)
    assert scene.titles[0] == by_button[0]  # round again
    assert scene.say("10") == ["admin.which"]
    assert scene.say("2") == ["admin.about", "admin.offer"]
    assert "Perubahan kelas rawat" in scene.text()


# -- conditions and consent -----------------------------------------------------------------------------------


def test_a_condition_that_is_not_met_ends_it_with_what_to_do() -> None:
    scene = Scene()
    scene.say("kartu saya mati", "admin_reactivate")
    scene.tap("Ya")
    assert scene.tap("Ya") == ["admin.unmet"]
    assert "Dinas Sosial" in scene.text()
    assert scene.titles == ["Bicara petugas"]
    assert not scene.dialogue.forms
    assert not scene.dialogue.shelf


@pytest.mark.parametrize(
    "words",
    [
        "kartu PBI saya nonaktif, saya cuci darah",
        "bpjs saya dari pemerintah kok ga aktif",
        "my PBI card is off, I am on dialysis",
    ],
)
def test_a_condition_that_the_first_words_rule_out_needs_no_form(words: str) -> None:
    scene = Scene()
    assert "admin.unmet" in scene.say(words, "admin_reactivate")
    assert "admin.about" not in scene.keys
    assert "Dinas Sosial" in scene.text()
    assert not scene.dialogue.forms


@pytest.mark.parametrize(
    ("words", "left"),
    [
        ("kartu saya nonaktif, saya bayar sendiri", "if_arrears"),
        ("kartu saya nonaktif, bukan PBI", "if_arrears"),
        ("kartu saya nonaktif", "if_pbi"),
        ("kartu pbi saya nonaktif, sekarang sudah mandiri", "if_pbi"),  # both, so nobody can tell
        ("kartu mandiri saya mati karena nunggak", "consent"),
    ],
)
def test_a_condition_that_the_first_words_answer_is_not_asked(words: str, left: str) -> None:
    scene = Scene(our_branch="palembang")
    assert scene.say(words, "admin_reactivate")[-1] == "admin.offer"
    scene.tap("Ya")
    assert scene.options[0].id.split(":")[1] == left


def test_what_answers_another_question_meets_no_condition() -> None:
    scene = Scene(our_branch="palembang")
    scene.say("mau nambah istri", "admin_add_family")
    scene.tap("Ya")
    assert scene.options[0].id.split(":")[1] == "if_same_card"


def test_consent_is_told_in_full_once_and_when_asked_for() -> None:
    scene = Scene(our_branch="palembang")
    scene.say("nik dobel", "admin_fix_duplicate")
    assert scene.tap("Ya") == ["admin.consent"]
    full = scene.text()
    assert scene.say("jam buka kantor palembang?", "ask_office", place="palembang")[-1] == "form.agree_again"
    assert len(scene.text().split("\n\n")[-1]) < len(full) / 3
    assert scene.titles == ["Setuju", "Tidak setuju"]
    assert scene.say("tolong jelaskan lagi min") == ["admin.consent"]
    assert scene.text() == full
    assert scene.say("hmm gimana ya") == ["form.hint_yes_no", "form.agree_again"]
    assert scene.say("setuju", "affirm") == ["admin.ask"]


def test_a_condition_may_lead_to_another_service() -> None:
    scene = Scene()
    scene.say("mau tambah anak", "admin_add_family")
    scene.tap("Ya")
    assert scene.tap("Ya") == ["admin.unmet", "admin.instead"]
    assert scene.tap("Ya") == ["admin.about", "admin.offer"]
    assert "bayi baru lahir" in scene.text()


def test_a_condition_may_let_it_go_on() -> None:
    scene = Scene()
    scene.say("pindah faskes", "admin_change_facility")
    scene.tap("Ya")
    assert scene.tap("Tidak") == ["admin.unmet", "admin.consent"]


@pytest.mark.parametrize(
    "answer", ["tidak setuju", "saya tidak setuju", "gak mau", "jangan disimpan ya", "Tidak setuju"]
)
def test_without_consent_nothing_is_taken_down(answer: str) -> None:
    scene = Scene()
    scene.say("nik dobel", "admin_fix_duplicate")
    scene.tap("Ya")
    assert scene.keys == ["admin.consent"]
    assert scene.say(answer) == ["admin.not_agreed"]
    assert "165" in scene.text()
    assert not scene.done
    assert not scene.dialogue.forms
    assert not scene.dialogue.shelf


def test_what_is_agreed_to_names_the_periods_of_the_settings() -> None:
    days = lookups.KeptDays(media=90, sealed=730, talks=None)
    scene = Scene(our_branch="palembang", answers={lookups.HowLongKept: lambda _: days})
    scene.say("nik dobel", "admin_fix_duplicate")
    scene.tap("Ya")
    assert "foto 90 hari, nomor lengkap 2 tahun, percakapan sampai diminta dihapus." in scene.text()
    scene.tap("Setuju")
    version = f"{sample()[0].consent.version} (90/730/0)"
    assert scene.done == [effects.Consent(purpose="administration", version=version)]


@pytest.mark.parametrize("answer", ["lanjut", "ya lanjut", "lanjutkan", "lanjut daftar bayinya", "terus"])
def test_who_only_wants_to_go_on_has_not_agreed(answer: str) -> None:
    scene = Scene(our_branch="palembang")
    scene.say("nik dobel", "admin_fix_duplicate")
    scene.tap("Ya")
    assert scene.say(answer, "affirm", 0.9)[-1] == "form.agree_again"
    assert not scene.done


@pytest.mark.parametrize("answer", ["setuju", "iya saya setuju", "boleh", "ya gak papa", "Setuju"])
def test_consent_in_any_words_is_kept_before_anything_is_asked(answer: str) -> None:
    scene = Scene(our_branch="palembang")
    scene.say("nik dobel", "admin_fix_duplicate")
    scene.tap("Ya")
    scene.say(answer)
    assert [type(done) for done in scene.done] == [effects.Consent]
    assert scene.keys[-1] == "admin.ask"


def test_the_branch_is_asked_for_where_it_is_not_known_and_a_province_narrows_it() -> None:
    scene = Scene()
    scene.say("nik dobel", "admin_fix_duplicate")
    scene.tap("Ya")
    assert scene.tap("Setuju") == ["admin.branch"]
    assert scene.say("kalimantan timur") == ["form.which_branch", "admin.branch"]
    assert set(scene.titles) == {"Samarinda", "Balikpapan"}
    scene.tap("Samarinda")
    assert scene.dialogue.forms[-1].answers["branch"] == "samarinda"


# -- entries --------------------------------------------------------------------------------------------------


def test_what_the_first_message_says_is_not_asked_again() -> None:
    scene = Scene(our_branch="palembang")
    scene.say(f"anak saya lahir kemarin, KK {KK}, kartu ibunya {CARD}", "admin_newborn")
    assert scene.tap("Ya") == ["admin.consent"]  # that the baby is born was said as well
    scene.tap("Setuju")
    kept = scene.dialogue.forms[-1].answers
    assert (kept["mother"], kept["kk"]) == (CARD, KK)
    scene.say("Rizki")
    assert kept is not scene.dialogue.forms[-1].answers  # went through the store
    assert scene.dialogue.forms[-1].answers["baby_born"] == "2026-11-22"


def test_a_number_that_did_not_say_what_it_is_is_offered() -> None:
    scene = Scene(our_branch="palembang")
    scene.say(f"saya punya kartu dobel {NIK}", "admin_fix_duplicate")
    scene.tap("Ya")
    scene.tap("Setuju")
    scene.say("1")
    scene.say("Siti Aminah")
    assert "************0001" in scene.text()
    assert scene.tap("Ya, nomor itu")[-1] == "admin.ask"
    assert scene.dialogue.forms[-1].answers["nik"] == NIK


def test_a_birth_date_that_differs_from_the_nik_is_only_asked_about() -> None:
    scene = begun("reactivate")
    for said in ("Siti", OTHER_NIK):
        scene.say(said)
    assert scene.say("2-7-1990") == ["admin.day_is", "admin.differ"]
    scene.tap("Tanggal salah")
    assert scene.say("1 jan 90") == ["admin.day_is", "admin.differ"]
    scene.tap("NIK salah")
    assert scene.keys == ["admin.ask"]
    assert scene.say(NIK) == ["admin.differ"]  # the date stays, and still differs
    assert scene.tap("Sudah benar") == ["admin.ask"]
    for said in ("lewati", "lewati"):
        scene.say(said)
    while scene.keys[-1] == "admin.paper":
        scene.say(media=1)
    scene.tap("Ya, kirim")
    assert scene.done[-1].fields["nik"] == NIK
    assert scene.done[-1].fields["born"] == "1990-01-01"
    assert scene.done[-1].fields["warnings"] == ["nik_birth_date"]


def test_a_changed_birth_date_is_compared_anew() -> None:
    scene = with_papers("reactivate")
    assert "admin.differ" in scene.say("salah, tanggal lahirnya 2 Juli 1990")
    scene.tap("Tanggal salah")
    assert scene.say("1 juli 1990")[-1] == "admin.summary"


def test_an_unknown_province_is_a_warning() -> None:
    scene = begun("reactivate")
    scene.say("Siti")
    assert scene.say("9971014107900001") == ["admin.odd_province", "admin.ask"]


def test_kembali_asks_the_last_question_again() -> None:
    scene = begun("reactivate")
    for said in ("Siti", NIK, "1 Juli 1990"):
        scene.say(said)
    assert scene.say("kembali") == ["admin.ask"]
    assert scene.dialogue.forms[-1].open
    assert scene.dialogue.forms[-1].open.id == "born"


@pytest.mark.parametrize(
    ("said", "key", "value"),
    [
        (f"eh salah, KK nya {KK[:-1]}9", "kk", f"{KK[:-1]}9"),
        ("salah, namanya Siti Rahma", "name", "Siti Rahma"),
        ("ralat: alamatnya Jl. Durian no 9", "address", "Jl. Durian no 9"),
        ("ganti faskesnya jadi puskesmas merdeka", "facility", "=puskesmas_merdeka"),
        ("eh keliru, emailnya rahma@example.org", "email", "rahma@example.org"),
        ("salah, nomor hp 0812-7000-9999", "phone", "081270009999"),
    ],
)
def test_a_correction_in_words_at_the_summary(said: str, key: str, value: str) -> None:
    scene = with_papers("new_member")
    assert scene.say(said) == ["form.corrected", "admin.summary"]
    assert scene.dialogue.forms[-1].answers[key] == value


def test_a_correction_by_buttons_reaches_every_answer() -> None:
    scene = with_papers("new_member")
    scene.tap("Ubah")
    shown: list[str] = []
    for _page in range(2):
        shown += [title for title in scene.titles if title != "Pilihan lain"]
        scene.tap("Pilihan lain")
    labels = [entry.label.id for entry in service("new_member").fields]
    assert set(labels) < set(shown)
    assert "Buku rekening" in shown
    scene.tap("Pilihan lain")
    assert scene.tap("Sudah benar") == ["admin.summary"]


def test_a_choice_that_changes_brings_other_documents() -> None:
    scene = with_papers("new_member")
    scene.tap("Ubah")
    scene.tap("Jenis peserta")
    assert scene.tap("PNS/TNI/Polri")[-1] == "admin.paper"
    assert "SK pengangkatan terakhir" in scene.text()
    for _ in range(2):
        scene.say(media=1)
    scene.say("tidak ada")
    assert scene.say("tidak ada") == ["admin.summary"]
    scene.tap("Ya, kirim")
    assert set(scene.done[-1].documents) == {"ktp", "kk", "decree", "payslip"}


def test_an_optional_entry_may_be_left_out() -> None:
    scene = begun("reactivate")
    for said in ("Siti", NIK, "1 Juli 1990"):
        scene.say(said)
    assert scene.tap("Lewati") == ["admin.ask"]
    assert scene.dialogue.forms[-1].answers["card"] == ""


def test_an_edited_message_changes_its_answer() -> None:
    scene = begun("reactivate")
    scene.say("Siti", refers={"id": "m1"})
    scene.say(NIK, refers={"id": "m2"})
    assert scene.say(OTHER_NIK, refers={"id": "m3", "instead_of": "m2", "before": NIK}) == [
        "form.corrected",
        "admin.ask",
    ]
    assert scene.dialogue.forms[-1].answers["nik"] == OTHER_NIK


# -- documents ------------------------------------------------------------------------------------------------


def test_the_checklist_says_what_is_there_and_what_is_missing() -> None:
    scene = filled_in("newborn")
    assert "dari" not in scene.text()
    scene.say(media=1)
    text = scene.text()
    assert "1 dari 3 dokumen sudah diterima" in text
    assert "✅ Kartu Keluarga" in text
    assert "⬜ Surat keterangan lahir dan KTP ibu" in text


def test_several_files_for_one_document() -> None:
    scene = filled_in("newborn")
    assert scene.say(media=2) == ["admin.several"]
    assert scene.tap("Semua untuk ini") == ["admin.paper"]
    for _ in range(2):
        scene.say(media=1)
    scene.tap("Ya, kirim")
    assert {code: len(files) for code, files in scene.done[-1].documents.items()} == {
        "kk": 2,
        "skl": 1,
        "ktp": 1,
    }


def test_several_files_one_for_each_document() -> None:
    scene = filled_in("newborn")
    scene.say(media=3)
    assert scene.tap("Satu per dokumen") == ["admin.summary"]
    scene.tap("Ya, kirim")
    sent = {code: [file.reference for file in files] for code, files in scene.done[-1].documents.items()}
    assert sent == {"kk": ["file-0"], "skl": ["file-1"], "ktp": ["file-2"]}


def test_more_files_than_documents_are_not_dealt_out() -> None:
    scene = filled_in("newborn")
    assert scene.say(media=4) == ["admin.too_many"]
    assert "Satu per dokumen" not in scene.titles
    assert scene.tap("Salah foto") == ["admin.paper"]
    assert "paper_kk" not in scene.dialogue.forms[-1].answers


def test_photos_of_an_album_that_come_one_by_one_are_taken_together() -> None:
    scene = filled_in("newborn")
    assert scene.say(media=1, refers={"album": "a"}) == ["admin.paper"]
    assert scene.say(media=1, refers={"album": "a"}) == ["admin.several"]
    assert scene.say(media=1, refers={"album": "a"}) == []
    assert scene.say("satu per dokumen") == ["admin.summary"]


def test_several_files_for_the_last_document_need_no_question() -> None:
    scene = filled_in("newborn")
    for _ in range(2):
        scene.say(media=1)
    assert scene.say(media=3) == ["admin.summary"]


@pytest.mark.parametrize(
    "said",
    [
        "salah foto",
        "eh salah kirim",
        "fotonya ketukar",
        "itu KK bukan KTP",
        "foto yang tadi salah",
        "bukan KTP itu",
    ],
)
def test_a_wrong_document_is_taken_back_by_words(said: str) -> None:
    scene = filled_in("reactivate")
    scene.say(media=1)
    assert scene.say(said) == ["form.taken_back", "admin.paper"]
    assert "paper_ktp" not in scene.dialogue.forms[-1].answers


def test_a_wrong_document_is_taken_back_by_a_button_and_by_its_name() -> None:
    scene = filled_in("newborn")
    for _ in range(2):
        scene.say(media=1)
    scene.tap("Salah foto")
    assert "paper_skl" not in scene.dialogue.forms[-1].answers
    scene.say(media=1)
    assert scene.say("itu bukan kartu keluarga") == ["form.taken_back", "admin.paper"]
    assert "paper_kk" not in scene.dialogue.forms[-1].answers
    assert "paper_skl" in scene.dialogue.forms[-1].answers


def test_a_document_is_replaced_through_ubah() -> None:
    scene = with_papers("reactivate")
    scene.tap("Ubah")
    assert scene.tap("Kartu Keluarga") == ["admin.paper"]
    assert scene.say(media=1) == ["admin.summary"]


@pytest.mark.parametrize("kind", [MediaKind.VOICE, MediaKind.STICKER, MediaKind.VIDEO])
def test_what_is_no_document_is_kindly_refused(kind: MediaKind) -> None:
    scene = filled_in("reactivate")
    assert scene.say(media=1, kind=kind) == ["admin.no_paper", "admin.paper"]
    assert scene.say("apa saja boleh") == ["admin.hint_paper", "admin.paper"]


@pytest.mark.parametrize("said", ["belum ada", "Belum ada", "nanti dulu", "tidak punya", "besok"])
def test_a_needed_document_that_is_not_there_puts_the_form_aside(said: str) -> None:
    scene = filled_in("reactivate")
    assert scene.say(said) == ["admin.get_first", "shelf.kept"]
    assert "KTP" in scene.text()
    assert not scene.dialogue.forms
    assert scene.say("lanjutkan") == ["shelf.back", "admin.paper"]


def test_files_that_nobody_asked_for_go_with_the_case() -> None:
    scene = begun("reactivate")
    assert scene.say(media=1) == ["form.media_kept", "admin.ask"]
    for said in ("Siti", NIK, "1 Juli 1990", "lewati", "lewati"):
        scene.say(said)
    while scene.keys[-1] == "admin.paper":
        scene.say(media=1)
    scene.tap("Ya, kirim")
    assert len(scene.done[-1].evidence) == 1


def test_every_type_of_entry_is_in_use() -> None:
    used = {entry.type for item in sample()[0].services.values() for entry in item.fields}
    assert used == set(FieldType)


def test_a_question_that_holds_a_yes_is_no_agreement() -> None:
    scene = Scene(our_branch="palembang")
    scene.say("nik dobel", "admin_fix_duplicate")
    scene.tap("Ya")
    scene.say("oh ya saya ingin tahu dulu data itu dilihat siapa saja di sana")
    assert not scene.done
    assert scene.dialogue.forms[-1].answers.get("consent") is None
