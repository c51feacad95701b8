"""The training data: enough of every label, every line its own, nothing of it in the held files."""

import re

import pytest

from bot.nlu.training import Example, Labels, Span, read_examples, read_labels, read_training
from bot.settings import HOME
from tests.nlu.breadth import HELD, WITH_A_HELD_LINE, WITHIN_A_LABEL, alike, by_intent

ENOUGH = 150
MORE = dict.fromkeys(("ask_closure", "ask_outage", "file_complaint", "emergency", "out_of_scope"), 300)

KEYWORDS = {
    "ask_closure": "buka|tutup|libur",
    "ask_office": "alamat|jam|lokasi|kantor",
    "ask_outage": "error|eror|gangguan|down",
    "ask_channels": "nomor|lewat|saluran|kontak",
    "subscribe_updates": "kabar|info",
    "unsubscribe_updates": "stop|berhenti|jangan",
    "file_complaint": "lapor|komplain|adu|keluhan",
    "ask_case_status": "laporan|aduan|pengaduan",
    "admin_request": "urus|administrasi",
    "admin_new_member": "daftar",
    "admin_add_family": "tambah|nambah",
    "admin_newborn": "bayi|lahir",
    "admin_change_segment": "pindah|alih|segmen",
    "admin_change_identity": "ganti|ubah|salah",
    "admin_salary_grade": "golongan|gaji|pangkat",
    "admin_change_facility": "pindah|ganti|ubah",
    "admin_report_death": "meninggal|wafat|mati",
    "admin_fix_duplicate": "dobel|double|ganda|dua kartu|2 kartu",
    "admin_reactivate": "aktif",
    "admin_change_class": "kelas|kls",
    "check_membership": "aktif|status",
    "check_bill": "tagihan|tunggakan",
    "ask_payment": "bayar",
    "find_facility": "dekat|rumah sakit|puskesmas|klinik",
    "ask_referral": "rujuk",
    "ask_benefit": "tanggung|cover|jamin",
    "ask_card": "kartu",
    "ask_screening": "skrining|screening",
    "request_agent": "petugas|admin|orang|manusia",
    "emergency": "tolong|darurat|gawat",
    "greet": "halo|hai|assalam|selamat|pagi|siang|malam",
    "thank": "makasih|terima ?kasih|suwun|nuhun",
    "goodbye": "dadah|sampai jumpa|permisi|pamit|bye",
    "affirm": "iya|ya|betul|benar|oke",
    "deny": "tidak|bukan|enggak|ga|gak|nggak",
    "cancel": "batal|ga jadi|gak jadi|tidak jadi",
    "help": "menu|bantuan|bantu",
    "change_language": "bahasa|english",
    "bot_challenge": "robot|bot|mesin",
    "frustration": "bot|bego|kecewa|kesal",
    "out_of_scope": "ketenagakerjaan|jht|jamsostek",
}
"""The words that give a label away, as the beginnings of words."""
WITHOUT = 1 / 3
"""At least this share of a label's lines does without its keywords."""


@pytest.fixture(scope="module")
def labels() -> Labels:
    return read_labels(HOME / "config" / "rasa" / "domain.yml")


@pytest.fixture(scope="module")
def training(labels: Labels) -> list[Example]:
    return read_training(HOME / "config" / "rasa" / "nlu", labels)


def test_every_label_has_enough_lines(labels: Labels, training: list[Example]) -> None:
    groups = by_intent(training)
    few = {name: len(groups[name]) for name in labels.intents if len(groups[name]) < MORE.get(name, ENOUGH)}
    assert not few


def test_a_third_of_every_label_does_without_its_keyword(training: list[Example]) -> None:
    shares = {
        intent: sum(not re.search(rf"\b({KEYWORDS[intent]})", line.text, re.IGNORECASE) for line in lines)
        / len(lines)
        for intent, lines in by_intent(training).items()
    }
    assert not {intent: share for intent, share in shares.items() if share < WITHOUT}


def test_no_line_is_another_one_with_a_word_changed(training: list[Example]) -> None:
    pairs = [
        (line.text, other.text)
        for lines in by_intent(training).values()
        for line, other in alike(lines, lines, WITHIN_A_LABEL)
    ]
    assert not pairs


def test_no_line_has_two_labels(training: list[Example]) -> None:
    seen: dict[str, str] = {}
    twice = [
        (example.text, example.intent, seen[text])
        for example in training
        if seen.setdefault(text := " ".join(example.text.lower().split()), example.intent) != example.intent
    ]
    assert not twice


def test_nothing_of_it_is_in_the_held_files(labels: Labels, training: list[Example]) -> None:
    held = [example for path in HELD for example in read_examples(path, labels)]
    assert not [(line.text, other.text) for line, other in alike(held, training, WITH_A_HELD_LINE)]


def test_likeness_is_seen_through_names() -> None:
    def line(text: str, name: str) -> Example:
        return Example(
            text, "ask_closure", (Span("place", name, text.index(name), text.index(name) + len(name)),)
        )

    one, same, other = (
        line("kantor Palu besok buka tidak ya min", "Palu"),
        line("kantor Balikpapan besok buka tidak ya min", "Balikpapan"),
        line("loket di Palu jadi libur gara-gara banjir?", "Palu"),
    )
    assert list(alike([one], [same, other], WITHIN_A_LABEL)) == [(one, same)]
