"""From labelled texts to training data and back."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.nlu.normalising import Normaliser, load_normaliser
from bot.nlu.training import Example, Labels, Span, read_examples, read_labels
from bot.reading.numbers import personal_numbers
from bot.review.export import as_line, export
from bot.review.marking import (
    BadMarks,
    carried_over,
    from_json,
    kept,
    marked,
    on_one_line,
    read_marks,
    to_json,
)
from bot.settings import HOME

LABELS = read_labels(HOME / "config" / "rasa" / "domain.yml")
NORMALISER = load_normaliser(HOME / "config" / "nlu" / "normalising.yml")
PLAIN = Normaliser({})

AWKWARD = st.sampled_from(
    ["[", "]", "](", "[a](place)", "\n", "\r\n", "- ", "\t", "#", "|", ": ", '"', "{", "\u2028", "\x85"]
)
TEXT = st.lists(st.one_of(AWKWARD, st.text(max_size=12), st.just(" 0812-7000-1234 ")), max_size=8).map(
    "".join
)


@st.composite
def labelled(draw: st.DrawFn) -> Example:
    """A text as it is kept, with marks anywhere."""
    text = kept(draw(TEXT))
    ends = sorted(draw(st.sets(st.integers(0, len(text)), max_size=6)))
    spans = [
        Span(draw(st.sampled_from(LABELS.entities)), text[start:end], start, end)
        for start, end in zip(ends[::2], ends[1::2], strict=False)
    ]
    return Example(text, draw(st.sampled_from(LABELS.intents)), tuple(spans))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(labelled(), max_size=8))
def test_what_was_labelled_reads_back_without_a_mistake(tmp_path: Path, examples: list[Example]) -> None:
    found = export(examples, [], LABELS, PLAIN)
    file = tmp_path / "reviewed.yml"
    file.write_text(found.yaml, "utf-8")
    first: dict[str, Example] = {}
    for example in examples:
        if example.text:
            first.setdefault(PLAIN.normalise(example.text).text, example)
    assert found.lines == len(first)
    if not first:
        assert found.yaml == ""
        return
    back = read_examples(file, LABELS)
    said = {(one.text, one.intent, tuple((s.entity, s.start, s.end) for s in one.entities)) for one in back}
    assert said == {
        (one.text, one.intent, tuple((s.entity, s.start, s.end) for s in one.entities))
        for one in first.values()
    }


@given(TEXT)
def test_a_text_stays_on_its_line(text: str) -> None:
    plain = on_one_line(text)
    assert on_one_line(plain) == plain
    assert "\n" not in as_line(Example(text, "help"))
    assert read_marks(plain, plain, LABELS) == ()


@given(labelled())
def test_marks_survive_the_form_and_the_store(example: Example) -> None:
    spans = read_marks(marked(example.text, example.entities), example.text, LABELS)
    assert spans == example.entities
    assert from_json(to_json(spans), example.text) == spans


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("NIK 1671014107900001", "NIK ************0001"),
        ("hp 0812\n70001234 ya", "hp *********234 ya"),
        ("x" * 990 + " 1671014107900001", "x" * 990 + " *********"),
    ],
)
def test_numbers_are_masked_over_line_ends_and_before_anything_is_cut(text: str, masked: str) -> None:
    assert kept(text) == masked
    assert personal_numbers(kept(text)) == []


def test_sections_are_sorted_and_known_lines_left_out() -> None:
    known = [Example("Kantor Palembang   BUKA ga?", "ask_closure")]
    place = Span("place", "Samarinda", 7, 16)
    found = export(
        [
            Example("makasihhh", "thank"),
            Example("kantor palembang buka gak ?", "ask_closure"),
            Example("makasihhhhh", "greet"),
            Example("kantor Samarinda libur?", "ask_closure", (place,)),
            Example("halo", "no_such_intent"),
        ],
        known,
        LABELS,
        NORMALISER,
    )
    assert found.yaml == (
        'version: "3.1"\nnlu:\n'
        "- intent: ask_closure\n  examples: |\n    - kantor [Samarinda](place) libur?\n"
        "- intent: thank\n  examples: |\n    - makasihhh\n"
    )
    assert (found.lines, found.known, found.outdated) == (2, 2, 1)


@pytest.mark.parametrize(
    ("written", "kind"),
    [
        ("kantor [palembang(place) buka", "wrong"),
        ("kantor [palembang](kota) buka", "wrong"),
        ("kantor [samarinda](place) buka", "changed"),
        ("", "changed"),
    ],
)
def test_bad_marks_are_told_apart(written: str, kind: str) -> None:
    with pytest.raises(BadMarks) as bad:
        read_marks(written, "kantor palembang buka", LABELS)
    assert bad.value.kind == kind


def test_marks_are_carried_over_to_the_same_text_written_otherwise() -> None:
    source, target = "kantor PALEMBANG buka ga", "kantorrr  palembanggg buka gak"
    spans = carried_over((Span("place", "PALEMBANG", 7, 16),), source, target, NORMALISER)
    assert [target[span.start : span.end] for span in spans] == ["palembanggg"]
    assert carried_over(spans, "x", "y", NORMALISER) == ()


def test_an_unknown_label_is_known_to_be_one() -> None:
    assert Labels(("a",), ()).problem("b")
