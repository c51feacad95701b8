"""Training data: read with its places, and every mistake named with file and line."""

from pathlib import Path

import pytest

from bot.errors import ConfigurationError
from bot.nlu.training import Labels, check_enough, read_examples, read_labels, read_training, unmark
from bot.settings import HOME

LABELS = Labels(("greet", "ask_closure"), ("place", "when"))


def test_lines_are_read_with_their_entities_and_places(config_dir: Path) -> None:
    labels = read_labels(config_dir / "rasa" / "domain.yml")
    examples = read_training(config_dir / "rasa" / "nlu", labels)
    first = examples[0]
    assert first.text == "kantor palembang tutup hari ini?"
    assert [(span.entity, first.text[span.start : span.end]) for span in first.entities] == [
        ("place", "palembang"),
        ("when", "hari ini"),
    ]
    assert (Path(first.file).name, first.line) == ("closure.yml", 5)
    assert len(examples) == 24


def test_the_long_form_of_an_entity_has_a_value() -> None:
    text, (span,), mistakes = unmark('di [plg]{"entity": "place", "value": "Palembang"} ya', LABELS)
    assert (text, span.value, text[span.start : span.end], mistakes) == ("di plg ya", "Palembang", "plg", [])


def problems_of(tmp_path: Path, content: str) -> list[str]:
    (tmp_path / "data.yml").write_text(content, "utf-8")
    with pytest.raises(ConfigurationError) as error:
        read_training(tmp_path, LABELS)
    return [problem.removeprefix(f"{tmp_path}/") for problem in error.value.problems]


HEAD = 'version: "3.1"\nnlu:\n'


@pytest.mark.parametrize(
    ("content", "place", "words"),
    [
        (HEAD + "- intent: gret\n  examples: |\n    - halo\n", "data.yml:3: ", 'found intent "gret"'),
        (HEAD + "- intent: gret\n  examples: |\n    - halo\n", "data.yml:3: ", 'did you mean "greet"?'),
        (
            HEAD + "- intent: greet\n  examples: |\n    - hai\n    - di [plg](plase)\n",
            "data.yml:6: ",
            '"plase"',
        ),
        (HEAD + "- intent: greet\n  examples: |\n    - di [plg(place)\n", "data.yml:5: ", "bracket"),
        (HEAD + "- intent: greet\n  examples: |\n    - di [plg] ya\n", "data.yml:5: ", "bracket"),
        (HEAD + "- intent: greet\n  examples: |\n    halo\n", "data.yml:5: ", 'starts with "- "'),
        (HEAD + "- intent: greet\n  examples:\n  - halo\n", "data.yml:3: ", "examples: |"),
        (HEAD + "- intents: greet\n", "data.yml:3: ", "expected `intent: NAME`"),
        (HEAD + '- intent: greet\n  examples: |\n    - [x]{"entity": 1, "valu\n', "data.yml:5: ", "bracket"),
        ("nlu: [\n", "data.yml:2: ", "no YAML"),
        ("- a\n", "data.yml:1: ", "found no mapping"),
        ("version: 1\n", "data.yml:1: ", "`nlu:`"),
        (HEAD + "- intent: greet\n  examples: |\n\n", "", "found no example"),
    ],
)
def test_a_mistake_is_named_with_its_line(tmp_path: Path, content: str, place: str, words: str) -> None:
    (problem,) = problems_of(tmp_path, content)
    assert problem.startswith(place)
    assert words in problem


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    problems = problems_of(
        tmp_path,
        HEAD
        + "- intent: greet\n  examples: |\n    - [a(x)\n    - [b](x)\n- intent: no\n  examples: |\n    - c\n",
    )
    assert [problem.split(":")[1] for problem in problems] == ["5", "6", "7"]


def test_an_empty_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"found no \.yml file"):
        read_training(tmp_path, LABELS)


def test_a_label_with_too_few_lines_is_named(config_dir: Path) -> None:
    nlu = config_dir / "rasa" / "nlu"
    (nlu / "closure.yml").write_text(
        "nlu:\n- intent: ask_closure\n  examples: |\n    - kantor buka\n", "utf-8"
    )
    examples = read_training(nlu, read_labels(config_dir / "rasa" / "domain.yml"))

    with pytest.raises(
        ConfigurationError, match=r"closure\.yml:4: found 1 line\(s\) of ask_closure, expected at least 3"
    ):
        check_enough(examples)
    with pytest.raises(ConfigurationError, match="found one intent only"):
        check_enough([example for example in examples if example.intent == "emergency"])


def test_lookup_tables_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "x.yml"
    path.write_text(
        HEAD + "- lookup: place\n  examples: |\n    - palu\n- intent: greet\n  examples: |\n    - hai\n"
    )
    assert [example.text for example in read_examples(path, LABELS)] == ["hai"]


def test_json_lines_are_read_too(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text(
        '{"text": "di palu", "intent": "greet", "entities": [{"entity": "place", "value": "palu"}]}\n\n'
    )
    (example,) = read_examples(path, LABELS)
    assert [(span.start, span.end) for span in example.entities] == [(3, 7)]


@pytest.mark.parametrize("line", ["{", '{"text": "a"}', "[]", '{"text": "a", "intent": "gret"}'])
def test_a_wrong_json_line_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text(f'{{"text": "hai", "intent": "greet"}}\n{line}\n')
    with pytest.raises(ConfigurationError) as error:
        read_examples(path, LABELS)
    assert error.value.problems[0].startswith(f"{path}:2: found")


def test_the_shipped_data_has_no_mistake_and_no_label_without_lines() -> None:
    labels = read_labels(HOME / "config" / "rasa" / "domain.yml")
    examples = read_training(HOME / "config" / "rasa" / "nlu", labels)
    assert {example.intent for example in examples} == set(labels.intents)
    assert len(labels.intents) == 41
