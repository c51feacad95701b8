"""Questions and contacts of config/: what is shipped, and what is said about mistakes in them."""

import re
import shutil
from pathlib import Path

import pytest

from bot.config import Config
from bot.flows.registry import FLOWS
from bot.settings import HOME
from tests.config.conftest import Mistaken


@pytest.fixture
def meanings(folder: Path) -> None:
    """The copy has the intents too."""
    (folder / "rasa").mkdir()
    shutil.copy(HOME / "config" / "rasa" / "domain.yml", folder / "rasa")


def test_there_are_enough_questions(config: Config) -> None:
    assert len(config.questions) >= 60


def test_every_answer_says_where_it_comes_from(config: Config) -> None:
    assert [one.code for one in config.questions.values() if not one.source] == []


def test_what_an_answer_leads_to_is_a_flow_of_its_own(config: Config) -> None:
    leading = {one.code: one.leads_to for one in config.questions.values() if one.leads_to}
    wrong = {code for code, to in leading.items() if FLOWS[to].name == "information"}
    assert wrong == set()


def test_figures_have_their_year(config: Config) -> None:
    """An answer with an amount or a share says as of when, or from whom where the source has no year."""
    dated = re.compile(r"\b20[12]\d\b|Sumbar Bisnis|satu sumber|one source")
    figures = [
        (one.code, one.answer.text(language))
        for one in config.questions.values()
        for language in ("id", "en")
        if re.search(r"Rp|%", one.answer.text(language))
    ]
    assert len(figures) >= 14
    assert [code for code, text in figures if not dated.search(text)] == []


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        (
            "faq.yml",
            "leads_to: check_membership",
            "leads_to: check_member",
            'did you mean "check_membership"?',
        ),
        ("faq.yml", "intents: [check_bill]", "intents: [check_bil]", "expected an intent of rasa/domain.yml"),
        ("faq.yml", "intents: [check_bill]", "intents: []", "expected at least 1 entries"),
        ("faq.yml", "- code: late_fine", "- code: due_date", 'found "due_date" twice, first in line'),
        ("faq.yml", "- lupa nomor va bpjs", "- program rehab bpjs", 'found "program rehab bpjs" twice'),
        (
            "faq.yml",
            "title: {id: Cek status,",
            "title: {id: Cek status kepesertaan,",
            "at most 20 characters",
        ),
        (
            "contacts.yml",
            "open: always",
            "open: kadang",
            'found "kadang", expected always, or hours by weekday',
        ),
        ("contacts.yml", "open: always", "open: {}", "expected always, or hours for at least one day"),
        (
            "contacts.yml",
            "depends_on: [mobile_jkn]",
            "depends_on: [mobil_jkn]",
            "expected a code of systems.yml",
        ),
        ("systems.yml", "instead: [pandawa,", "instead: [pandwa,", 'did you mean "pandawa"?'),
        ("contacts.yml", "serves: [screening]", "serves: [skrining]", "expected a code of topics"),
        (
            "contacts.yml",
            "    of_branch: phone\n",
            "",
            "expected open (always, or hours by weekday), or hours",
        ),
        ("contacts.yml", "of_branch: phone", "of_branch: fax", "expected one of phone, whatsapp, address"),
        ("contacts.yml", '{mon: "08:00-15:00"', '{mon: "8-15"', 'expected hours such as "08:00-15:00"'),
    ],
)
@pytest.mark.usefixtures("meanings")
def test_mistakes_are_named(mistaken: Mistaken, file: str, old: str, new: str, said: str) -> None:
    (problem,) = mistaken((file, old, new))
    assert problem.startswith(f"config/{file}:")
    assert said in problem


def test_an_answer_may_not_be_longer_than_people_read(mistaken: Mistaken) -> None:
    (problem,) = mistaken(
        ("faq.yml", "        Iuran dibayar paling lambat tanggal 10", "        " + "Bayar. " * 90)
    )
    assert "characters in answer.id, expected at most 600" in problem
