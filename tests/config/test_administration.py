"""services.yml: what the shipped one must have, and how mistakes in it are reported."""

from datetime import date

import pytest

from bot.config import Config
from bot.dialogue.taps import tap_id
from tests.config.conftest import Mistaken

LETTERS = {
    "A": "new_member",
    "B": "add_family",
    "C": "newborn",
    "D": "change_segment",
    "E": "change_identity",
    "F": "salary_grade",
    "G": "change_facility",
    "H": "report_death",
    "I": "fix_duplicate",
    "J": "reactivate",
    None: "change_class",
}


def test_the_letters_of_the_published_list_and_the_change_of_class(config: Config) -> None:
    assert {item.letter: item.code for item in config.services.values()} == LETTERS
    for item in config.services.values():
        assert item.intent == f"admin_{item.code}"


def test_every_fact_has_a_source_and_what_is_unconfirmed_is_not_told_as_known(config: Config) -> None:
    for service in config.services.values():
        for part in (*service.documents, *service.conditions, *service.facts):
            assert part.source, service.code
        if service.known.confirmed:
            papers = (
                paper.source
                for paper in service.documents
                if paper.need == "required" and paper.code != "ktp"
            )
            assert all(source != "unconfirmed" for source in papers), service.code


def test_every_question_fits_a_button(config: Config) -> None:
    for service in config.services.values():
        names = [f"if_{item.code}" for item in service.conditions]
        names += [item.key for item in service.fields]
        names += [f"paper_{item.code}+several" for item in service.documents]
        for name in names:
            assert tap_id(99999, name, "x" * 24)


def test_a_document_may_hang_on_an_entry(config: Config) -> None:
    service, today = config.services["change_identity"], date(2026, 11, 23)
    letter = service.document("village_letter")
    assert letter in service.asked_on(today, {"paid_by": "government"})
    assert letter not in service.asked_on(today, {"paid_by": "self"})
    assert letter in service.asked_on(today)
    assert letter
    assert service.only_for(letter, "id") == "Pemerintah (PBI)"


def test_a_document_that_is_no_longer_valid_is_not_asked_for(config: Config) -> None:
    service = config.services["newborn"]
    paper = service.documents[0].model_copy(update={"valid_to": date(2026, 1, 1)})
    changed = service.model_copy(update={"documents": (paper, *service.documents[1:])})
    assert paper not in changed.asked_on(date(2026, 11, 23))
    assert paper in changed.asked_on(date(2026, 1, 1))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "code: newborn\n    letter",
            "code: new_member\n    letter",
            'services[2].code: found "new_member" twice, first in line',
        ),
        ("letter: B", "letter: A", 'services[1].letter: found "A" twice, first in line'),
        ("letter: B", "letter: bb", "services[1].letter: found"),
        ("intent: admin_newborn", "intent: check_bill", "services[2].intent: found"),
        ("instead: newborn", "instead: newbron", 'found "newbron", expected the code of a service'),
        ("type: nik_or_card", "type: nik_or_kard", "expected one of nik, kk, card, nik_or_card"),
        ("type: address", "type: choice", "expected choices for the type choice"),
        ("need: optional", "need: sometimes", "expected one of required, optional, on_request"),
        (
            "is: [self_employed]",
            "is: [self_employd]",
            "expected a field of type choice and codes of its choices",
        ),
        ("matches: new_nik", "matches: new_nkk", "expected the key of a NIK that stands before it"),
        (
            "key: relation",
            "key: state",
            'found the key "state" in fields, which the service keeps for itself',
        ),
        ("key: relation", "key: member", 'found "member" twice in fields'),
        (
            "{confirmed: true, by: Kompas, year: 2022}",
            "{confirmed: true, by: Kompas}",
            "expected by and year of what is",
        ),
        (
            "title: {id: Daftar baru",
            "title: {id: Pendaftaran peserta baru sekali",
            "expected at most 20 characters (a button)",
        ),
        ("needed: false", "needed: maybe", 'found "maybe", expected true or false'),
        (
            'version: "2026-11.2"',
            "version: 2026",
            "consent.version: found 2026, expected text (put it in quotes)",
        ),
        (
            "      Hak Bapak/Ibu: ketik",
            "      Berapa lama: foto 1 tahun.\n      Hak Bapak/Ibu: ketik",
            'consent.words: found "1 tahun", expected no period',
        ),
        (
            "      Your rights: type",
            "      For how long: 730 days.\n      Your rights: type",
            "is added from SIAGA_KEEP_MEDIA_DAYS",
        ),
        ("how_long:", "how_log:", 'unknown key (did you mean "how_long"?)'),
        (
            "code: school_letter",
            "code: a_letter_from_the_school_of_the_child",
            "expected at most 24 characters",
        ),
    ],
)
def test_mistakes(mistaken: Mistaken, old: str, new: str, said: str) -> None:
    problems = mistaken(("services.yml", old, new))
    assert any("config/services.yml:" in problem and said in problem for problem in problems), problems
