"""Training and test data: Rasa's YAML with entities inline, or JSON lines; every mistake with its file and line."""

import difflib
import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from bot.errors import ConfigurationError

ANNOTATION = re.compile(r"\[(?P<text>[^\[\]]+)\](?:\((?P<entity>[^()]*)\)|(?P<long>\{[^{}]*\}))")
BRACKET = re.compile(r"[\[\]]")
KINDS = frozenset({"intent", "lookup", "regex", "synonym"})
LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The parser in C is many times faster; both know lines."""
LEAST_LINES = 3
"""Lines that an intent needs: some are held out to find out how sure the model may be."""


@dataclass(frozen=True, slots=True)
class Span:
    """An entity that a person marked: ``text[start:end]`` names it, `value` is what it stands for."""

    entity: str
    value: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Example:
    """One line of training or test data, `text` without the marks. `style` is what its section's metadata says."""

    text: str
    intent: str
    entities: tuple[Span, ...] = ()
    file: str = ""
    line: int = 0
    style: str = ""


@dataclass(frozen=True)
class Labels:
    """The intents and entities that config/rasa/domain.yml allows."""

    intents: tuple[str, ...]
    entities: tuple[str, ...]

    @cached_property
    def _intents(self) -> frozenset[str]:
        return frozenset(self.intents)

    def problem(self, intent: str) -> str | None:
        """What is wrong with an intent's name, if anything."""
        return None if intent in self._intents else _unknown("intent", intent, self.intents)

    def entity_problem(self, entity: str) -> str | None:
        """What is wrong with an entity's name, if anything."""
        return None if entity in self.entities else _unknown("entity", entity, self.entities)


