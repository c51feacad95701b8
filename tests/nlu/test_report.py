"""The report's folder: a page whose tables hold the figures, and pictures that any browser reads."""

import itertools
from pathlib import Path
from xml.etree import ElementTree

import pytest
from typer.testing import CliRunner

from bot.nlu import commands
from bot.nlu.embedded.interpreter import EmbeddedInterpreter
from bot.nlu.measuring.evaluation import Measured, together
from bot.nlu.measuring.pictures import confusion_picture, reliability_picture
from bot.nlu.measuring.report import write_report
from tests.nlu.test_evaluation import EXAMPLES, LIMITS, READ

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def measured() -> Measured:
    return Measured(EXAMPLES, READ, LIMITS, 0.02, "embedded", "m1")


def texts(svg: str) -> list[str]:
    return [element.text or "" for element in ElementTree.fromstring(svg).iter(f"{SVG}text")]


def test_the_page_says_what_was_measured(measured: Measured, tmp_path: Path) -> None:
    page = write_report(tmp_path / "report", [measured])
    text = page.read_text()
    assert "Model of embedded: m1." in text
    assert "| right intent | 25.0% (4.6% to 69.9%) |" in text
    assert "| understood (acted on rightly, or asked back with the right one) | 50.0%" in text
    assert "| confident and wrong | 25.0%" in text
    assert "| `emergency` recall | - |" in text
    assert "| F1 of entities, exact span | 0.800 |" in text
    assert "| chat | embedded | 2 | 50.0% | 100.0% | 50.0% | 100.0% | 50.0% |" in text
    assert "| `a` | 0.33 | 0.50 | 0.40 | 2 |" in text
    assert "- 2 x `b` taken for `a`\n  - `x` (:0, 0.50)\n  - `y` (:0, 0.20)\n- 1 x `a` taken for `b`" in text
    pictures = {line.split("(")[1].rstrip(")") for line in text.splitlines() if line.startswith("![")}
    assert pictures == {"reliability.svg", "confusion.svg"}
    assert {path.name for path in page.parent.iterdir()} == pictures | {"report.md"}


def test_several_interpreters_stand_side_by_side(measured: Measured, tmp_path: Path) -> None:
    other = Measured(EXAMPLES, READ[::-1], LIMITS, 0.04, "rasa", "m2")
    page = write_report(tmp_path, [measured, other, together(measured, other)])
    text = page.read_text()
    assert "|  | embedded | rasa | both |" in text
    assert {path.name for path in tmp_path.glob("confusion*")} == {
        "confusion-embedded.svg",
        "confusion-rasa.svg",
        "confusion-both.svg",
    }
    assert {"embedded", "rasa", "both"} <= set(texts((tmp_path / "reliability.svg").read_text()))


def test_the_matrix_counts_mistakes_in_their_cells() -> None:
    pairs = [("a", "b")] * 3 + [("b", "b")] * 7 + [("c<", "")]
    svg = confusion_picture(pairs)
    assert sorted(texts(svg)) == ["3", "a", "a", "b", "b", "c<", "c<"]
    titles = [element.text for element in ElementTree.fromstring(svg).iter(f"{SVG}title")]
    assert titles == ["a taken for b: 3", "b taken for b: 7"]


def test_forty_one_intents_have_room() -> None:
    names = [f"intent_number_{number:02d}" for number in range(41)]
    root = ElementTree.fromstring(confusion_picture([(name, name) for name in names]))
    rows = [float(element.get("y", 0)) for element in root.iter(f"{SVG}text") if element.get("x")]
    assert min(after - before for before, after in itertools.pairwise(rows)) >= 12
    assert float(root.get("height", 0)) > max(rows)


def test_a_curve_without_a_message_is_drawn_too() -> None:
    svg = reliability_picture([("embedded", {"bins": []})])
    assert "embedded" in texts(svg)


def test_the_command_writes_it(embedded: EmbeddedInterpreter, tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text('{"text": "kantor bpjs `palembang` tutup?", "intent": "thank", "style": "chat"}\n')
    result = CliRunner().invoke(commands.nlu, ["test", str(path), "--report", str(tmp_path / "out")])
    assert result.exit_code == 0, result.output
    assert f"Report: {tmp_path}/out/report.md" in result.stdout
    page = (tmp_path / "out" / "report.md").read_text()
    assert "taken for `ask_closure`\n  - `kantor bpjs 'palembang' tutup?` (x.jsonl:1, " in page
    assert f"Model of embedded: {embedded.model}." in page
