"""The figures of a measurement, which can be checked by hand; and the floors, below which no change may go."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.messages import Entity, Interpretation
from bot.nlu import commands
from bot.nlu.embedded.interpreter import EmbeddedInterpreter
from bot.nlu.interpreter import Thresholds
from bot.nlu.measuring.evaluation import Measured, compare, evaluate, measure, together
from bot.nlu.measuring.held import held_files, read_held
from bot.nlu.measuring.reliability import interval, reliability
from bot.nlu.training import Example, Span, read_labels
from bot.settings import HOME
from tests.nlu.standin import serving, write_model
from tests.running import free_port

AT_LEAST = {
    "accuracy": 0.93,
    "macro F1": 0.931,
    "top-3": 0.983,
    "entity F1": 0.91,
    "understood": 0.977,
    "emergency recall": 0.99,
    "out_of_scope recall": 0.826,
    "acted on": 0.751,
}
AT_MOST = {"confident and wrong": 0.016}
"""The embedded interpreter on all held files together: one point under what was reached. They may only go up."""

KEYS = {
    "intent_accuracy", "intent_macro_f1", "top3_accuracy", "intents", "entity_f1", "entities", "act", "understood",
    "confusions", "styles", "reliability",
}  # fmt: skip
WHO = {"seconds", "interpreter", "model"}
LIMITS = Thresholds(act=0.8, ask=0.3)


def read(text: str, *ranking: tuple[str, float], entities: tuple[Entity, ...] = ()) -> Interpretation:
    intent, confidence = ranking[0]
    return Interpretation(text=text, intent=intent, confidence=confidence, ranking=ranking, entities=entities)


PLACE = Entity(entity="place", value="palu", start=3, end=7)
EXAMPLES = [
    Example("di palu", "a", (Span("place", "palu", 3, 7),), style="chat"),
    Example("di Palu besok", "a", (Span("place", "Palu", 3, 7), Span("when", "besok", 8, 13)), style="chat"),
    Example("x", "b", style="long"),
    Example("y", "b"),
]
READ = [
    read("di palu", ("a", 0.9), ("b", 0.1), entities=(PLACE,)),
    read("di Palu besok", ("b", 0.95), ("a", 0.05), entities=(PLACE,)),
    read("x", ("a", 0.5), ("b", 0.4)),
    read("y", ("a", 0.2), ("b", 0.1)),
]


def test_the_figures_are_right() -> None:
    report = compare(EXAMPLES, READ, LIMITS)
    assert set(report) == KEYS
    assert report["intent_accuracy"] == 0.25
    assert report["top3_accuracy"] == 1.0
    assert report["intents"]["a"] == {"precision": 0.3333, "recall": 0.5, "f1": 0.4, "support": 2}
    assert report["intents"]["b"]["f1"] == 0.0
    assert report["intent_macro_f1"] == 0.2
    assert report["act"] == {"threshold": 0.8, "coverage": 0.5, "confident_wrong": 0.25}
    assert report["understood"] == 0.5  # the first acted on, the third asked back about
    assert report["entities"]["place"]["f1"] == 1.0
    assert report["entities"]["when"] == {"precision": 0.0, "recall": 0.0, "f1": 0.0, "support": 1}
    assert report["entity_f1"] == 0.8
    assert report["confusions"][0] == {"intent": "b", "found": "a", "count": 2}


def test_each_style_has_its_figures() -> None:
    styles = compare(EXAMPLES, READ, LIMITS)["styles"]
    assert list(styles) == ["chat", "long", "unmarked"]
    assert styles["chat"] == {
        "n": 2,
        "intent_accuracy": 0.5,
        "top3_accuracy": 1.0,
        "understood": 0.5,
        "coverage": 1.0,
        "confident_wrong": 0.5,
    }
    assert (styles["long"]["understood"], styles["unmarked"]["understood"]) == (1.0, 0.0)


def test_the_reliability_curve_is_right() -> None:
    curve = reliability([0.95, 0.85, 0.85, 1.0, 0.0], [True, True, False, True, False])
    assert curve["bins"] == [
        {"from": 0.0, "to": 0.1, "confidence": 0.0, "right": 0.0, "n": 1},
        {"from": 0.8, "to": 0.9, "confidence": 0.85, "right": 0.5, "n": 2},
        {"from": 0.9, "to": 1.0, "confidence": 0.975, "right": 1.0, "n": 2},
    ]
    assert curve["expected_calibration_error"] == pytest.approx((2 * 0.35 + 2 * 0.025) / 5)


@pytest.mark.parametrize(
    ("share", "count", "low", "high"),
    [(0.5, 10, 0.2366, 0.7634), (1.0, 15, 0.7961, 1.0), (0.0, 100, 0.0, 0.0370), (0.0, 0, 0.0, 1.0)],
)
def test_intervals_are_wilsons(share: float, count: int, low: float, high: float) -> None:
    assert interval(share, count) == pytest.approx((low, high), abs=1e-4)


def test_two_interpreters_together_are_their_mean() -> None:
    texts = [Example("x", "a"), Example("y", "b")]
    one = Measured(
        texts,
        [read("x", ("b", 0.6), ("a", 0.4), entities=(PLACE,)), read("y", ("b", 0.9))],
        LIMITS,
        1.0,
        "embedded",
        "m",
    )
    other = Measured(
        texts, [read("x", ("a", 0.8), ("c", 0.2)), read("y", ("", 0.0))], Thresholds(act=0.4, ask=0.1)
    )
    both = together(one, other)
    assert dict(both.read[0].ranking) == pytest.approx({"a": 0.6, "b": 0.3, "c": 0.1})
    assert (both.read[0].intent, both.read[0].confidence) == ("a", pytest.approx(0.6))
    assert both.read[0].entities == (PLACE,)
    assert (both.read[1].intent, both.read[1].confidence) == ("b", 0.45)
    assert (both.thresholds.act, both.thresholds.ask) == (pytest.approx(0.6), pytest.approx(0.2))
    assert both.report()["interpreter"] == "both"


async def test_an_interpreter_is_measured(small: EmbeddedInterpreter) -> None:
    examples = [Example("sistem eror", "ask_outage"), Example("kantor tutup?", "ask_closure")]
    report = await evaluate(small, examples, small.thresholds)
    assert set(report) == KEYS | WHO
    assert (report["interpreter"], report["model"]) == ("embedded", small.model)
    assert report["intent_accuracy"] == 1.0


async def test_one_is_told_how_far_it_is(small: EmbeddedInterpreter) -> None:
    told: list[tuple[int, int]] = []
    examples = [Example(f"kantor tutup {number}", "ask_closure") for number in range(5)]
    await measure(small, examples, small.thresholds, at_once=2, told=lambda done, of: told.append((done, of)))
    assert told == [(2, 5), (4, 5), (5, 5)]


LINE = '{"text": "kantor bpjs palembang tutup hari ini?", "intent": "ask_closure", "entities": []}\n'


def test_the_command_prints_one_json_object(embedded: EmbeddedInterpreter, tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text(LINE)
    result = CliRunner().invoke(commands.nlu, ["test", str(path), "--json"])
    assert result.exit_code == 0, result.output
    report = json.loads(result.stdout)
    assert set(report) == KEYS | WHO
    assert report["model"] == embedded.model
    said = CliRunner().invoke(commands.nlu, ["test", str(path), str(path)]).stdout
    assert said.startswith("2 ")
    assert "intent_accuracy" in said


def test_a_running_rasa_is_measured_by_its_models_thresholds(tmp_path: Path) -> None:
    path, port = tmp_path / "x.jsonl", free_port()
    path.write_text(LINE + LINE.replace("ask_closure", "ask_outage"))
    write_model(tmp_path, "m1", intent="ask_closure", confidence=0.9, thresholds=(0.85, 0.2))
    arguments = ["test", str(path), "--interpreter", "rasa", "--json", "--data-dir", str(tmp_path / "data")]
    with serving(tmp_path, port):
        result = CliRunner().invoke(commands.nlu, [*arguments, "--rasa-url", f"http://127.0.0.1:{port}"])
    assert result.exit_code == 0, result.output
    report = json.loads(result.stdout)
    assert set(report) == KEYS | WHO
    assert (report["interpreter"], report["model"]) == ("rasa", "m1")
    assert report["act"] == {"threshold": 0.85, "coverage": 1.0, "confident_wrong": 0.5}
    assert report["intent_accuracy"] == 0.5


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["test", "nowhere.yml"], "nowhere.yml: cannot be read"),
        (["test", "{line}", "--interpreter", "rasa"], "SIAGA_RASA_URL is not set"),
        (["test", "{line}", "--interpreter", "both"], "siaga nlu train --rasa"),
        (["test", "{line}", "--interpreter", "rasa", "--rasa-url", "http://127.0.0.1:1"], "ConnectError"),
        (["train", "--promote", "--held", "nowhere.yml"], "nowhere.yml: cannot be read"),
        (["rollback"], "no model that was in service before"),
        (["rollback", "--rasa"], "no model that was in service before"),
    ],
)
def test_what_cannot_be_done_is_said(tmp_path: Path, arguments: list[str], words: str) -> None:
    (tmp_path / "x.jsonl").write_text(LINE)
    given = [argument.format(line=tmp_path / "x.jsonl") for argument in arguments]
    result = CliRunner().invoke(
        commands.nlu, [*given, "--data-dir", str(tmp_path / "data")], env={"SIAGA_RASA_URL": ""}
    )
    assert result.exit_code == 1
    assert words in result.stderr


async def test_the_held_set_is_understood_as_well_as_before(embedded: EmbeddedInterpreter) -> None:
    examples = read_held(held_files(), read_labels(HOME / "config" / "rasa" / "domain.yml"))
    assert len(examples) >= 600
    report = await evaluate(embedded, examples, embedded.thresholds)
    reached = {
        "accuracy": report["intent_accuracy"],
        "macro F1": report["intent_macro_f1"],
        "top-3": report["top3_accuracy"],
        "entity F1": report["entity_f1"],
        "understood": report["understood"],
        "emergency recall": report["intents"]["emergency"]["recall"],
        "out_of_scope recall": report["intents"]["out_of_scope"]["recall"],
        "acted on": report["act"]["coverage"],
        "confident and wrong": report["act"]["confident_wrong"],
    }
    below = {name: reached[name] for name, floor in AT_LEAST.items() if reached[name] < floor}
    above = {name: reached[name] for name, most in AT_MOST.items() if reached[name] > most}
    assert below | above == {}