def _unknown(what: str, found: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(found, known, n=1)
    meant = f'; did you mean "{near[0]}"?' if near else ""
    return f'found {what} "{found}", expected one of {", ".join(known)}{meant}'


def read_labels(path: Path) -> Labels:
    """The names that a Rasa domain file allows.

    Raises:
        ConfigurationError: the file is missing, is no YAML or lists no intents.
    """
    root = _mapping(_compose(path), path)
    names = {key: [_scalar(item) for item in _items(root.get(key))] for key in ("intents", "entities")}
    if not names["intents"]:
        raise ConfigurationError([f"{path}:1: found no intents, expected a list of names under `intents:`"])
    return Labels(tuple(names["intents"]), tuple(names["entities"]))


def read_training(folder: Path, labels: Labels) -> list[Example]:
    """Every example of the .yml files of a folder, files in the order of their names.

    Raises:
        ConfigurationError: with every mistake of every file at once.
    """
    files = sorted([*folder.glob("*.yml"), *folder.glob("*.yaml")])
    if not files:
        raise ConfigurationError([f"{folder}: found no .yml file, expected training data in Rasa's YAML"])
    problems: list[str] = []
    examples = [example for path in files for example in _read_file(path, labels, problems)]
    if not examples and not problems:
        problems.append(f"{folder}: found no example, expected lines under `examples: |`")
    if problems:
        raise ConfigurationError(problems)
    return examples


def check_enough(examples: Sequence[Example]) -> None:
    """Refuse data that nothing can be learned from.

    Raises:
        ConfigurationError: fewer than two intents, or one with fewer than `LEAST_LINES` lines.
    """
    lines = Counter(example.intent for example in examples)
    first = {example.intent: example for example in reversed(examples)}
    problems = [
        f"{first[intent].file}:{first[intent].line}: found {count} line(s) of {intent}, expected at least {LEAST_LINES}"
        for intent, count in lines.items()
        if count < LEAST_LINES
    ]
    if len(lines) < 2:
        problems.append(f"{examples[0].file}: found one intent only, expected at least two")
    if problems:
        raise ConfigurationError(problems)


def read_examples(path: Path, labels: Labels) -> list[Example]:
    """The examples of one test file: Rasa YAML, or JSON lines when the name ends in .jsonl or .json.

    Raises:
        ConfigurationError: as `read_training`.
    """
    problems: list[str] = []
    read = _read_json_lines if path.suffix in {".jsonl", ".json"} else _read_file
    examples = list(read(path, labels, problems))
    if not examples and not problems:
        problems.append(f"{path}: found no example")
    if problems:
        raise ConfigurationError(problems)
    return examples


def _read_file(path: Path, labels: Labels, problems: list[str]) -> Iterator[Example]:
    try:
        root = _mapping(_compose(path), path)
    except ConfigurationError as error:
        problems += error.problems
        return
    sections = root.get("nlu")
    if not isinstance(sections, SequenceNode):
        problems.append(
            f"{path}:1: found no list under `nlu:`, expected `nlu:` with `- intent: ...` sections"
        )
        return
    for section in sections.value:
        yield from _read_section(section, path, labels, problems)


def _read_section(section: Node, path: Path, labels: Labels, problems: list[str]) -> Iterator[Example]:
    where = f"{path}:{section.start_mark.line + 1}"
    fields = _fields(section)
    if not KINDS & fields.keys():
        problems.append(f"{where}: found {sorted(fields)}, expected `intent: NAME` and `examples: |`")
        return
    if "intent" not in fields:
        return
    intent = _scalar(fields["intent"])
    if problem := labels.problem(intent):
        problems.append(f"{where}: {problem}")
    block = fields.get("examples")
    if not isinstance(block, ScalarNode) or block.style != "|":
        problems.append(f"{where}: found no block of lines for {intent}, expected `examples: |`")
        return
    style = _scalar(_fields(fields["metadata"]).get("style")) if "metadata" in fields else ""
    for line, content in enumerate(block.value.split("\n"), start=block.start_mark.line + 2):
        if content.strip():
            example = _read_line(content, Example("", intent, (), str(path), line, style), labels, problems)
            if example:
                yield example


def _read_line(content: str, blank: Example, labels: Labels, problems: list[str]) -> Example | None:
    where = f"{blank.file}:{blank.line}"
    if not content.startswith("- "):
        problems.append(f'{where}: found "{content[:40]}", expected a line that starts with "- "')
        return None
    text, spans, mistakes = unmark(content[2:].strip(), labels)
    problems += [f"{where}: {mistake}" for mistake in mistakes]
    return replace(blank, text=text, entities=spans) if text and not mistakes else None


def unmark(marked: str, labels: Labels) -> tuple[str, tuple[Span, ...], list[str]]:
    """``di [RS SMC](facility)`` as plain text, its spans, and what is wrong with the marks."""
    text, at = "", 0
    spans: list[Span] = []
    mistakes: list[str] = []
    for match in ANNOTATION.finditer(marked):
        text += marked[at : match.start()]
        entity, value = _marked(match, mistakes)
        if problem := labels.entity_problem(entity):
            mistakes.append(problem)
        words = match["text"]
        spans.append(Span(entity, value or words, len(text), len(text) + len(words)))
        text += words
        at = match.end()
    rest = ANNOTATION.sub("", marked)
    if BRACKET.search(rest):
        mistakes.append(
            f'found a bracket that is not closed or not named in "{marked[:60]}", expected [words](entity)'
        )
    return text + marked[at:], tuple(spans), mistakes


def _marked(match: re.Match[str], mistakes: list[str]) -> tuple[str, str]:
    """The entity and, where one is given, the value of a mark."""
    if match["long"] is None:
        return match["entity"].strip(), ""
    try:
        fields = json.loads(match["long"])
        return str(fields["entity"]), str(fields.get("value", ""))
    except (ValueError, KeyError):
        mistakes.append(f'found {match["long"]}, expected {{"entity": "...", "value": "..."}}')
        return "", ""


def _read_json_lines(path: Path, labels: Labels, problems: list[str]) -> Iterator[Example]:
    for number, line in enumerate(_read_text(path).splitlines(), start=1):
        if not line.strip():
            continue
        where = f"{path}:{number}"
        try:
            fields = json.loads(line)
            text, intent = str(fields["text"]), str(fields["intent"])
            spans = tuple(_json_span(text, item) for item in fields.get("entities", []))
        except (ValueError, KeyError, TypeError, AttributeError):
            problems.append(
                f'{where}: found "{line[:40]}", expected {{"text": ..., "intent": ..., "entities": [...]}}'
            )
            continue
        mistakes = [labels.problem(intent), *(labels.entity_problem(span.entity) for span in spans)]
        problems += [f"{where}: {mistake}" for mistake in mistakes if mistake]
        yield Example(text, intent, spans, str(path), number, str(fields.get("style", "")))


def _json_span(text: str, item: Any) -> Span:
    """A JSON entity; without offsets its value is looked for in the text."""
    value = str(item["value"])
    start = int(item.get("start", max(0, text.find(value))))
    return Span(str(item["entity"]), value, start, int(item.get("end", start + len(value))))


def _read_text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError([f"{path}: cannot be read: {error}"]) from None


def _compose(path: Path) -> Node | None:
    text = _read_text(path)
    try:
        return yaml.compose(text, Loader=LOADER)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ConfigurationError([f"{path}:{line}: this is no YAML: {error.problem}"]) from None
    except yaml.YAMLError as error:
        raise ConfigurationError([f"{path}:1: this is no YAML: {error}"]) from None
    except RecursionError:
        raise ConfigurationError([f"{path}:1: this is no YAML of ours: nested too deeply"]) from None


def _mapping(node: Node | None, path: Path) -> dict[str, Node]:
    if not isinstance(node, MappingNode):
        raise ConfigurationError([f"{path}:1: found no mapping, expected keys such as `nlu:`"])
    return _fields(node)


def _fields(node: Node) -> dict[str, Node]:
    return {_scalar(key): value for key, value in node.value} if isinstance(node, MappingNode) else {}


def _items(node: Node | None) -> list[Node]:
    return list(node.value) if isinstance(node, SequenceNode) else []


def _scalar(node: Node | None) -> str:
    """A scalar's text, empty where there is none; of ``- name: {...}`` in a domain's list the name."""
    if node is None:
        return ""
    if isinstance(node, MappingNode) and node.value:
        return str(node.value[0][0].value)
    return str(node.value)
