"""The training data: enough of every label, every line its own, nothing of it in the held files."""

import pytest

from bot.nlu.training import Example, Labels, Span, read_examples, read_labels, read_training
from bot.settings import HOME
from tests.nlu.breadth import HELD, WITH_A_HELD_LINE, WITHIN_A_LABEL, alike, by_intent

ENOUGH = 150
MORE = dict.fromkeys(("ask_closure", "ask_outage", "file_complaint", "emergency", "out_of_scope"), 300)


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
