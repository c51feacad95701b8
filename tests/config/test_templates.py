"""Mistakes in templates.yml, which Twilio and Meta would otherwise answer one message after another."""

from pathlib import Path

import pytest

from bot.config import load_config
from tests.config.conftest import Mistaken, line_of

GOOD = """templates:
  - purpose: agent_reply
    language: id
    content_sid: HX0123456789abcdef0123456789abcdef
    text: "Balasan dari {{1}}: {{2}} Balas pesan ini untuk melanjutkan."
    variables: [name, body]
"""


def test_a_good_one_is_read(folder: Path) -> None:
    (folder / "templates.yml").write_text(GOOD)
    [template] = load_config(folder).templates
    assert (template.purpose, template.variables) == ("agent_reply", ("name", "body"))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("purpose: agent_reply", "purpose: greeting", "expected one of notice_published, notice_started"),
        ("HX0123456789abcdef0123456789abcdef", "HX0123", 'found "HX0123", expected'),
        ("language: id", "language: indonesia", 'found "indonesia", expected'),
        ("variables: [name, body]", "variables: [name, title]", 'found "title" in variables, expected name'),
        ("variables: [name, body]", "variables: [body]", "found 1 variables for the places [1, 2] in text"),
        ("{{2}} Balas", "{{3}} Balas", "found 2 variables for the places [1, 3] in text"),
        ("Balasan dari {{1}}", "{{1}}", "expected words before the first"),
        ("{{2}} Balas pesan ini untuk melanjutkan.", "{{2}}", "after the last variable"),
        ("{{1}}: {{2}}", "{{1}} {{2}}", "expected words between two variables"),
        ("variables: [name, body]", "variables: [name, name]", "the reply itself has to be in it"),
        ("content_sid:", "contentsid:", 'unknown key (did you mean "content_sid"?)'),
    ],
)
def test_a_slip_is_named_with_its_line(
    folder: Path, mistaken: Mistaken, old: str, new: str, said: str
) -> None:
    (folder / "templates.yml").write_text(GOOD)
    problems = mistaken(("templates.yml", old, new))
    assert any(said in problem for problem in problems), problems
    assert all(problem.startswith("config/templates.yml:") for problem in problems)
    assert line_of(folder, "templates.yml", "- purpose") == 2
